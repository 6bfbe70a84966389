"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "data2vec_audio_base": (
        93163520, None, False, 768, 0.0, 5, 19, 16, 12, 12, 0.1, 3072, 0.0, 0.1, 0.05, None,
    ),
    "data2vec_audio_large": (
        313275392, None, False, 1024, 0.0, 5, 19, 16, 24, 16, 0.1, 4096, 0.1, 0.1, 0.1, None,
    ),
}
PRESET_GROUPS = {
    "data2vec_audio_base": "data2vec",
    "data2vec_audio_large": "data2vec",
}
