"""What holds of the modules of every family: its tests call these with a model of its own.

Where a model takes no waveforms, or no `LENGTHS`, its tests give what it takes.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.parity.test_model import LENGTHS, compile_afresh, waveforms
from tests.parity.test_parts import assert_same_results
from w2v_explore import ModelConfig, build_model, export, load_checkpoint
from w2v_explore.model.export import SEED

Models = tuple[Any, Any]
"""Ours and the reference, with the same weights."""


def seeded(config: ModelConfig) -> Any:
    """The model that is exported without weights."""
    torch.manual_seed(SEED)
    return build_model(config).eval()


def with_weights_of(theirs: Any, config: ModelConfig) -> Models:
    """The model of a config with the weights of the reference, and the reference."""
    ours = build_model(config).eval()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs.eval()


@torch.no_grad()
def assert_same_outputs(models: Models, dtype: torch.dtype, tolerance: float) -> None:
    ours, theirs = (model.to(dtype)(waveforms(dtype=dtype))[0] for model in models)
    torch.testing.assert_close(ours, theirs, rtol=10 * tolerance, atol=tolerance)


def assert_same_gradients(models: Models) -> None:
    ours, theirs = models
    for model in models:
        model(waveforms())[0].square().mean().backward()
    expected = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        other = expected[name].grad
        assert (parameter.grad is None) == (other is None), name
        if parameter.grad is not None:
            torch.testing.assert_close(parameter.grad, other, rtol=1e-3, atol=1e-4)


@torch.no_grad()
def assert_gives_the_output_of_each_layer(ours: Any, layers: int) -> None:
    every, frames = ours.extract_features(waveforms(), LENGTHS)
    first, _ = ours.extract_features(waveforms(), LENGTHS, 1)
    assert len(every) == layers
    assert torch.equal(first[0], every[0])
    assert torch.equal(frames, ours(waveforms(), LENGTHS)[1])
    with pytest.raises(ValueError, match="num_layers must be from 1 to"):
        ours.extract_features(waveforms(), None, 9)


@torch.no_grad()
def assert_padding_changes_no_valid_frame(ours: Any) -> None:
    x = waveforms()
    output, frames = ours(x, LENGTHS)
    # One of the utterances has no frame.
    assert frames.tolist()[1] == 0
    assert output.isfinite().all()
    x[2, LENGTHS[2] :] = 9.0
    valid = slice(int(frames[2]))
    torch.testing.assert_close(ours(x, LENGTHS)[0][2, valid], output[2, valid])


@torch.no_grad()
def assert_script_and_copies_compute_the_same(
    ours: Any, takes: Callable[[], Tensor] = waveforms, lengths: Tensor = LENGTHS
) -> None:
    copies: list[Any] = [copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))]
    scripted: Any = torch.jit.script(copies[0])
    assert list(scripted.state_dict()) == list(ours.state_dict())
    for valid in (None, lengths):
        for model in (scripted, *copies):
            assert_same_results(model(takes(), valid), ours(takes(), valid))
    assert_same_results(scripted.extract_features(takes(), None, 2), ours.extract_features(takes(), None, 2))


@torch.no_grad()
def assert_compiles_without_a_graph_break(
    ours: Any, takes: Callable[[], Tensor] = waveforms, lengths: Tensor = LENGTHS
) -> None:
    """What backends make of such graphs, `tests/parity/test_model.py` sees of the operations that families share."""
    compiled = compile_afresh(ours, "eager")
    for valid in (None, lengths):
        assert_same_results(compiled(takes(), valid), ours(takes(), valid))


@torch.no_grad()
def assert_exports_with_dynamic_batch_and_length(ours: Any) -> None:
    batch, samples = torch.export.Dim("batch", max=64), torch.export.Dim("samples", min=400, max=1_000_000)
    program = torch.export.export(
        ours,
        (waveforms(), LENGTHS),
        dynamic_shapes={"waveforms": {0: batch, 1: samples}, "lengths": {0: batch}},
    ).module()
    for size, count in ((2, 2345), (5, 9000)):
        x, lengths = waveforms(size, count), torch.full((size,), count // 2)
        assert_same_results(program(x, lengths), ours(x, lengths))


@torch.no_grad()
def assert_onnx_computes_the_same(
    config: ModelConfig,
    path: Path,
    takes: Callable[[], Tensor] = waveforms,
    lengths: Sequence[Tensor] = (torch.tensor([4000, 4000, 4000]), LENGTHS),
    name: str = "waveforms",
) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(export(config, "onnx", path).path)
    ours = seeded(config)
    for valid in lengths:
        output, frames = session.run(None, {name: takes().numpy(), "lengths": valid.numpy()})
        expected, expected_frames = ours(takes(), valid)
        assert frames.tolist() == expected_frames.tolist()
        for utterance, number in enumerate(frames.tolist()):
            found = torch.from_numpy(output)[utterance, :number]
            torch.testing.assert_close(found, expected[utterance, :number], rtol=1e-4, atol=1e-4)


def assert_weights_that_are_written_are_read(config: ModelConfig, path: Path) -> None:
    expected = seeded(config).state_dict()
    again = load_checkpoint(export(config, "safetensors", path).path).state_dict()
    assert list(again) == list(expected)
    assert all(torch.equal(again[name], weight) for name, weight in expected.items())
