"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "wav2vec2_pretrain_base": (
        95044608, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, False, 0.05, 0.0, 2, 320,
        256, 256,
    ),
    "wav2vec2_pretrain_large_lv60k": (
        317390592, "layer_norm", None, True, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.0, True, 0.0, 0.0, 2, 320,
        768, 768,
    ),
    "wav2vec2_pretrain_xlsr_1b": (
        965514752, "layer_norm", None, True, 1280, 0.1, 128, 16, 48, 16, 0.0, 5120, 0.0, 0.0, True, 0.0, 0.0, 2, 320,
        1024, 1024,
    ),
}
PRESET_GROUPS = {
    "wav2vec2_pretrain_base": "wav2vec 2.0",
    "wav2vec2_pretrain_large_lv60k": "wav2vec 2.0",
    "wav2vec2_pretrain_xlsr_1b": "XLS-R",
}
