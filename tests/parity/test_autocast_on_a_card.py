"""Training against what cards held (docs/gpu.md): an H200 before there was a closed form, and an H100."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.gpu.training import kept_by_closed_form, ways_of
from w2v_explore import Workload, analyze, load_config
from w2v_explore.analysis.memory.kept import kept_activations
from w2v_explore.analysis.memory.setup import TrainingSetup, set_up

PAGE = Path(__file__).parents[2] / "docs" / "gpu.md"
ROW = re.compile(r"\| training: (\w+), autocast, batch (\d), (fused|math) attention(, checkpoints)? \| (.*) \| \w+ \|")
UNITS = {"GB": 1e9, "MB": 1e6, "kB": 1e3}
ROWS = [match.groups() for match in map(ROW.match, PAGE.read_text(encoding="utf-8").splitlines()) if match]


def size(cell: str) -> float:
    number, unit = cell.split()
    return float(number) * UNITS[unit]


def test_every_row_is_read() -> None:
    assert len(ROWS) == 24


@pytest.mark.parametrize(("preset", "batch", "attention", "checkpoints", "cells"), ROWS)
def test_what_a_card_held_is_the_closed_form(
    preset: str, batch: str, attention: str, checkpoints: str | None, cells: str
) -> None:
    allocated, _, _, _, larger_blocks, cublas, kept = map(size, cells.split(" | ")[:7])
    config = load_config(preset, ["encoder_layer_drop=0"])
    workload = Workload.of_seconds(10.0, batch=int(batch))
    analysis = set_up(analyze(config, workload), TrainingSetup(attention=attention))  # type: ignore[arg-type]
    found = kept_activations(analysis.trace("float32", training=True, autocast=True))
    # After the forward pass no layer is computed again yet.
    closed = found.checkpointed_and_weights._replace(largest=()) if checkpoints else found.plain_and_weights
    assert kept == pytest.approx(closed.greatest, rel=5e-4), "to the digits of the page"
    if int(batch) == 8:  # of one utterance Adam's own tensors may be more than what the backward pass holds
        # Gradients were kept between steps; kernels take some for themselves.
        peak = (
            replace(analysis, accumulates=True).training_in("amp-bfloat16").peak_bytes(checkpointing=bool(checkpoints))
        )
        assert 0.999 < (allocated - larger_blocks - cublas) / peak < 1.025


@pytest.mark.parametrize("preset", ["base", "large", "wavlm_base"])
def test_ways_to_train_hold_the_closed_form(preset: str) -> None:
    """Blocks of the allocator and cuBLAS apart."""
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(rf"^\| {preset}, (b?float\d\d)(?:, (.*?))? \| (\S+ GB .*) \|$", page, re.MULTILINE)
    for way, (dtype, name, cells) in zip(ways_of(preset), rows, strict=True):
        assert way.precision.removeprefix("amp-") == dtype
        assert not name or way.name.startswith(name)
        allocated, _, _, larger_blocks, _, kept = map(size, cells.replace("−", "-").split(" | ")[:6])
        analysis = way.analysis(preset)
        assert kept == pytest.approx(kept_by_closed_form(way, analysis)[0], rel=5e-4), way.name
        peak = analysis.training_in(way.precision).peak_bytes(way.checkpointing)
        cublas = 69.21e6 if way.checkpointing else 68.16e6
        assert 0.999 < (allocated - larger_blocks - cublas) / peak < 1.02, way.name
