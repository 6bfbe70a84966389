"""What the pages say torch does with a broken config, done: the example is given to torchaudio."""

from types import ModuleType
from typing import Any

import pytest
import torch
import yaml

from w2v_explore import load_config
from w2v_explore.families.wav2vec2.fields import FIELDS
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
# YAML that no safe loader reads has nothing to give to torch.
PAGES = [page for page in load_pages() if page.torch != TORCH["never sees it"]]


def arguments(example: str) -> dict[str, Any]:
    """What ``wav2vec2_model(**yaml.safe_load(text))`` would be called with, the base made small."""
    stated = yaml.safe_load(example)
    stated = {key: value for key, value in stated.items() if key not in {"extends", "budgets", "name", "sample_rate"}}
    if len(stated) >= len(FIELDS) - 1:
        return stated
    values = load_config("base").model.to_mapping() | SMALL | stated
    layers = values["extractor_conv_layer_config"]
    if isinstance(layers, list):
        values["extractor_conv_layer_config"] = [
            [min(layer[0], 16), *layer[1:]] if isinstance(layer, list) else layer for layer in layers
        ]
    return values


def behaviour(models: ModuleType, page: Page) -> str:
    waveforms = torch.randn(2, SAMPLES.get(page.rule.code, 4_000))
    try:
        model = models.wav2vec2_model(**arguments(page.example))
    except Exception:
        return TORCH["building raises"]
    try:
        with torch.no_grad():
            model.eval()(waveforms)
    except Exception:
        return TORCH["forward raises"]
    try:
        model.train()(waveforms)
    except Exception:
        return TORCH["training raises"]
    return TORCH["accepts"]


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors:UserWarning")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.rule.code)
def test_torch_does_what_the_page_says(torchaudio_models: ModuleType, page: Page) -> None:
    torch.manual_seed(0)
    assert behaviour(torchaudio_models, page) == page.torch
