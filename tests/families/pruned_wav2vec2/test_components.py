"""Pruned modules against torchaudio's, cut by hand: outputs, gradients, and what torch makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.families.contract import shaken
from tests.families.modules import (
    Models,
    assert_compiles_without_a_graph_break,
    assert_gives_the_output_of_each_layer,
    assert_same_gradients,
    assert_same_outputs,
    assert_script_and_copies_compute_the_same,
    assert_weights_that_are_written_are_read,
    with_weights_of,
)
from tests.families.pruned_wav2vec2.model import cut_model, small
from tests.parity.test_model import (
    ignore_jit_deprecation,
    waveforms,
)
from tests.parity.test_parts import assert_same_results
from w2v_explore import build_model, export
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
def models(request: pytest.FixtureRequest) -> Models:
    """Ours and the reference, with the same weights."""
    config = small(**VARIANTS[request.param])
    return with_weights_of(shaken(cut_model(config)), config)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_outputs(models: Models, dtype: torch.dtype, tolerance: float) -> None:
    assert_same_outputs(models, dtype, tolerance)


def test_gradients(models: Models) -> None:
    assert_same_gradients(models)


def test_the_output_of_each_layer(models: Models) -> None:
    assert_gives_the_output_of_each_layer(models[0], 5)


@ignore_jit_deprecation
def test_script_and_copies(models: Models) -> None:
    assert_script_and_copies_compute_the_same(models[0])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("models", ["pre_norm"], indirect=True)
def test_compile_without_a_graph_break(models: Models) -> None:
    assert_compiles_without_a_graph_break(models[0])


@torch.no_grad()
def test_a_graph_takes_any_batch_and_length(tmp_path: Path) -> None:
    changes = VARIANTS["post_norm"]
    path = export(small(**changes), "torch-export", tmp_path / "model.pt2").path
    torch.manual_seed(SEED)
    model = build_model(small(**changes)).eval()
    x, lengths = waveforms(2, 2345), torch.tensor([2345, 1200])
    assert_same_results(torch.export.load(path).module()(x, lengths), model(x, lengths))


def test_weights_that_are_written_are_read(tmp_path: Path) -> None:
    assert_weights_that_are_written_are_read(small(aux_num_out=5), tmp_path / "model.safetensors")
