"""w2v-BERT 2.0 as torch modules: scripted, copied, compiled, exported."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.families.wav2vec2_bert.reference import ADAPTER, POSITIONS, SMALL, features
from tests.parity.test_model import compile_afresh, ignore_jit_deprecation
from tests.parity.test_parts import assert_same_results
from w2v_explore import build_model, export
from w2v_explore.families.wav2vec2_bert.fields import Wav2Vec2BertConfig
from w2v_explore.model.export import SEED

LENGTHS = torch.tensor([30, 17])
VALUES = {positions: {**SMALL, "encoder_positions": positions} for positions in POSITIONS}
VALUES["adapter"] = {**SMALL, **ADAPTER}
# Of which graphs are made, in time with the number of layers.
ONE_LAYER = {**VALUES["adapter"], "encoder_num_layers": 1}


def bert(values: dict[str, Any]) -> Any:
    torch.manual_seed(SEED)
    return build_model(Wav2Vec2BertConfig.from_mapping(values)).eval()


@ignore_jit_deprecation
@pytest.mark.parametrize("name", VALUES)
@torch.no_grad()
def test_script_and_copies(name: str) -> None:
    ours = bert(VALUES[name])
    copies: list[Any] = [copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))]
    scripted: Any = torch.jit.script(copies[0])
    assert list(scripted.state_dict()) == list(ours.state_dict())
    for lengths in (None, LENGTHS):
        for model in (scripted, *copies):
            assert_same_results(model(features(), lengths), ours(features(), lengths))
    assert_same_results(scripted.extract_features(features(), None, 2), ours.extract_features(features(), None, 2))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@torch.no_grad()
def test_compile_without_a_graph_break() -> None:
    ours = bert(ONE_LAYER)
    compiled = compile_afresh(ours, "aot_eager")
    for lengths in (None, LENGTHS):
        assert_same_results(compiled(features(), lengths), ours(features(), lengths))


@pytest.mark.slow
@torch.no_grad()
def test_onnx_computes_what_the_model_computes(tmp_path: Path) -> None:
    import onnxruntime

    # Without a head the output is called features.
    values = {**ONE_LAYER, "aux_num_out": None}
    path = export(Wav2Vec2BertConfig.from_mapping(values), "onnx", tmp_path / "model.onnx").path
    session = onnxruntime.InferenceSession(path)
    ours = bert(values)
    output, frames = session.run(None, {"input_features": features().numpy(), "lengths": LENGTHS.numpy()})
    expected, expected_frames = ours(features(), LENGTHS)
    for utterance, valid in enumerate(expected_frames.tolist()):
        torch.testing.assert_close(
            torch.from_numpy(output)[utterance, :valid], expected[utterance, :valid], rtol=1e-4, atol=1e-4
        )
    assert frames.tolist() == expected_frames.tolist()


@torch.no_grad()
@pytest.mark.parametrize("positions", POSITIONS)
def test_a_single_frame(positions: str) -> None:
    output, frames = bert(VALUES[positions])(features(2, 1), torch.tensor([1, 1]))
    assert (output.shape[1], frames.tolist()) == (1, [1, 1])
    assert output.isfinite().all()


def test_layer_drop_skips_all_layers_or_none() -> None:
    model: Any = build_model(Wav2Vec2BertConfig.from_mapping({**SMALL, "encoder_layer_drop": 1.0})).train()
    run: list[Any] = []
    for layer in model.encoder.layers:
        layer.register_forward_hook(lambda *_: run.append(1))
    model(features())
    assert run == []
    model.encoder.layer_drop = 0.0
    model(features())
    assert len(run) == 2
