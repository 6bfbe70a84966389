"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "distilhubert": (
        23491200, "group_norm", None, False, 768, 0.0, 128, 16, 2, 12, 0.1, 3072, 0.1, 0.1, False, 0.0, None, None,
        None,
    ),
}
PRESET_GROUPS = {
    "distilhubert": "DistilHuBERT",
}
