"""A445 conformer-padding."""

import torch

from tests.families.wav2vec2_conformer.reference import Reference, with_positions
from tests.parity.test_model import waveforms
from tests.rules.helper import found
from w2v_explore import build_model
from w2v_explore.families.wav2vec2_conformer.fields import Wav2Vec2ConformerConfig


def test_found() -> None:
    assert found("A445", "extends: wav2vec2_conformer_rope_large\n") == ["1:10-1:39"]
    assert found("A445", "extends: wav2vec2_conformer_rope_large\nencoder_conv_kernel: 3\n") == ["2:22-2:23"]


def test_not_found() -> None:
    assert found("A445", "extends: wav2vec2_conformer_rope_large\nencoder_conv_kernel: 1\n") == []


@torch.no_grad()
def test_padding_changes_outputs_by_the_convolutions_alone_in_transformers_too() -> None:
    for kernel, is_changed in ((7, True), (1, False)):
        values = {**with_positions("rotary"), "extractor_mode": "layer_norm", "encoder_conv_kernel": kernel}
        config = Wav2Vec2ConformerConfig.from_mapping(values)
        theirs = Reference(config).eval()
        ours = build_model(config).eval()
        ours.load_state_dict(theirs.state_dict())
        alone = waveforms(1, 1000)
        padded = torch.nn.functional.pad(alone, (0, 1000))
        for model in (ours, theirs):
            one, _ = model(alone, torch.tensor([1000]))
            other, _ = model(padded, torch.tensor([1000]))
            difference = (one - other[:, : one.shape[1]]).abs().max()
            assert (difference > 1e-4) == is_changed
