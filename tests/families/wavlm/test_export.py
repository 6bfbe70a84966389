"""WavLM written as a graph."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.families.wavlm.model import SMALL, wavlm
from tests.parity.test_model import LENGTHS, waveforms
from w2v_explore import export
from w2v_explore.families.wavlm.fields import WavLMConfig
from w2v_explore.model.export import SEED


@torch.no_grad()
def test_onnx_computes_what_the_model_computes(tmp_path: Path) -> None:
    import onnxruntime

    values = {**SMALL, "encoder_num_layers": 2}
    path = export(WavLMConfig.from_mapping(values), "onnx", tmp_path / "wavlm.onnx").path
    torch.manual_seed(SEED)
    model = wavlm(values).eval()
    session = onnxruntime.InferenceSession(path)
    for lengths in (torch.tensor([4000, 4000, 4000]), LENGTHS):
        given = {"waveforms": waveforms().numpy(), "lengths": lengths.numpy()}
        output, frames = session.run(None, given)
        expected, expected_frames = model(waveforms(), lengths)
        for utterance, valid in enumerate(expected_frames.tolist()):
            torch.testing.assert_close(
                torch.from_numpy(output)[utterance, :valid], expected[utterance, :valid], rtol=1e-4, atol=1e-4
            )
        assert frames.tolist() == expected_frames.tolist()
