"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "w2v_bert_2": (
        580492096, 160, 1024, 0.0, 24, 16, "relative_key", 64, 8, 0.0, 4096, 0.0, 31, 0.1, "swish", 0.0, 0.1, False, 1,
        3, 2, 1024, "relu", False, None,
    ),
}
PRESET_GROUPS = {
    "w2v_bert_2": "w2v-BERT",
}
