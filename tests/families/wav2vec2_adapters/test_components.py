"""The modules of a model with adapters: what torch compiles them to computes the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.families.modules import (
    assert_compiles_without_a_graph_break,
    assert_script_and_copies_compute_the_same,
    seeded,
)
from tests.families.wav2vec2_adapters.model import BOTH, MMS, SMALL
from tests.parity.test_model import TWO_CONVOLUTIONS, ignore_jit_deprecation, waveforms
from w2v_explore import build_model, export
from w2v_explore.families.wav2vec2_adapters.components import AdaptedWav2Vec2Model
from w2v_explore.families.wav2vec2_adapters.fields import Wav2Vec2AdaptersConfig

# Of which graphs are made, in time with the number of layers.
ONE_LAYER = {**BOTH, "encoder_num_layers": 1}
VALUES = pytest.mark.parametrize("values", [SMALL, MMS, BOTH], ids=["post_norm", "mms", "both"])


def config(values: dict[str, Any]) -> Wav2Vec2AdaptersConfig:
    return Wav2Vec2AdaptersConfig(**values)


def model(values: dict[str, Any]) -> Any:
    return seeded(config(values))


def assert_same(found: Any, expected: Any) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@ignore_jit_deprecation
@VALUES
def test_script_and_copies(values: dict[str, Any]) -> None:
    assert_script_and_copies_compute_the_same(model(values))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compile_without_a_graph_break() -> None:
    assert_compiles_without_a_graph_break(model(ONE_LAYER))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@torch.no_grad()
def test_an_exported_graph_takes_any_length(tmp_path: Path) -> None:
    values = {**ONE_LAYER, "extractor_conv_layer_config": TWO_CONVOLUTIONS}
    path = export(config(values), "torch-export", tmp_path / "adapters.pt2").path
    program, ours = torch.export.load(path).module(), model(values)
    for batch, samples in ((1, 400), (2, 2345), (5, 9000)):
        given = (waveforms(batch, samples), torch.full((batch,), samples - 100))
        assert_same(program(*given), ours(*given))


def test_padding_changes_no_frame_that_sees_none_of_it() -> None:
    ours = model({**BOTH, "extractor_mode": "layer_norm"})
    audio, lengths = waveforms(2, 4000), torch.tensor([4000, 2000])
    with torch.no_grad():
        output, frames = ours(audio, lengths)
        audio[1, 2000:] = 9.0
        changed, _ = ours(audio, lengths)
    torch.testing.assert_close(changed[1, : int(frames[1]) - 1], output[1, : int(frames[1]) - 1])


def test_all_layers_run_in_training() -> None:
    """LayerDrop is about the encoder's layers alone."""
    ours = build_model(config({**SMALL, "encoder_layer_drop": 1.0})).train()
    assert isinstance(ours, AdaptedWav2Vec2Model)
    assert ours(waveforms(2, 4000))[0].shape[1] == ours.eval()(waveforms(2, 4000))[0].shape[1]
