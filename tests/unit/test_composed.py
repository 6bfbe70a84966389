"""transformers' configs of models made of others: the one that can be read is, and what is beside it is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from w2v_explore import load_config
from w2v_explore.config.document import parse_document
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source

ENCODER = {"model_type": "hubert", "hidden_size": 64, "num_attention_heads": 4, "conv_bias": True}
DECODER = {"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 2}
COMPOSED = {"model_type": "speech-encoder-decoder", "decoder": DECODER, "encoder": ENCODER}


def read(values: dict[str, Any], name: str = "config.json") -> Reading:
    return read_config(parse_document(Source(name, json.dumps(values, indent=1).encode())))


def messages(reading: Reading) -> list[str]:
    return [problem.message for problem in (*reading.problems, *reading.warnings)]


def test_the_encoder_is_read_and_the_decoder_named() -> None:
    reading = read(COMPOSED)
    assert reading.problems == []
    assert (reading.values["encoder_embed_dim"], reading.values["encoder_num_layers"]) == (64, 12)
    assert messages(reading) == [
        "model_type is speech-encoder-decoder: the model below `encoder` is read, and nothing of the rest is counted: "
        "decoder (bert)"
    ]
    assert reading.document.translation is not None
    theirs = {account.field: account.theirs for account in reading.document.translation.accounts if account.field}
    assert theirs["encoder_embed_dim"] == "encoder.hidden_size"


def test_a_fault_is_at_its_place_in_the_file() -> None:
    [problem] = read(COMPOSED | {"encoder": ENCODER | {"num_attention_heads": 7}}).problems
    assert (problem.rule.code, problem.key) == ("E234", "num_attention_heads")
    assert (problem.place.line, problem.place.column) == (11, 26)


@pytest.mark.parametrize(
    "values",
    [
        # Without the name of the outer model, by its class, by a name that nobody knows, and further in.
        {"encoder": ENCODER, "projector": {"dim": 3}},
        {"architectures": ["SpeechEncoderDecoderModel"], "encoder": ENCODER},
        {"model_type": "mine", "semantic_model_config": ENCODER, "hidden_size": 7, "encoder_layers": 3},
        {"model_type": "thinker", "thinker_config": {"model_type": "t", "audio_config": ENCODER}},
        # What the encoder was trained with is not built.
        COMPOSED | {"encoder": ENCODER | {"architectures": ["HubertForCTC"], "vocab_size": 32}},
        COMPOSED | {"vocab_size": 40},
        {"transformers_version": "5.0", "model_type": "x", "encoder": ENCODER, "text": {"model_type": "hubert_text"}},
    ],
)
def test_of_any_model_around_it(values: dict[str, Any]) -> None:
    reading = read(values)
    assert reading.problems == []
    assert reading.model == read(ENCODER).model
    assert len(reading.warnings) == 1


def test_the_head_of_the_outer_model_is_counted() -> None:
    values = {"architectures": ["MineForCTC"], "model_type": "mine_ctc", "vocab_size": 40, "audio_config": ENCODER}
    reading = read(values)
    assert messages(reading) == []
    assert reading.values["aux_num_out"] == 40
    assert "read with the head of MineForCTC, and nothing" in messages(read(values | {"decoder": DECODER}))[0]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (COMPOSED | {"decoder": ENCODER}, "`decoder` and `encoder` hold a model each that can be read"),
        (COMPOSED | {"encoder": {"model_type": "hubert"}}, "the model below `encoder` states no size"),
        (COMPOSED | {"encoder": {"model_type": "none"}}, "of which none can be read: decoder (bert), encoder (none)"),
        (
            {"model_type": "xcodec", "semantic_model_config": {"hidden_size": 64, "conv_dim": [32]}},
            "the config below `semantic_model_config` has no model_type, as wav2vec2; write it there",
        ),
        # A model of somebody's own, with another beside it.
        ({"model_type": "mine", "hidden_size": 32, "conv_dim": [8], "teacher": ENCODER}, "only wav2vec2, hubert"),
        (COMPOSED | {"encoder": {"model_type": ""}}, "of which none can be read: decoder (bert)"),
        (COMPOSED | {"encoder": "facebook/hubert-base-ls960"}, "made of models of which none can be read: decoder"),
        ({"model_type": "speech-encoder-decoder"}, "it has a text decoder, and no config of an encoder"),
        (COMPOSED | {"_base_": "other.json"}, "_base_ takes in another file"),
        (COMPOSED | {"encoder": ENCODER | {"hidden_act": "relu"}}, "the feed-forward blocks here have GELU"),
    ],
)
def test_one_line_says_why_it_is_not_read(values: dict[str, Any], why: str) -> None:
    [problem] = read(values).problems
    assert why in problem.message


@pytest.mark.parametrize("values", [COMPOSED | {"model_type": "x" * 900}, {"x" * 900: ENCODER}])
def test_long_names_are_shortened(values: dict[str, Any]) -> None:
    [message] = messages(read(values))
    assert len(message) < 250


def test_what_transformers_writes_needs_no_size() -> None:
    written = COMPOSED | {"encoder": {"model_type": "hubert"}, "transformers_version": "5.0"}
    assert read(written).values["encoder_embed_dim"] == 768


@pytest.mark.parametrize(("beside", "rate"), [({}, 24_000), ({"sample_rate": 24_000}, 16_000)])
def test_the_preprocessor_is_that_of_the_whole(beside: dict[str, Any], rate: int, tmp_path: Path) -> None:
    (tmp_path / "preprocessor_config.json").write_text('{"sampling_rate": 24000}')
    (tmp_path / "config.json").write_text(json.dumps(COMPOSED | beside))
    assert load_config(str(tmp_path)).sample_rate == rate


def test_a_model_that_is_named_is_not_looked_into() -> None:
    reading = read(ENCODER | {"teacher": ENCODER | {"hidden_size": 32}})
    assert reading.values["encoder_embed_dim"] == 64
    assert [problem.rule.code for problem in reading.problems] == ["E285"]


def test_a_class_of_the_encoder_alone_is_none_of_the_model_around_it() -> None:
    [problem] = read(COMPOSED | {"architectures": ["HubertForCTC"], "vocab_size": 7}).problems
    assert problem.message == (
        "HubertForCTC is a class of hubert, and model_type is speech-encoder-decoder; the two have different "
        "architectures"
    )
