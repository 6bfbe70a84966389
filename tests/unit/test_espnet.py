"""Recipes of ESPnet whose encoder is torchaudio's: its arguments are read, and what ESPnet adds is named."""

from __future__ import annotations

import pytest

from w2v_explore import load_config
from w2v_explore.config.dialects.espnet import PROGRAM
from w2v_explore.config.dialects.programs import column_of
from w2v_explore.config.document import parse_document
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source

# The values of egs2/librispeech/hubert1's recipe for a large model, in a layout of our own.
LARGE = """\
batch_bins: 4000000
input_size: 1
encoder: torchaudio_hubert
encoder_conf:
    extractor_mode: layer_norm
    encoder_embed_dim: 1024
    encoder_num_layers: 24
    encoder_num_heads: 16
    encoder_ff_interm_features: 4096
    encoder_layer_norm_first: true
    encoder_projection_dropout: 0.0
    encoder_attention_dropout: 0.0
    encoder_ff_interm_dropout: 0.0
    encoder_dropout: 0.0
    encoder_layer_drop: 0.0
    final_dim: 768
    mask_prob: 0.8
model: torchaudio
optim_conf: {lr: 0.0005}
frontend: null
"""
NOT_COUNTED = "what it has for pre-training (mask embedding, final projection, classes) is not counted"


def read(text: str, dialect: str | None = None) -> Reading:
    return read_config(parse_document(Source("train.yaml", text.encode()), dialect))


@pytest.mark.parametrize("dialect", [None, "torchaudio"])
def test_the_recipe_for_hubert_large_is_the_preset(dialect: str | None) -> None:
    reading = read(LARGE, dialect)
    assert reading.problems == []
    assert reading.model is not None
    assert reading.model.meaning() == load_config("hubert_large").model.meaning()
    assert [warning.message for warning in reading.warnings] == [f"encoder is torchaudio_hubert: {NOT_COUNTED}"]
    assert reading.document.translation is not None
    accounts = {account.theirs: (account.status, account.note) for account in reading.document.translation.accounts}
    assert accounts["encoder_conf.encoder_pos_conv_kernel"][0] == "defaulted"
    assert accounts["encoder_conf.mask_prob"] == ("ignored", "masking")
    assert accounts["batch_bins"] == ("ignored", "the rest of the recipe")


@pytest.mark.parametrize("arguments", ["", "encoder_conf: {}\n", "encoder_conf: null\n"])
@pytest.mark.parametrize(("name", "preset"), [("hubert", "hubert_base"), ("wavlm", "wavlm_base")])
def test_without_arguments_it_is_the_base_model(name: str, preset: str, arguments: str) -> None:
    reading = read(f"encoder: torchaudio_{name}\n{arguments}optim: adam\n")
    assert reading.model is not None
    assert reading.model.meaning() == load_config(preset, {"aux_num_out": None}).model.meaning()


def test_what_stands_beside_the_encoder_is_named() -> None:
    reading = read("encoder: torchaudio_hubert\npreencoder: null\nfrontend: none\ndecoder: transformer\n")
    assert [warning.message for warning in reading.warnings][1:] == [
        "decoder: what stands beside the encoder is not counted"
    ]


@pytest.mark.parametrize(
    ("text", "code", "why"),
    [
        (LARGE.replace("num_heads: 16", "num_heads: 7"), "E234", "encoder_num_heads is 7"),
        (LARGE.replace("mask_prob", "encoder_num_layer"), "E285", "did you mean encoder_num_layers?"),
        (LARGE.replace("mask_prob", "encoder_num_buckets"), "E285", "is no argument of torchaudio_hubert; remove it"),
        (LARGE.replace("layer_norm\n", "layer\n"), "E220", "extractor_mode is text 'layer'"),
        (LARGE.replace("torchaudio_hubert", "torchaudio_sew"), "E283", "a recipe of ESPnet; the fields below"),
        ("encoder: torchaudio_hubert\nencoder_conf: 3\noptim_conf: {}\n", "E283", "a recipe of ESPnet"),
    ],
)
def test_one_line_says_what_is_wrong(text: str, code: str, why: str) -> None:
    [problem] = read(text).problems
    assert problem.rule.code == code
    assert why in problem.message


@pytest.mark.parametrize("family", [name for name, names in FAMILIES.items() if names.espnet])
def test_each_name_is_of_a_column_with_all_fields(family: str) -> None:
    column = column_of(family, PROGRAM)
    assert column is not None
    assert tuple(column.kinds) == FAMILIES[family].espnet
    assert column.counterparts.keys() == family_named(family).config.FIELDS.keys()
