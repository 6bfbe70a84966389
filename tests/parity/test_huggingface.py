"""The config.json that is written, given to transformers: it loads, and gives a model with the parameters of ours."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from tests.program import Runner
from tests.strategies import configs
from w2v_explore import ModelConfig, analyze, build_architecture, build_model, load_config
from w2v_explore.config.dialects.columns import CONV
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.config.family import names_in
from w2v_explore.families.wav2vec2.dialects import HUGGINGFACE


@pytest.fixture(scope="module")
def transformers(torchaudio_models: ModuleType) -> ModuleType:
    """Imported once torchaudio's stand-in is there: transformers looks for it."""
    import transformers

    return transformers


def config_class(transformers: ModuleType, model_type: str) -> Any:
    name = HUGGINGFACE.kinds[model_type].config
    assert name is not None
    return getattr(transformers, name)


def hugging_face_model(transformers: ModuleType, config: Any) -> Any:
    [architecture] = config.architectures
    with torch.device("meta"):
        return getattr(transformers, architecture)(config)


@pytest.mark.filterwarnings("ignore")
def test_transformers_counts_the_parameters_that_we_count(transformers: ModuleType) -> None:
    @settings(max_examples=25)
    @given(configs(max_layers=2))
    def check(model: ModelConfig) -> None:
        config = transformers.Wav2Vec2Config.from_dict(to_huggingface(model))
        theirs = hugging_face_model(transformers, config)
        with torch.device("meta"):
            ours = build_model(model)
        assert sum(tensor.numel() for tensor in theirs.parameters()) == sum(
            tensor.numel() for tensor in ours.parameters()
        )

    check()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["base", "asr_large_960h"])
def test_a_written_folder_loads_as_any_other(transformers: ModuleType, name: str, tmp_path: Path, run: Runner) -> None:
    small = ["--set", "encoder_num_layers=1"]
    code, out, _ = run("convert", name, "--to", "huggingface", "-o", str(tmp_path / "config.json"), *small)
    assert (code, out) == (0, "")
    config = transformers.AutoConfig.from_pretrained(str(tmp_path))
    theirs = hugging_face_model(transformers, config)
    ours = load_config(str(tmp_path))
    assert ours.model == load_config(name, small[1:]).model
    with torch.device("meta"):
        assert theirs.num_parameters() == sum(tensor.numel() for tensor in build_model(ours.model).parameters())


@pytest.mark.parametrize("model_type", HUGGINGFACE.kinds)
def test_the_defaults_are_those_of_transformers(transformers: ModuleType, model_type: str) -> None:
    defaults = config_class(transformers, model_type)().to_dict()
    for field, counterpart in HUGGINGFACE.counterparts.items():
        if field != CONV:
            assert defaults[counterpart.names[0]] == counterpart.default, field
    standard = zip(*(defaults[name] for name in HUGGINGFACE.counterparts[CONV].names), strict=True)
    assert tuple(standard) == load_config("base").model.conv_layers


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model_type", HUGGINGFACE.kinds)
def test_what_transformers_itself_writes_is_known_field_by_field(
    transformers: ModuleType, model_type: str, tmp_path: Path
) -> None:
    config = config_class(transformers, model_type)(hidden_size=96, num_hidden_layers=2)
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    read = load_config(str(tmp_path))
    assert read.warnings == ()
    assert (read.model.encoder_embed_dim, read.model.encoder_num_layers) == (96, 2)
    assert read.model.aux_num_out is None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model_type", names_in("huggingface"))
def test_a_config_that_names_no_class_is_that_of_auto_model(
    transformers: ModuleType, model_type: str, tmp_path: Path
) -> None:
    # Of each there is a class without a head, so that none is known to have one.
    sizes = {"hidden_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    config = transformers.AutoConfig.for_model(model_type, **sizes)
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    with torch.device("meta"):
        theirs = transformers.AutoModel.from_config(config)
    ours = dict(build_architecture(load_config(str(tmp_path)).model).state_dict_shapes())
    masked = [weight.numel() for name, weight in theirs.named_parameters() if name == "masked_spec_embed"]
    stored = sum(weight.numel() for weight in theirs.state_dict().values())
    assert sum(map(math.prod, ours.values())) == stored - sum(masked)


@pytest.mark.filterwarnings("ignore")
def test_the_encoder_of_an_encoder_decoder_is_that_of_transformers(transformers: ModuleType, tmp_path: Path) -> None:
    encoder = transformers.WavLMConfig(hidden_size=96, num_hidden_layers=2, architectures=["WavLMForCTC"])
    decoder = transformers.BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2)
    both = transformers.SpeechEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    both.save_pretrained(str(tmp_path))
    with torch.device("meta"):
        theirs = transformers.SpeechEncoderDecoderModel(both).encoder
    read = load_config(str(tmp_path))
    [warning] = read.warnings
    assert warning.message.endswith("nothing of the rest is counted: decoder (bert)")
    # The vector that stands for masked frames is no part of a model that does not train.
    assert analyze(read).parameters == theirs.num_parameters() - theirs.masked_spec_embed.numel()
