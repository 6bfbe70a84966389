"""w2v-BERT 2.0 as torch modules: scripted, copied, compiled, exported."""

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
from tests.families.wav2vec2_bert.reference import ADAPTER, POSITIONS, SMALL, features
from tests.parity.test_model import ignore_jit_deprecation
from w2v_explore import build_model
from w2v_explore.families.wav2vec2_bert.fields import Wav2Vec2BertConfig

LENGTHS = torch.tensor([30, 17])
VALUES = {positions: {**SMALL, "encoder_positions": positions} for positions in POSITIONS}
VALUES["adapter"] = {**SMALL, **ADAPTER}
# Of which graphs are made, in time with the number of layers.
ONE_LAYER = {**VALUES["adapter"], "encoder_num_layers": 1}


def bert(values: dict[str, Any]) -> Any:
    return seeded(Wav2Vec2BertConfig.from_mapping(values))


@ignore_jit_deprecation
@pytest.mark.parametrize("name", VALUES)
def test_script_and_copies(name: str) -> None:
    assert_script_and_copies_compute_the_same(bert(VALUES[name]), features, LENGTHS)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compile_without_a_graph_break() -> None:
    assert_compiles_without_a_graph_break(bert(ONE_LAYER), features, LENGTHS)


@pytest.mark.slow
def test_onnx_computes_what_the_model_computes(tmp_path: Path) -> None:
    # Without a head the output is called features.
    config = Wav2Vec2BertConfig.from_mapping({**ONE_LAYER, "aux_num_out": None})
    assert_onnx_computes_the_same(config, tmp_path / "model.onnx", features, [LENGTHS], "input_features")


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
