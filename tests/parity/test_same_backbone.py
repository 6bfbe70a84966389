"""Models that have wav2vec 2.0's backbone under other names, held against their own classes of transformers.

UniSpeech, UniSpeech-SAT, MMS without adapters, and XLS-R: their configs are read as wav2vec 2.0's, and come to the
parameters, MACs, frames and weights of the class. Their outputs are in test_transformers_models.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from tests.families.contract import KINDS
from tests.program import Runner
from tests.strategies import configs
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ModelConfig, Workload, analyze, build_architecture, identify
from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.checkpoint.keys import translate_keys
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.config.family import key_tables
from w2v_explore.config.load import Config, config_from_mapping
from w2v_explore.families.wav2vec2.keys import KEYS

LARGE = {
    "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
    "feat_extract_norm": "layer", "do_stable_layer_norm": True,
}  # fmt: skip
ONE_B = {**LARGE, "hidden_size": 1280, "num_hidden_layers": 48, "intermediate_size": 5120, "conv_bias": True}
TWO_B = {**ONE_B, "hidden_size": 1920, "intermediate_size": 7680}
# The class, what the published config states, parameters with the vector that masks frames, MACs of 1 s and of 10 s,
# and a preset of the same sizes.
PUBLISHED: dict[str, tuple[str, dict[str, Any], int, int, int, str]] = {
    "microsoft/unispeech-sat-base": (
        "UniSpeechSatModel", {}, 94_371_712, 6_911_374_336, 74_066_523_136, "hubert_base",
    ),
    "microsoft/unispeech-sat-large": (
        "UniSpeechSatModel", LARGE, 315_435_136, 17_810_762_752, 191_926_807_552, "hubert_large",
    ),
    "microsoft/unispeech-sat-large-sd": (
        "UniSpeechSatModel", {**LARGE, "conv_bias": True}, 315_438_720, 17_810_762_752, 191_926_807_552, "large_lv60k",
    ),
    "microsoft/unispeech-large-1500h-cv": (
        "UniSpeechModel", {**LARGE, "conv_bias": True}, 315_438_720, 17_810_762_752, 191_926_807_552, "unispeech_large",
    ),
    "facebook/mms-300m": (
        "Wav2Vec2Model", {**LARGE, "conv_bias": True}, 315_438_720, 17_810_762_752, 191_926_807_552, "mms_300m",
    ),
    "facebook/mms-1b": ("Wav2Vec2Model", ONE_B, 962_497_408, 49_674_832_896, 532_932_381_696, "xlsr_1b"),
    "facebook/wav2vec2-xls-r-300m": (
        "Wav2Vec2Model", {**LARGE, "conv_bias": True}, 315_438_720, 17_810_762_752, 191_926_807_552, "xlsr_300m",
    ),
    "facebook/wav2vec2-xls-r-1b": ("Wav2Vec2Model", ONE_B, 962_497_408, 49_674_832_896, 532_932_381_696, "xlsr_1b"),
    "facebook/wav2vec2-xls-r-2b": (
        "Wav2Vec2Model", TWO_B, 2_159_259_648, 108_460_358_656, 1_145_230_867_456, "xlsr_2b",
    ),
}  # fmt: skip


def make(name: str, options: Mapping[str, Any]) -> Any:
    """A model of transformers', on torch's default device."""
    # transformers looks for torchaudio as it is imported.
    import_torchaudio_models()
    import transformers

    model = getattr(transformers, name)
    return model(model.config_class(**options)).eval()


def read(original: Any) -> Config:
    """What reading gives of the config that a model of transformers writes beside its weights."""
    values = {**original.config.to_dict(), "architectures": [type(original).__name__]}
    return config_from_mapping(values, "config.json", "huggingface")


def counted_macs(original: Any, samples: int) -> tuple[Macs, int]:
    """MACs by kind, and frames."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output = original(torch.empty(1, samples, device="meta"))[0]
    macs = dict.fromkeys(Macs._fields, 0)
    for operation, flops in counter.get_flop_counts()["Global"].items():
        macs[KINDS[str(operation)]] += flops // 2
    return Macs(**macs), output.shape[1]


def assert_equal(original: Any, config: Config, samples: int) -> None:
    """Parameters but for the vector that masks frames, MACs, frames, and the names and shapes of the weights."""
    tree, prefix = build_architecture(config), ""
    if hasattr(original, "lm_head"):
        prefix = f"{original.base_model_prefix}."
    masks = sum(tensor.numel() for name, tensor in original.named_parameters() if name.endswith("masked_spec_embed"))
    assert sum(map(torch.numel, original.parameters())) == tree.parameters + masks
    analysis = analyze(config, Workload(samples=samples))
    assert counted_macs(original, samples) == (analysis.macs, analysis.receptive_field.frames)
    shapes = {name: tuple(tensor.shape) for name, tensor in original.state_dict().items()}
    keys = translate_keys(shapes, key_tables())
    assert (keys.table, keys.dialect, keys.prefix, keys.unknown) == (KEYS, "huggingface", prefix, ())
    assert {extra.purpose for extra in keys.extras.values()} <= {"stands for masked frames in training"}
    assert keys.shapes(shapes.items()) == dict(tree.state_dict_shapes())


@pytest.mark.parametrize("published", PUBLISHED)
def test_published_models(published: str) -> None:
    name, options, parameters, one_second, ten_seconds, preset = PUBLISHED[published]
    with torch.device("meta"):
        original = make(name, options)
    assert sum(map(torch.numel, original.parameters())) == parameters
    config = read(original)
    assert config.model.family.name == "wav2vec2"
    assert_equal(original, config, 16_000)
    macs = [analyze(config, Workload.of_seconds(seconds)).macs.total for seconds in (1, 10)]
    assert macs == [one_second, ten_seconds]
    nearest = identify(config).nearest
    # The dropouts of the class are not those of the preset.
    assert analyze(preset).parameters == parameters - options.get("hidden_size", 768)
    assert nearest.equals or all("drop" in field for field in nearest.differences)


@given(
    config=configs(),
    model_type=st.sampled_from(["UniSpeech", "UniSpeechSat", "Wav2Vec2", "Hubert"]),
    extra=st.integers(0, 3000),
)
@settings(max_examples=20)
def test_random_configs(config: ModelConfig, model_type: str, extra: int) -> None:
    values = to_huggingface(config)
    kind = values["architectures"][0].removeprefix("Wav2Vec2")
    options = {name: value for name, value in values.items() if name not in ("architectures", "model_type")}
    with torch.device("meta"):
        original = make(f"{model_type}{kind}", {**options, "mask_time_prob": 0.05})
    found = read(original)
    assert {**found.model.meaning()} == {**config.meaning()}
    assert_equal(original, found, minimum_samples(config, 1) + extra)


@pytest.mark.parametrize(
    ("values", "architecture"),
    [
        ({"model_type": "unispeech", "hidden_size": 96}, "wav2vec 2.0"),
        ({"model_type": "unispeech-sat", "hidden_size": 96}, "wav2vec 2.0"),
        ({"architectures": ["UniSpeechSatForCTC"], "hidden_size": 96}, "wav2vec 2.0"),
        ({"model_type": "wav2vec2", "architectures": ["Wav2Vec2ForCTC"], "adapter_attn_dim": None}, "wav2vec 2.0"),
        ({"model_type": "wavlm", "hidden_size": 96}, "WavLM"),
        ({"model_type": "data2vec-audio", "hidden_size": 96}, "data2vec audio"),
    ],
)
def test_a_report_says_which_family_it_is(
    values: dict[str, Any], architecture: str, tmp_path: Path, run: Runner
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(values))
    assert re.search(f"^architecture: {re.escape(architecture)}(,|$)", run("identify", str(path)).out, re.MULTILINE)
