"""wav2vec 2.0 in pre-training written for other programs."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.families.wav2vec2_pretrain.model import PRE_NORM
from tests.parity.test_model import TWO_CONVOLUTIONS
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import build_model, export
from w2v_explore.families.wav2vec2_pretrain.fields import Wav2Vec2PretrainConfig
from w2v_explore.model.export import SEED

CONFIG = Wav2Vec2PretrainConfig.from_mapping(PRE_NORM)
NAMES = ["projected_states", "projected_quantized_states", "codevector_perplexity"]


@torch.no_grad()
def test_onnx_computes_what_the_model_computes(tmp_path: Path) -> None:
    import onnxruntime

    changes = {"encoder_num_layers": 1, "extractor_conv_layer_config": TWO_CONVOLUTIONS}
    config = Wav2Vec2PretrainConfig.from_mapping({**PRE_NORM, **changes})
    path = export(config, "onnx", tmp_path / "model.onnx").path
    torch.manual_seed(SEED)
    model = build_model(config).eval()
    session = onnxruntime.InferenceSession(path)
    assert [output.name for output in session.get_outputs()] == NAMES
    waveforms, lengths = torch.randn(2, 3333), torch.tensor([3333, 3333])
    for one, other in zip(
        session.run(None, {"waveforms": waveforms.numpy(), "lengths": lengths.numpy()}),
        model(waveforms, lengths),
        strict=True,
    ):
        torch.testing.assert_close(torch.from_numpy(one), other, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_transformers_makes_the_model_of_the_folder(tmp_path: Path) -> None:
    import_torchaudio_models()
    import transformers

    path = export(CONFIG, "huggingface", tmp_path / "folder").path
    theirs, loaded = transformers.Wav2Vec2ForPreTraining.from_pretrained(path, output_loading_info=True)
    assert not loaded["missing_keys"]
    assert not loaded["unexpected_keys"]
    torch.manual_seed(SEED)
    model = build_model(CONFIG).eval()
    waveforms = torch.randn(1, 4000)
    expected = theirs.eval()(waveforms)
    for one, name in zip(model(waveforms), NAMES, strict=True):
        torch.testing.assert_close(one, expected[name], atol=1e-5, rtol=1e-5)
