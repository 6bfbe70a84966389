"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "mms_1b_all": (
        964844570, "layer_norm", None, True, 1280, 0.1, 128, 16, 48, 16, 0.0, 5120, 0.0, 0.0, True, 0.0, 16, False, 3,
        3, 2, 1280, 154,
    ),
}
PRESET_GROUPS = {
    "mms_1b_all": "MMS",
}
