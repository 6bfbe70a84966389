"""Lists whose numbers vary one by one: as columns at once what they are one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from w2v_explore import Workload, load_config, load_preset
from w2v_explore.config.kinds import meaning
from w2v_explore.search.formulas.many import Formulas
from w2v_explore.search.question.changes import change_between
from w2v_explore.search.question.nearest import changes_of_lists
from w2v_explore.search.space import members as members_module
from w2v_explore.search.space.members import Made, Members
from w2v_explore.search.space.read import space_of
from w2v_explore.search.space.space import Space

PRUNABLE = "hubert_base_prunable"
CONV = "extractor_conv_layer_config"
SECTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "numbers of convolutions": ("base", {f"{CONV}[*].kernel": {"each": [2, 3]}, f"{CONV}[0].channels": [512, 256]}),
    "convolutions, whole": ("base", {f"{CONV}[0]": [[512, 10, 5], [256, 8, 4]], f"{CONV}[6]": [[64, 1, 1], [8, 2, 2]]}),
    "ratios": (
        "base",
        {
            "encoder_embed_dim": [96, 100, 192],
            f"{CONV}[*].channels": {"each": {"ratio": ["1/8", 2], "of": "encoder_embed_dim"}},
        },
    ),
    "a ratio to nothing": (
        "base",
        {"aux_num_out": [None, 8, 9], f"{CONV}[*].channels": {"ratio": ["1/2", 1], "of": "aux_num_out"}},
    ),
    "ratios past the largest": (
        "base",
        {f"{CONV}[*].channels": {"each": {"ratio": [1, 10_000_000], "of": "encoder_embed_dim"}}},
    ),
    "layers": (PRUNABLE, {"encoder_num_layers": [2, 1, 3], "encoder_num_heads": {"each": [8, 4, 1]}}),
    "layers alike": (PRUNABLE, {"encoder_num_layers": [2, 3], "encoder_num_heads[*]": [8, 4, 1, 2, 3]}),
    "ratios of layers": (
        PRUNABLE,
        {
            "encoder_num_layers": [2, 3],
            "encoder_embed_dim": [384, 400],
            "encoder_ff_interm_features": {"each": {"ratio": ["1/5", "3.5"], "of": "encoder_embed_dim"}},
        },
    ),
    "a length that is none": (
        PRUNABLE,
        {
            "encoder_num_layers": {"ratio": ["1/7", "1/6"], "of": "encoder_head_dim"},
            "encoder_head_dim": [6, 7, 12],
            "encoder_num_heads[0]": [8, 4],
        },
    ),
    "a layer without heads": (
        PRUNABLE,
        {"encoder_num_heads": {"each": [0, 12]}, "encoder_use_attention[0]": [True, False]},
    ),
}


def judged(space: Space, codes: Any, chunk: int) -> tuple[list[bool], list[int]]:
    """Which combinations are configs, and their MACs, worked out by chunks."""
    members = Members(space)
    formulas = Formulas(space.config.model.family, members.base(), Workload(samples=16_000), ["macs"])
    valid, macs = [], []
    for start in range(0, len(codes), chunk):
        are_valid, figures = formulas.figures(members.columns(members.varied(codes[start : start + chunk])))
        valid += are_valid.tolist()
        macs += figures["macs"].tolist()
    return valid, macs


@pytest.mark.parametrize("name", SECTIONS)
def test_columns_are_those_of_the_lists(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    base, section = SECTIONS[name]
    space = space_of(load_preset(base), section)
    codes = Members(space).codes(np.unique(np.linspace(0, space.size - 1, 400, dtype=np.int64)))
    expected = judged(space, codes, 400)
    assert any(expected[0]) or "past" in name
    monkeypatch.setattr(members_module, "_MOST_LISTED", 6 if "length" in name else 3)
    varied = Members(space).varied(codes)
    assert any(isinstance(each.values, Made) for each in varied)
    for chunk in (400, 7):
        assert judged(space, codes, chunk) == expected
    # Of no combination, as where none of a chunk is as required, there are no lists.
    for each in varied:
        if isinstance(each.values, Made):
            assert len(each.take(np.arange(0)).values.column().codes) == 0
    # Their values are there as well, for who asks.
    for each in varied:
        if isinstance(each.values, Made) and isinstance(each.values[0], list):
            before = meaning(space.base[each.field], space.config.model.FIELDS[each.field].kind)
            column = each.values.column()
            right = np.flatnonzero(column.are_right)
            assert changes_of_lists(before, column)[right].tolist() == [
                change_between(before, each.values[place]) for place in right
            ]
            assert len(changes_of_lists(before, each.take(np.zeros(0, np.int64)).values.column())) == 0
        some = each.take(np.array([3, 0]))
        assert [some.values[code] for code in some.codes] == [each.values[each.codes[3]], each.values[each.codes[0]]]


def test_formulas_are_found_once_for_all_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    space = space_of(load_preset(PRUNABLE), {"encoder_num_layers": [2], "encoder_num_heads": {"each": [8, 4, 1]}})
    monkeypatch.setattr(members_module, "_MOST_LISTED", 1)
    members = Members(space)
    formulas = Formulas(space.config.model.family, members.base(), Workload(samples=16_000), ["macs"])
    for member in range(space.size):
        formulas.figures(members.columns(members.varied(members.codes(np.array([member])))))
    assert formulas.paths == 1


def test_lists_that_are_right_only_together_are_made_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members_module, "_MOST_LISTED", 1)
    layers = [[512, 3, 2] for _ in range(40)]
    config = load_config("base", {CONV: layers})
    for most, is_made in ((4, True), (2**31 - 1, False)):
        space = space_of(config, {f"{CONV}[*].stride": [2, most]})
        assert any(isinstance(each.values, Made) for each in Members(space).varied(np.array([[0], [1]]))) == is_made
        assert judged(space, np.array([[0], [1]]), 2)[0] == [False, False]
