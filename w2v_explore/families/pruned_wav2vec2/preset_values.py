"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "hubert_base_prunable": (
        94371456, "group_norm", None, False, True, 768, 0.1, 128, 16, 12, [True, True, True, True, True, True, True,
        True, True, True, True, True], [True, True, True, True, True, True, True, True, True, True, True, True], [12,
        12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12], 64, 0.1, [3072, 3072, 3072, 3072, 3072, 3072, 3072, 3072, 3072,
        3072, 3072, 3072], 0.0, 0.1, False, 0.05, None,
    ),
}
PRESET_GROUPS = {
    "hubert_base_prunable": "DPHuBERT",
}
