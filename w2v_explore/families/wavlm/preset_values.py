"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "wavlm_base": (
        94381168, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 320, 800, 0.1, 3072, 0.0, 0.1, False, 0.05,
        None,
    ),
    "wavlm_base_plus": (
        94381168, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 320, 800, 0.1, 3072, 0.0, 0.1, False, 0.05,
        None,
    ),
    "wavlm_large": (
        315452096, "layer_norm", None, False, 1024, 0.1, 128, 16, 24, 16, 320, 800, 0.1, 4096, 0.0, 0.1, True, 0.05,
        None,
    ),
}
PRESET_GROUPS = {
    "wavlm_base": "WavLM",
    "wavlm_base_plus": "WavLM",
    "wavlm_large": "WavLM",
}
