"""The programs whose configs are translated, and where their columns lie."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from w2v_explore.config.dialects.columns import Column
from w2v_explore.config.dialects.fairseq_words import FAIRSEQ
from w2v_explore.config.dialects.huggingface_words import HUGGINGFACE
from w2v_explore.config.dialects.program import Program
from w2v_explore.config.family import FAMILIES, family_named

UNILM = FAIRSEQ._replace(title="unilm")

DIALECTS: Mapping[str, Program] = {"fairseq": FAIRSEQ, "huggingface": HUGGINGFACE, "unilm": UNILM}
"""What is translated. torchaudio's arguments are our fields themselves."""

SAMPLE_RATE_TARGETS = {"w2v": "sample_rate", "fairseq": "task.sample_rate", "huggingface": "sampling_rate"}
"""Where a config that is written says how many samples a second its audio has, if not 16,000; others cannot say it."""

DIALECT_NAMES = ("w2v", "torchaudio", *DIALECTS)
"""What ``--from`` takes: our own YAML, a JSON of torchaudio's arguments, and the dialects that are translated."""


@cache
def fairseq_groups() -> Mapping[str, Mapping[str, Any]]:
    """The fields that each model group of Hydra that is known stands for, in the files of fairseq."""
    modules = (family_named(name).part("dialects") for name in FAMILIES)
    return {name: fields for module in modules for name, fields in getattr(module, "GROUPS", {}).items()}


def column_of(family: str, program: str) -> Column | None:
    """How a program words the configs of a family; None where it has no model of the family.

    Args:
        family: A key of `FAMILIES`.
        program: A key of `DIALECTS`.
    """
    columns: Mapping[str, Column] = family_named(family).part("dialects").COLUMNS
    return columns.get(program)
