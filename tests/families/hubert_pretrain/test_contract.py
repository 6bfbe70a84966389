"""HuBERT in pre-training, held to what holds of every family; torchaudio defines it."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.families.contract import (
    analysis_of,
    assert_closed_forms_hold,
    assert_every_figure_holds,
    assert_gradients_are_those_of_torch,
    assert_memory_holds,
    assert_memory_is_what_torch_tracks,
    models,
)
from tests.families.hubert_pretrain.model import POST_NORM, PRE_NORM, counted
from tests.families.hubert_pretrain.strategies import pretrain_configs, pretrain_values
from w2v_explore import ModelConfig, Workload, analyze, build_model, load_config
from w2v_explore.analysis.compute import analyze_layers, unfold
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.families.hubert_pretrain.fields import HuBERTPretrainConfig
from w2v_explore.families.hubert_pretrain.masking import draw_mask
from w2v_explore.families.hubert_pretrain.operations import Masking, expected_masked
from w2v_explore.measure.meta_pass import first_tensor

Outputs = tuple[torch.Tensor | None, ...]


@given(config=pretrain_configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=20)
def test_closed_forms(config: ModelConfig, batch: int, extra: int) -> None:
    """But for the output's shape: torch's counter is given a pass of the parts that it counts."""
    samples = minimum_samples(config, batch) + extra
    theirs = counted(config).eval()
    frames = analysis_of(config, Workload(samples=samples, batch=batch)).receptive_field.frames
    assert_closed_forms_hold(config, batch, samples, lambda _: theirs, output_shape=(batch, frames, config.final_dim))


@given(config=pretrain_configs(), batch=st.integers(1, 3), extra=st.integers(0, 500))
@settings(max_examples=6)
def test_layers_put_out_what_the_tree_says(config: ModelConfig, batch: int, extra: int) -> None:
    samples = minimum_samples(config, batch) + extra
    model = build_model(config, device="meta").eval()
    seen: dict[str, tuple[int, ...]] = {}

    def record(path: str) -> Any:
        def hook(module: object, inputs: object, output: Any) -> None:
            tensor = first_tensor(output)
            if tensor is not None:
                seen[path] = tuple(tensor.shape)

        return hook

    for path, module in model.named_modules():
        if not path.endswith("parametrizations.weight.0"):
            module.register_forward_hook(record(path))
    with torch.no_grad():
        model(torch.empty(batch, samples, device="meta"))
    rows = unfold(analyze_layers(config.family.build(config), batch, samples))
    shapes = {row.path: row.output_shape for row in rows if row.output_shape}
    assert seen.items() <= shapes.items()
    unseen = {path for path in shapes.keys() - seen if not path.endswith(("layers", "parametrizations"))}
    skipped = {"logit_generator"} if config.skip_masked and config.skip_nomask else set()
    assert unseen <= skipped


def _both(config: ModelConfig, batch: int, samples: int, *, pad: bool) -> tuple[Outputs, Outputs]:
    """What ours and torchaudio's give for the same weights, labels and seed, where torchaudio's gives anything."""
    ours, theirs = models(config)
    generator = torch.Generator().manual_seed(0)
    waveforms = torch.randn(batch, samples, generator=generator)
    frames = analysis_of(config, Workload(samples=samples, batch=batch)).receptive_field.frames
    labels = torch.randint(0, config.num_classes, (batch, frames), generator=generator)
    lengths = torch.tensor([samples] * (batch - 1) + [2 * samples // 3]) if pad else None
    torch.manual_seed(3)
    try:
        expected = theirs(waveforms, labels, lengths)
    except (IndexError, RuntimeError):
        assume(False)  # it finds no room for a span, or a span of no frames
    torch.manual_seed(3)
    return ours(waveforms, labels, lengths), expected


@given(
    values=pretrain_values(),
    small=st.sampled_from([POST_NORM, PRE_NORM]),
    batch=st.integers(1, 3),
    extra=st.integers(0, 3000),
    pad=st.booleans(),
)
@settings(max_examples=8)
@torch.no_grad()
def test_weights_masks_and_outputs(
    values: dict[str, Any], small: dict[str, Any], batch: int, extra: int, pad: bool
) -> None:
    masking = {name: value for name, value in values.items() if not name.startswith(("encoder", "extractor"))}
    # Without masked frames torchaudio's forward() raises.
    config = HuBERTPretrainConfig.from_mapping({**small, **masking, "mask_prob": max(values["mask_prob"], 0.1)})
    ours, theirs = _both(config, batch, minimum_samples(config, batch) + 1500 + extra, pad=pad)
    for one, other in zip(ours, theirs, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("multiplier", [0.1, None])
def test_gradients_are_torchaudios(multiplier: float | None) -> None:
    config = HuBERTPretrainConfig.from_mapping({**POST_NORM, "feature_grad_mult": multiplier})
    pair = models(config)
    waveforms, labels = torch.randn(2, 4000), torch.randint(0, 11, (2, 199))
    for model in pair:
        torch.manual_seed(0)
        masked, unmasked, penalty = model(waveforms, labels)
        loss = torch.nn.functional.cross_entropy(masked, torch.zeros(len(masked), dtype=torch.long))
        (loss + unmasked[:, 0].mean() + 10 * penalty).backward()
    theirs = dict(pair[1].named_parameters())
    for name, parameter in pair[0].named_parameters():
        torch.testing.assert_close(parameter.grad, theirs[name].grad, atol=1e-5, rtol=1e-4, msg=name)


def test_without_labels_nothing_is_drawn() -> None:
    config = HuBERTPretrainConfig.from_mapping(PRE_NORM)
    model = build_model(config).eval()
    waveforms = torch.randn(2, 4000)
    before = torch.get_rng_state()
    masked, unmasked, penalty = model(waveforms)
    assert torch.equal(before, torch.get_rng_state())
    expected = expected_masked(model.mask_generator.frames, 199)
    assert (masked.shape, unmasked.shape, penalty.shape) == ((2, expected, 12), (2, 199 - expected, 12), (1, 1))
    with pytest.raises(ValueError, match="labels must have a class for each of 199 frames, not 7"):
        model(waveforms, torch.zeros(2, 7, dtype=torch.long))


@pytest.mark.parametrize(
    "masking",
    [
        Masking(0.8, "static", 0.0, 10, False, 1),
        Masking(0.3, "static", 0.0, 4, False, 1),
        Masking(1.0, "static", 0.0, 30, False, 0),
        Masking(0.5, "static", 0.0, 5, True, 1),
        Masking(0.65, "uniform", 6.0, 10, False, 1),
        Masking(0.65, "normal", 2.0, 10, False, 1),
    ],
)
@pytest.mark.parametrize("frames", [7, 49, 199])
def test_as_many_frames_are_masked_as_are_on_average(masking: Masking, frames: int) -> None:
    torch.manual_seed(0)
    draws = [int(draw_mask(1, frames, None, masking, 2).sum()) for _ in range(300)]
    error = 4 * float(torch.tensor(draws).double().std()) / 300**0.5
    # Where lengths are drawn they are taken for their mean, and spans that keep apart have room.
    slack = 0.5 + (0.0 if masking.selection == "static" and not masking.no_overlap else 0.06 * frames)
    assert abs(sum(draws) / 300 - expected_masked(masking, frames)) <= error + slack


@given(
    config=pretrain_configs(),
    batch=st.integers(1, 3),
    extra=st.integers(0, 3000),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=4)
def test_memory(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


@pytest.mark.parametrize("skips", list(product((False, True), repeat=2)))
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_backward_pass_comes_by_what_is_predicted_alone(skips: tuple[bool, bool], dtype: str) -> None:
    config = HuBERTPretrainConfig.from_mapping({**PRE_NORM, "skip_masked": skips[0], "skip_nomask": skips[1]})
    workload = Workload(samples=4_000, batch=2, dtype=dtype)
    assert_gradients_are_those_of_torch(config, workload)
    assert_every_figure_holds(config, workload)
    kept = analysis_of(config, workload).training.kept_by_layer
    assert ("wav2vec2.encoder" in kept and kept["wav2vec2.encoder"] > 0) != all(skips)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("skips", [{}, {"skip_masked": True}, {"skip_nomask": True, "mask_channel_prob": 0.5}])
def test_peaks_in_the_logits(skips: dict[str, Any], dtype: str) -> None:
    """Most random configs have theirs in the extractor."""
    config = HuBERTPretrainConfig.from_mapping({**PRE_NORM, "num_classes": 100, "final_dim": 32, **skips})
    workload = Workload(samples=6_000, batch=2, dtype=dtype)
    assert analysis_of(config, workload).inference.peak_path.startswith("logit_generator.")
    assert_memory_holds(config, workload)


@pytest.mark.parametrize(
    ("preset", "parameters", "one_second", "ten_seconds", "classes", "width"),
    [
        ("hubert_pretrain_base", 94_594_176, 6_921_008_128, 74_164_630_528, 100, 256),
        ("hubert_pretrain_large", 316_606_336, 17_849_297_920, 192_319_237_120, 500, 768),
        ("hubert_pretrain_xlarge", 964_317_568, 49_739_058_176, 533_586_430_976, 500, 1024),
    ],
)
def test_presets(preset: str, parameters: int, one_second: int, ten_seconds: int, classes: int, width: int) -> None:
    config = load_config(preset)
    analyses = [analyze(config, Workload.of_seconds(seconds)) for seconds in (1, 10)]
    assert {analysis.parameters for analysis in analyses} == {parameters}
    assert [analysis.macs.total for analysis in analyses] == [one_second, ten_seconds]
    # The cosines of all frames: one tensor of so many numbers for masked frames, one for the others.
    uncounted = analyses[1].training.uncounted
    assert sum(uncounted.values()) == (classes + 1) * 499 * width
    assert set(uncounted) == {"logit_generator.label", "logit_generator.unmasked_label"}
