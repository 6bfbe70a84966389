"""DistilHuBERT's modules against transformers', with s3prl's heads: outputs, gradients, graphs."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.families.distilhubert.model import HEADS, reference, shaken, small
from tests.parity.test_model import (
    LENGTHS,
    TWO_CONVOLUTIONS,
    compile_afresh,
    ignore_jit_deprecation,
    waveforms,
)
from tests.parity.test_parts import assert_same_results
from w2v_explore import build_model, export, load_checkpoint
from w2v_explore.model.export import SEED

VARIANTS: dict[str, dict[str, Any]] = {
    "post_norm": {"aux_num_out": 5},
    "pre_norm": {
        "extractor_mode": "layer_norm",
        "extractor_conv_bias": True,
        "encoder_pos_conv_kernel": 7,
        "encoder_layer_norm_first": True,
    },
    "heads": HEADS,
    "one_head": {"prediction_num_heads": 1, "prediction_dim": 24},
}


@pytest.fixture(params=[*VARIANTS])
def models(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """Ours and the reference, with the same weights."""
    config = small(**VARIANTS[request.param])
    ours, theirs = build_model(config).eval(), shaken(reference(config)).eval()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@torch.no_grad()
def test_outputs(models: tuple[Any, Any], dtype: torch.dtype, tolerance: float) -> None:
    ours, theirs = (model.to(dtype) for model in models)
    x = waveforms(dtype=dtype)
    torch.testing.assert_close(ours(x)[0], theirs(x)[0], rtol=10 * tolerance, atol=tolerance)


def test_gradients(models: tuple[Any, Any]) -> None:
    ours, theirs = models
    for output in (ours(waveforms())[0], theirs(waveforms())[0]):
        output.square().mean().backward()
    expected = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        other = expected[name].grad
        assert (parameter.grad is None) == (other is None), name
        if parameter.grad is not None:
            torch.testing.assert_close(parameter.grad, other, rtol=1e-3, atol=1e-4)


@torch.no_grad()
def test_the_output_of_each_layer(models: tuple[Any, Any]) -> None:
    ours, _ = models
    every, frames = ours.extract_features(waveforms(), LENGTHS)
    first, _ = ours.extract_features(waveforms(), LENGTHS, 1)
    assert len(every) == 2
    assert torch.equal(first[0], every[0])
    assert torch.equal(frames, ours(waveforms(), LENGTHS)[1])
    with pytest.raises(ValueError, match="num_layers must be from 1 to"):
        ours.extract_features(waveforms(), None, 9)


@ignore_jit_deprecation
@torch.no_grad()
def test_script_and_copies(models: tuple[Any, Any]) -> None:
    ours, _ = models
    copies: list[Any] = [copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))]
    scripted: Any = torch.jit.script(copies[0])
    assert list(scripted.state_dict()) == list(ours.state_dict())
    for lengths in (None, LENGTHS):
        for model in (scripted, *copies):
            assert_same_results(model(waveforms(), lengths), ours(waveforms(), lengths))
    assert_same_results(scripted.extract_features(waveforms(), None, 1), ours.extract_features(waveforms(), None, 1))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("models", ["heads"], indirect=True)
@torch.no_grad()
def test_compile_without_a_graph_break(models: tuple[Any, Any]) -> None:
    ours, _ = models
    compiled = compile_afresh(ours, "aot_eager")
    for lengths in (None, LENGTHS):
        assert_same_results(compiled(waveforms(), lengths), ours(waveforms(), lengths))


@pytest.mark.slow
@torch.no_grad()
def test_onnx_computes_what_the_model_computes(tmp_path: Path) -> None:
    import onnxruntime

    config = small(**HEADS, encoder_num_layers=1, extractor_conv_layer_config=TWO_CONVOLUTIONS)
    path = export(config, "onnx", tmp_path / "model.onnx").path
    torch.manual_seed(SEED)
    model = build_model(config).eval()
    session = onnxruntime.InferenceSession(path)
    output, frames = session.run(None, {"waveforms": waveforms().numpy(), "lengths": LENGTHS.numpy()})
    expected, expected_frames = model(waveforms(), LENGTHS)
    assert expected_frames is not None
    assert frames.tolist() == expected_frames.tolist()
    for utterance, valid in enumerate(frames.tolist()):
        ours = torch.from_numpy(output)[utterance, :valid]
        torch.testing.assert_close(ours, expected[utterance, :valid], rtol=1e-4, atol=1e-4)


def test_weights_that_are_written_are_read(tmp_path: Path) -> None:
    config = small(**HEADS)
    path = export(config, "safetensors", tmp_path / "model.safetensors").path
    torch.manual_seed(SEED)
    expected = build_model(config).state_dict()
    again = load_checkpoint(path).state_dict()
    assert list(again) == list(expected)
    assert all(torch.equal(again[name], weight) for name, weight in expected.items())
