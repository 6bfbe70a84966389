"""A family of the tests' own, put where `family_named` finds families: wav2vec 2.0 with two fields more and a rule."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from w2v_explore.checkpoint.key_table import Parameter
from w2v_explore.checkpoint.shapes import Axis, size
from w2v_explore.config import codes, evidence, foreign_names, presets
from w2v_explore.config.dialects.columns import Counterpart, Kind
from w2v_explore.config.family import DEFAULT_FAMILY, FAMILIES, Family, Names, family_named
from w2v_explore.config.kinds import Field, Integer
from w2v_explore.config.presets import preset_path
from w2v_explore.config.published import HUB, Published
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import dialects
from w2v_explore.families.wav2vec2.fields import AGREEMENTS, FIELDS, Wav2Vec2Config
from w2v_explore.families.wav2vec2.keys import KEYS
from w2v_explore.lint.subject import Finding, Subject

NAME = "twin"
PRESET = "twin_base"
RULE = Rule("W390", "few-buckets")
PACKAGE = f"w2v_explore.families.{NAME}"

_PAGE = """There are few buckets.

What it does
    Checks that there are 320.
Why is this bad
    Every model has them.
Example
    extends: twin_base
    encoder_num_buckets: 32
Use instead
    extends: twin_base
"""

_OWN = {
    "encoder_num_buckets": Field(Integer(codes.HEADS_POSITIVE), "How many buckets.", "None."),
    "encoder_max_distance": Field(Integer(codes.HEADS_POSITIVE), "How far.", "None."),
}


HUGGINGFACE = dialects.HUGGINGFACE.with_fields(
    kinds={NAME: Kind("TwinConfig")},
    encoder_num_buckets=Counterpart(("num_buckets",), 320),
    encoder_max_distance=Counterpart(("max_bucket_distance",), 800),
)
TABLE = Parameter("encoder.transformer.table", "encoder.table", None)
"""A tensor whose rows are the buckets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinConfig(Wav2Vec2Config):
    """wav2vec 2.0's fields and two more."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS | _OWN

    encoder_num_buckets: int
    encoder_max_distance: int


def text_of(changes: Mapping[str, Any] | None = None) -> str:
    """A config of the family that states all."""
    lines = preset_path("base").read_text(encoding="utf-8").splitlines()
    fields = [line for line in lines if line.split(":")[0] in FIELDS]
    values = {"encoder_num_buckets": 320, "encoder_max_distance": 800, **(changes or {})}
    own = [f"{key}: {value}" for key, value in values.items()]
    kept = [line for line in fields if line.split(":")[0] not in values]
    return "\n".join([f"architecture: {NAME}", *kept, *own]) + "\n"


def _check(subject: Subject) -> list[Finding]:
    buckets = subject.model.encoder_num_buckets
    return [Finding(f"there are {buckets} buckets; write 320")] if buckets < 320 else []


def add(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Family:
    """Put the family, with a preset of its own, beside wav2vec 2.0 alone, until the end of a test."""
    family = Family(
        name=NAME,
        title="Twin",
        config=TwinConfig,
        agreements=AGREEMENTS,
        components=family_named("wav2vec2").components,
        roles=family_named("wav2vec2").roles,
        reference=PRESET,
        rules=(RULE,),
    )
    preset = {"parameters": 94_370_944}
    rule: dict[str, Any] = {"RULE": RULE, "TORCH": "accepts", "KEYS": ("encoder_num_buckets",), "check": _check}
    files: dict[str, dict[str, Any]] = {
        "": {"FAMILY": family},
        ".preset_values": {
            "PRESET_VALUES": {PRESET: (*preset.values(), *_values())},
            "PRESET_GROUPS": {PRESET: "Twin"},
        },
        ".rules": {},
        ".rules.few_buckets": rule,
    }
    files[".published"] = {"PUBLISHED": Published(names={HUB: {"twins/twin-base": PRESET}})}
    files[".tree"] = vars(family_named("wav2vec2").part("tree"))
    files[".dialects"] = {"PYTHON": "twin.twin_model", "COLUMNS": {"huggingface": HUGGINGFACE}}
    told = {"encoder_num_buckets": size(Axis(TABLE.ours, 0, 2))}
    files[".keys"] = {"KEYS": KEYS.with_modules(TABLE, family=NAME, told=told)}
    for file, content in files.items():
        module = ModuleType(f"{PACKAGE}{file}", _PAGE if file.endswith("few_buckets") else None)
        module.__dict__.update({name: value for name, value in content.items() if not name.startswith("__")})
        module.__path__ = []
        monkeypatch.setitem(sys.modules, f"{PACKAGE}{file}", module)
    # Last first: the table is put together again in the opposite order.
    for other in [*reversed(FAMILIES)][:-1]:
        monkeypatch.delitem(FAMILIES, other)
    monkeypatch.setitem(FAMILIES, NAME, Names(huggingface=(NAME,), fairseq=()))
    for name in family_named(DEFAULT_FAMILY).part("preset_values").PRESET_VALUES:
        shutil.copy(preset_path(name), folder)
    (folder / f"{PRESET}.yaml").write_text(text_of(), encoding="utf-8")
    monkeypatch.setattr(presets, "presets_folder", lambda: folder)
    forget()
    return family


def forget() -> None:
    """Empty what is remembered of families and presets."""
    for cached in (family_named, foreign_names.foreign_names, evidence._names, presets.preset_names):
        cached.cache_clear()


def _values() -> tuple[Any, ...]:
    import yaml

    values = yaml.safe_load(text_of())
    return tuple(values[name] for name in TwinConfig.FIELDS)
