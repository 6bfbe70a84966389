"""Whatever a file of another program's kind holds, reading it ends in values or in problems at places."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v_explore.config.dialects.columns import Column
from w2v_explore.config.dialects.conversion import account_for_conversion
from w2v_explore.config.dialects.fairseq_words import FAIRSEQ_OVERRIDES
from w2v_explore.config.dialects.programs import DIALECT_NAMES, DIALECTS, column_of
from w2v_explore.config.dialects.unknown_fields import ignored_group
from w2v_explore.config.dialects.write import WRITERS
from w2v_explore.config.document import parse_document
from w2v_explore.config.family import DEFAULT_FAMILY, FAMILIES, family_named, names_in
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import Source
from w2v_explore.families.wav2vec2.fields import FIELDS
from w2v_explore.lint.engine import lint_document
from w2v_explore.lint.settings import Settings

COLUMNS: dict[tuple[str, str], Column] = {
    (family, program): column for family in FAMILIES for program in DIALECTS if (column := column_of(family, program))
}
NAMES = sorted({
    *(name for column in COLUMNS.values() for name in (*column.names, *column.refused)),
    *(name for program in DIALECTS.values() for name in program.warned),
    *FAIRSEQ_OVERRIDES.values(), "_name", "arch", "model", "w2v_args", "w2v_path", "cfg", "distiller", "supernet",
    "task", "model_type", "architectures", "extends", "name", "<<", "n_tasks", "family", "unheard_of",
    "encoder_num_layers",
})  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2000), st.floats(), st.just(10**400),
    st.sampled_from([*names_in("fairseq"), "???", "${model.encoder_layers}", "${a}", "1e-06", "gelu", "[(8, 3, 2)] * 3",
                     "wav2vec2", "Wav2Vec2ForCTC", "group", "layer", "default", "", "\u2028", "x" * 5000]),
    st.lists(st.integers(0, 600) | st.none() | st.text(max_size=3), max_size=8),
)  # fmt: skip
MAPPINGS = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), VALUES | inner, max_size=6),
    max_leaves=4,
)


@settings(max_examples=60)
@given(MAPPINGS, st.sampled_from([None, *DIALECT_NAMES]), st.booleans())
def test_reading_never_fails_without_a_place(values: dict[str, Any], dialect: str | None, indent: bool) -> None:
    text = json.dumps(values, indent=2 if indent else None)
    document = parse_document(Source("c.json", text.encode(), "c.json"), dialect)
    reading = read_config(document)
    assert (reading.model is None) == bool(reading.problems)
    for problem in (*reading.problems, *reading.warnings):
        assert str(problem)
        assert problem.place.path == "c.json"
        assert problem.place.line is not None or problem.rule.code.startswith("E1")
    lint_document(document, Settings(fail_on="advice"))
    for to in WRITERS:
        rows = account_for_conversion(reading, to)
        assert len({row.field for row in rows if row.field}) == sum(row.field is not None for row in rows)
        if reading.model is not None:
            assert {row.field for row in rows} >= FIELDS.keys()


@pytest.mark.parametrize(("family", "program"), COLUMNS)
def test_no_field_is_in_two_places_of_a_column(family: str, program: str) -> None:
    column, warned = COLUMNS[family, program], DIALECTS[program].warned
    counterparts = list(column.counterparts.values())
    # A field of theirs may be several of ours, and is then worded alike for all of them.
    unlike = [each for number, each in enumerate(counterparts) if each not in counterparts[:number]]
    mapped = [name for counterpart in unlike for name in counterpart.names]
    assert len(mapped) == len(column.names)
    assert column.counterparts.keys() == family_named(family).config.FIELDS.keys()
    assert not column.names & column.refused.keys()
    assert not column.refused.keys() & warned.keys()
    for name in (*mapped, *column.refused, *warned):
        assert ignored_group(program, name) is None or (family != DEFAULT_FAMILY and name in column.names), name


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_told_by_the_names_that_its_columns_have(family: str) -> None:
    for program in ("huggingface", "fairseq"):
        column = COLUMNS.get((family, program))
        assert getattr(FAMILIES[family], program) == tuple(column.kinds if column is not None else ())


_NAMES = [
    "model", "task", "defaults", "_name", "arch", "w2v_args", "w2v_path", "encoder_layers", "conv_feature_layers",
    "sample_rate", "sampling_rate", "label_rate", "_target_", "d_model", "distiller", "cfg", "model_type", "x", "<<",
    "architectures", "vocab_size", "hidden_size", "conv_dim", "encoder", "optional model", "/model", "model@x", "@", "",
]  # fmt: skip
_VALUES = [
    None, True, 0, -1, 12, 768, 1e-5, "", "wav2vec2", "wav2vec_ctc", "wavlm", "Wav2Vec2ForCTC", "???", "${x}", "_self_",
    "${model.encoder_layers}", "wav2vec2/wav2vec2_large", "model/wav2vec2/wav2vec2_large", "[(512, 10, 5)]",
]  # fmt: skip
_TREES = st.recursive(
    st.sampled_from(_VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(
    content=st.dictionaries(st.sampled_from(_NAMES), _TREES, max_size=5),
    dialect=st.sampled_from([None, "fairseq", "huggingface"]),
    allow_unknown=st.booleans(),
)
def test_whatever_stands_where_in_a_config_it_is_read_or_refused_with_a_message(
    content: dict[str, object], dialect: str | None, allow_unknown: bool
) -> None:
    document = parse_document(Source("c.json", json.dumps(content).encode(), "c.json"), dialect)
    reading = read_config(document, allow_unknown=allow_unknown)
    assert (reading.model is None) == bool(reading.problems)
    assert all(problem.message for problem in reading.problems)
    assert account_for_conversion(reading, "w2v") is not None
