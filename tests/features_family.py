"""A family of the tests' own that is given features: linear layers on what a filterbank makes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from torch import Tensor, nn

from tests.second_family import forget
from w2v_explore.config import codes, presets
from w2v_explore.config.family import FAMILIES, Family, ModelConfig, Names
from w2v_explore.config.kinds import Field, Integer
from w2v_explore.config.presets import preset_path
from w2v_explore.config.published import Published
from w2v_explore.model.modules import SpeechEncoder
from w2v_explore.tree.inputs import Features
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import GELU, Linear

NAME = "filterbank"
PRESET = "filterbank_base"
PACKAGE = f"w2v_explore.families.{NAME}"
TEXT = f"architecture: {NAME}\nencoder_embed_dim: 24\nencoder_num_layers: 3\n"
CHANNELS, WINDOW, HOP, JOINED = 10, 400, 160, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterbankConfig(ModelConfig):
    """A width and a depth."""

    FIELDS: ClassVar[Mapping[str, Field]] = {
        "encoder_embed_dim": Field(Integer(codes.EMBED_POSITIVE), "The width.", "Much."),
        "encoder_num_layers": Field(Integer(codes.LAYERS_POSITIVE), "The depth.", "Much."),
    }

    encoder_embed_dim: int
    encoder_num_layers: int

    @property
    def encoder_layer_drop(self) -> float:
        """No layer is skipped."""
        return 0.0

    @property
    def aux_num_out(self) -> int | None:
        """There is no head."""
        return None


def build(config: FilterbankConfig) -> Layer:
    """The tree of layers of a config."""
    width = config.encoder_embed_dim
    inside = (Layer("up", "Linear", Linear(width, width)), Layer("act", "GELU", GELU()))
    layer = Layer("0", "FilterbankLayer", None, inside, copies=config.encoder_num_layers, stacked=True)
    children = (
        Layer("projection", "Linear", Linear(CHANNELS, width)),
        Layer("layers", "ModuleList", None, (layer,)),
    )
    return Layer("", "FilterbankModel", None, children, takes=Features("projection", CHANNELS, WINDOW, HOP, JOINED))


class FilterbankLayer(nn.Module):
    def __init__(self, up: nn.Module, act: nn.Module) -> None:
        super().__init__()
        self.up, self.act = up, act

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.up(x))


class FilterbankModel(SpeechEncoder):
    def __init__(self, projection: nn.Module, layers: nn.ModuleList) -> None:
        super().__init__()
        self.projection, self.layers = projection, layers

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        x = self.projection(features)
        del features
        for layer in self.layers:
            x = layer(x)
        return x, lengths


def add(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Put the family and a preset of its own beside the others, until the end of a test."""
    family = Family(
        name=NAME,
        title="Filterbank",
        config=FilterbankConfig,
        agreements=(),
        components={"feature_projection": "projection", "layers": "layers"},
        roles={"encoder": ("projection", "layers")},
        reference=PRESET,
    )
    modules = {module.__name__: module for module in (FilterbankModel, FilterbankLayer)}
    files: dict[str, dict[str, Any]] = {
        "": {"FAMILY": family},
        ".tree": {"build": build},
        ".components": {"MODULES": modules, "REFERENCES": ()},
        ".dialects": {"PYTHON": None, "COLUMNS": {}},
        ".published": {"PUBLISHED": Published(names={})},
        ".preset_values": {"PRESET_VALUES": {PRESET: (2064, 24, 3)}, "PRESET_GROUPS": {PRESET: "Filterbank"}},
    }
    for file, content in files.items():
        module = ModuleType(f"{PACKAGE}{file}")
        module.__dict__.update(content)
        module.__path__ = []
        monkeypatch.setitem(sys.modules, f"{PACKAGE}{file}", module)
    monkeypatch.setitem(FAMILIES, NAME, Names(huggingface=(), fairseq=()))
    for path in preset_path("base").parent.glob("*.yaml"):
        (folder / path.name).symlink_to(path)
    (folder / f"{PRESET}.yaml").write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(presets, "presets_folder", lambda: folder)
    forget()
