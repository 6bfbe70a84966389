"""Pruned modules against torchaudio's, cut by hand: outputs, gradients, and what torch makes of them."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.families.pruned_wav2vec2.model import cut_model, shaken, small
from tests.parity.test_model import (
    LENGTHS,
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
        "extractor_channel_scale": False,
        "encoder_pos_conv_kernel": 7,
        "encoder_layer_norm_first": True,
    },
}


@pytest.fixture(params=[*VARIANTS])
def models(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """Ours and the reference, with the same weights."""
    config = small(**VARIANTS[request.param])
    ours, theirs = build_model(config).eval(), shaken(cut_model(config)).eval()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@torch.no_grad()
def test_outputs(models: tuple[Any, Any], dtype: torch.dtype, tolerance: float) -> None:
    ours, theirs = (model.to(dtype) for model in models)
    x = waveforms(dtype=dtype)
    torch.testing.assert_close(ours(x)[0], theirs(x, None)[0], rtol=10 * tolerance, atol=tolerance)


def test_gradients(models: tuple[Any, Any]) -> None:
    ours, theirs = models
    for output in (ours(waveforms())[0], theirs(waveforms(), None)[0]):
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
    assert len(every) == 5
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
@pytest.mark.parametrize("models", ["pre_norm"], indirect=True)
@torch.no_grad()
def test_compile_without_a_graph_break(models: tuple[Any, Any]) -> None:
    ours, _ = models
    compiled = compile_afresh(ours, "aot_eager")
    for lengths in (None, LENGTHS):
        assert_same_results(compiled(waveforms(), lengths), ours(waveforms(), lengths))


@torch.no_grad()
def test_a_graph_takes_any_batch_and_length(tmp_path: Path) -> None:
    changes = VARIANTS["post_norm"]
    path = export(small(**changes), "torch-export", tmp_path / "model.pt2").path
    torch.manual_seed(SEED)
    model = build_model(small(**changes)).eval()
    x, lengths = waveforms(2, 2345), torch.tensor([2345, 1200])
    assert_same_results(torch.export.load(path).module()(x, lengths), model(x, lengths))


def test_weights_that_are_written_are_read(tmp_path: Path) -> None:
    config = small(aux_num_out=5)
    path = export(config, "safetensors", tmp_path / "model.safetensors").path
    torch.manual_seed(SEED)
    expected = build_model(config).state_dict()
    again = load_checkpoint(path).state_dict()
    assert list(again) == list(expected)
    assert all(torch.equal(again[name], weight) for name, weight in expected.items())
