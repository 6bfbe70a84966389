"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "hubert_pretrain_base": (
        94594176, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, False, 0.05, 0.8, "static",
        0.0, 10, False, 1, 0.0, "static", 0.0, 10, False, 1, False, False, 100, 256, 0.1,
    ),
    "hubert_pretrain_large": (
        316606336, "layer_norm", None, False, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.0, 0.0, True, 0.0, 0.8, "static",
        0.0, 10, False, 1, 0.0, "static", 0.0, 10, False, 1, False, False, 500, 768, None,
    ),
    "hubert_pretrain_xlarge": (
        964317568, "layer_norm", None, False, 1280, 0.0, 128, 16, 48, 16, 0.0, 5120, 0.0, 0.0, True, 0.0, 0.8, "static",
        0.0, 10, False, 1, 0.0, "static", 0.0, 10, False, 1, False, False, 500, 1024, None,
    ),
}
PRESET_GROUPS = {
    "hubert_pretrain_base": "HuBERT",
    "hubert_pretrain_large": "HuBERT",
    "hubert_pretrain_xlarge": "HuBERT",
}
