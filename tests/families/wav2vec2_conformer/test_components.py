"""Conformers as torch modules: scripted, copied, compiled, exported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.families.modules import (
    assert_compiles_without_a_graph_break,
    assert_onnx_computes_the_same,
    assert_script_and_copies_compute_the_same,
    seeded,
)
from tests.families.wav2vec2_conformer.reference import POSITIONS, with_positions
from tests.parity.test_model import (
    TWO_CONVOLUTIONS,
    ignore_jit_deprecation,
    waveforms,
)
from w2v_explore import ModelConfig, build_model
from w2v_explore.families.wav2vec2_conformer.fields import Wav2Vec2ConformerConfig


def config(positions: str, **changes: Any) -> ModelConfig:
    return Wav2Vec2ConformerConfig.from_mapping({**with_positions(positions), **changes})


@ignore_jit_deprecation
@pytest.mark.parametrize("positions", POSITIONS)
def test_script_and_copies(positions: str) -> None:
    assert_script_and_copies_compute_the_same(seeded(config(positions)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compile_without_a_graph_break() -> None:
    assert_compiles_without_a_graph_break(seeded(config("rotary", encoder_num_layers=1)))


@pytest.mark.slow
def test_onnx_computes_what_the_model_computes(tmp_path: Path) -> None:
    assert_onnx_computes_the_same(
        config("relative", encoder_num_layers=1, extractor_conv_layer_config=TWO_CONVOLUTIONS), tmp_path / "model.onnx"
    )


@torch.no_grad()
def test_a_single_frame() -> None:
    """Of the distances there is one: a frame's own."""
    ours = seeded(config("relative"))
    x = waveforms(2, 400)[:, :30]
    output, frames = ours(x, torch.tensor([30, 30]))
    assert (output.shape[1], frames.tolist()) == (1, [1, 1])
    assert output.isfinite().all()


def test_layer_drop_skips_all_layers_or_none() -> None:
    values = {**with_positions("rotary"), "encoder_dropout": 0.0, "encoder_projection_dropout": 0.0}
    model: Any = build_model(Wav2Vec2ConformerConfig.from_mapping({**values, "encoder_layer_drop": 1.0})).train()
    run: list[Any] = []
    for layer in model.encoder.layers:
        layer.register_forward_hook(lambda *_: run.append(1))
    model(waveforms())
    assert run == []
    model.encoder.layer_drop = 0.0
    model(waveforms())
    assert len(run) == 2
