"""What a step of a training needs of a device's memory, as one bar."""

from __future__ import annotations

from w2v_explore.analysis.memory.largest_workload import RESERVE_BYTES
from w2v_explore.analysis.plan.training_plan import TrainingPlan
from w2v_explore.report.html.markup import element, text
from w2v_explore.report.html.page import Picture
from w2v_explore.report.units import percent, size_bytes

# Heights are pixels, and widths percent: a bar has the width of the page, and its words their size.
_HEIGHT, _TOP, _BAR = 74, 22, 26


def card_memory(plan: TrainingPlan) -> Picture:
    """The memory of a card: what is needed, what is in reserve, and what is left or too little."""
    needed, there = plan.need.memory.total, plan.card.memory_bytes
    wanted = needed + RESERVE_BYTES
    whole = max(wanted, there)
    left = there - wanted
    parts = [
        _part(0, there / whole, "axis"),
        _part(0, needed / whole, "strong k1" if plan.fits else "strong k5"),
        _part(needed / whole, RESERVE_BYTES / whole, "strong k7"),
        _label(0, _TOP - 7, f"needed: {size_bytes(needed)}"),
    ]
    card = f"{plan.card.name}: {size_bytes(there)}"
    if left >= 0:
        reserve = f"in reserve: {size_bytes(RESERVE_BYTES)}"
        parts += [_label(needed / whole, _TOP + _BAR + 17, reserve), _label(1, _TOP - 7, card)]
    else:
        end = _at(there / whole)
        parts.append(element("line", x1=end, x2=end, y1=_TOP - 4, y2=_TOP + _BAR + 4, class_="end"))
        parts.append(_label(there / whole, _TOP + _BAR + 17, card))
    rest = f"{size_bytes(left)} are left" if left >= 0 else f"{size_bytes(-left)} are too little"
    words = (
        f"A step needs {size_bytes(needed)}, {percent(needed / there)} of what a device has; "
        f"beside {size_bytes(RESERVE_BYTES)} in reserve {rest}."
    )
    return Picture("Memory of a device", element("svg", *parts, height=_HEIGHT, role="img", aria_label=words), words)


def _part(start: float, width: float, kind: str) -> str:
    return element("rect", x=_at(start), width=_at(width), y=_TOP, height=_BAR, class_=kind)


def _label(start: float, y: int, words: str) -> str:
    """A label that begins where its part does, or ends there on the right."""
    anchor = "end" if start > 0.6 else None
    return element("text", text(words), x=_at(start), y=y, text_anchor=anchor)


def _at(fraction: float) -> str:
    return f"{100 * fraction:.2f}%"
