"""One small model, for the tests that have to build, run or write one; each changes what it is about."""

from __future__ import annotations

import json
from typing import Any

FIELDS: dict[str, Any] = {
    "encoder_embed_dim": 24,
    "encoder_num_heads": 4,
    "encoder_pos_conv_groups": 4,
    "encoder_pos_conv_kernel": 8,
    "encoder_ff_interm_features": 20,
    "encoder_num_layers": 2,
    "extractor_conv_layer_config": [[8, 10, 5], [12, 3, 2]],
}


def overrides(**changes: Any) -> list[str]:
    """What makes a preset small, as ``load_config`` and ``--set`` take it."""
    return [f"{name}={json.dumps(value)}" for name, value in {**FIELDS, **changes}.items()]


def config_text(**changes: Any) -> str:
    """A config file of base made small."""
    lines = [f"{name}: {json.dumps(value)}\n" for name, value in {**FIELDS, **changes}.items()]
    return "extends: base\nname: small\n" + "".join(lines)
