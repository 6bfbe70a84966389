"""Every report at every width: no line is wider than the terminal, and no figure is broken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from tests.calibrations import keep, make_calibration
from tests.checkpoint_files import write_model
from tests.program import Run, Runner
from tests.small import config_text
from w2v_explore import Workload, analyze, host, load_config
from w2v_explore.measure import noise
from w2v_explore.measure.verify import Finding, Verification
from w2v_explore.report.calibration import calibration_report
from w2v_explore.report.terminal import print_report
from w2v_explore.report.verification import verification_report

WIDTHS = (40, 50, 60, 80, 100, 140)
MEASURED = ("--device", "cpu", "--seconds", "0.2", "--runs", "2")
REPORTS = {
    "summary": ["summary", "base"],
    "summary of a long name": ["summary", "large_robust_12l", "--set", "encoder_ff_interm_features=3072"],
    "summary in full": ["summary", "base", "--full"],
    "summary of several": ["summary", "base", "large", "w2v_bert_2", "--set", "encoder_num_heads=64"],
    "summary deep": ["summary", "xlsr_300m", "--depth", "5", "--seconds", "0.5", "--set", "encoder_num_layers=1"],
    "summary predicted": ["summary", "base", "--predict"],
    "summary predicted in full": ["summary", "base", "--predict", "--full"],
    "compare": ["compare", "base", "large"],
    "compare all": ["compare", "base", "large", "--all"],
    "compare three": ["compare", "base", "hubert_large", "xlsr_1b"],
    "compare six": ["compare", "base", "large", "xlsr_1b", "xlsr_2b", "mms_fa", "hubert_base"],
    "compare deep": ["compare", "base", "asr_large_960h", "--depth", "3"],
    "memory": ["memory", "asr_large_960h", "--fit", "24GiB", "--checkpointing", "--batch", "4"],
    "memory that does not fit": [
        *("memory", "xlsr_2b", "--set", "encoder_num_layers=2"),
        *("--fit", "2.5GB", "--batch", "8", "--attention", "eager"),
    ],
    "memory by length": [
        *("memory", "base", "--set", "encoder_num_layers=2", "--fit", "8GiB"),
        *("--batch", "8", "--seconds", "5,10.5,20", "--checkpointing"),
    ],
    "plan": ["plan", "base", "--card", "a100", "--devices", "8", "--within", "2d", "--price", "1.8"],
    "plan that does not fit": [
        *("plan", "hubert_xlarge", "--card", "t4", "--devices", "16", "--observed", "2 h per update"),
        *("--strategy", "fsdp-hybrid", "--precision", "float32"),
    ],
    "cards": ["plan", "--cards"],
    "sensitivity": ["sensitivity", "base"],
    "sweep": ["sweep", "base", "--field", "encoder_num_layers=2,6", "--field", "encoder_embed_dim=512,768"],
    "search": ["search", "base", "--free", "encoder_num_layers", "--minimize", "macs", "--maximize", "parameters"],
    "identify": ["identify", "base", "--set", "encoder_num_layers=6", "--set", "extractor_conv_bias=true"],
    "presets": ["presets"],
    "explain": ["explain"],
    "explain a field": ["explain", "extractor_conv_layer_config"],
    "inspect": ["inspect", "small.safetensors"],
    "check": ["check", "small.safetensors", "large", "--set", "encoder_num_layers=3"],
    "rule": ["rule", "W309"],
    "rules": ["rule", "--all"],
    "convert": ["convert", "xlsr_300m", "--to", "huggingface", "--verbose"],
}
PIPED: dict[str, Run] = {}
"""What each report is where there is no width, by its name."""

# A number, broken from what belongs to it: its unit, or its other digits, alone on the next line.
UNITS = r"(?:[kMGTP]?B|[kMGTP]|k?Hz|[KMG]iB|%)"
LONELY_UNIT = re.compile(rf"^\s*(?:{UNITS}(?:\s|$)|m?s$)|\s{{2,}}{UNITS}(?:\s{{2,}}|$)")

FIGURE = re.compile(r"[+−]?\d[\d,.]*\d(?: [kMGT]?B\b| [kMGT]\b| %)?")
SMALL = config_text(extractor_conv_layer_config=[[8, 10, 5], [8, 8, 8], [8, 8, 8]])


@pytest.fixture(autouse=True)
def calibrated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path))
    calibration = make_calibration()
    monkeypatch.setattr(host, "cpu_name", lambda: calibration.device_name)
    monkeypatch.setattr(host, "torch_version", lambda: calibration.torch_version)
    keep(calibration)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", REPORTS)
def test_reports(name: str, width: int, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_model(Path("small.safetensors"))
    arguments = REPORTS[name]
    piped = PIPED.get(name) or PIPED.setdefault(name, run(*arguments))
    narrow = run(*arguments, columns=width)
    out, whole = (each.err if name == "convert" else each.out for each in (narrow, piped))
    check(out, width)
    # Every figure of the narrow report stands in the whole one: none was broken or cut.
    assert set(FIGURE.findall(out)) <= set(FIGURE.findall(whole))


@pytest.mark.usefixtures("measured_once")
def test_reports_on_measurements(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_REST_S", 0)
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    for width in (40, 80, 140):
        for seconds in ("0.1,0.3,0.5", "0.2"):
            check(run("latency", str(path), "--seconds", seconds, "--runs", "2", columns=width).out, width)
        check(run("compare", str(path), str(path), *MEASURED, columns=width).out, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_reports_that_take_long_to_make(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    analysis = analyze(load_config("base"), Workload.of_seconds(1))
    figures = ("memory.kept_bytes", "modules.unlike", "extractor.receptive_field_samples", "macs.forward.linear")
    findings = [
        Finding(
            figure=figure,
            closed_form=123_456_789,
            source="torch on meta",
            theirs=123_456_780,
            why="it counts otherwise",
            agrees=True,
        )
        for figure in figures
    ]
    verification = Verification(analysis=analysis, findings=findings)
    for report in (calibration_report(make_calibration()), verification_report(verification)):
        print_report(report, Console(width=width))
        check(capsys.readouterr().out, width)


def check(out: str, width: int) -> None:
    assert out
    for line in out.splitlines():
        assert cell_len(line) <= width
        assert not LONELY_UNIT.search(line), line


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("columns", [0, 1, 3])
def test_width_of_nothing_is_no_defect(
    run: Runner, name: str, columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_model(Path("small.safetensors"))
    assert run(*REPORTS[name], columns=columns).code in (0, 1)


@pytest.mark.parametrize("arguments", [["--help"], ["memory", "--help"], ["rule", "E234"]])
def test_width_of_zero_is_no_width(run: Runner, arguments: list[str]) -> None:
    outcome = run(*arguments, columns=0)
    assert outcome.code == 0
    assert max(map(len, outcome.out.splitlines())) > 40
