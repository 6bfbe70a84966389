"""Weights of models with adapters by the names of transformers: read, checked, loaded and written."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.checkpoint_files import safetensors_bytes
from tests.families.wav2vec2_adapters.model import BOTH, MMS, SMALL, names_of
from tests.families.wav2vec2_adapters.strategies import adapters_configs
from tests.program import Runner
from w2v_explore import (
    ConfigError,
    build_architecture,
    build_model,
    check_checkpoint,
    convert,
    export,
    inspect_checkpoint,
    load_checkpoint,
    load_config,
)
from w2v_explore.checkpoint.keys import keys_in_dialect, translate_keys
from w2v_explore.config.family import key_tables
from w2v_explore.families.wav2vec2.keys import KEYS as WAV2VEC2
from w2v_explore.families.wav2vec2_adapters.fields import Wav2Vec2AdaptersConfig
from w2v_explore.families.wav2vec2_adapters.keys import KEYS

VALUES = {"behind a post-norm encoder": SMALL, "in each layer": MMS, "both": BOTH}
values_of_each = pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)


def config(values: dict[str, Any]) -> Wav2Vec2AdaptersConfig:
    return Wav2Vec2AdaptersConfig(**values)


def write(folder: Path, values: dict[str, Any], *, with_config: bool = True) -> tuple[str, torch.nn.Module]:
    """A folder as transformers writes it, and our model with the weights in it."""
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = build_model(config(values)).eval()
    names = names_of(config(values), build_architecture(config(values)))
    weights = {names[name]: weight.contiguous() for name, weight in model.state_dict().items()}
    save_file(weights, str(folder / "model.safetensors"))
    if with_config:
        (folder / "config.json").write_text(convert(config(values), "huggingface").text)
    return str(folder), model


@given(model=adapters_configs(), data=st.data())
def test_our_names_come_back(model: Wav2Vec2AdaptersConfig, data: st.DataObject) -> None:
    shapes = dict(build_architecture(model).state_dict_shapes())
    prefix = data.draw(st.sampled_from(["", "model.", *KEYS.prefixes["huggingface"]]))
    theirs = keys_in_dialect(shapes, KEYS, "huggingface", prefix=prefix)
    read = translate_keys(data.draw(st.permutations([*theirs])), key_tables())
    has_any = model.add_adapter or model.layer_adapter_features is not None
    # Without an adapter the names are wav2vec 2.0's, whose table goes first.
    assert read.table is (KEYS if has_any else WAV2VEC2)
    assert (read.dialect, read.prefix, read.unknown, read.extras) == ("huggingface", prefix, (), {})
    assert read.ours == theirs


def test_the_names_are_all_that_transformers_has(torchaudio_models: ModuleType) -> None:
    import transformers

    values = json.loads(convert(config(BOTH), "huggingface").text)
    theirs = transformers.Wav2Vec2ForCTC(transformers.Wav2Vec2Config(**{**values, "mask_time_prob": 0.05}))
    shapes = {name: tuple(tensor.shape) for name, tensor in theirs.state_dict().items()}
    read = translate_keys(shapes, key_tables())
    assert (read.table, read.dialect, read.unknown) == (KEYS, "huggingface", ())
    assert {extra.purpose for extra in read.extras.values()} == {"stands for masked frames in training"}
    assert read.shapes(shapes.items()) == dict(build_architecture(config(BOTH)).state_dict_shapes())


@values_of_each
@torch.no_grad()
def test_a_folder_of_transformers_is_the_model_in_it(values: dict[str, Any], tmp_path: Path) -> None:
    path, model = write(tmp_path, values)
    assert load_config(path).model == config(values)
    assert check_checkpoint(path, config(values)).fits
    loaded = load_checkpoint(path).eval()
    audio = torch.randn(2, 900, generator=torch.Generator().manual_seed(1))
    assert torch.equal(loaded(audio)[0], model(audio)[0])


@values_of_each
def test_shapes_tell_all_but_what_leaves_no_trace(values: dict[str, Any], tmp_path: Path) -> None:
    path, _ = write(tmp_path, values, with_config=False)
    found = inspect_checkpoint(path)
    assert found.family.name == "wav2vec2_adapters"
    assert found.fit.fits
    told = {name: found.values[name] for name in Wav2Vec2AdaptersConfig.FIELDS if name in found.values}
    assert told.items() <= values.items()
    expected = {"encoder_adapter_features", "add_adapter"}
    if values["add_adapter"]:
        expected |= {"adapter_num_layers", "adapter_kernel"}
        expected |= {"adapter_embed_dim"} if values["adapter_embed_dim"] is not None else set()
    if values["encoder_adapter_features"] is not None:
        expected |= {"encoder_layer_norm_first"}
    own = [name for name in values if "adapter" in name]
    assert expected == {name for name in told if name in (*own, "encoder_layer_norm_first")}
    with pytest.raises(ConfigError, match="give --set adapter_stride=2"):
        load_config(path)


def test_a_part_of_an_adapter_that_is_missing_is_said(tmp_path: Path, run: Runner) -> None:
    names = names_of(config(BOTH), build_architecture(config(BOTH)))
    shapes = {names[name]: shape for name, shape in build_architecture(config(BOTH)).state_dict_shapes()}
    for name in ("wav2vec2.encoder.layers.1.adapter_layer.linear_2.bias", "wav2vec2.adapter.layers.1.conv.weight"):
        few = {key: shape for key, shape in shapes.items() if key != name}
        (tmp_path / "model.safetensors").write_bytes(safetensors_bytes(few))
        found = run("inspect", str(tmp_path / "model.safetensors"), columns=200)
        assert found.code == 1
        assert name.removeprefix("wav2vec2.").partition("layers.1")[2] in found.out


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@torch.no_grad()
def test_transformers_reads_the_folder_that_we_write(torchaudio_models: ModuleType, tmp_path: Path) -> None:
    import transformers

    folder = export(config(BOTH), "huggingface", tmp_path / "out").path
    theirs: Any = transformers.Wav2Vec2ForCTC.from_pretrained(folder)
    ours, audio = load_checkpoint(folder).eval(), torch.randn(2, 900)
    torch.testing.assert_close(ours(audio)[0], theirs.eval()(audio).logits, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("add_adapter", [True, False])
def test_a_config_whose_layers_leave_their_adapters_out_is_that_of_its_weights(
    tmp_path: Path, add_adapter: bool
) -> None:
    """Layers that normalise their output have none, whatever the width that the config states."""
    values = {**SMALL, "encoder_adapter_features": 5, "encoder_layer_norm_first": False, "add_adapter": add_adapter}
    folder, model = write(tmp_path, values)
    assert check_checkpoint(folder, config(values)).fits
    inspection = inspect_checkpoint(folder)
    assert (inspection.conflicts, inspection.origins["encoder_adapter_features"]) == ((), "config.json")
    assert load_config(folder).model == config(values)
    loaded, waveforms = load_checkpoint(folder).eval(), torch.randn(1, 800)
    with torch.no_grad():
        assert torch.equal(loaded(waveforms)[0], model(waveforms)[0])
