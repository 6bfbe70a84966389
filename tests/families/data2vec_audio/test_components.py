"""data2vec audio's modules: lengths, layers, TorchScript, copies, compilation and export."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.families.data2vec_audio.model import shaken, transformers_model
from tests.families.data2vec_audio.strategies import small
from tests.parity.test_model import LENGTHS, TWO_CONVOLUTIONS, compile_afresh, ignore_jit_deprecation, waveforms
from tests.parity.test_parts import assert_same_results
from tests.parity.test_transformers_models import assert_outputs_equal
from w2v_explore import build_model, export
from w2v_explore.families.data2vec_audio.operations import PlainLayerNorm
from w2v_explore.model.export import SEED


@pytest.fixture(params=[7, 8], ids=["odd kernel", "even kernel"])
def ours(request: pytest.FixtureRequest) -> Any:
    torch.manual_seed(0)
    return shaken(build_model(small(encoder_pos_conv_kernel=request.param))).eval()


@pytest.mark.parametrize("lengths", [None, [900, 411]], ids=["all valid", "with lengths"])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize(("head", "kernel"), [(None, 7), (5, 8)])
def test_transformers(head: int | None, kernel: int, attention: str, lengths: list[int] | None) -> None:
    config = small(encoder_pos_conv_kernel=kernel, aux_num_out=head)
    ours: Any = shaken(build_model(config)).eval()
    theirs = transformers_model(config, attention).eval()
    state = ours.state_dict()
    if head is not None:
        state = {key if key.startswith("lm_head") else f"data2vec_audio.{key}": value for key, value in state.items()}
    theirs.load_state_dict(state)
    assert_outputs_equal(ours, theirs, lengths, 900)


def test_the_norms_behind_the_positional_convolutions_have_no_parameters() -> None:
    assert PlainLayerNorm(8).parameters == 0
    model: Any = build_model(small(), device="meta")
    names = [name for name, _ in model.encoder.pos_conv_embed.named_parameters()]
    assert names == [f"layers.{layer}.conv.{kind}" for layer in range(3) for kind in ("weight", "bias")]


@torch.no_grad()
def test_padding_changes_no_valid_frame(ours: Any) -> None:
    x = waveforms()
    output, frames = ours(x, LENGTHS)
    # One of the utterances has no frame.
    assert frames.tolist()[1] == 0
    assert output.isfinite().all()
    x[2, LENGTHS[2] :] = 9.0
    valid = slice(int(frames[2]))
    torch.testing.assert_close(ours(x, LENGTHS)[0][2, valid], output[2, valid])


@ignore_jit_deprecation
@torch.no_grad()
def test_script_and_copies(ours: Any) -> None:
    copies: list[Any] = [copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))]
    scripted: Any = torch.jit.script(copies[0])
    assert list(scripted.state_dict()) == list(ours.state_dict())
    for lengths in (None, LENGTHS):
        for model in (scripted, *copies):
            assert_same_results(model(waveforms(), lengths), ours(waveforms(), lengths))
    assert_same_results(scripted.extract_features(waveforms(), None, 2), ours.extract_features(waveforms(), None, 2))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("ours", [8], ids=["even kernel"], indirect=True)
@torch.no_grad()
def test_compile_without_a_graph_break(ours: Any) -> None:
    compiled = compile_afresh(ours, "aot_eager")
    for lengths in (None, LENGTHS):
        assert_same_results(compiled(waveforms(), lengths), ours(waveforms(), lengths))


@torch.no_grad()
def test_onnx_computes_what_the_model_computes(tmp_path: Path) -> None:
    import onnxruntime

    config = small(encoder_num_layers=1, encoder_pos_conv_depth=2, extractor_conv_layer_config=TWO_CONVOLUTIONS)
    path = export(config, "onnx", tmp_path / "data2vec.onnx").path
    torch.manual_seed(SEED)
    model: nn.Module = build_model(config).eval()
    session = onnxruntime.InferenceSession(path)
    for lengths in (torch.tensor([4000, 4000, 4000]), LENGTHS):
        output, frames = session.run(None, {"waveforms": waveforms().numpy(), "lengths": lengths.numpy()})
        expected, expected_frames = model(waveforms(), lengths)
        assert frames.tolist() == expected_frames.tolist()
        for utterance, valid in enumerate(expected_frames.tolist()):
            found = torch.from_numpy(output)[utterance, :valid]
            torch.testing.assert_close(found, expected[utterance, :valid], rtol=1e-4, atol=1e-4)
