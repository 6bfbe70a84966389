"""HuBERT in pre-training written for other programs: our weights; what no program has is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.families.hubert_pretrain.model import PRE_NORM
from w2v_explore import HuBERTPretrainModel, SourceError, build_model, export, load_checkpoint
from w2v_explore.families.hubert_pretrain.fields import HuBERTPretrainConfig
from w2v_explore.model.export import SEED

CONFIG = HuBERTPretrainConfig.from_mapping(PRE_NORM)


def test_a_file_of_ours_is_read_back(tmp_path: Path) -> None:
    path = export(CONFIG, "safetensors", tmp_path / "model.safetensors").path
    torch.manual_seed(SEED)
    model = build_model(CONFIG)
    loaded = load_checkpoint(path, CONFIG)
    assert isinstance(loaded, HuBERTPretrainModel)
    for name, value in loaded.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name


@pytest.mark.parametrize(
    ("to", "message"),
    [
        (
            "onnx",
            "no graph is made of HuBERT in pre-training: how many frames are masked is worked out from the length",
        ),
        ("torch-export", "no graph is made of HuBERT in pre-training: how many frames are masked is worked out"),
        ("huggingface", "Hugging Face has no model of the architecture hubert_pretrain"),
    ],
)
def test_what_cannot_be_written_is_one_line(to: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=f"^{message}"):
        export(CONFIG, to, tmp_path / "out")
    assert not any(tmp_path.iterdir())
