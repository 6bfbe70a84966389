"""The figures that matter most of one config, for the top of its section."""

from __future__ import annotations

from w2v_explore.analysis.memory.costs import Fits, MemoryCosts
from w2v_explore.report.headline import headlines
from w2v_explore.report.html.page import Tile
from w2v_explore.report.memory_answer import describe_way
from w2v_explore.report.units import exact, size_bytes
from w2v_explore.results.result import Result


def result_tiles(result: Result) -> list[Tile]:
    """What `summary` answers."""
    return [Tile(each.label, each.value, each.exact) for each in headlines(result)]


def memory_tiles(costs: MemoryCosts) -> list[Tile]:
    """What `memory` answers of a config at one length."""
    dtype, inference = next(iter(costs.inference.items()))
    return [
        Tile(f"inference, {dtype}", size_bytes(inference.total_bytes), f"{exact(inference.total_bytes)} bytes"),
        _step(costs) if costs.fits is None else _fit(costs.fits),
    ]


def _step(costs: MemoryCosts) -> Tile:
    total = costs.training[costs.precision].total_bytes(checkpointing=False)
    return Tile(f"training, {costs.precision}", size_bytes(total), f"{exact(total)} bytes")


def _fit(fits: Fits) -> Tile:
    answer = fits.answer
    needed = f"{size_bytes(answer.needed_bytes)} of {size_bytes(fits.memory_bytes)}"
    return Tile(f"a step in {describe_way(answer)}", "fits" if answer.fits else "does not fit", needed)
