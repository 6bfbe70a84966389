"""data2vec audio's weights by the names of transformers and fairseq: read, checked, loaded and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checkpoint_files import safetensors_bytes
from tests.families.contract import shaken
from tests.families.data2vec_audio.fairseq_model import Data2VecAudioModel
from tests.families.data2vec_audio.model import transformers_model
from tests.families.data2vec_audio.strategies import SMALL, data2vec_configs, small
from tests.program import Runner
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import (
    CheckpointError,
    ConfigError,
    ModelConfig,
    UnusedWeightsWarning,
    build_architecture,
    build_model,
    check_checkpoint,
    convert,
    import_huggingface_model,
    inspect_checkpoint,
    load_checkpoint,
    load_config,
)
from w2v_explore.checkpoint.key_table import Dialect
from w2v_explore.checkpoint.keys import keys_in_dialect, translate_keys
from w2v_explore.config.family import key_tables
from w2v_explore.families.data2vec_audio.fields import Data2VecAudioConfig
from w2v_explore.families.data2vec_audio.keys import KEYS

DIALECTS: list[Dialect] = ["huggingface", "fairseq"]
UNTOLD = {
    "extractor_conv_layer_config", "encoder_projection_dropout", "encoder_num_heads", "encoder_attention_dropout",
    "encoder_ff_interm_dropout", "encoder_dropout", "encoder_layer_drop",
}  # fmt: skip
X = torch.randn(2, 900, generator=torch.Generator().manual_seed(1))

# torch's first weight_norm, which the model of fairseq's starts from, is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")


def shapes_in(dialect: Dialect, config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """The shapes of a model's tensors, by a program's names."""
    shapes = dict(build_architecture(config).state_dict_shapes())
    return {name: shapes[part.name] for name, part in keys_in_dialect(shapes, KEYS, dialect).items()}


def write(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> str:
    path.write_bytes(safetensors_bytes(dict(shapes)))
    return str(path)


@given(model=data2vec_configs(), dialect=st.sampled_from(DIALECTS), data=st.data())
@settings(max_examples=20)
def test_our_names_come_back_from_every_dialect(
    model: Data2VecAudioConfig, dialect: Dialect, data: st.DataObject
) -> None:
    names = [name for name, _ in build_architecture(model).state_dict_shapes()]
    prefix = data.draw(st.sampled_from(["", "model.", *KEYS.prefixes[dialect]]))
    theirs = keys_in_dialect(names, KEYS, dialect, prefix=prefix)
    read = translate_keys(data.draw(st.permutations([*theirs])), key_tables())
    assert read.table is KEYS
    assert (read.prefix, read.unknown, read.extras, read.ours) == (prefix, (), {}, theirs)


@pytest.mark.parametrize("head", [None, 5])
def test_the_names_are_all_that_each_program_has(head: int | None) -> None:
    config = small(aux_num_out=head)
    models = {"huggingface": transformers_model(config, mask_time_prob=0.05)}
    if head is None:
        models["fairseq"] = Data2VecAudioModel(config)
    for dialect, model in models.items():
        shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
        read = translate_keys(shapes, key_tables())
        assert (read.table, read.dialect, read.unknown) == (KEYS, dialect, ())
        purposes = {extra.purpose for extra in read.extras.values()}
        assert purposes <= {"stands for masked frames in training", "part of the pre-training loss"}
        assert read.shapes(shapes.items()) == dict(build_architecture(config).state_dict_shapes())


@pytest.mark.parametrize("kernel", [7, 8])
def test_a_checkpoint_of_fairseqs_is_the_model_in_it(kernel: int, tmp_path: Path) -> None:
    config = small(encoder_pos_conv_kernel=kernel, aux_num_out=None)
    theirs: Any = shaken(Data2VecAudioModel(config)).eval()
    path = tmp_path / "data2vec.pt"
    # Its teacher is a mapping among the tensors.
    teacher = {"layers.0.fc1.weight": torch.ones(2, 2)}
    torch.save({"model": {**theirs.state_dict(), "_ema": teacher}, "cfg": yaml.safe_load(text_of(config))}, path)
    assert load_config(str(path)).model == config
    with pytest.warns(UnusedWeightsWarning, match=r"mask_emb \(stands for masked frames in training\)"):
        ours = load_checkpoint(path).eval()
    with torch.no_grad():
        torch.testing.assert_close(ours(X)[0], theirs(X), rtol=1e-5, atol=1e-5)


def text_of(config: ModelConfig) -> str:
    return convert(config, "fairseq").text


@pytest.mark.parametrize("dialect", DIALECTS)
def test_shapes_tell_all_but_what_leaves_no_trace(dialect: Dialect, tmp_path: Path) -> None:
    config = small(aux_num_out=None)
    found = inspect_checkpoint(write(tmp_path / "model.safetensors", shapes_in(dialect, config)))
    assert found.family.name == "data2vec_audio"
    assert found.fit.fits
    assert set(found.missing) == UNTOLD
    told = {name: value for name, value in config.to_mapping().items() if name not in UNTOLD}
    assert {name: found.values[name] for name in told} == told


@pytest.mark.parametrize("dialect", DIALECTS)
def test_weights_of_a_data2vec_are_of_no_wav2vec2(dialect: Dialect, tmp_path: Path, run: Runner) -> None:
    path = write(tmp_path / "model.safetensors", shapes_in(dialect, small(aux_num_out=None)))
    values = {**SMALL, "extractor_mode": "layer_norm", "encoder_layer_norm_first": False, "aux_num_out": None}
    del values["encoder_pos_conv_depth"]
    plain = ModelConfig.from_mapping(values)
    purposes = {extra.purpose for _, extra in check_checkpoint(path, plain).fit.vital}
    assert purposes == {"one of several positional convolutions, as in data2vec"}
    with pytest.raises(CheckpointError, match="several positional convolutions"):
        load_checkpoint(path, plain)
    (tmp_path / "model.yaml").write_text(json.dumps(plain.to_mapping()))
    found = run("summary", path)
    assert found.code == 2
    assert "architecture is wav2vec2 in model.yaml and data2vec_audio by the names of the weights" in found.err


def test_a_convolution_that_is_missing_is_said(tmp_path: Path, run: Runner) -> None:
    shapes = shapes_in("huggingface", small(aux_num_out=None))
    del shapes["encoder.pos_conv_embed.layers.1.conv.weight"]
    found = run("check", write(tmp_path / "model.safetensors", shapes), write_config(tmp_path))
    assert found.code == 1
    assert "encoder.pos_conv_embed.layers.1.conv.weight" in found.out


def write_config(folder: Path) -> str:
    path = folder / "own.yaml"
    path.write_text(json.dumps({"architecture": "data2vec_audio", **SMALL, "aux_num_out": None}))
    return str(path)


@pytest.mark.parametrize("head", [None, 5])
def test_an_exported_model_loads_in_transformers_whole(head: int | None, tmp_path: Path, run: Runner) -> None:
    import_torchaudio_models()
    import transformers

    config = small(aux_num_out=head)
    path = tmp_path / "model.yaml"
    path.write_text(json.dumps({"architecture": "data2vec_audio", **config.to_mapping()}))
    folder = tmp_path / "exported"
    assert run("export", str(path), "--to", "huggingface", "-o", str(folder)).code == 0
    name = "Data2VecAudioModel" if head is None else "Data2VecAudioForCTC"
    theirs, info = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
    assert {key: [*found] for key, found in info.items() if found} == {}
    assert sum(map(torch.numel, theirs.parameters())) == build_architecture(config).parameters
    ours, back = load_checkpoint(folder), import_huggingface_model(theirs)
    assert list(ours.state_dict()) == list(build_model(config, device="meta").state_dict())
    for key, weight in ours.state_dict().items():
        assert torch.equal(back.state_dict()[key], weight), key
    again = tmp_path / "again.safetensors"
    assert run("export", str(folder), "--to", "safetensors", "-o", str(again)).code == 0
    assert load_config(str(again)).model == config


def test_an_adapter_is_refused() -> None:
    original = transformers_model(small(), add_adapter=True)
    with pytest.raises(ConfigError, match="add_adapter"):
        import_huggingface_model(original)
