"""How a report lists layers: equal ones in a row as one, whatever stands before and after them."""

from __future__ import annotations

from collections import Counter

import pytest

from w2v_explore import analyze, load_config
from w2v_explore.analysis.compute import LayerFigures, Macs, analyze_layers, unfold
from w2v_explore.analysis.outline import outline
from w2v_explore.config.architecture import build_architecture
from w2v_explore.report.tree import tree_rows
from w2v_explore.tree.layer import Layer

BASE = build_architecture(load_config("base").model)


def with_children(layer: Layer, path: str, children: tuple[Layer, ...]) -> Layer:
    """The layer with other children at a path below it."""
    name, _, rest = path.partition(".")
    if not name:
        return layer._replace(children=children, schedule=())
    below = [with_children(child, rest, children) if child.name == name else child for child in layer.children]
    return layer._replace(children=tuple(below))


def split(*runs: int) -> tuple[LayerFigures, ...]:
    """Base's layers, its encoder layers in runs of equal ones that differ from each other's."""
    [layer] = BASE.child("encoder.transformer.layers").children
    children, first = [], 0
    for number, copies in enumerate(runs):
        children.append(layer._replace(name=str(first), copies=copies, kind=f"Layer{number}"))
        first += copies
    tree = with_children(BASE, "encoder.transformer.layers", tuple(children))
    return tuple(analyze_layers(tree, 2, 16_000))


@pytest.mark.parametrize(
    ("runs", "shown"),
    [
        ((12,), [("└ layers.0–11", "Layer0 × 12")]),
        ((1,), [("└ layers", "ModuleList")]),
        ((1, 1), [("└ layers", "ModuleList")]),
        ((1, 11), [("└ layers", "ModuleList"), ("├ 0", "Layer0"), ("└ 1–11", "Layer1 × 11")]),
        ((4, 8), [("└ layers", "ModuleList"), ("├ 0–3", "Layer0 × 4"), ("└ 4–11", "Layer1 × 8")]),
        ((5, 1), [("└ layers", "ModuleList"), ("├ 0–4", "Layer0 × 5"), ("└ 5", "Layer1")]),
    ],
)
def test_runs_of_equal_layers_are_rows(runs: tuple[int, ...], shown: list[tuple[str, str]]) -> None:
    rows = [(label, kind) for label, kind, _ in tree_rows(split(*runs), None)]
    start = next(number for number, (label, _) in enumerate(rows) if "layers" in label and "conv_layers" not in label)
    assert [(label.lstrip("│ "), kind) for label, kind in rows[start : start + len(shown)]] == shown
    assert len(rows) == start + len(shown)


@pytest.mark.parametrize("runs", [(12,), (1, 11), (3, 4, 1, 4)])
@pytest.mark.parametrize("depth", [None, 0, 3, 9])
def test_a_row_costs_what_its_layers_cost_together(runs: tuple[int, ...], depth: int | None) -> None:
    layers = split(*runs)
    each = {row.path: row for row in unfold(layers)}
    rows = outline(layers, depth)
    for row in rows:
        assert row.figures.parameters == sum(each[path].parameters for path in row.paths)
        assert row.figures.macs == Macs(*map(sum, zip(*[each[path].macs for path in row.paths], strict=True)))
    listed = Counter(path for row in rows for path in row.paths)
    assert set(listed.values()) == {1}
    if depth is not None:
        assert set(listed) == {path for path, row in each.items() if row.depth <= depth}


def test_equal_layers_are_one_row_wherever_they_stand() -> None:
    """A convolution's block among the extractor's, above the depth at which lists end."""
    # Blocks that follow each other are equal where each gives as many frames as it takes.
    layers = [[512, 10, 5], *[[512, 1, 1]] * 4, [512, 2, 2], [512, 2, 2]]
    model = build_architecture(load_config("base", {"extractor_conv_layer_config": layers}).model)
    blocks = model.child("feature_extractor.conv_layers").children
    row = blocks[1]._replace(copies=4)
    tree = with_children(model, "feature_extractor.conv_layers", (blocks[0], row, *blocks[5:]))
    labels = [(label.lstrip("│ "), kind) for label, kind, _ in tree_rows(analyze_layers(tree, 1, 16_000), None)]
    start = labels.index(("├ 0", "ConvLayerBlock"))
    assert labels[start + 1 : start + 4] == [
        ("├ 1–4", "ConvLayerBlock × 4"),
        ("├ 5", "ConvLayerBlock"),
        ("└ 6", "ConvLayerBlock"),
    ]


def test_an_analysis_works_out_its_memory_once() -> None:
    analysis = analyze("base")
    assert analysis.inference is analysis.inference
    assert analysis.training is analysis.training
    assert analysis.nearest_preset is analysis.nearest_preset
    assert analysis == analyze("base")
