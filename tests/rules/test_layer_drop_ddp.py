"""A405 layer-drop-ddp, and what DistributedDataParallel does with LayerDrop and checkpoints."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.parallel import DistributedDataParallel
from torch.utils.checkpoint import checkpoint

from tests.rules.helper import found
from w2v_explore import load_config, wav2vec2_model
from w2v_explore.config.document import parse_document
from w2v_explore.config.text.source import Source, read_file
from w2v_explore.lint.engine import lint_document
from w2v_explore.lint.settings import Settings

SMALL = {
    "extractor_conv_layer_config": [[8, 10, 5], [8, 8, 4]],
    "encoder_embed_dim": 16,
    "encoder_num_heads": 2,
    "encoder_num_layers": 3,
    "encoder_ff_interm_features": 16,
    "encoder_pos_conv_kernel": 4,
    "encoder_pos_conv_groups": 2,
}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_layer_drop: 0.05\n", ["2:21-2:25"]),
        ("extends: base\n", ["1:10-1:14"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("A405", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_layer_drop: 0\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("A405", text) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (json.dumps({"model_type": "wav2vec2", "gradient_checkpointing": True}), "gradient_checkpointing"),
        (json.dumps({"model_type": "wav2vec2", "gradient_checkpointing": False}), None),
        ("model: {_name: wav2vec2, encoder_layerdrop: 0.1, checkpoint_activations: true}", "checkpoint_activations"),
        ("extends: base\n", None),
    ],
)
def test_checkpoints_that_the_config_asks_for_are_named(text: str, named: str | None) -> None:
    (problem,) = lint_document(parse_document(Source("x", text.encode())), Settings(select=("A405",)))
    assert "find_unused_parameters=True" in problem.message
    assert ("use_reentrant=False" in problem.message) == (named is not None)
    assert named is None or named in problem.message


def test_checkpoints_that_a_base_asks_for_are_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "wav2vec2", "gradient_checkpointing": True}))
    (tmp_path / "x.yaml").write_text("extends: config.json\nencoder_layer_drop: 0.2\n")
    (problem,) = lint_document(parse_document(read_file(str(tmp_path / "x.yaml"))), Settings(select=("A405",)))
    assert "use_reentrant=False" in problem.message


@pytest.fixture
def process_group(tmp_path: Path) -> Iterator[None]:
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def train(layer_drop: float, find_unused: bool, reentrant: bool | None) -> None:
    """Four steps of a small model, with the layers under checkpoints where ``reentrant`` says of which kind."""
    torch.manual_seed(0)
    model = wav2vec2_model(**load_config("base").model.to_mapping() | SMALL | {"encoder_layer_drop": layer_drop})
    if reentrant is not None:
        for layer in model.encoder.transformer.layers:
            layer.forward = under_checkpoint(layer.forward, reentrant)
    parallel = DistributedDataParallel(model, find_unused_parameters=find_unused).train()
    for _ in range(4):
        parallel(torch.randn(2, 400))[0].sum().backward()


def under_checkpoint(forward: Callable[..., Any], reentrant: bool) -> Callable[..., Any]:
    return partial(checkpoint, forward, use_reentrant=reentrant)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
@pytest.mark.usefixtures("process_group")
def test_what_the_page_says_of_layer_drop_and_checkpoints() -> None:
    with pytest.raises(RuntimeError, match="finished reduction"):
        train(0.5, find_unused=False, reentrant=None)
    train(0.5, find_unused=True, reentrant=None)
    with pytest.raises(RuntimeError, match="ready only once"):
        train(0.5, find_unused=True, reentrant=True)
    train(0.5, find_unused=True, reentrant=False)
    train(0.0, find_unused=False, reentrant=True)
