"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "omniasr_1b": (
        962496000, None, True, 1280, 128, 16, 48, 16, 0.0, 5120, 0.1, 0.1, 0.1, None,
    ),
    "omniasr_300m": (
        315437568, None, True, 1024, 128, 16, 24, 16, 0.0, 4096, 0.1, 0.1, 0.1, None,
    ),
    "omniasr_3b": (
        3060318720, None, True, 2048, 128, 16, 60, 16, 0.0, 8192, 0.1, 0.1, 0.1, None,
    ),
    "omniasr_7b": (
        6484681216, None, True, 2048, 128, 16, 128, 16, 0.0, 8192, 0.1, 0.1, 0.1, None,
    ),
    "omniasr_ctc_1b": (
        975065172, None, True, 1280, 128, 16, 48, 16, 0.0, 5120, 0.1, 0.1, 0.1, 9812,
    ),
    "omniasr_ctc_1b_v2": (
        975674928, None, True, 1280, 128, 16, 48, 16, 0.0, 5120, 0.1, 0.1, 0.1, 10288,
    ),
    "omniasr_ctc_300m": (
        325494868, None, True, 1024, 128, 16, 24, 16, 0.0, 4096, 0.1, 0.1, 0.1, 9812,
    ),
    "omniasr_ctc_300m_v2": (
        325982768, None, True, 1024, 128, 16, 24, 16, 0.0, 4096, 0.1, 0.1, 0.1, 10288,
    ),
    "omniasr_ctc_3b": (
        3080423508, None, True, 2048, 128, 16, 60, 16, 0.0, 8192, 0.1, 0.1, 0.1, 9812,
    ),
    "omniasr_ctc_3b_v2": (
        3081398832, None, True, 2048, 128, 16, 60, 16, 0.0, 8192, 0.1, 0.1, 0.1, 10288,
    ),
    "omniasr_ctc_7b": (
        6504786004, None, True, 2048, 128, 16, 128, 16, 0.0, 8192, 0.1, 0.1, 0.1, 9812,
    ),
    "omniasr_ctc_7b_v2": (
        6505761328, None, True, 2048, 128, 16, 128, 16, 0.0, 8192, 0.1, 0.1, 0.1, 10288,
    ),
}
PRESET_GROUPS = {
    "omniasr_1b": "omniASR",
    "omniasr_300m": "omniASR",
    "omniasr_3b": "omniASR",
    "omniasr_7b": "omniASR",
    "omniasr_ctc_1b": "omniASR",
    "omniasr_ctc_1b_v2": "omniASR",
    "omniasr_ctc_300m": "omniASR",
    "omniasr_ctc_300m_v2": "omniASR",
    "omniasr_ctc_3b": "omniASR",
    "omniasr_ctc_3b_v2": "omniASR",
    "omniasr_ctc_7b": "omniASR",
    "omniasr_ctc_7b_v2": "omniASR",
}
