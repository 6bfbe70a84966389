"""What the pages say torch does with a broken config, done: the example is given to torchaudio."""

import inspect
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml

from w2v_explore import load_config
from w2v_explore.config.family import DEFAULT_FAMILY, Family, family_named
from w2v_explore.lint.page import TORCH, Page, load_pages

# Small enough to run; what an example states itself takes the place of these.
SMALL = {
    "encoder_embed_dim": 96,
    "encoder_num_heads": 12,
    "encoder_pos_conv_groups": 16,
    "encoder_pos_conv_kernel": 8,
    "encoder_ff_interm_features": 64,
    "encoder_num_layers": 2,
    "encoder_layer_drop": 0.0,
}
SAMPLES = {"E250": 320}


def family_of(example: str) -> Family:
    stated = yaml.safe_load(example)
    if "extends" in stated:
        return load_config(stated["extends"]).model.family
    return family_named(stated.get("architecture", DEFAULT_FAMILY))


def builder_of(family: Family) -> str | None:
    """The function of torchaudio that builds a family's models."""
    return family.part("dialects").PYTHON


# YAML that no safe loader reads has nothing to give to torch.
SEEN = [page for page in load_pages() if page.torch != TORCH["never sees it"]]
PAGES = [page for page in SEEN if builder_of(family_of(page.example)) is not None]


def arguments(example: str, family: Family) -> dict[str, Any]:
    """What ``wav2vec2_model(**yaml.safe_load(text))`` would be called with, the base made small."""
    beside = {"extends", "architecture", "budgets", "name", "sample_rate"}
    stated = {key: value for key, value in yaml.safe_load(example).items() if key not in beside}
    if len(stated) >= len(family.config.FIELDS) - 1:
        return stated
    values = load_config(family.reference).model.to_mapping() | SMALL | stated
    layers = values["extractor_conv_layer_config"]
    if isinstance(layers, list):
        values["extractor_conv_layer_config"] = [
            [min(layer[0], 16), *layer[1:]] if isinstance(layer, list) else layer for layer in layers
        ]
    return values


def inputs_of(model: torch.nn.Module, waveforms: torch.Tensor) -> list[torch.Tensor]:
    """What a model takes: waveforms and, in pre-training, a label for each frame."""
    if "labels" not in inspect.signature(model.forward).parameters:
        return [waveforms]
    frames, _ = model.get_submodule("wav2vec2.feature_extractor")(waveforms, None)
    return [waveforms, torch.zeros(frames.shape[:2], dtype=torch.long)]


def behaviour(models: ModuleType, example: str, samples: int) -> str:
    waveforms = torch.randn(2, samples)
    family = family_of(example)
    build = getattr(models, str(builder_of(family)).rpartition(".")[2])
    try:
        model = build(**arguments(example, family))
    except Exception:
        return TORCH["building raises"]
    try:
        with torch.no_grad():
            model.eval()(*inputs_of(model, waveforms))
    except Exception:
        return TORCH["forward raises"]
    try:
        model.train()(*inputs_of(model, waveforms))
    except Exception:
        return TORCH["training raises"]
    return TORCH["accepts"]


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors:UserWarning")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.rule.code)
def test_torch_does_what_the_page_says(torchaudio_models: ModuleType, page: Page) -> None:
    torch.manual_seed(0)
    assert behaviour(torchaudio_models, page.example, SAMPLES.get(page.rule.code, 4_000)) == page.torch


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.rule.code)
def test_torch_takes_what_is_to_be_used_instead(torchaudio_models: ModuleType, page: Page) -> None:
    """Else an example would raise for something that the page does not speak of."""
    torch.manual_seed(0)
    assert behaviour(torchaudio_models, page.instead, 4_000) == TORCH["accepts"]
