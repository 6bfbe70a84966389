"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "wav2vec2_conformer_rel_pos_large": (
        618558080, "layer_norm", None, True, 1024, 0.0, 128, 16, 24, 16, "relative", 0.0, 4096, 0.0, 31, 0.0, "swish",
        0.0, True, 0.0, None,
    ),
    "wav2vec2_conformer_rope_large": (
        593343104, "layer_norm", None, True, 1024, 0.0, 128, 16, 24, 16, "rotary", 0.0, 4096, 0.0, 31, 0.0, "swish",
        0.0, True, 0.0, None,
    ),
}
PRESET_GROUPS = {
    "wav2vec2_conformer_rel_pos_large": "wav2vec 2.0 Conformer",
    "wav2vec2_conformer_rope_large": "wav2vec 2.0 Conformer",
}
