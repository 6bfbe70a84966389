"""WavLM written as a graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.families.wavlm.model import PRE_NORM, SMALL, wavlm
from tests.parity.test_model import LENGTHS, TWO_CONVOLUTIONS, waveforms
from w2v_explore import SourceError, export
from w2v_explore.families.wavlm.fields import WavLMConfig
from w2v_explore.model.export import SEED


@torch.no_grad()
def test_onnx_computes_what_the_model_computes(tmp_path: Path) -> None:
    import onnxruntime

    values = {**PRE_NORM, "encoder_num_layers": 2, "extractor_conv_layer_config": TWO_CONVOLUTIONS}
    path = export(WavLMConfig.from_mapping(values), "onnx", tmp_path / "wavlm.onnx").path
    torch.manual_seed(SEED)
    model = wavlm(values).eval()
    session = onnxruntime.InferenceSession(path)
    for x, lengths in (
        (waveforms(), torch.tensor([4000, 4000, 4000])),
        (waveforms(), LENGTHS),
        (waveforms(5, 901), torch.full((5,), 450)),
    ):
        output, frames = session.run(None, {"waveforms": x.numpy(), "lengths": lengths.numpy()})
        expected, expected_frames = model(x, lengths)
        for utterance, valid in enumerate(expected_frames.tolist()):
            torch.testing.assert_close(
                torch.from_numpy(output)[utterance, :valid], expected[utterance, :valid], rtol=1e-4, atol=1e-4
            )
        assert frames.tolist() == expected_frames.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("convolutions", "fewest"), [([[8, 4, 4]], 8), ([[8, 6, 1], [8, 8, 7], [8, 3, 1], [8, 1, 1]], 34)]
)
@torch.no_grad()
def test_a_graph_takes_any_length_from_two_frames(convolutions: list[list[int]], fewest: int, tmp_path: Path) -> None:
    """Of these convolutions torch cannot prove for all lengths that T² > T, on which the position bias rests."""
    values = {**SMALL, "encoder_num_layers": 1, "extractor_conv_layer_config": convolutions}
    path = export(WavLMConfig.from_mapping(values), "torch-export", tmp_path / "wavlm.pt2").path
    torch.manual_seed(SEED)
    model = wavlm(values).eval()
    program = torch.export.load(path).module()
    for batch, samples in ((1, fewest), (3, fewest + 1), (5, 401)):
        given = (torch.randn(batch, samples), torch.full((batch,), samples))
        torch.testing.assert_close(program(*given), model(*given), rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_a_torch_that_defers_no_assertion_says_which_graph_it_cannot_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older(model: Any, example: Any, *, dynamic_shapes: Any) -> Any:
        return newer(model, example, dynamic_shapes=dynamic_shapes)

    newer = torch.export.export
    monkeypatch.setattr(torch.export, "export", older)
    values = {**SMALL, "encoder_num_layers": 1, "extractor_conv_layer_config": [[8, 4, 4]]}
    with pytest.raises(SourceError, match=r"^torch \S+ makes no graph of this config that takes any length; .*$"):
        export(WavLMConfig.from_mapping(values), "torch-export", tmp_path / "wavlm.pt2")
    assert not any(tmp_path.iterdir())
