"""WavLM's modules held against torchaudio's and transformers'."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from tests.families.modules import (
    assert_compiles_without_a_graph_break,
    assert_padding_changes_no_valid_frame,
    assert_script_and_copies_compute_the_same,
)
from tests.families.wavlm.model import POST_NORM, PRE_NORM, SMALL, wavlm
from tests.parity.test_model import (
    LENGTHS,
    assert_outputs_equal,
    ignore_jit_deprecation,
    waveforms,
)
from tests.parity.test_parts import assert_same_results
from w2v_explore.families.wavlm.components import PositionBias
from w2v_explore.measure.tracking import _LiveStorages, saved_bytes

Values = dict[str, Any]
# Ours and torchaudio's, whose modules mypy takes for tensors.
Models = tuple[Any, Any]
ENCODER_LAYERS = "encoder.transformer.layers"
X = torch.randn(3, 11, 48, generator=torch.Generator().manual_seed(2))
PADDING = torch.arange(11)[None, :] >= torch.tensor([11, 2, 5])[:, None]
CALLS: dict[str, Callable[[Any], object]] = {
    "transformer": lambda model: model.encoder.transformer(X),
    "transformer's layers": lambda model: model.encoder.transformer.get_intermediate_outputs(X, num_layers=2),
    "layer that makes the bias": lambda model: model.encoder.transformer.layers[0](X),
    "layer that takes the bias": lambda model: model.encoder.transformer.layers[1](
        X, position_bias=model.encoder.transformer.layers[0](X)[1]
    ),
    "layer without a bias": lambda model: model.encoder.transformer.layers[1](X),
    "layer with padding": lambda model: model.encoder.transformer.layers[0](X, key_padding_mask=PADDING),
    "layer with padding in numbers": lambda model: model.encoder.transformer.layers[0](
        X, key_padding_mask=-3.0 * PADDING
    ),
    "attention": lambda model: model.encoder.transformer.layers[0].attention(X, PADDING),
}

# What torch says to torchaudio and transformers of a boolean mask beside a bias.
ignore_mismatched_masks = pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask:UserWarning")


@pytest.fixture(params=[POST_NORM, PRE_NORM], ids=["post_norm", "pre_norm"])
def values(request: pytest.FixtureRequest) -> Values:
    values: Values = request.param
    return values


@pytest.fixture
def models(values: Values, torchaudio_models: ModuleType) -> Models:
    """Ours and torchaudio's, from the same seed, with a bias that the outputs show."""
    both: list[Any] = []
    for make in (wavlm, lambda values: torchaudio_models.wavlm_model(**values)):
        torch.manual_seed(0)
        model = make(values).eval()
        for name, parameter in model.named_parameters():
            if "rel" in name:
                nn.init.normal_(parameter, std=2.0)
        both.append(model)
    return both[0], both[1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_same_seed_same_weights(values: Values, torchaudio_models: ModuleType, dtype: torch.dtype, device: str) -> None:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            torch.manual_seed(0)
            ours = wavlm(values).state_dict()
            torch.manual_seed(0)
            theirs = torchaudio_models.wavlm_model(**values).state_dict()
    finally:
        torch.set_default_dtype(before)
    assert list(ours) == list(theirs)
    for key, weight in theirs.items():
        assert (ours[key].shape, ours[key].dtype, ours[key].device) == (weight.shape, weight.dtype, weight.device)
        assert weight.is_meta or torch.equal(ours[key], weight), key


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12), (torch.bfloat16, 2e-2)]
)
@torch.no_grad()
def test_outputs(models: Models, dtype: torch.dtype, tolerance: float) -> None:
    ours, theirs = (model.to(dtype) for model in models)
    assert_outputs_equal(ours, theirs, waveforms(dtype=dtype), None, tolerance)
    # The bias by distance shows in the outputs.
    ours.encoder.transformer.layers[0].attention.rel_attn_embed.weight.zero_()
    with pytest.raises(AssertionError):
        assert_outputs_equal(ours, theirs, waveforms(dtype=dtype), None, tolerance)


@pytest.mark.parametrize(
    ("num_buckets", "max_distance", "frames"),
    [
        (320, 800, 1600),
        (320, 81, 500),
        (32, 128, 400),
        (12, 40, 150),
        (5, 9, 40),
        (4, 2, 10),
        (7, 3, 10),
        (320, 800, 1),
    ],
)
def test_buckets_are_torchaudios(
    torchaudio_models: ModuleType, num_buckets: int, max_distance: int, frames: int
) -> None:
    attention = torchaudio_models.wav2vec2.components.WavLMSelfAttention
    theirs = attention(8, 2, has_relative_attention_bias=True, num_buckets=num_buckets, max_distance=max_distance)
    ours = PositionBias(num_buckets, 2, max_distance)
    ours.load_state_dict(theirs.rel_attn_embed.state_dict())
    bias = ours(torch.empty(3, frames, 8))
    assert torch.equal(bias, theirs.compute_bias(frames, frames).expand(3, -1, -1, -1))


@pytest.mark.parametrize("layer_drop", [0.0, 0.5, 1.0])
def test_training_draws_the_same_random_numbers(
    values: Values, torchaudio_models: ModuleType, layer_drop: float
) -> None:
    values = {**values, "encoder_layer_drop": layer_drop}
    ours, theirs = wavlm(values).train(), torchaudio_models.wavlm_model(**values).train()
    ours.load_state_dict(theirs.state_dict())
    dropped_first = set()
    for seed in range(4):
        calls: list[nn.Module] = []
        handle = ours.encoder.transformer.layers[0].register_forward_hook(lambda layer, *_: calls.append(layer))  # noqa: B023
        results = []
        for model in (ours, theirs):
            torch.manual_seed(seed)
            results.append((model(waveforms()), torch.get_rng_state()))
        handle.remove()
        assert_same_results(*results)
        dropped_first.add(not calls)
    assert dropped_first == {0.0: {False}, 0.5: {False, True}, 1.0: {True}}[layer_drop]


def test_gradients(models: Models) -> None:
    ours, theirs = models
    for model in models:
        model(waveforms())[0].pow(2).sum().backward()
    expected = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name].grad, rtol=1e-4, atol=1e-5)


@ignore_mismatched_masks
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@torch.no_grad()
def test_parts_give_what_torchaudios_give(models: Models, call: Callable[[nn.Module], object]) -> None:
    ours, theirs = models
    assert_same_results(call(ours), call(theirs))


def test_the_attention_takes_what_torchaudios_takes(models: Models) -> None:
    ours, theirs = (
        inspect.signature(model.get_submodule(f"{ENCODER_LAYERS}.0.attention").forward).parameters for model in models
    )
    assert [(p.name, p.kind, p.default) for p in ours.values()] == [
        (p.name, p.kind, p.default) for p in theirs.values()
    ]


@ignore_mismatched_masks
@pytest.mark.parametrize("lengths", [None, [2400, 4000, 1777]], ids=["all_valid", "with_lengths"])
@torch.no_grad()
def test_transformers(values: Values, torchaudio_models: ModuleType, lengths: list[int] | None) -> None:
    """The layers' outputs and the last; torchaudio maps the weights, and takes no lengths."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.WavLMConfig(
        **{name: [layer[axis] for layer in values["extractor_conv_layer_config"]]
           for axis, name in enumerate(("conv_dim", "conv_kernel", "conv_stride"))},
        feat_extract_norm=values["extractor_mode"].removesuffix("_norm"),
        conv_bias=values["extractor_conv_bias"],
        hidden_size=values["encoder_embed_dim"],
        num_conv_pos_embeddings=values["encoder_pos_conv_kernel"],
        num_conv_pos_embedding_groups=values["encoder_pos_conv_groups"],
        num_hidden_layers=values["encoder_num_layers"],
        num_attention_heads=values["encoder_num_heads"],
        num_buckets=values["encoder_num_buckets"],
        max_bucket_distance=values["encoder_max_distance"],
        intermediate_size=values["encoder_ff_interm_features"],
        do_stable_layer_norm=values["encoder_layer_norm_first"],
    )  # fmt: skip
    theirs = transformers.WavLMModel(config).eval()
    for name, parameter in theirs.named_parameters():
        if "rel" in name:
            nn.init.normal_(parameter, std=2.0)
    ours = wavlm({**values, "aux_num_out": None}).eval()
    mapped = torchaudio_models.wav2vec2.utils.import_huggingface_model(theirs)
    ours.load_state_dict(mapped.state_dict())
    x = waveforms()
    mask = None if lengths is None else (torch.arange(x.shape[1])[None, :] < torch.tensor(lengths)[:, None]).long()
    if mask is not None:
        x = x * mask
    expected = theirs(x, attention_mask=mask, output_hidden_states=True)
    output, frames = ours(x, None if lengths is None else torch.tensor(lengths))
    features, _ = ours.extract_features(x, None if lengths is None else torch.tensor(lengths))
    for utterance in range(3):
        valid = output.shape[1] if frames is None else int(frames[utterance])
        assert valid > 0
        for one, other in zip(
            (output, *features[:-1]), (expected.last_hidden_state, *expected.hidden_states[1:-1]), strict=True
        ):
            torch.testing.assert_close(one[utterance, :valid], other[utterance, :valid], rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_lengths_which_torchaudios_does_not_take(models: Models) -> None:
    ours, theirs = models
    with pytest.raises(AssertionError):
        theirs(waveforms(), LENGTHS)
    output, frames = ours(waveforms(), LENGTHS)
    # One of the utterances has no frame.
    assert frames.tolist()[1] == 0
    assert output.isfinite().all()


def test_padding_changes_no_valid_frame() -> None:
    assert_padding_changes_no_valid_frame(wavlm(PRE_NORM).eval())


@ignore_jit_deprecation
def test_script_and_copies(models: Models) -> None:
    assert_script_and_copies_compute_the_same(models[0])


@ignore_jit_deprecation
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
@torch.no_grad()
def test_quantisation(models: Models) -> None:
    quantised: list[Any] = [
        torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)  # type: ignore[no-untyped-call]
        for model in models
    ]
    ours = quantised[0]
    assert_same_results(torch.jit.script(ours)(waveforms(), LENGTHS), ours(waveforms(), LENGTHS))
    for quantised_layer, layer in zip(
        ours.encoder.transformer.layers, models[0].encoder.transformer.layers, strict=True
    ):
        for module in (quantised_layer.attention.gru_rel_pos_linear, quantised_layer.attention.attention.out_proj):
            assert "quantized" in type(module).__module__
        # torchaudio's is of a kind that stays as it is.
        quantised_layer.attention.attention.out_proj = layer.attention.attention.out_proj
    assert_outputs_equal(ours, quantised[1], waveforms(), None)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compile_without_a_graph_break(models: Models) -> None:
    assert_compiles_without_a_graph_break(models[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("samples", [60, 700, 4000])
def test_the_backward_pass_keeps_what_torchaudios_keeps(
    torchaudio_models: ModuleType, values: Values, dtype: torch.dtype, samples: int
) -> None:
    without = dict.fromkeys([name for name in SMALL if name.endswith("dropout")], 0.0)
    peaks, kept = [], []
    for make in (wavlm, lambda values: torchaudio_models.wavlm_model(**values)):
        with torch.device("meta"):
            model = make({**values, **without})
        with FakeTensorMode():
            for module in model.modules():
                for name, parameter in list(module.named_parameters(recurse=False)):
                    setattr(module, name, nn.Parameter(torch.empty(parameter.shape, dtype=dtype)))
            live = _LiveStorages(model.eval())
            with torch.no_grad(), live:
                model(torch.empty(2, samples, dtype=dtype))
            peaks.append(live.peak_bytes)
            model.train().encoder.transformer.training = False
            kept.append(saved_bytes(model, torch.empty(2, samples, dtype=dtype)))
    assert kept[0] == kept[1]
    # Local variables of torchaudio's attention hold the gates while it attends, and it works out buckets on T x T.
    assert peaks[0] <= peaks[1]
