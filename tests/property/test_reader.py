"""Whatever a config holds, reading it gives a config or problems that have a place in it."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Sequence
from typing import Any
from unittest import mock

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from tests.strategies import configs, field_values
from w2v_explore import Config, ConfigError, ModelConfig, Problem, SourceError, load_config
from w2v_explore.config import codes
from w2v_explore.config.document import parse_document
from w2v_explore.config.entries import plain_value
from w2v_explore.config.load import load_preset
from w2v_explore.config.metadata import METADATA
from w2v_explore.config.text.source import Source
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2.fields import FIELDS

RULES = {rule for rule in vars(codes).values() if isinstance(rule, Rule)}
# What YAML 1.1 takes for the end of a line.
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
NAME = "<stdin>"


def read(content: bytes, overrides: Sequence[str] = ()) -> Config | list[Problem]:
    with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(content))):
        try:
            return load_config("-", overrides)
        except ConfigError as error:
            return list(error.problems)


def check(content: bytes) -> None:
    result = read(content)
    if isinstance(result, list):
        check_problems(result, content)


def check_problems(problems: list[Problem], content: bytes) -> None:
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="replace")
    num_lines = len(LINE_END.split(text))
    assert problems
    for problem in problems:
        assert problem.rule in RULES
        assert problem.message
        assert problem.place.path == NAME
        if problem.place.line is None:
            # The whole file is meant.
            assert problem.rule in (codes.NOT_A_MAPPING, codes.TOO_DEEP_OR_BIG)
        else:
            # Where the text ends too early, the place is the line after its last.
            assert 1 <= problem.place.line <= num_lines + 1
            assert problem.place.column >= 1
    places = [(problem.place.line or 0, problem.place.column or 0) for problem in problems]
    assert places == sorted(places)


# --- Any input ---------------------------------------------------------------------------------------------------

KEYS = [*FIELDS, *METADATA, "<<", "hidden_size", "x"]
TOKENS = [
    *KEYS,
    *["base", "large", "nothing", ": ", ":", "\n", "\n  ", "- ", "? ", "[", "]", "{", "}", ", ", " #", "|\n", ">\n"],
    *["&a ", "*a", "!x ", "!!int ", "!!float ", "!!bool ", "!!null ", "!!str ", "!!seq ", "!!python/name:os ", "! "],
    *["0", "1", "-1", "768", "0.1", "1.5", "1e-3", ".nan", ".inf", "010", "0x1F", "0b", "0x_", "1_0", "1:30", "1:30.5"],
    *["true", "no", "null", "~", "group_norm", "default", "2024-13-01", "9" * 50, "'", '"', "\\", "\\x00", "\\ud800"],
    *["[(512, 10, 5)] + [(512, 3, 2)] * 4", "(512", "5)", "---\n", "...\n", "%YAML 1.1\n", "%TAG ! !x\n"],
    *["\t", "\r", "\r\n", "\x85", "\u2028", "\ufeff", "é", "😀", "\0", "\x1b", "`", "@", "%", "="],
]
YAML_LIKE = st.lists(st.sampled_from(TOKENS), max_size=30).map("".join)


@given(text=st.text())
def test_any_text_is_read(text: str) -> None:
    check(text.encode())


@given(text=YAML_LIKE)
@example(text="- " * 25_000)
@example(text="extends: &a [*a]")
def test_any_text_of_yamls_own_words_is_read(text: str) -> None:
    check(text.encode())


@given(lines=st.lists(st.tuples(st.sampled_from(KEYS), YAML_LIKE), min_size=1, max_size=5))
def test_any_value_of_a_field_is_read(lines: list[tuple[str, str]]) -> None:
    check(("extends: base\n" + "".join(f"{key}: {value}\n" for key, value in lines)).encode())


@given(content=st.binary())
def test_any_bytes_are_read(content: bytes) -> None:
    check(content)


@given(bom=st.sampled_from([b"\xff\xfe", b"\xfe\xff"]), content=st.binary())
def test_any_bytes_after_a_bom_are_read(bom: bytes, content: bytes) -> None:
    check(bom + content)


@example(text="extractor_mode\x00", encoding="utf-16")
@given(text=YAML_LIKE, encoding=st.sampled_from(["utf-8-sig", "utf-16"]))
def test_any_text_with_a_bom_is_read_as_without(text: str, encoding: str) -> None:
    text = text.lstrip("\ufeff")
    assert read(text.encode(encoding)) == read(text.encode())


@given(model=configs(), position=st.floats(0, 1), byte=st.integers(0, 255), length=st.integers(0, 3))
def test_a_config_with_a_few_bytes_exchanged_is_read(
    model: ModelConfig, position: float, byte: int, length: int
) -> None:
    content = yaml.safe_dump(model.to_mapping()).encode()
    start = int(position * len(content))
    check(content[:start] + bytes([byte]) + content[start + length :])


@given(override=st.text(st.characters(codec="utf-8")) | YAML_LIKE)
def test_any_override_is_read(override: str) -> None:
    result = read(b"extends: base\n", [override])
    if isinstance(result, list):
        assert {problem.place.path for problem in result} == {f"--set {override}"}


@given(reference=st.text(max_size=20))
def test_any_path_that_leads_nowhere_gets_a_clear_message(reference: str) -> None:
    with pytest.raises(SourceError, match=r"no file|NUL"):
        load_config(f"/nowhere/{reference}")


# --- Round trips -------------------------------------------------------------------------------------------------


@given(model=configs(), flow=st.booleans(), sort=st.booleans(), encoding=st.sampled_from(["utf-8", "utf-16"]))
def test_a_config_written_as_yaml_loads_as_itself(model: ModelConfig, flow: bool, sort: bool, encoding: str) -> None:
    text = yaml.safe_dump(model.to_mapping(), default_flow_style=flow, sort_keys=sort)
    result = read(text.encode(encoding))
    assert isinstance(result, Config)
    assert result.model == model


@given(model=configs())
def test_a_self_contained_config_is_what_pyyaml_reads(model: ModelConfig) -> None:
    assert ModelConfig.from_mapping(yaml.safe_load(yaml.safe_dump(model.to_mapping()))) == model


@given(model=configs(), data=st.data())
def test_a_config_in_two_files_equals_the_config_in_one(model: ModelConfig, data: st.DataObject) -> None:
    stated = data.draw(st.lists(st.sampled_from(list(FIELDS)), unique=True, min_size=1))
    base, own = load_preset("base").model.to_mapping(), model.to_mapping()
    own = {key: own[key] for key in stated}
    extended = read(yaml.safe_dump({"extends": "base", **own}).encode())
    overridden = read(b"extends: base\n", [f"{key}={yaml_value(value)}" for key, value in own.items()])
    whole = read(yaml.safe_dump({**base, **own}).encode())
    assert verdict(extended) == verdict(overridden) == verdict(whole)


def yaml_value(value: object) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=10**6).removesuffix("\n").removesuffix("\n...")


def verdict(result: Config | list[Problem]) -> object:
    """The model, or what is wrong with it, wherever that stands."""
    if isinstance(result, Config):
        return result.model
    return sorted((problem.rule, problem.key, problem.message) for problem in result)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.integers()
    | st.floats()
    | st.sampled_from(["group_norm", "default", "12", "no", "1e-1", "1:30", "[(512, 10, 5)]", "[(1, 1, 1)] * 1000000"])
    | st.text(max_size=8)
)
JSON = st.recursive(SCALARS, lambda item: st.lists(item, max_size=4) | st.dictionaries(st.text(max_size=5), item))


@given(value=SCALARS | st.lists(SCALARS | st.lists(SCALARS)))
def test_a_value_written_by_pyyaml_is_read_back(value: object) -> None:
    text = yaml.safe_dump({"name": value})
    document = parse_document(Source(NAME, text.encode()))
    # By repr: NaN does not equal itself.
    assert repr(plain_value(document.entries["name"].value)) == repr(value)


# --- Mutated configs ---------------------------------------------------------------------------------------------


@given(
    values=field_values(),
    dropped=st.sets(st.sampled_from(list(FIELDS)), max_size=2),
    changed=st.dictionaries(st.sampled_from([*FIELDS, *METADATA]) | st.text(max_size=8), JSON, max_size=3),
)
def test_a_mutated_config_is_a_config_or_problems_with_a_place(
    values: dict[str, Any], dropped: set[str], changed: dict[str, Any]
) -> None:
    mutated = {key: value for key, value in values.items() if key not in dropped} | changed
    check(yaml.safe_dump(mutated, sort_keys=False, allow_unicode=True).encode())


@given(values=field_values(), changed=st.dictionaries(st.sampled_from(list(FIELDS)), SCALARS, min_size=1, max_size=3))
def test_a_file_and_a_python_call_get_the_same_verdict(values: dict[str, Any], changed: dict[str, Any]) -> None:
    mutated = {**values, **changed}
    try:
        expected: list[Any] | ModelConfig = ModelConfig.from_mapping(mutated)
    except ConfigError as error:
        expected = sorted((problem.rule, problem.message) for problem in error.problems)
    result = read(yaml.safe_dump(mutated).encode())
    found = result.model if isinstance(result, Config) else sorted((item.rule, item.message) for item in result)
    assert found == expected


@given(values=field_values(), changed=st.dictionaries(st.sampled_from(list(FIELDS)), JSON, min_size=1, max_size=3))
def test_each_problem_stands_in_the_lines_of_its_field(values: dict[str, Any], changed: dict[str, Any]) -> None:
    texts = {key: f"{key}: {yaml_value(value)}\n" for key, value in {**values, **changed}.items()}
    owners = [key for key, text in texts.items() for _ in range(text.count("\n"))]
    result = read("".join(texts.values()).encode())
    if isinstance(result, list):
        assert [problem.key.partition("[")[0] for problem in result] == [
            owners[problem.place.line - 1] for problem in result
        ]
