"""omniASR's modules held against transformers', and models of transformers made ours."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from tests.families.modules import (
    assert_compiles_without_a_graph_break,
    assert_exports_with_dynamic_batch_and_length,
    assert_padding_changes_no_valid_frame,
    assert_script_and_copies_compute_the_same,
)
from tests.families.omniasr.reference import SMALL, Reference, transformers_model
from tests.parity.test_model import ignore_jit_deprecation, waveforms
from tests.parity.test_parts import assert_same_results
from w2v_explore import ConfigError, UnusedWeightsWarning, build_model, import_huggingface_model
from w2v_explore.families.omniasr.fields import OmniASRConfig
from w2v_explore.measure.tracking import _LiveStorages, saved_bytes

CONFIG = OmniASRConfig(**SMALL)
HEADLESS = OmniASRConfig(**{**SMALL, "aux_num_out": None})


def with_other_weights(model: Any) -> Any:
    """Initial biases are zero and norms one: nothing would show that two were confused."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


@pytest.fixture
def models() -> tuple[Any, Any]:
    """Ours and transformers', with the same weights."""
    theirs = with_other_weights(Reference(CONFIG)).eval()
    ours = build_model(CONFIG).eval()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12), (torch.bfloat16, 2e-2)]
)
@pytest.mark.parametrize("lengths", [None, [4000, 1500, 1777]], ids=["all_valid", "with_lengths"])
@torch.no_grad()
def test_outputs(models: tuple[Any, Any], dtype: torch.dtype, tolerance: float, lengths: list[int] | None) -> None:
    x, valid = waveforms(dtype=dtype), None if lengths is None else torch.tensor(lengths)
    (output, frames), (expected, expected_frames) = (model.to(dtype)(x, valid) for model in models)
    assert frames is expected_frames is None or torch.equal(frames, expected_frames)
    for number in range(3):
        part = slice(None) if frames is None else slice(int(frames[number]))
        torch.testing.assert_close(output[number, part], expected[number, part], rtol=tolerance, atol=tolerance)


@torch.no_grad()
def test_parts_give_what_those_of_transformers_give(models: tuple[Any, Any]) -> None:
    ours, theirs = models
    x = torch.randn(3, 11, 48, generator=torch.Generator().manual_seed(2))
    assert_same_results(ours.subsampling(waveforms())[0], theirs.subsampling(waveforms()[:, None]))
    assert_same_results(ours.encode_positions(x), theirs.encode_positions(x))
    for layer, expected in zip(ours.layers, theirs.layers, strict=True):
        assert_same_results(layer(x), expected(x))
        assert_same_results(layer.feed_forward(x), expected.feed_forward(x))


@torch.no_grad()
def test_each_layers_output(models: tuple[Any, Any]) -> None:
    ours, theirs = models
    expected = theirs.encoders[0](waveforms()[:, None], output_hidden_states=True).hidden_states
    features, frames = ours.extract_features(waveforms())
    assert frames is None
    assert_same_results(features[:-1], list(expected[1:-1]))
    assert_same_results(ours.extract_features(waveforms(), None, 2)[0], features[:2])
    with pytest.raises(ValueError, match="num_layers must be from 1 to 3, not 4"):
        ours.extract_features(waveforms(), None, 4)


@pytest.mark.parametrize("layer_drop", [0.0, 0.5, 1.0])
def test_training_draws_the_same_random_numbers(layer_drop: float) -> None:
    config = OmniASRConfig(**{**SMALL, "encoder_layer_drop": layer_drop})
    ours, theirs = build_model(config).train(), Reference(config).train()
    ours.load_state_dict(theirs.state_dict())
    for seed in range(4):
        results = []
        for model in (ours, theirs):
            torch.manual_seed(seed)
            results.append((model(waveforms()), torch.get_rng_state()))
        assert_same_results(*results)


def test_gradients(models: tuple[Any, Any]) -> None:
    ours, theirs = models
    for model in models:
        model(waveforms())[0].pow(2).sum().backward()
    expected = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name].grad, rtol=1e-4, atol=1e-4)


def test_padding_changes_no_valid_frame_and_none_is_lost(models: tuple[Any, Any]) -> None:
    assert_padding_changes_no_valid_frame(models[0])


def test_waveforms_of_another_shape_are_told_so(models: tuple[Any, Any]) -> None:
    with pytest.raises(ValueError, match=r"must have the shape \(batch, samples\), not \[3, 1, 4000\]"):
        models[0](waveforms()[:, None])


@ignore_jit_deprecation
def test_script_and_copies(models: tuple[Any, Any]) -> None:
    assert_script_and_copies_compute_the_same(models[0])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compile_without_a_graph_break(models: tuple[Any, Any]) -> None:
    assert_compiles_without_a_graph_break(models[0])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_export_with_dynamic_batch_and_length(models: tuple[Any, Any]) -> None:
    assert_exports_with_dynamic_batch_and_length(models[0])


@pytest.mark.parametrize("samples", [60, 4000])
def test_the_backward_pass_keeps_what_that_of_transformers_keeps(samples: int) -> None:
    config = OmniASRConfig(**{**SMALL, "encoder_attention_dropout": 0.0})
    peaks, kept = [], []
    for make in (build_model, Reference):
        with torch.device("meta"):
            model: Any = make(config)
        with FakeTensorMode():
            for module in model.modules():
                for name, parameter in list(module.named_parameters(recurse=False)):
                    setattr(module, name, nn.Parameter(torch.empty(parameter.shape)))
            live = _LiveStorages(model.eval())
            with torch.no_grad(), live:
                model(torch.empty(2, samples))
            peaks.append(live.peak_bytes)
            # Fake tensors have no numbers that LayerDrop could look at; the encoder itself runs the last dropout too.
            encoder = model.train().dropout if make is build_model else model.train().encoders[0]
            encoder.training = False
            kept.append(saved_bytes(model, torch.empty(2, samples)))
    assert kept[0] == kept[1]
    # Local variables of transformers' hold what a layer took while its norms and projections run.
    assert peaks[0] <= peaks[1]


@pytest.mark.parametrize("config", [CONFIG, HEADLESS], ids=["ctc", "encoder"])
def test_a_model_of_transformers_is_made_ours(config: OmniASRConfig) -> None:
    original = with_other_weights(transformers_model(config)).eval()
    ours = import_huggingface_model(original)
    assert ours.training
    with torch.no_grad():
        result = original(waveforms()[:, None])
        expected = result.last_hidden_state if config is HEADLESS else result.logits
        assert_same_results(ours.eval()(waveforms())[0], expected)


def test_the_encoder_of_a_language_model_is_made_ours(torchaudio_models: ModuleType) -> None:
    import transformers

    text = {
        "model_type": "llama", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "num_key_value_heads": 2, "intermediate_size": 8, "vocab_size": 20,
    }  # fmt: skip
    audio = transformers_model(HEADLESS).config.to_dict()
    config = transformers.OmniASRConfig(audio_config=audio, text_config=text, audio_token_id=3)
    original = with_other_weights(transformers.OmniASRForConditionalGeneration(config)).eval()
    with pytest.warns(UnusedWeightsWarning, match="part of the language model behind the encoder"):
        ours = import_huggingface_model(original).eval()
    with torch.no_grad():
        expected = original.model.audio_tower(waveforms()[:, None]).last_hidden_state
        assert_same_results(ours(waveforms())[0], expected)


def test_an_odd_kernel_breaks_transformers_and_is_refused() -> None:
    original = transformers_model(HEADLESS)
    conv = original.encode_positions.conv
    original.encode_positions.conv = nn.Conv1d(48, 48, 7, padding=3, groups=conv.groups)
    with pytest.raises(RuntimeError, match="must match the size"):
        original(waveforms()[:, None])
    original.config.num_conv_pos_embeddings = 7
    with pytest.raises(ConfigError, match="num_conv_pos_embeddings is 7, an odd number"):
        import_huggingface_model(original)
