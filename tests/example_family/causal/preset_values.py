"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML."""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "causal_base": (
        91759616, "group_norm", None, False, 768, 0.1, 19, 16, 12, 12, 0.1, 3072, 0.1, 0.1, False, 0.1, None, 3,
    ),
}
PRESET_GROUPS = {
    "causal_base": "causal",
}
