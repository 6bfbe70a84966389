"""w2v-BERT 2.0's weights by the names of transformers, which are ours: read, loaded and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checkpoint_files import safetensors_bytes
from tests.families.wav2vec2_bert.reference import ADAPTER, POSITIONS, SMALL, features, transformers_model
from tests.families.wav2vec2_bert.strategies import bert_configs
from tests.program import Runner
from w2v_explore import (
    ModelConfig,
    build_architecture,
    import_huggingface_model,
    inspect_checkpoint,
    load_checkpoint,
    load_config,
)
from w2v_explore.checkpoint.keys import keys_in_dialect, translate_keys
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.config.family import key_tables
from w2v_explore.families.wav2vec2_bert.fields import Wav2Vec2BertConfig
from w2v_explore.families.wav2vec2_bert.keys import KEYS

UNTOLD = {
    "encoder_projection_dropout", "encoder_max_left", "encoder_max_right", "encoder_attention_dropout",
    "encoder_ff_interm_dropout", "encoder_conv_dropout", "encoder_activation", "encoder_dropout", "encoder_layer_drop",
}  # fmt: skip
Shapes = dict[str, tuple[int, ...]]


def config(values: Mapping[str, Any]) -> ModelConfig:
    return Wav2Vec2BertConfig.from_mapping(values)


def shapes_of(model: ModelConfig) -> Shapes:
    return dict(build_architecture(model).state_dict_shapes())


def in_transformers(model: ModelConfig, prefix: str = "") -> Shapes:
    shapes = shapes_of(model)
    names = keys_in_dialect(shapes, KEYS, "huggingface", prefix=prefix, values=model.to_mapping())
    return {name: shapes[part.name] for name, part in names.items()}


@given(model=bert_configs(), data=st.data())
@settings(max_examples=30)
def test_our_names_come_back(model: Wav2Vec2BertConfig, data: st.DataObject) -> None:
    prefix = data.draw(st.sampled_from(["", "model.", *KEYS.prefixes["huggingface"]]))
    theirs = in_transformers(model, prefix)
    read = translate_keys(data.draw(st.permutations([*theirs])), key_tables())
    assert (read.table, read.dialect, read.prefix, read.unknown, read.extras) == (KEYS, "huggingface", prefix, (), {})
    assert read.shapes(theirs.items()) == shapes_of(model)


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("adapter", [{}, ADAPTER], ids=["encoder", "adapter"])
def test_shapes_tell_all_but_what_leaves_no_trace(positions: str, adapter: dict[str, Any], tmp_path: Path) -> None:
    values = {**SMALL, **adapter, "encoder_positions": positions}
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors_bytes(in_transformers(config(values), "wav2vec2_bert.")))
    found = inspect_checkpoint(path)
    assert found.family.name == "wav2vec2_bert"
    assert found.fit.fits
    untold = UNTOLD | {"adapter_stride", "adapter_activation"}
    if not adapter:
        untold |= {"adapter_num_layers", "adapter_kernel", "adapter_embed_dim"}
    if positions in ("rotary", "none"):
        untold |= {"encoder_num_heads", "encoder_positions"}
    assert set(found.missing) == untold
    told = [name for name in Wav2Vec2BertConfig.FIELDS if name not in untold]
    assert {name: found.values[name] for name in told} == {name: values[name] for name in told}


@pytest.mark.parametrize(
    "values", [SMALL, {**SMALL, **ADAPTER, "encoder_positions": "rotary", "aux_num_out": None}], ids=["ctc", "adapter"]
)
def test_what_transformers_saves_is_read_and_what_is_exported_loads_there(
    values: dict[str, Any], tmp_path: Path, run: Runner
) -> None:
    original = transformers_model(config(values)).eval()
    original.save_pretrained(tmp_path / "saved")
    saved = str(tmp_path / "saved")
    written = load_config(saved).model
    # transformers writes out the width of the adapter, whether there is one or not.
    assert written.to_mapping() == values | {"adapter_embed_dim": values["adapter_embed_dim"] or 48}
    assert run("check", saved, saved).code == 0
    assert run("export", saved, "--to", "huggingface", "-o", str(tmp_path / "exported")).code == 0
    model, info = type(original).from_pretrained(tmp_path / "exported", output_loading_info=True)
    assert {name: [*found] for name, found in info.items() if found} == {}
    with torch.no_grad():
        assert torch.equal(model.eval()(features())[0], original(features())[0])
        ours = import_huggingface_model(original).eval()
        torch.testing.assert_close(ours(features())[0], original(features())[0], rtol=1e-5, atol=1e-5)
    for name, weight in load_checkpoint(saved).state_dict().items():
        assert torch.equal(ours.state_dict()[name], weight), name


def test_what_masks_frames_is_left_out() -> None:
    names = in_transformers(config({**SMALL, "aux_num_out": None})) | {
        "masked_spec_embed": (48,),
        "projector.bias": (2,),
    }
    read = translate_keys(names, key_tables())
    assert read.table is KEYS
    assert {name: extra.changes_outputs for name, extra in read.extras.items()} == {
        "masked_spec_embed": False, "projector.bias": False,
    }  # fmt: skip


@pytest.mark.parametrize(("left", "fits"), [(6, True), (7, False)])
def test_the_distances_of_the_config_beside_weights_are_as_many_as_they_have(
    left: int, fits: bool, tmp_path: Path, run: Runner
) -> None:
    (tmp_path / "model.safetensors").write_bytes(safetensors_bytes(in_transformers(config(SMALL), "wav2vec2_bert.")))
    values = to_huggingface(config({**SMALL, "encoder_max_left": left}))
    (tmp_path / "config.json").write_text(json.dumps(values), encoding="utf-8")
    code, _, err = run("summary", str(tmp_path))
    assert code == (0 if fits else 2)
    assert ("distance_embedding" in err) is not fits
