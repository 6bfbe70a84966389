"""Checkpoints made in tests."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from w2v_explore import ModelConfig, build_architecture
from w2v_explore.checkpoint.key_table import Dialect
from w2v_explore.checkpoint.keys import WeightNormSpelling, keys_in_dialect
from w2v_explore.checkpoint.safetensors import DTYPES
from w2v_explore.families.wav2vec2.keys import KEYS

SMALL: dict[str, Any] = {
    "extractor_mode": "layer_norm",
    "extractor_conv_layer_config": [[6, 4, 2], [6, 3, 2], [10, 2, 1]],
    "extractor_conv_bias": True,
    "encoder_embed_dim": 8,
    "encoder_projection_dropout": 0.25,
    "encoder_pos_conv_kernel": 5,
    "encoder_pos_conv_groups": 2,
    "encoder_num_layers": 3,
    "encoder_num_heads": 4,
    "encoder_attention_dropout": 0.125,
    "encoder_ff_interm_features": 12,
    "encoder_ff_interm_dropout": 0.0625,
    "encoder_dropout": 0.5,
    "encoder_layer_norm_first": True,
    "encoder_layer_drop": 0.75,
    "aux_num_out": 7,
}
"""A config of which every value differs from every default."""

UNTOLD = (
    "extractor_conv_layer_config", "encoder_projection_dropout", "encoder_num_heads", "encoder_attention_dropout",
    "encoder_ff_interm_dropout", "encoder_dropout", "encoder_layer_norm_first", "encoder_layer_drop",
)  # fmt: skip
"""The fields that no shape tells."""


def model_shapes(fields: Mapping[str, Any] = SMALL) -> dict[str, tuple[int, ...]]:
    return dict(_shapes(ModelConfig.from_mapping(fields)))


@cache
def _shapes(config: ModelConfig) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple(build_architecture(config).state_dict_shapes())


T = TypeVar("T")


def named(
    tensors: Mapping[str, T],
    dialect: Dialect,
    *,
    prefix: str = "",
    extractor_mode: str = "layer_norm",
    weight_norm: WeightNormSpelling = "parametrizations",
) -> dict[str, T]:
    """Tensors of our model, or their shapes, by another program's names."""
    values = {"extractor_mode": extractor_mode}
    parts = keys_in_dialect(tensors, KEYS, dialect, prefix=prefix, values=values, weight_norm=weight_norm)
    return {name: tensors[part.name] for name, part in parts.items()}


def safetensors_bytes(
    shapes: Mapping[str, Iterable[int]],
    metadata: Mapping[str, str] | None = None,
    data: bool = True,
    dtypes: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """A safetensors file of zeros, float32 where ``dtypes`` has no other for a name, written without the library."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name, shape in shapes.items():
        dtype = dtypes.get(name, "F32")
        start, end = end, end + DTYPES[dtype][1] // 8
        for size in shape:
            end = start + (end - start) * size
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + (b"\0" * end if data else b"")


def write_model(path: Path, fields: Mapping[str, Any] = SMALL, metadata: Mapping[str, str] | None = None) -> Path:
    path.write_bytes(safetensors_bytes(model_shapes(fields), metadata))
    return path


def settings(fields: Mapping[str, Any] = SMALL, names: Iterable[str] = UNTOLD) -> list[str]:
    """``--set`` for some fields."""
    return [part for name in names for part in ("--set", f"{name}={json.dumps(fields[name])}")]
