"""data2vec audio's modules: lengths, layers, TorchScript, copies, compilation and export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.families.contract import shaken
from tests.families.data2vec_audio.model import transformers_model
from tests.families.data2vec_audio.strategies import small
from tests.families.modules import (
    assert_compiles_without_a_graph_break,
    assert_onnx_computes_the_same,
    assert_padding_changes_no_valid_frame,
    assert_script_and_copies_compute_the_same,
)
from tests.parity.test_model import TWO_CONVOLUTIONS, ignore_jit_deprecation
from tests.parity.test_transformers_models import assert_outputs_equal
from w2v_explore import build_model
from w2v_explore.families.data2vec_audio.operations import PlainLayerNorm


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


def test_padding_changes_no_valid_frame(ours: Any) -> None:
    assert_padding_changes_no_valid_frame(ours)


@ignore_jit_deprecation
def test_script_and_copies(ours: Any) -> None:
    assert_script_and_copies_compute_the_same(ours)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("ours", [8], ids=["even kernel"], indirect=True)
def test_compile_without_a_graph_break(ours: Any) -> None:
    assert_compiles_without_a_graph_break(ours)


def test_onnx_computes_what_the_model_computes(tmp_path: Path) -> None:
    assert_onnx_computes_the_same(
        small(encoder_num_layers=1, encoder_pos_conv_depth=2, extractor_conv_layer_config=TWO_CONVOLUTIONS),
        tmp_path / "data2vec.onnx",
    )
