"""What operations compute and move, held against the tensors of the built model; and shares of the roof."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.strategies import configs
from w2v_explore import Analysis, Config, ModelConfig, Workload, analyze, build_model, load_config
from w2v_explore.analysis.compute import Macs, unfold
from w2v_explore.analysis.latency.roofline import Roofs, kind_of, roof_shares, trace_work
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.families.data2vec_audio.operations import PlainLayerNorm
from w2v_explore.families.distilhubert.operations import SplitLinear
from w2v_explore.tree.operations import GELU, Conv1d, LayerNorm, Linear, ScaledDotProductAttention

BASE = analyze(load_config("base"), Workload.of_seconds(1.0))


def moved_elements(model: nn.Module, waveforms: Tensor, paths: set[str]) -> Counter[str]:
    """Elements of the tensors that modules take, hold and return, as hooks see them."""
    moved: Counter[str] = Counter()

    def hook(path: str) -> Any:
        def after(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
            tensors = [*filter(torch.is_tensor, inputs), output, *module.parameters(recurse=False)]
            moved[path] += sum(tensor.numel() for tensor in tensors)
            outer = path.removesuffix(".parametrizations.weight")
            if outer != path:  # the convolution reads the weight that was made for it
                moved[outer] += output.numel()

        return after

    for path, module in model.named_modules():
        if path in paths:
            module.register_forward_hook(hook(path))
    model(waveforms)
    return moved


@given(config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 800))
@settings(max_examples=15)
def test_bytes_are_those_of_the_tensors_that_modules_take_hold_and_return(
    config: ModelConfig, batch: int, extra: int
) -> None:
    samples = minimum_samples(config, batch) + extra
    workload = Workload(samples=samples, batch=batch, dtype="bfloat16")
    analysis = analyze(Config(name="random", origin="test", model=config), workload)
    works = {work.path: work for work in trace_work(analysis)}
    model = build_model(config, device="meta").eval()
    moved = moved_elements(model, torch.empty(batch, samples, device="meta"), set(works))
    assert {path: work.bytes for path, work in works.items()} == {path: 2 * size for path, size in moved.items()}


@given(config=configs(), batch=st.integers(1, 3))
def test_macs_are_those_of_the_analysis(config: ModelConfig, batch: int) -> None:
    workload = Workload(samples=minimum_samples(config, batch) + 100, batch=batch)
    analysis = analyze(Config(name="random", origin="test", model=config), workload)
    assert sum(work.copies * work.macs for work in trace_work(analysis)) == analysis.macs.total


def test_what_only_makes_views_is_no_work() -> None:
    kinds = {row.kind for row in BASE.layers if row.operation is not None}
    worked = {work.path for work in trace_work(BASE)}
    idle = {row.kind for row in BASE.layers if row.operation is not None and row.path not in worked}
    assert idle == {"Dropout", "PaddingMask", "SamePad"}
    assert idle < kinds


def test_kinds_tell_waveforms_groups_and_memory_apart() -> None:
    kinds = Counter(work.kind for work in trace_work(BASE))
    assert kinds["waveform_convolution"] == kinds["channels_first/group_norm"] == kinds["grouped_convolution"] == 1
    assert kinds["channels_first/convolution"] == 6
    other = Counter(work.kind for work in trace_work(analyze(load_config("large_lv60k"), Workload.of_seconds(1.0))))
    assert other["convolution"] == 6
    assert other["channels_first/layer_norm"] == 7
    assert other["channels_first/convolution"] == 0


def lies_channels_first(x: Tensor, channels: int) -> bool:
    """Whether a tensor of (B, T, C) or (B, C, T) has each channel's frames side by side."""
    return x.stride(2 if x.shape[1] == channels else 1) == 1


@pytest.mark.parametrize("mode", ["group_norm", "layer_norm"])
@pytest.mark.parametrize("norm_first", ["true", "false"])
def test_memory_lies_as_the_kind_says(mode: str, norm_first: str) -> None:
    overrides = [
        f"extractor_mode={mode}", f"encoder_layer_norm_first={norm_first}", "encoder_num_layers=1", "aux_num_out=40",
        "extractor_conv_layer_config=[[48, 10, 5], [48, 3, 2]]", "encoder_embed_dim=64", "encoder_num_heads=2",
        "encoder_ff_interm_features=96",
    ]  # fmt: skip
    config = load_config("base", overrides)
    model = build_model(config).eval()
    found: dict[str, bool] = {}

    def hook(path: str) -> Any:
        def before(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            found[path] = any(
                lies_channels_first(x, {48, 64, 96}.intersection(x.shape).pop()) for x in inputs if x is not None
            )

        return before

    works = [
        work
        for work in trace_work(analyze(config, Workload(samples=1000)))
        if work.kind not in ("waveform_convolution", "weight_norm")
    ]
    for work in works:
        model.get_submodule(work.path).register_forward_pre_hook(hook(work.path))
    with torch.inference_mode():
        model(torch.randn(2, 1000))
    assert found == {work.path: work.kind.startswith("channels_first/") for work in works}


def least_seconds(analysis: Analysis, roofs: Roofs, path: str) -> float:
    prefix = f"{path}." if path else ""
    return sum(
        work.copies * max(work.macs / roofs.macs_per_s, work.bytes / roofs.bytes_per_s)
        for work in trace_work(analysis)
        if work.path == path or work.path.startswith(prefix)
    )


def test_a_layer_that_takes_twice_its_least_time_achieves_half_of_the_roof() -> None:
    roofs = Roofs(macs_per_s=1e11, bytes_per_s=1e10)
    paths = ["", "feature_extractor", "encoder.feature_projection.projection", "encoder.transformer.layers"]
    shares = roof_shares(BASE, roofs, {path: 2 * least_seconds(BASE, roofs, path) for path in paths})
    assert shares == pytest.approx(dict.fromkeys(paths, 0.5))


def test_either_roof_can_be_the_bound() -> None:
    path = "encoder.feature_projection.projection"
    [projection] = [work for work in trace_work(BASE) if work.path == path]
    assert roof_shares(BASE, Roofs(1e3, 1e30), {path: projection.macs / 1e3}) == pytest.approx({path: 1.0})
    assert roof_shares(BASE, Roofs(1e30, 1e3), {path: projection.bytes / 1e3}) == pytest.approx({path: 1.0})


def test_what_took_no_time_or_has_no_work_has_no_share() -> None:
    assert roof_shares(BASE, Roofs(1.0, 1.0), {"encoder.padding_mask": 1.0, "encoder": 0.0}) == {}


def test_equal_layers_are_measured_one_by_one() -> None:
    roofs = Roofs(1e11, 1e10)
    seconds = {row.path: 1.0 for row in unfold(BASE.layers)}
    shares = roof_shares(BASE, roofs, seconds)
    layers = [shares[f"encoder.transformer.layers.{number}.attention.k_proj"] for number in (0, 7, 11)]
    assert len(set(layers)) == 1


def test_folded_path() -> None:
    assert {BASE.tree.folded_path(row.path) for row in unfold(BASE.layers)} == {row.path for row in BASE.layers}
    assert BASE.tree.folded_path("encoder.transformer.layers.10.dropout") == "encoder.transformer.layers.0.dropout"
    assert BASE.tree.folded_path("encoder.transformer.layers") == "encoder.transformer.layers"
    assert BASE.macs > Macs()


def test_kinds_are_words() -> None:
    kinds = {kind_of(operation, False) for operation in (GELU(), LayerNorm(4), Linear(4, 4), Conv1d(4, 4, 3, groups=2))}
    assert kinds == {"gelu", "layer_norm", "linear", "grouped_convolution"}
    attention = ScaledDotProductAttention(2, 0.0)
    assert [kind_of(attention, False, taken) for taken in (3, 4)] == [
        "scaled_dot_product_attention",
        "biased_attention",
    ]
    assert kind_of(Conv1d(1, 4, 3), True) == "waveform_convolution"
    # What runs in a kernel of the shared operations is of their kind, whatever its class is called.
    assert kind_of(SplitLinear(4, 2, 4), False) == "linear"
    assert kind_of(PlainLayerNorm(4), True) == "channels_first/layer_norm"


def test_one_number_of_all_frames_is_the_same_work_however_they_lie() -> None:
    for preset in ("hubert_pretrain_base", "hubert_pretrain_large"):
        [work] = [work for work in trace_work(analyze(load_config(preset))) if work.path == "feature_penalty"]
        assert work.kind == "feature_penalty"
