"""Conformers' weights by the names of transformers, which are ours, and of fairseq: read, loaded and written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checkpoint_files import safetensors_bytes
from tests.families.wav2vec2_conformer.reference import POSITIONS, SMALL, transformers_model, with_positions
from tests.families.wav2vec2_conformer.strategies import conformer_configs
from tests.program import Runner
from w2v_explore import (
    Config,
    ModelConfig,
    UnusedWeightsWarning,
    build_architecture,
    build_model,
    import_huggingface_model,
    inspect_checkpoint,
    load_checkpoint,
    load_config,
)
from w2v_explore.checkpoint.key_table import Dialect
from w2v_explore.checkpoint.keys import keys_in_dialect, translate_keys
from w2v_explore.config.dialects.write import write_config
from w2v_explore.config.family import key_tables
from w2v_explore.families.wav2vec2_conformer.fields import Wav2Vec2ConformerConfig
from w2v_explore.families.wav2vec2_conformer.keys import KEYS

UNTOLD = {
    "extractor_conv_layer_config", "encoder_projection_dropout", "encoder_attention_dropout",
    "encoder_ff_interm_dropout", "encoder_conv_dropout", "encoder_activation", "encoder_dropout",
    "encoder_layer_norm_first", "encoder_layer_drop",
}  # fmt: skip
DIALECTS: list[Dialect] = ["huggingface", "fairseq"]
Shapes = dict[str, tuple[int, ...]]


def config(values: Mapping[str, Any]) -> ModelConfig:
    return Wav2Vec2ConformerConfig.from_mapping(values)


def shapes_of(model: ModelConfig) -> Shapes:
    return dict(build_architecture(model).state_dict_shapes())


def in_dialect(model: ModelConfig, dialect: Dialect, prefix: str = "") -> Shapes:
    shapes = shapes_of(model)
    names = keys_in_dialect(shapes, KEYS, dialect, prefix=prefix, values=model.to_mapping())
    return {name: shapes[part.name] for name, part in names.items()}


@given(model=conformer_configs(), dialect=st.sampled_from(DIALECTS), data=st.data())
@settings(max_examples=40)
def test_our_names_come_back_from_every_dialect(
    model: Wav2Vec2ConformerConfig, dialect: Dialect, data: st.DataObject
) -> None:
    prefix = data.draw(st.sampled_from(["", "model.", *KEYS.prefixes[dialect]]))
    theirs = in_dialect(model, dialect, prefix)
    read = translate_keys(data.draw(st.permutations([*theirs])), key_tables())
    assert (read.table, read.dialect, read.prefix, read.unknown, read.extras) == (KEYS, dialect, prefix, (), {})
    assert read.shapes(theirs.items()) == shapes_of(model)


@given(model=conformer_configs())
@settings(max_examples=6)
def test_the_names_are_all_that_transformers_has(model: Wav2Vec2ConformerConfig) -> None:
    with torch.device("meta"):
        theirs = {name: tuple(tensor.shape) for name, tensor in transformers_model(model).state_dict().items()}
    prefix = "" if model.aux_num_out is None else "wav2vec2_conformer."
    assert list(in_dialect(model, "huggingface", prefix)) == list(theirs)


def test_fairseq_has_the_frequencies_in_each_layer() -> None:
    names = in_dialect(config({**with_positions("rotary"), "aux_num_out": None}), "fairseq")
    names |= {"encoder.layers.1.self_attn.rotary_emb.inv_freq": (6,), "mask_emb": (48,), "quantizer.vars": (1, 2, 3)}
    read = translate_keys(names, key_tables())
    assert read.table is KEYS
    assert {name: extra.changes_outputs for name, extra in read.extras.items()} == {
        "encoder.layers.1.self_attn.rotary_emb.inv_freq": False, "mask_emb": False, "quantizer.vars": False,
    }  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("positions", POSITIONS)
def test_shapes_tell_all_but_what_leaves_no_trace(positions: str, dialect: Dialect, tmp_path: Path) -> None:
    values = {**with_positions(positions), "aux_num_out": 5}
    path = tmp_path / "model.safetensors"
    prefix = KEYS.prefixes[dialect][0]
    path.write_bytes(safetensors_bytes(in_dialect(config(values), dialect, prefix)))
    found = inspect_checkpoint(path)
    assert found.family.name == "wav2vec2_conformer"
    assert found.fit.fits
    # The number of heads is told by the biases of relative positions, and by the frequencies of rotary ones.
    untold = UNTOLD | ({"encoder_num_heads"} if positions == "none" else set())
    assert set(found.missing) == untold
    told = [name for name in Wav2Vec2ConformerConfig.FIELDS if name not in untold]
    assert {name: found.values[name] for name in told} == {name: values[name] for name in told}


@pytest.mark.parametrize("values", [SMALL, {**with_positions("rotary"), "aux_num_out": None}], ids=["ctc", "encoder"])
def test_what_transformers_saves_is_read_and_what_is_exported_loads_there(
    values: dict[str, Any], tmp_path: Path, run: Runner
) -> None:
    original = transformers_model(config(values)).eval()
    original.save_pretrained(tmp_path / "saved")
    saved = str(tmp_path / "saved")
    written = load_config(saved).model
    assert written == config(values)
    assert run("check", saved, saved).code == 0
    assert run("export", saved, "--to", "huggingface", "-o", str(tmp_path / "exported")).code == 0
    model, info = type(original).from_pretrained(tmp_path / "exported", output_loading_info=True)
    assert {name: [*found] for name, found in info.items() if found} == {}
    waveforms = torch.randn(2, 900, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(model.eval()(waveforms)[0], original(waveforms)[0])
        ours = import_huggingface_model(original).eval()
        torch.testing.assert_close(ours(waveforms)[0], original(waveforms)[0], rtol=1e-5, atol=1e-5)
    for name, weight in load_checkpoint(saved).state_dict().items():
        assert torch.equal(ours.state_dict()[name], weight), name


def test_a_model_without_batch_norm_s_buffers_does_not_fit(tmp_path: Path) -> None:
    shapes = in_dialect(config(SMALL), "huggingface", "wav2vec2_conformer.")
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors_bytes({name: shape for name, shape in shapes.items() if "running" not in name}))
    missing = inspect_checkpoint(path).fit.missing
    assert {lacking.name.rpartition(".")[2] for lacking in missing} == {"running_mean", "running_var"}


@pytest.mark.parametrize("positions", ["relative", "rotary"])
def test_a_checkpoint_of_fairseq_is_read_by_the_config_beside_its_weights(positions: str, tmp_path: Path) -> None:
    values = {**with_positions(positions), "encoder_layer_norm_first": False, "aux_num_out": None}
    values |= dict.fromkeys([name for name in values if name.endswith("_dropout")], 0.1)
    ours = build_model(config(values)).eval()
    weights = ours.state_dict()
    parts = keys_in_dialect(weights, KEYS, "fairseq", values=values)
    theirs = {name: weights[part.name] for name, part in parts.items()}
    if positions == "rotary":
        theirs["encoder.layers.1.self_attn.rotary_emb.inv_freq"] = weights["encoder.embed_positions.inv_freq"]
    cfg = yaml.safe_load(write_config(Config(name="c", origin="c", model=config(values)), "fairseq"))
    path = tmp_path / "checkpoint.pt"
    torch.save({"cfg": cfg, "model": {**theirs, "mask_emb": torch.zeros(48)}}, path)
    with pytest.warns(UnusedWeightsWarning, match="mask_emb"):
        loaded = load_checkpoint(path).eval()
    waveforms = torch.randn(2, 900)
    with torch.no_grad():
        assert torch.equal(loaded(waveforms)[0], ours(waveforms)[0])
    assert load_config(str(path)).model == config(values)
