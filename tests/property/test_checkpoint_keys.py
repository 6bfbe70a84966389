"""Names of weights: every one of ours has one in each dialect and comes back from it; what has none is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import configs
from w2v_explore import ModelConfig, build_architecture
from w2v_explore.checkpoint.key_table import Dialect
from w2v_explore.checkpoint.keys import Part, keys_in_dialect, translate_keys
from w2v_explore.config.family import key_tables
from w2v_explore.families.wav2vec2.keys import KEYS
from w2v_explore.tree.layer import Layer

DIALECTS: list[Dialect] = ["torchaudio", "huggingface", "fairseq"]
OUTSIDE = ["", "model.", "module.", "module.model.", "w2v_encoder.", "net.w2v_encoder."]


def names_of(layer: Layer, path: str = "") -> list[str]:
    names = [f"{path}{parameter}" for parameter in layer.operation.parameter_shapes()] if layer.operation else []
    for child in layer.children:
        for name in child.copy_names():
            names += names_of(child, f"{path}{name}.")
    return names


@given(config=configs(), dialect=st.sampled_from(DIALECTS), outside=st.sampled_from(OUTSIDE), data=st.data())
def test_our_names_come_back_from_every_dialect(
    config: ModelConfig, dialect: Dialect, outside: str, data: st.DataObject
) -> None:
    names = names_of(build_architecture(config))
    prefix = outside + data.draw(st.sampled_from(["", *KEYS.prefixes[dialect]]))
    spelling = data.draw(st.sampled_from(["parametrizations", "weight_g"]))
    values = config.to_mapping()
    theirs = keys_in_dialect(names, KEYS, dialect, prefix=prefix, values=values, weight_norm=spelling)
    assert [*theirs.values()] == [Part(name) for name in names]
    extras = [f"{prefix}{name.replace('{i}', '0')}" for name in KEYS.extras[dialect]]
    read = translate_keys(data.draw(st.permutations([*theirs, *extras])), (KEYS,))
    assert (read.dialect, read.prefix) == (dialect, prefix)
    assert read.ours == theirs
    assert set(read.extras) == set(extras)
    assert read.unknown == ()


LITERALS = """
    feature_extractor conv_layers conv encoder transformer layers self_attn attention k_proj pos_conv
    weight bias weight_g layer_norm aux 0 1 2 01 é
"""
EXTRA_WORDS = sorted({part for names in KEYS.extras.values() for name in names for part in name.split(".")})
WORDS = st.sampled_from([*EXTRA_WORDS, *LITERALS.split(), ""])


@given(st.lists(st.lists(WORDS, max_size=7).map(".".join) | st.text(max_size=20), unique=True, max_size=30))
def test_any_names_are_ours_extra_or_unknown_and_never_two(names: list[str]) -> None:
    read = translate_keys(names, key_tables())
    assert sorted([*read.ours, *read.extras, *read.unknown]) == sorted(names)
    assert len(set(read.ours.values())) == len(read.ours)
    assert not any("{" in part.name for part in read.ours.values())


GROUP_NORM = {
    "w2v_encoder.w2v_model.mask_emb": None,
    "w2v_encoder.w2v_model.feature_extractor.conv_layers.0.0.weight": "feature_extractor.conv_layers.0.conv.weight",
    "w2v_encoder.w2v_model.feature_extractor.conv_layers.0.2.bias": "feature_extractor.conv_layers.0.layer_norm.bias",
    "w2v_encoder.w2v_model.layer_norm.weight": "encoder.feature_projection.layer_norm.weight",
    "w2v_encoder.w2v_model.encoder.pos_conv.0.weight_g": (
        "encoder.transformer.pos_conv_embed.conv.parametrizations.weight.original0"
    ),
    "w2v_encoder.w2v_model.encoder.layers.11.self_attn_layer_norm.bias": (
        "encoder.transformer.layers.11.layer_norm.bias"
    ),
    "w2v_encoder.proj.weight": "aux.weight",
}


def test_a_fine_tuned_fairseq_model_has_its_head_beside_the_model() -> None:
    read = translate_keys(GROUP_NORM, key_tables())
    assert (read.dialect, read.prefix, read.unknown) == ("fairseq", "w2v_encoder.w2v_model.", ())
    assert read.ours == {name: Part(ours) for name, ours in GROUP_NORM.items() if ours}
    assert read.extras["w2v_encoder.w2v_model.mask_emb"].purpose == "stands for masked frames in training"


def test_the_first_norm_of_a_fairseq_model_has_another_name_in_each_mode() -> None:
    ours = ["feature_extractor.conv_layers.0.layer_norm.weight"]
    for mode, theirs in (("group_norm", "conv_layers.0.2.weight"), ("layer_norm", "conv_layers.0.2.1.weight")):
        names = keys_in_dialect(ours, KEYS, "fairseq", values={"extractor_mode": mode})
        assert names == {f"feature_extractor.{theirs}": Part(ours[0])}


def test_both_spellings_of_one_weight_at_once_leave_the_second_unknown() -> None:
    conv = "encoder.pos_conv_embed.conv"
    names = [
        "feature_extractor.conv_layers.0.conv.weight",
        f"{conv}.weight_g",
        f"{conv}.parametrizations.weight.original0",
    ]
    assert translate_keys(names, key_tables()).unknown == (names[2],)


def test_an_adapter_is_an_extra_that_the_outputs_depend_on() -> None:
    adapter = "wav2vec2.encoder.layers.3.adapter_layer.linear_1.weight"
    names = ["wav2vec2.feature_extractor.conv_layers.0.conv.weight", adapter, "quantizer.codevectors"]
    read = translate_keys(names, (KEYS,))
    assert {name: extra.changes_outputs for name, extra in read.extras.items()} == {
        adapter: True,
        "quantizer.codevectors": False,
    }


@pytest.mark.parametrize("name", ["encoder.layers.01.fc1.weight", "encoder.layers.{i}.fc1.weight", "aux.weights"])
def test_what_only_looks_like_a_name_is_unknown(name: str) -> None:
    assert translate_keys(["feature_extractor.conv_layers.0.0.weight", name], (KEYS,)).unknown == (name,)


def test_a_name_that_is_not_ours_has_no_translation() -> None:
    with pytest.raises(KeyError):
        keys_in_dialect(["encoder.layers.0.fc1.weight"], KEYS, "huggingface")
