"""DistilHuBERT, held to what holds of every family; transformers defines it, and s3prl its heads."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.families.contract import (
    analysis_of,
    assert_closed_forms_hold,
    assert_every_figure_holds,
    assert_layers_run_as_in_the_tree,
    assert_memory_is_what_torch_tracks,
    counted_macs,
    shaken,
)
from tests.families.distilhubert.model import (
    HEADS,
    distilhubert_configs,
    reference,
    small,
    transformers_model,
)
from tests.parity.test_model import waveforms
from w2v_explore import ModelConfig, Workload, analyze, build_model, load_config
from w2v_explore.analysis.receptive_field import minimum_samples


@given(config=distilhubert_configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=20)
def test_closed_forms(config: ModelConfig, batch: int, extra: int) -> None:
    samples = minimum_samples(config, batch) + extra
    if config.prediction_num_heads in (None, 1):
        assert_closed_forms_hold(config, batch, samples, reference)
        return
    # torch counts the heads of the reference, a product of matrices for each, as it does attention's.
    with torch.device("meta"):
        theirs = reference(config).eval()
    macs, output = counted_macs(theirs, torch.empty(batch, samples, device="meta"))
    analysis = analysis_of(config, Workload(samples=samples, batch=batch))
    heads = output.numel() * config.encoder_embed_dim
    assert analysis.macs == macs._replace(linear=macs.linear + heads, attention=macs.attention - heads)
    assert analysis.parameters == sum(map(torch.numel, theirs.parameters()))
    expected = [(key, tuple(value.shape)) for key, value in theirs.state_dict().items()]
    assert list(analysis.tree.state_dict_shapes()) == expected
    assert analysis.receptive_field.frames == output.shape[1]


@given(config=distilhubert_configs(), batch=st.integers(1, 3), extra=st.integers(0, 500))
@settings(max_examples=10)
def test_layers_run_as_in_the_tree(config: ModelConfig, batch: int, extra: int) -> None:
    assert_layers_run_as_in_the_tree(config, batch, minimum_samples(config, batch) + extra)


@given(config=distilhubert_configs(), batch=st.integers(1, 3), extra=st.integers(0, 2000))
@settings(max_examples=6)
@torch.no_grad()
def test_outputs(config: ModelConfig, batch: int, extra: int) -> None:
    ours, theirs = build_model(config).eval(), shaken(reference(config)).eval()
    # The same names, and so the same weights.
    ours.load_state_dict(theirs.state_dict())
    # With a norm over few channels, float32 does not come as near as 1e-5.
    x = waveforms(batch, minimum_samples(config, batch) + extra, dtype=torch.float64)
    torch.testing.assert_close(ours.double()(x), theirs.double()(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pre_norm", [False, True])
@torch.no_grad()
def test_outputs_with_lengths(pre_norm: bool) -> None:
    mode = "layer_norm" if pre_norm else "group_norm"
    config = small(encoder_layer_norm_first=pre_norm, extractor_mode=mode)
    theirs = shaken(transformers_model(config, attention="eager")).eval()
    ours = build_model(config).eval()
    ours.load_state_dict(theirs.state_dict())
    x, lengths = waveforms(3, 4_000), torch.tensor([4_000, 2_500, 1_300])
    mask = (torch.arange(4_000) < lengths[:, None]).long()
    output, frames = ours(x, lengths)
    expected = theirs(x, attention_mask=mask).last_hidden_state
    assert frames is not None
    for one, other, valid in zip(output, expected, frames.tolist(), strict=True):
        torch.testing.assert_close(one[:valid], other[:valid], rtol=1e-4, atol=1e-5)


@given(
    config=distilhubert_configs(),
    batch=st.integers(1, 3),
    extra=st.integers(0, 3000),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=4)
def test_memory(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


@pytest.mark.parametrize("changes", [{}, HEADS, {"prediction_num_heads": 1, "prediction_dim": 400}, {"aux_num_out": 9}])
def test_every_figure_of_a_small_model(changes: dict[str, Any]) -> None:
    """With little before the transformer, so that the peak of memory is in the heads, where there are any."""
    config = small(extractor_conv_layer_config=[[4, 10, 20]], encoder_ff_interm_features=8, **changes)
    assert_every_figure_holds(config, Workload(samples=20_000, batch=2))


def test_the_published_model() -> None:
    """transformers' class has a vector more, which stands for masked frames."""
    config = load_config("distilhubert")
    assert analyze(config).parameters == 23_491_968 - 768
    macs = [analyze(config, Workload.of_seconds(seconds)).macs.total for seconds in (1, 10)]
    assert macs == [3_406_329_856, 34_923_206_656]
    with torch.device("meta"):
        original = transformers_model(config.model, mask_time_prob=0.05)
    assert sum(map(torch.numel, original.parameters())) == 23_491_968


@pytest.mark.parametrize(
    ("heads", "parameters", "one_second", "ten_seconds"),
    [(2, 25_853_568, 3_521_935_360, 36_100_495_360), (3, 27_034_752, 3_579_738_112, 36_689_139_712)],
)
def test_with_the_heads_of_distillation(heads: int, parameters: int, one_second: int, ten_seconds: int) -> None:
    config = load_config("distilhubert", {"prediction_num_heads": heads, "prediction_dim": 768})
    assert analyze(config).parameters == parameters
    macs = [analyze(config, Workload.of_seconds(seconds)).macs.total for seconds in (1, 10)]
    assert macs == [one_second, ten_seconds]
