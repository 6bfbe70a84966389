"""Constraints of a search: how they are written, and against what changes are."""

from __future__ import annotations

import re

import pytest

from w2v_explore import ConditionError, Workload, analyze, load_config
from w2v_explore.config.family import family_named
from w2v_explore.search.question.constraints import parse_constraint
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.run import run
from w2v_explore.search.space.space import Axis, Given, Space

SECOND = Workload.of_seconds(1)
WIDTHS = (192, 384, 576, 720, 768, 960)


def _widths(constraint: str, *, base: str = "base") -> list[int]:
    """The widths of some configs around another that satisfy a constraint, one of each number of parameters."""
    config = load_config(base)
    space = Space(config, (Axis("encoder_embed_dim", WIDTHS),), {"encoder_embed_dim": Given(0)})
    mode = Pareto(("parameters", "parameter_bytes", "macs"), maximized=frozenset({"parameter_bytes"}))
    found = run(Question(space, SECOND, mode, (parse_constraint(constraint, config.model.family),)))
    return [WIDTHS[member] for member in found.candidates.members.tolist()]


@pytest.mark.parametrize(
    ("constraint", "widths"),
    [
        ("stride == 320", list(WIDTHS)),
        ("stride == 160", []),
        ("receptive_field_ms <= 25", list(WIDTHS)),
        ("parameters == 94370944", [768]),
        ("parameters < +0%", [192, 384, 576, 720]),
        ("parameters > +0", [960]),
        ("parameters == +0%", [768]),
        ("transformer_layers.parameters < -30%", [192, 384, 576]),
        ("aux.macs == 0", list(WIDTHS)),
    ],
)
def test_constraints_go_by_any_figure_and_by_its_change_against_the_base(constraint: str, widths: list[int]) -> None:
    assert _widths(constraint) == widths


def test_memory_is_required_under_its_short_name() -> None:
    limit = int(analyze(load_config("base"), SECOND).inference.total_bytes)
    assert _widths(f"peak_memory_bytes <= {limit}B")[-1] == 768
    assert _widths(f"peak_memory_bytes < {limit}B")[-1] == 720


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("parameter < 5", "--require 'parameter < 5': there is no figure parameter; did you mean parameters?"),
        ("parameters", "--require 'parameters' is no condition; write "),
        (
            "latency.end_to_end.median_s < 0.1",
            "latency.end_to_end.median_s comes from a device, and a search goes by what is known in closed form; "
            "require parameters, macs or another figure, and measure what is found",
        ),
        ("aux.latency_s < 1", "aux.latency_s comes from a device"),
        ("logit_generator.macs < 1G", "logit_generator.macs is of a component that no wav2vec 2.0 has"),
    ],
)
def test_refused_constraints_say_what_to_write(text: str, message: str) -> None:
    family = load_config("base").model.family

    with pytest.raises(ConditionError, match=re.escape(message)):
        parse_constraint(text, family)


def test_a_component_of_the_family_is_required() -> None:
    assert parse_constraint("logit_generator.macs < 1G", family_named("hubert_pretrain")).limit == 1e9
