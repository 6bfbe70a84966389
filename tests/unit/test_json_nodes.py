"""JSON is read as JSON, with exact places and the limits of YAML."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v_explore.config.document import parse_document
from w2v_explore.config.entries import OWN_DIALECT, Document, plain_value
from w2v_explore.config.text.source import Source

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def parse(text: str | bytes, name: str = "c.json", dialect: str = OWN_DIALECT) -> Document:
    return parse_document(Source(name, text if isinstance(text, bytes) else text.encode(), name), dialect)


def shallow(value: Any, depth: int = 3) -> Any:
    """What `plain_value` keeps of a value: it looks three levels deep."""
    if isinstance(value, (list, dict)) and depth == 0:
        return {}
    if isinstance(value, list):
        return [shallow(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {key: shallow(item, depth - 1) for key, item in value.items()}
    return value


@pytest.mark.slow
@given(st.dictionaries(st.text(), JSON, max_size=5), st.sampled_from([None, 2, "\t"]), st.booleans())
def test_every_json_has_the_values_that_python_reads(values: dict[str, Any], indent: Any, ascii_only: bool) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_only)
    document = parse(text)
    if [problem.rule.code for problem in document.problems] == ["E101"]:
        return  # Characters that no config may hold, in JSON as in YAML.
    entries = {key: plain_value(entry.value) for key, entry in document.entries.items()}
    if document.translation is None:
        assert entries == {key: shallow(value) for key, value in values.items()}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1e-05}', 1e-05),
        ('{"a": 1E5}', 100_000.0),
        ('{"a": -0}', 0),
        ('{"a": "\\/"}', "/"),
        ('{"a": "\\ud83d\\ude00"}', "😀"),
        ('{"a": "\\ud83d"}', "\ufffd"),
        ('{"a": "yes"}', "yes"),
        ('{\t"a":\t[1,\t2]}', [1, 2]),
        ('{"a": "1:30"}', "1:30"),
    ],
)
def test_what_yaml_reads_otherwise(text: str, value: object) -> None:
    assert plain_value(parse(text).entries["a"].value) == value


def test_places_are_exact() -> None:
    document = parse('{\r\n\t"a": [1,\n "é😀", {"b": true}],\r "c": null }')
    places = [
        document.entries["a"].value_place(1),
        document.entries["a"].value_place(2, "b"),
        document.entries["c"].key_place,
    ]
    assert [place[1:] for place in places] == [(3, 2, 3, 6), (3, 14, 3, 18), (4, 2, 4, 5)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"a": 1\n,\t}',
            "c.json:2:1: error E100 yaml-syntax: not readable as JSON: illegal trailing comma before end of o",
        ),
        (
            '{"a": [1,]}',
            "c.json:1:9: error E100 yaml-syntax: not readable as JSON: illegal trailing comma before end of a",
        ),
        ('{"a": [1,}', "c.json:1:10: error E100 yaml-syntax: not readable as JSON: expecting value"),
        ('{"a" 1}', "c.json:1:6: error E100 yaml-syntax: not readable as JSON: expecting ':' delimiter"),
        ("a: 1", "c.json:1:1: error E100 yaml-syntax: not readable as JSON: expecting value"),
        ("[1]", "c.json:1:1: error E106"),
        ("", "c.json: error E106"),
        ('{"a": 1, "a": 2}', "c.json:1:10: error E104 duplicate-key: a was given on line 1 already"),
        ('{"a":' * 100 + "1" + "}" * 100, "c.json:1:321: error E102"),
        ('{"a":' * 100_000, "c.json: error E102"),
        ("[" * 500_000, "c.json: error E102"),
    ],
)
def test_what_is_no_json_that_can_be_read(text: str, expected: str) -> None:
    [problem] = parse(text).problems
    assert str(problem).startswith(expected)


def test_numbers_of_thousands_of_digits_are_no_defect() -> None:
    document = parse(f'{{"model_type": "wav2vec2", "hidden_size": {"9" * 9_000}}}', dialect="huggingface")
    from w2v_explore.config.reading import read_config

    assert [problem.rule.code for problem in read_config(document).problems] == ["E210"]


def test_a_yaml_flow_mapping_is_no_json() -> None:
    assert plain_value(parse("{extends: base, name: 010}", "c.yaml").entries["name"].value) == 8
