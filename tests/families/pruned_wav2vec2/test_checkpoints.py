"""DPHuBERT's arguments and its checkpoints, read; and what the shapes of pruned weights tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from safetensors.torch import save_file

from tests.families.contract import shaken
from tests.families.pruned_wav2vec2.model import SMALL, cut_model, pruned_configs, small
from tests.parity.test_model import waveforms
from tests.property.test_round_trips import reread
from w2v_explore import (
    CheckpointError,
    ConfigError,
    ModelConfig,
    build_architecture,
    check_checkpoint,
    convert,
    inspect_checkpoint,
    load_checkpoint,
    load_config,
)
from w2v_explore.checkpoint.keys import keys_in_dialect, translate_keys
from w2v_explore.config.document import parse_document
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source
from w2v_explore.families.pruned_wav2vec2.keys import KEYS

TRAINING = dict.fromkeys(
    (
        "extractor_prune_conv_channels", "encoder_prune_attention_heads", "encoder_prune_attention_layer",
        "encoder_prune_feed_forward_intermediate", "encoder_prune_feed_forward_layer", "use_layerwise_prune",
    ),
    False,
)  # fmt: skip
ARGUMENTS: dict[str, Any] = {
    **{name: value for name, value in SMALL.items() if name != "extractor_channel_scale"},
    "normalize_waveform": False,
    **TRAINING,
}
"""What ``wav2vec2_model`` of DPHuBERT takes."""


def read(values: dict[str, Any]) -> Reading:
    return read_config(parse_document(Source("c.json", json.dumps(values).encode(), "c.json")))


def test_the_arguments_of_dphubert_are_read_without_a_word_of_whose_they_are() -> None:
    reading = read(ARGUMENTS)
    assert not reading.problems
    assert reading.model == small()
    assert read({**ARGUMENTS, "normalize_waveform": True}).model == small()


@pytest.mark.parametrize("name", TRAINING)
def test_what_is_still_to_be_pruned_is_refused(name: str) -> None:
    reading = read({**ARGUMENTS, name: True})
    assert [f"{problem.rule.code} {problem.key}" for problem in reading.problems] == [f"E280 {name}"]


@given(pruned_configs())
@settings(max_examples=20)
def test_there_and_back(model: ModelConfig) -> None:
    assert reread(model, "w2v", forced=False) == model


@pytest.mark.parametrize("dialect", ["torchaudio", "fairseq", "huggingface", "unilm", "python"])
def test_no_other_program_has_such_models(dialect: str) -> None:
    with pytest.raises(ConfigError, match="has no model of the architecture pruned_wav2vec2"):
        convert(small(), dialect)


def checkpoint(path: Path, **more: Any) -> Any:
    """A checkpoint as DPHuBERT writes it, with weight norm as torch had it then; and the model in it."""
    model = shaken(cut_model(small())).eval()
    state = model.state_dict()
    names = keys_in_dialect(state, KEYS, "torchaudio", values=SMALL, weight_norm="weight_g")
    torch.save({"state_dict": {name: state[part.name] for name, part in names.items()}, **more}, path)
    return model


def test_a_checkpoint_of_dphubert_is_a_config_and_weights(tmp_path: Path) -> None:
    path = tmp_path / "pruned.pth"
    theirs = checkpoint(path, config=ARGUMENTS, distill_linear_projs={"0.weight": torch.zeros(2, 2)})
    assert load_config(str(path)).model == small()
    inspected = inspect_checkpoint(path)
    assert inspected.family.name == "pruned_wav2vec2"
    assert inspected.missing == {}
    assert inspected.fit.fits
    ours = load_checkpoint(path).eval()
    x, lengths = waveforms(2, 3_000), torch.tensor([3_000, 1_700])
    with torch.no_grad():
        torch.testing.assert_close(ours(x, lengths), theirs(x, lengths), rtol=1e-5, atol=1e-5)


def test_weights_of_another_width_are_told_so(tmp_path: Path) -> None:
    path = tmp_path / "pruned.pth"
    for changes in ({"encoder_ff_interm_features": [40, 40, 18, 64, 0]}, {"encoder_num_heads": [3, 3, 0, 2, 2]}):
        checkpoint(path, config={**ARGUMENTS, **changes})
        with pytest.raises(CheckpointError, match="cannot say the model of these weights"):
            load_config(str(path))
    assert not check_checkpoint(path, small(encoder_num_heads=[3, 3, 0, 2, 2])).fit.fits


@pytest.mark.parametrize("has_lost", [False, True])
def test_shapes_tell_the_blocks_and_the_inner_widths(tmp_path: Path, has_lost: bool) -> None:
    widths = {} if has_lost else {"encoder_use_feed_forward": [True] * 5, "encoder_ff_interm_features": [1, 2, 3, 4, 5]}
    values = {**SMALL, **widths}
    state = cut_model(small(**widths)).state_dict()
    save_file(state, tmp_path / "model.safetensors")
    found = inspect_checkpoint(tmp_path / "model.safetensors")
    assert found.family.name == "pruned_wav2vec2"
    assert found.values["encoder_use_attention"] == values["encoder_use_attention"]
    assert found.values["encoder_use_feed_forward"] == values["encoder_use_feed_forward"]
    assert {"encoder_num_heads", "encoder_head_dim"} <= found.missing.keys()
    # What a lost block would have had for a width leaves no trace.
    assert ("encoder_ff_interm_features" in found.missing) == has_lost
    assert has_lost or found.values["encoder_ff_interm_features"] == [1, 2, 3, 4, 5]
    given = {name: values[name] for name in found.missing}
    assert load_config(str(tmp_path / "model.safetensors"), given).model == small(**widths)


@given(pruned_configs())
@settings(max_examples=20)
def test_our_names_are_torchaudios(model: ModelConfig) -> None:
    shapes = dict(build_architecture(model).state_dict_shapes())
    read = translate_keys([*shapes], [KEYS])
    assert (read.dialect, read.unknown, read.extras) == ("torchaudio", (), {})
