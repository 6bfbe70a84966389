"""Models of transformers made ours: the outputs are theirs, with attention masks and without."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.checkpoint_files import named
from tests.strategies import configs
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import (
    CheckpointError,
    ConfigError,
    ModelConfig,
    UnusedWeightsWarning,
    Wav2Vec2Model,
    build_architecture,
    build_model,
    import_huggingface_model,
)
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.config.dialects.huggingface import to_huggingface

CLASSES = (
    "Wav2Vec2Model",
    "Wav2Vec2ForCTC",
    "Wav2Vec2ForPreTraining",
    "Wav2Vec2ForSequenceClassification",
    "HubertModel",
    "HubertForCTC",
    "UniSpeechModel",
    "UniSpeechForCTC",
    "UniSpeechForPreTraining",
    "UniSpeechSatModel",
    "UniSpeechSatForCTC",
    "UniSpeechSatForPreTraining",
)
NORMS = {
    "post_norm": {"feat_extract_norm": "group", "do_stable_layer_norm": False},
    "pre_norm": {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True},
    # transformers permits these too.
    "group_and_pre_norm": {"feat_extract_norm": "group", "do_stable_layer_norm": True},
    "layer_and_post_norm": {"feat_extract_norm": "layer", "do_stable_layer_norm": False},
}
SMALL = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 20,
    "conv_dim": (8, 12),
    "conv_kernel": (10, 3),
    "conv_stride": (5, 2),
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 4,
    "vocab_size": 7,
    "num_codevectors_per_group": 4,
    "codevector_dim": 8,
    "proj_codevector_dim": 8,
    "num_ctc_classes": 5,
    "classifier_proj_size": 8,
}
SAMPLES = [900, 411]


@pytest.fixture(scope="module")
def transformers(torchaudio_models: ModuleType) -> ModuleType:
    import transformers

    return transformers


def make_original(transformers: ModuleType, name: str, attention: str = "eager", **options: Any) -> nn.Module:
    torch.manual_seed(0)
    model = getattr(transformers, name)
    config = model.config_class(**SMALL, **options)
    config._attn_implementation = attention
    original = model(config).eval()
    # Initial biases are zero and norms one: nothing would show that two were confused.
    with torch.no_grad():
        for parameter in original.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return original


def imported(original: nn.Module) -> Wav2Vec2Model:
    """Ours, in evaluation mode; every model of transformers has something that is left out, here and there."""
    with pytest.warns(UnusedWeightsWarning, match="masked_spec_embed"):
        ours = import_huggingface_model(original)
    assert ours.training
    return ours.eval()


def output(original: Any, waveforms: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    if hasattr(original, "lm_head"):
        return original(waveforms, attention_mask=mask).logits
    backbone = getattr(original, original.base_model_prefix, original)
    return backbone(waveforms, attention_mask=mask).last_hidden_state


def assert_outputs_equal(ours: Wav2Vec2Model, original: nn.Module, lengths: list[int] | None, samples: int) -> None:
    batch = 2 if lengths is None else len(lengths)
    waveforms = torch.randn(batch, samples, generator=torch.Generator().manual_seed(1))
    mask = None
    if lengths is not None:
        mask = (torch.arange(samples) < torch.tensor(lengths)[:, None]).long()
        waveforms = waveforms * mask
    waveforms = waveforms.to(next(original.parameters()).dtype)
    with torch.no_grad():
        expected = output(original, waveforms, mask)
        result, frames = ours(waveforms, None if lengths is None else torch.tensor(lengths))
    assert result.shape == expected.shape
    for number in range(batch):
        valid = slice(None) if frames is None else slice(int(frames[number]))
        torch.testing.assert_close(result[number, valid], expected[number, valid], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("norms", NORMS)
@pytest.mark.parametrize("name", CLASSES)
def test_outputs_are_those_of_transformers(transformers: ModuleType, name: str, norms: str, attention: str) -> None:
    original = make_original(transformers, name, attention, **NORMS[norms])
    ours = imported(original)
    assert (ours.aux is not None) == name.endswith("ForCTC")
    for lengths in (None, SAMPLES):
        assert_outputs_equal(ours, original, lengths, SAMPLES[0])


@given(config=configs(), extra=st.integers(0, 500), attention=st.sampled_from(["eager", "sdpa"]), data=st.data())
@settings(max_examples=15)
def test_a_config_that_we_write_gives_the_same_model_in_transformers(
    config: ModelConfig, extra: int, attention: str, data: st.DataObject
) -> None:
    import_torchaudio_models()
    import transformers

    values = to_huggingface(config)
    model = getattr(transformers, values["architectures"][0])
    theirs = model(transformers.Wav2Vec2Config(**values, attn_implementation=attention)).eval()
    assert sum(map(torch.numel, theirs.parameters())) == build_architecture(config).parameters
    ours = build_model(config).eval()
    prefix = "" if config.aux_num_out is None else "wav2vec2."
    theirs.load_state_dict(named(ours.state_dict(), "huggingface", prefix=prefix))
    back = import_huggingface_model(theirs).eval()
    for name, weight in ours.state_dict().items():
        assert torch.equal(back.state_dict()[name], weight), name
    # With one frame at the least: transformers counts an utterance without frames as a full one.
    samples = minimum_samples(config, 2) + extra
    lengths = data.draw(st.none() | st.lists(st.integers(samples - extra, samples), min_size=2, max_size=2))
    assert_outputs_equal(back, theirs, lengths, samples)


def test_a_classifier_is_left_out_with_a_warning(transformers: ModuleType) -> None:
    original = make_original(transformers, "HubertForSequenceClassification")
    with pytest.warns(UnusedWeightsWarning) as record:
        import_huggingface_model(original)
    assert str(record[0].message) == (
        "weights of HubertForSequenceClassification that have no place in the model were left out: "
        "hubert.masked_spec_embed (stands for masked frames in training); projector.weight, projector.bias, "
        "classifier.weight, classifier.bias (head for classification or speaker verification)"
    )
    assert record[0].filename == __file__


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_act": "relu"}, "hidden_act"),
        ({"layer_norm_eps": 1e-6}, "layer_norm_eps"),
    ],
)
def test_what_changes_the_architecture_is_refused(
    transformers: ModuleType, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        import_huggingface_model(make_original(transformers, "Wav2Vec2Model", **options))


def test_another_family_is_refused(transformers: ModuleType) -> None:
    with pytest.raises(ConfigError, match="sew"):
        import_huggingface_model(make_original(transformers, "SEWModel"))


def test_what_is_no_model_of_transformers_is_refused() -> None:
    with pytest.raises(CheckpointError, match="Linear is no model of transformers: it has no config"):
        import_huggingface_model(nn.Linear(2, 2))


@pytest.mark.parametrize("name", ["Wav2Vec2Model", "Wav2Vec2ForCTC", "HubertModel", "UniSpeechSatModel", "WavLMModel"])
def test_torchaudios_importer_takes_what_docs_weights_says(transformers: ModuleType, name: str) -> None:
    from torchaudio.models.wav2vec2.utils import import_huggingface_model as import_as_torchaudio_does

    original = make_original(transformers, name)
    with torch.no_grad():
        result, _ = import_as_torchaudio_does(original).eval()(torch.ones(1, 900))
        expected = output(original, torch.ones(1, 900), None)
    torch.testing.assert_close(result, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["HubertForCTC", "UniSpeechForCTC", "Wav2Vec2ForPreTraining", "WavLMForCTC"])
def test_torchaudios_importer_knows_no_other_head(transformers: ModuleType, name: str) -> None:
    from torchaudio.models.wav2vec2.utils import import_huggingface_model as import_as_torchaudio_does

    with pytest.raises(AttributeError):
        import_as_torchaudio_does(make_original(transformers, name))
