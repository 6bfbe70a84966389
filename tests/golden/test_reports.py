"""Reports held against files, which ``pytest tests/golden --update-golden`` rewrites: read the difference then.

No golden file holds a measured figure: those of predictions rest on the calibration of a device that does not exist.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.calibrations import keep, make_calibration
from tests.program import Runner
from w2v_explore import host

pytestmark = pytest.mark.usefixtures("no_float_sums")

FILES = Path(__file__).parent / "files"

REPORTS = {
    "summary_base_80.txt": (80, ["summary", "base"]),
    "summary_base_140.txt": (140, ["summary", "base.yaml"]),
    "summary_base_piped.txt": (None, ["summary", "base"]),
    "summary_full_80.txt": (80, ["summary", "base", "--full"]),
    "summary_full_140.txt": (140, ["summary", "base.yaml", "--full"]),
    "summary_full_piped.txt": (None, ["summary", "base", "--full"]),
    "summary_totals_80.txt": (80, ["summary", "base", "--totals"]),
    "summary_warnings_80.txt": (
        80,
        ["summary", "base", "--set", "encoder_num_heads=96", "--set", "extractor_conv_layer_config=[[512, 10, 5]]"],
    ),
    "summary_xlsr_2b_80.txt": (80, ["summary", "xlsr_2b", "--seconds", "30", "--batch", "8", "--dtype", "bfloat16"]),
    "summary_one_layer_deep.txt": (
        None,
        ["summary", "hubert_base", "--depth", "9", "--samples", "400", "--set", "encoder_num_layers=1"],
    ),
    "summary_two_layers_depth_4.txt": (
        None,
        ["summary", "asr_base_960h", "--depth", "4", "--set", "encoder_num_layers=2"],
    ),
    "summary_predict_80.txt": (80, ["summary", "base", "--predict", "--set", "encoder_num_layers=2"]),
    "summary_predict_140.txt": (140, ["summary", "xlsr_1b", "--predict", "--seconds", "600", "--full"]),
    "summary_predict.md": (None, ["summary", "large", "--predict", "--format", "markdown"]),
    "summary_predict.json": (
        None,
        ["summary", "base", "--predict", "--format", "json", "--seconds", "1", "--set", "encoder_num_layers=1"],
    ),
    "summary_several_80.txt": (
        80,
        ["summary", "base", "xlsr_2b", "--variant", "encoder_num_layers: 6, encoder_dropout: 0", "--depth", "0"],
    ),
    "summary_several_140.txt": (140, ["summary", "base", "w2v_bert_2", "--predict"]),
    "summary.md": (None, ["summary", "large_lv60k", "--format", "markdown"]),
    "summary.csv": (None, ["summary", "base", "--format", "csv", "--set", "encoder_num_layers=2"]),
    "summary.json": (None, ["summary", "base", "--format", "json", "--seconds", "1", "--set", "encoder_num_layers=1"]),
    "compare_80.txt": (80, ["compare", "base", "xlsr_300m"]),
    "compare_all_80.txt": (80, ["compare", "base", "xlsr_300m", "--all"]),
    "compare_140.txt": (140, ["compare", "base", "hubert_large", "asr_large_960h"]),
    "compare_variants_80.txt": (
        80,
        ["compare", "base", "--variant", "encoder_num_layers: 6", "--variant", "encoder_ff_interm_features: 2048"],
    ),
    "compare_variants_140.txt": (
        140,
        [
            *("compare", "base", "large", "--variant", "extractor_conv_layer_config: [[512, 10, 5], [512, 3, 2]]"),
            *("--variant", "encoder_num_layers: 6, encoder_ff_interm_features: 2048"),
        ],
    ),
    "compare_identical.txt": (80, ["compare", "hubert_base", "contentvec"]),
    "compare_depth_2.txt": (80, ["compare", "base", "asr_large_960h", "--depth", "2"]),
    "compare_families_80.txt": (80, ["compare", "hubert_base", "wavlm_large"]),
    "compare_families_140.txt": (140, ["compare", "hubert_base", "wavlm_base", "asr_base_960h"]),
    "sensitivity_wavlm.txt": (140, ["sensitivity", "wavlm_base"]),
    "compare_piped.txt": (None, ["compare", "base", "xlsr_300m"]),
    "compare.json": (
        None,
        ["compare", "base", "large", "--format", "json", "--seconds", "1", "--set", "encoder_num_layers=1"],
    ),
    "memory_80.txt": (80, ["memory", "base", "--fit", "24GiB"]),
    "memory_140.txt": (140, ["memory", "xlsr_2b", "--fit", "80GB", "--checkpointing", "--dtype", "bfloat16"]),
    "memory_answer.txt": (80, ["memory", "xlsr_1b", "--fit", "16GiB", "--attention", "eager"]),
    "memory_lengths.txt": (80, ["memory", "base", "--fit", "12GiB", "--batch", "8", "--seconds", "5,10,20"]),
    "memory_piped.txt": (None, ["memory", "asr_large_960h", "base", "--depth", "2", "--seconds", "30", "--batch", "4"]),
    "memory.md": (None, ["memory", "large_lv60k", "--format", "markdown"]),
    "memory.csv": (None, ["memory", "base", "--format", "csv", "--set", "encoder_num_layers=2"]),
    "memory.json": (
        None,
        [
            "memory",
            "base",
            "--format",
            "json",
            "--fit",
            "1GiB",
            "--reserve",
            "0.5GiB",
            "--checkpointing",
            "--set",
            "encoder_num_layers=1",
        ],
    ),
    "plan_80.txt": (80, ["plan", "base", "--card", "a100", "--devices", "8", "--price", "1.8", "--within", "5d"]),
    "plan_140.txt": (
        140,
        ["plan", "hubert_base", "--card", "v100-32gb", "--devices", "8", "--observed", "73 updates in 20 min"],
    ),
    "plan_piped.txt": (
        None,
        ["plan", "xlsr_300m", "--card", "rtx3090", "--devices", "2", "--batch-seconds", "160", "--updates", "20000"],
    ),
    "plan.md": (
        None,
        [
            *("plan", "large_lv60k", "--card", "t4", "--devices", "16", "--accumulate", "8", "--strategy", "fsdp"),
            *("--format", "markdown"),
        ],
    ),
    "plan.csv": (None, ["plan", "base", "--card", "l4", "--format", "csv"]),
    "plan.json": (
        None,
        ["plan", "base", "--card", "l4", "--within", "9w", "--format", "json", "--set", "encoder_num_layers=1"],
    ),
    "plan_cards_80.txt": (80, ["plan", "--cards"]),
    "plan_cards.json": (None, ["plan", "--cards", "--format", "json"]),
    "sensitivity_80.txt": (80, ["sensitivity", "base"]),
    "sensitivity_by_layer_80.txt": (80, ["sensitivity", "hubert_base_prunable", "--sort", "macs"]),
    "sensitivity_140.txt": (140, ["sensitivity", "asr_large_960h", "--seconds", "30"]),
    "sensitivity_piped.txt": (
        None,
        ["sensitivity", "base", "--set", "extractor_conv_layer_config=[[64, 10, 5], [64, 3, 2]]"],
    ),
    "sweep_80.txt": (
        80,
        ["sweep", "base", "--field", "encoder_num_layers=2..24:2", "--field", "encoder_embed_dim=512,768"],
    ),
    "sweep_140.txt": (
        140,
        [
            *("sweep", "wavlm_base", "--field", "extractor_mode=group_norm,layer_norm", "--field"),
            *("encoder_num_layers=4,8,12", "--field", "encoder_num_heads=5,8", "--seconds", "30"),
        ],
    ),
    "sweep_piped.txt": (
        None,
        [
            *("sweep", "base", "--field", "extractor_conv_layer_config=null,[[512, 10, 5], [512, 8, 4]]"),
            *("--field", "encoder_pos_conv_kernel=32..128:32", "--figure", "receptive_field_ms", "--figure", "macs"),
            *("--figure", "positional_convolution.parameters"),
        ],
    ),
    "sweep.md": (None, ["sweep", "base", "--field", "encoder_num_heads=11,12", "--format", "markdown"]),
    "sweep.csv": (None, ["sweep", "base", "--field", "encoder_num_heads=11,12", "--format", "csv"]),
    "sweep.json": (
        None,
        [
            *("sweep", "base", "--field", "encoder_num_heads=11,12", "--figure", "macs", "--figure", "stride"),
            *("--format", "json"),
        ],
    ),
    "search_pareto_80.txt": (
        80,
        [
            *("search", "base", "--free", "encoder_num_layers=2..14:2", "--free", "encoder_embed_dim=384..768:64"),
            *("--minimize", "macs_per_audio_second", "--maximize", "parameters", "--require", "parameters <= +5%"),
        ],
    ),
    "search_pareto_140.txt": (
        140,
        [
            *(
                "search",
                "hubert_base",
                "--free",
                "encoder_num_layers=1..12",
                "--free",
                "encoder_ff_interm_features=2048,3072",
            ),
            *("--free", "extractor_mode=group_norm,layer_norm", "--minimize", "macs", "--minimize"),
            *("memory.training_bytes", "--maximize", "parameters", "--require", "stride == 320"),
        ],
    ),
    "search_nearest_80.txt": (
        80,
        [
            *("search", "base", "--free", "encoder_num_layers=6..12", "--free", "encoder_embed_dim=384..768:128"),
            *("--free", "encoder_ff_interm_features=1024,2048,3072", "--target", "macs -40%", "--keep", "stride"),
        ],
    ),
    "search_match_80.txt": (
        80,
        [
            *("search", "base", "--free", "encoder_num_layers=2..12:2", "--free", "encoder_embed_dim=256..1024:64"),
            *("--like", "large", "--ratio", "parameters=0.25", "--ratio", "macs=0.4"),
        ],
    ),
    "search_rank_piped.txt": (
        None,
        [
            *("search", "base", "--free", "encoder_num_layers=6..12", "--free", "encoder_num_heads=6,12", "--top", "4"),
            *("--maximize", "parameters", "--require", "memory.training_bytes < 2GB", "--lint-clean"),
        ],
    ),
    "search.csv": (
        None,
        ["search", "base", "--free", "encoder_num_heads=6,12", "--minimize", "stride_ms", "--format", "csv"],
    ),
    "search.md": (
        None,
        [
            *("search", "base", "--free", "encoder_num_layers=4,6", "--minimize", "macs", "--maximize", "parameters"),
            *("--format", "markdown"),
        ],
    ),
    "sensitivity.md": (None, ["sensitivity", "base", "--format", "markdown"]),
    "sensitivity.csv": (None, ["sensitivity", "base", "--format", "csv"]),
    "sensitivity.json": (
        None,
        ["sensitivity", "base", "--format", "json", "--set", "extractor_conv_layer_config=[[64, 10, 5]]"],
    ),
    "compare.md": (None, ["compare", "base", "lighthubert_small_subnet", "--format", "markdown"]),
    "compare.csv": (None, ["compare", "base", "large", "xlsr_1b", "--format", "csv"]),
    "presets_80.txt": (80, ["presets"]),
    "presets.json": (None, ["presets", "--family", "WavLM", "--max-parameters", "100M", "--format", "json"]),
    "presets_show_resolved.yaml": (None, ["presets", "show", "mms_fa", "--resolved"]),
    "explain_80.txt": (80, ["explain"]),
    "explain_embed_dim_80.txt": (80, ["explain", "encoder_embed_dim"]),
    "explain_conv_layers.txt": (None, ["explain", "extractor_conv_layer_config"]),
    "schema.json": (None, ["schema"]),
}


@pytest.fixture(autouse=True)
def calibrated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path))
    calibration = make_calibration()
    monkeypatch.setattr(host, "cpu_name", lambda: calibration.device_name)
    monkeypatch.setattr(host, "torch_version", lambda: calibration.torch_version)
    keep(calibration)


@pytest.mark.parametrize("name", REPORTS)
def test_report(name: str, run: Runner, request: pytest.FixtureRequest) -> None:
    columns, arguments = REPORTS[name]
    code, out, err = run(*arguments, columns=columns)
    assert (code, err) == (0, "")
    golden = FILES / name
    if request.config.getoption("--update-golden"):
        golden.write_text(out, encoding="utf-8")
    assert out == golden.read_text(encoding="utf-8")


def test_every_golden_file_is_tested() -> None:
    assert {path.name for path in FILES.iterdir()} == set(REPORTS)


@pytest.mark.parametrize("name", [name for name in REPORTS if name.endswith("_80.txt")])
def test_nothing_is_wider_than_the_terminal(name: str) -> None:
    assert max(map(len, (FILES / name).read_text(encoding="utf-8").splitlines())) <= 80
