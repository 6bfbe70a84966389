"""A model's tree as a treemap: each module a rectangle within that of its parent, as large as what it costs.

`assets/treemap.js` draws the same for what a reader descends to, and for the other measures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import fsum
from typing import Any, NamedTuple

from w2v_explore.analysis.compute import LayerFigures
from w2v_explore.encoding import printable
from w2v_explore.report.html.markup import element, text
from w2v_explore.report.html.page import Picture
from w2v_explore.report.html.pictures.boxes import Box, lay_out
from w2v_explore.report.units import percent

WIDTH, HEIGHT = 720, 420
GROUPS = ("convolution", "linear", "attention", "norm", "other")
"""What a module computes, by which it is coloured."""
_CLASSES = ("k4 soft", "k2 soft", "k1 soft", "k6 soft", "rest")
_HEADER, _EDGE, _CHARACTER, _LINE = 18.0, 3.0, 7.0, 13.0
_LEAST_WIDTH, _LEAST_HEIGHT, _LEAST_INSIDE, _LEAST_AREA, _LEAST_LETTERS = 56.0, 36.0, 8.0, 60.0, 4
_WHOLE = 0.995


class Measure(NamedTuple):
    """What areas may stand for.

    Attributes:
        name: What a reader chooses: ``MACs``.
        of: How much of it a layer has, all below it included; of folded layers each.
        text: How it is written.
    """

    name: str
    of: Callable[[LayerFigures], float]
    text: Callable[[float], str]


class _Node(NamedTuple):
    """A module.

    Attributes:
        name: The last part of its path.
        kind: Its class.
        shape: Of what it gives.
        group: Which of `GROUPS` it is, by its number.
        copies: For how many equal modules it stands, whose names count up.
        shares: Of the whole model's, by measure; of each copy.
        texts: The same as they are written.
        children: The modules inside it.
    """

    name: str
    kind: str
    shape: str
    group: int
    copies: int
    shares: Sequence[float]
    texts: Sequence[str]
    children: Sequence[_Node]

    def to_list(self) -> list[Any]:
        """Plain data, for the script."""
        *own, children = self
        return [*own, [child.to_list() for child in children]]


def treemap(name: str, layers: Sequence[LayerFigures], measures: Sequence[Measure]) -> Picture:
    """The picture of a model's tree.

    Args:
        name: Of the model.
        layers: An analysis's, the model first.
        measures: What areas may stand for: in the picture the first, and in its script each that the model has any of.
    """
    name = printable(name)
    measures = [measure for measure in measures if measure.of(layers[0])]
    root = _node(layers, measures, [measure.of(layers[0]) for measure in measures], None)
    box = Box(0.0, 0.0, float(WIDTH), float(HEIGHT))
    title = f"{measures[0].name} by module"
    svg = element(
        "svg",
        _draw(name, "", root, measures[0].name, box)[0],
        _legend(),
        viewBox=f"0 0 {WIDTH} {HEIGHT + 24}",
        class_="treemap",
        role="img",
        aria_label=title,
    )
    words = (
        "Each rectangle is a module within its parent, and beside its neighbours as large as its part of the whole: "
        f"{_greatest(root)}."
    )
    data = {"name": name, "measures": [measure.name for measure in measures], "root": root.to_list()}
    return Picture(title, svg, words, "treemap", data)


def _node(
    layers: Sequence[LayerFigures], measures: Sequence[Measure], whole: Sequence[float], inherited: int | None
) -> _Node:
    """A layer, and below it those that follow in the list and lie deeper."""
    layer, below = layers[0], layers[1:]
    group = inherited
    if group is None and layer.operation is not None and layer.operation.mac_kind is not None:
        group = GROUPS.index(layer.operation.mac_kind)
    starts = [number for number, each in enumerate(below) if each.depth == layer.depth + 1]
    children = [_node(below[start:end], measures, whole, group) for start, end in pairwise([*starts, len(below)])]
    amounts = [measure.of(layer) for measure in measures]
    return _Node(
        name=layer.name,
        kind=layer.kind,
        shape="×".join(map(str, layer.output_shape)),
        group=GROUPS.index("norm" if layer.kind.endswith("Norm") else "other") if group is None else group,
        copies=layer.copies,
        # As the script reads them, so that both lay out the same.
        shares=[float(f"{amount / total:.7g}") for amount, total in zip(amounts, whole, strict=True)],
        texts=[measure.text(amount) if amount else "–" for measure, amount in zip(measures, amounts, strict=True)],
        children=children,
    )


def _cells(path: str, node: _Node) -> list[tuple[str, str, _Node]]:
    """The modules inside one that have any of the first measure: name, path and node of each."""
    prefix = f"{path}." if path else ""
    cells = []
    for child in node.children:
        if child.shares[0] > 0:
            names = [child.name, *[str(int(child.name) + number) for number in range(1, child.copies)]]
            cells += [(name, prefix + name, child) for name in names]
    return cells


def _draw(label: str, path: str, node: _Node, measure: str, box: Box) -> tuple[str, int]:
    """The markup of a module and those inside it; of one without a label where there is no room for a frame or a name.

    Returns:
        The markup, empty of a module that the one around it draws; the group of its colour.
    """
    cells = _cells(path, node)
    while len(cells) == 1 and cells[0][2].shares[0] == node.shares[0]:
        # The only one inside costs all of it: one rectangle for both.
        [(name, below, child)] = cells
        cells = _cells(below, child)
        if cells:
            label, path, node = f"{label}.{name}", below, child
    has_header = box.width >= _LEAST_WIDTH and box.height >= _LEAST_HEIGHT
    inner = box.inside(_HEADER if has_header else _EDGE, _EDGE)
    is_frame = (
        bool(cells)
        and min(inner.width, inner.height) >= _LEAST_INSIDE
        and inner.width * inner.height >= _LEAST_AREA * len(cells)
    )
    group = _main_group(node)
    shown = _shortened(label, box.width - 8) if has_header or (not is_frame and box.height >= _HEADER) else ""
    if not is_frame and not shown:
        return "", group
    figure, room = node.texts[0], box.width - 8
    drawn = [element("rect", class_="frame" if is_frame else _CLASSES[group], **_rounded(box)._asdict())]
    if shown:
        said = f"{path or label}: {node.kind}; {measure} {figure} ({percent(node.shares[0])})"
        beside = is_frame and (len(shown) + 1 + len(figure)) * _CHARACTER <= room
        more = [text(" "), element("tspan", text(figure), class_="muted")] if beside else []
        drawn.insert(0, element("title", text(said)))
        drawn.append(element("text", text(shown), *more, x=round(box.x + 4, 1), y=round(box.y + _LINE, 1)))
    if is_frame:
        drawn += _draw_inside(node, cells, measure, inner)
    elif box.height >= 2 * _HEADER and len(figure) * _CHARACTER <= room:
        drawn.append(
            element("text", text(figure), x=round(box.x + 4, 1), y=round(box.y + 2 * _LINE + 1, 1), class_="muted")
        )
    # A frame without its name says what the one around it does.
    return element("g", *drawn) if shown else "".join(drawn), group


def _draw_inside(node: _Node, cells: Sequence[tuple[str, str, _Node]], measure: str, box: Box) -> list[str]:
    """The markup of the modules inside one; those without a name are one path for each colour."""
    inside = fsum(child.shares[0] for *_, child in cells)
    total = max(node.shares[0], inside)
    drawn, nameless = [], [""] * len(GROUPS)
    if inside < _WHOLE * total:
        # What the parts leave is what the module itself costs.
        nameless[node.group] = _outline(box)
    boxes = lay_out([child.shares[0] / total for *_, child in cells], box)
    for (name, path, child), each in zip(cells, boxes, strict=True):
        markup, group = _draw(name, path, child, measure, each)
        drawn.append(markup)
        if not markup:
            nameless[group] += _outline(each)
    paths = [element("path", class_=class_, d=d) for class_, d in zip(_CLASSES, nameless, strict=True) if d]
    return [*paths, *drawn]


def _outline(box: Box) -> str:
    x, y, width, height = (f"{number:g}" for number in _rounded(box))
    return f"M{x} {y}h{width}v{height}h-{width}z"


def _rounded(box: Box) -> Box:
    """The box in as few characters as a picture needs."""
    return Box(*[round(number, 1) for number in box])


def _main_group(node: _Node) -> int:
    """What most of a module's cost goes to."""
    totals = [0.0] * len(GROUPS)

    def add(node: _Node, times: int) -> None:
        inside = 0.0
        for child in node.children:
            if child.shares[0] > 0:
                add(child, times * child.copies)
                inside += child.copies * child.shares[0]
        totals[node.group] += times * max(node.shares[0] - inside, 0.0)

    add(node, 1)
    return totals.index(max(totals))


def _shortened(label: str, width: float) -> str:
    """As much of a label as there is room for; nothing where that says too little."""
    letters = int(width / _CHARACTER)
    if len(label) <= letters:
        return label
    return f"{label[: letters - 1]}…" if letters > _LEAST_LETTERS else ""


def _legend() -> str:
    parts, x = [], 0.0
    for group, class_ in zip(GROUPS, _CLASSES, strict=True):
        parts.append(element("rect", class_=class_, x=x, y=HEIGHT + 8, width=12, height=12))
        parts.append(element("text", text(group), x=x + 17, y=HEIGHT + 18))
        x += 17 + len(group) * _CHARACTER + 20
    return element("g", *parts, class_="legend")


def _greatest(root: _Node) -> str:
    """The parts of a model, the greatest first."""
    parts = [(child.name, child.copies * child.shares[0]) for child in root.children if child.shares[0] > 0]
    most = sorted(parts, key=lambda part: -part[1])[:3]
    return ", ".join(f"{name} {percent(share)}" for name, share in most)
