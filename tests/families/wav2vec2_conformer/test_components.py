"""Conformers as torch modules: scripted, copied, compiled, exported."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.families.wav2vec2_conformer.reference import POSITIONS, with_positions
from tests.parity.test_model import (
    LENGTHS,
    TWO_CONVOLUTIONS,
    compile_afresh,
    ignore_jit_deprecation,
    waveforms,
)
from tests.parity.test_parts import assert_same_results
from w2v_explore import build_model, export
from w2v_explore.families.wav2vec2_conformer.fields import Wav2Vec2ConformerConfig
from w2v_explore.model.export import SEED


def conformer(positions: str, **changes: Any) -> Any:
    torch.manual_seed(SEED)
    return build_model(Wav2Vec2ConformerConfig.from_mapping({**with_positions(positions), **changes})).eval()


@ignore_jit_deprecation
@pytest.mark.parametrize("positions", POSITIONS)
@torch.no_grad()
def test_script_and_copies(positions: str) -> None:
    ours = conformer(positions)
    copies: list[Any] = [copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))]
    scripted: Any = torch.jit.script(copies[0])
    assert list(scripted.state_dict()) == list(ours.state_dict())
    for lengths in (None, LENGTHS):
        for model in (scripted, *copies):
            assert_same_results(model(waveforms(), lengths), ours(waveforms(), lengths))
    assert_same_results(scripted.extract_features(waveforms(), None, 2), ours.extract_features(waveforms(), None, 2))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@torch.no_grad()
def test_compile_without_a_graph_break() -> None:
    ours = conformer("rotary", encoder_num_layers=1)
    compiled = compile_afresh(ours, "aot_eager")
    for lengths in (None, LENGTHS):
        assert_same_results(compiled(waveforms(), lengths), ours(waveforms(), lengths))


@pytest.mark.slow
@torch.no_grad()
def test_onnx_computes_what_the_model_computes(tmp_path: Path) -> None:
    import onnxruntime

    changes: dict[str, Any] = {"encoder_num_layers": 1, "extractor_conv_layer_config": TWO_CONVOLUTIONS}
    config = Wav2Vec2ConformerConfig.from_mapping({**with_positions("relative"), **changes})
    session = onnxruntime.InferenceSession(export(config, "onnx", tmp_path / "model.onnx").path)
    ours = conformer("relative", **changes)
    for lengths in (torch.tensor([4000, 4000, 4000]), LENGTHS):
        output, frames = session.run(None, {"waveforms": waveforms().numpy(), "lengths": lengths.numpy()})
        expected, expected_frames = ours(waveforms(), lengths)
        for utterance, valid in enumerate(expected_frames.tolist()):
            torch.testing.assert_close(
                torch.from_numpy(output)[utterance, :valid], expected[utterance, :valid], rtol=1e-4, atol=1e-4
            )
        assert frames.tolist() == expected_frames.tolist()


@torch.no_grad()
def test_a_single_frame() -> None:
    """Of the distances there is one: a frame's own."""
    ours = conformer("relative")
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
