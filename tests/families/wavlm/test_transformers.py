"""Models of transformers' WavLM made ours: the outputs are theirs, with attention masks and without."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.families.wavlm.strategies import wavlm_configs
from tests.parity.test_transformers_models import SAMPLES, assert_outputs_equal, imported, make_original
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ConfigError, UnusedWeightsWarning, build_architecture, build_model, import_huggingface_model
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.checkpoint.keys import keys_in_dialect
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.families.wavlm.fields import WavLMConfig
from w2v_explore.families.wavlm.keys import KEYS
from w2v_explore.model.weights import part_of

NORMS = {
    "post_norm": {"feat_extract_norm": "group", "do_stable_layer_norm": False},
    "pre_norm": {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True},
}
CLASSES = (
    "WavLMModel",
    "WavLMForCTC",
    "WavLMForSequenceClassification",
    "WavLMForAudioFrameClassification",
    "WavLMForXVector",
)

# What torch says to transformers of a boolean mask beside a bias.
pytestmark = pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask:UserWarning")


@pytest.fixture(scope="module")
def transformers(torchaudio_models: ModuleType) -> ModuleType:
    import transformers

    return transformers


@pytest.mark.parametrize("norms", NORMS)
@pytest.mark.parametrize("name", CLASSES)
def test_outputs_are_those_of_transformers(transformers: ModuleType, name: str, norms: str) -> None:
    original = make_original(transformers, name, num_buckets=12, max_bucket_distance=40, **NORMS[norms])
    ours = imported(original)
    assert (ours.aux is not None) == name.endswith("ForCTC")
    for lengths in (None, SAMPLES):
        assert_outputs_equal(ours, original, lengths, SAMPLES[0])


@given(config=wavlm_configs(), extra=st.integers(0, 500), data=st.data())
@settings(max_examples=15)
def test_a_config_that_we_write_gives_the_same_model_in_transformers(
    config: WavLMConfig, extra: int, data: st.DataObject
) -> None:
    import_torchaudio_models()
    import transformers

    values = to_huggingface(config)
    theirs = getattr(transformers, values["architectures"][0])(transformers.WavLMConfig(**values)).eval()
    assert sum(map(torch.numel, theirs.parameters())) == build_architecture(config).parameters
    ours = build_model(config).eval().state_dict()
    parts = keys_in_dialect(ours, KEYS, "huggingface", prefix="" if config.aux_num_out is None else "wavlm.")
    theirs.load_state_dict({name: part_of(ours[part.name], part) for name, part in parts.items()})
    back = import_huggingface_model(theirs).eval()
    for name, weight in ours.items():
        assert torch.equal(back.state_dict()[name], weight), name
    # With one frame at the least: transformers counts an utterance without frames as a full one.
    samples = minimum_samples(config, 2) + extra
    lengths = data.draw(st.none() | st.lists(st.integers(samples - extra, samples), min_size=2, max_size=2))
    # With a norm over few channels, float32 does not come as near as 1e-5.
    assert_outputs_equal(back.double(), theirs.double(), lengths, samples)


def test_a_speaker_s_head_is_left_out_with_a_warning(transformers: ModuleType) -> None:
    with pytest.warns(UnusedWeightsWarning) as record:
        import_huggingface_model(make_original(transformers, "WavLMForXVector"))
    [message] = map(str, (warning.message for warning in record))
    assert "wavlm.masked_spec_embed (stands for masked frames in training)" in message
    assert "objective.weight" in message
    assert message.endswith("(head for classification or speaker verification)")


@pytest.mark.parametrize(
    "options",
    [{"add_adapter": True}, {"hidden_act": "relu"}, {"layer_norm_eps": 1e-6}],
    ids=lambda each: next(iter(each)),
)
def test_what_changes_the_architecture_is_refused(transformers: ModuleType, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        import_huggingface_model(make_original(transformers, "WavLMModel", **options))
