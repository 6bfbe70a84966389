"""DistilHuBERT's modules against transformers', with s3prl's heads: outputs, gradients, graphs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.families.contract import shaken
from tests.families.distilhubert.model import HEADS, reference, small
from tests.families.modules import (
    Models,
    assert_compiles_without_a_graph_break,
    assert_gives_the_output_of_each_layer,
    assert_onnx_computes_the_same,
    assert_same_gradients,
    assert_same_outputs,
    assert_script_and_copies_compute_the_same,
    assert_weights_that_are_written_are_read,
    with_weights_of,
)
from tests.parity.test_model import (
    LENGTHS,
    TWO_CONVOLUTIONS,
    ignore_jit_deprecation,
)

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
def models(request: pytest.FixtureRequest) -> Models:
    """Ours and the reference, with the same weights."""
    config = small(**VARIANTS[request.param])
    return with_weights_of(shaken(reference(config)), config)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_outputs(models: Models, dtype: torch.dtype, tolerance: float) -> None:
    assert_same_outputs(models, dtype, tolerance)


def test_gradients(models: Models) -> None:
    assert_same_gradients(models)


def test_the_output_of_each_layer(models: Models) -> None:
    assert_gives_the_output_of_each_layer(models[0], 2)


@ignore_jit_deprecation
def test_script_and_copies(models: Models) -> None:
    assert_script_and_copies_compute_the_same(models[0])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("models", ["heads"], indirect=True)
def test_compile_without_a_graph_break(models: Models) -> None:
    assert_compiles_without_a_graph_break(models[0])


@pytest.mark.slow
def test_onnx_computes_what_the_model_computes(tmp_path: Path) -> None:
    assert_onnx_computes_the_same(
        small(**HEADS, encoder_num_layers=1, extractor_conv_layer_config=TWO_CONVOLUTIONS),
        tmp_path / "model.onnx",
        lengths=[LENGTHS],
    )


def test_weights_that_are_written_are_read(tmp_path: Path) -> None:
    assert_weights_that_are_written_are_read(small(**HEADS), tmp_path / "model.safetensors")
