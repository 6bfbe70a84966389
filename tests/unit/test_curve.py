"""Curves of latency over durations: what is drawn of intervals and noise."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from w2v_explore.report.curve import describe_crossing, draw_curve
from w2v_explore.report.plot import plot_curves
from w2v_explore.results.curve import Curve, Parts

QUIET = Curve(
    name="small",
    seconds=(1.0, 5.0, 20.0),
    end_to_end_s=(0.01, 0.05, 0.2),
    confident=True,
    intervals_s=((0.001, 0.1), (0.04, 0.06), (0.19, 0.21)),
    noisy=(False, False, False),
    parts=(Parts(0.001, 0.002, 0.007), Parts(0.01, 0.01, 0.03), Parts(0.08, 0.04, 0.08)),
    macs_crossing_s=12.0,
    measured_crossing_s=6.0,
)
NOISY = replace(QUIET, noisy=(False, True, False))


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_terminal_shows_intervals_and_noise(width: int) -> None:
    drawn, doubtful = (draw_curve(curve, width, colour=False) for curve in (QUIET, NOISY))
    assert max(map(len, drawn.splitlines())) <= width
    figure, _, legend = drawn.rpartition("● end to end")
    assert figure.count("┃") > 10
    assert "┃ 95 % interval of the median" in legend
    assert "!" not in drawn
    assert "! NOISY: doubtful" in doubtful
    assert doubtful.count("!") == 2


def test_a_curve_without_attention_says_so() -> None:
    without = replace(QUIET, macs_crossing_s=None, measured_crossing_s=None)
    assert describe_crossing(without) == "The model has no attention, whose product could outgrow the feed-forward."


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["FIFO", "latex", "binary"])
def test_a_matplotlibrc_in_the_current_directory_is_not_read(kind: str, tmp_path: Path) -> None:
    """matplotlib would wait for it, run what it names, or fail."""
    path = tmp_path / "matplotlibrc"
    match kind:
        case "FIFO":
            os.mkfifo(path)
        case "latex":
            path.write_text("text.usetex: True\nbackend: module://hostile\n")
        case _:
            path.write_bytes(b"\xff\x00")
    code = "from tests.unit.test_curve import QUIET, plot_curves; print(plot_curves([QUIET], '', 'svg').decode())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    finished = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60, check=False,
    )  # fmt: skip
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "seconds of audio" in finished.stdout


# What takes longer than five seconds, on a machine that is busy, takes as long as any here.
BUSY = "import threading; threading.Timer = lambda seconds, *given: timer(0, *given)"
SEARCH = ["search", "base", "--free", "encoder_num_layers=2,4", "--minimize", "macs", "--maximize", "parameters"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "draw",
    [
        "from tests.unit.test_curve import QUIET, plot_curves; plot_curves([QUIET], '', 'svg')",
        f"import sys; from w2v_explore.cli import main; sys.argv[1:] = {[*SEARCH, '--plot', 'a.svg']}; main()",
    ],
    ids=["curves", "designs"],
)
def test_the_first_look_for_fonts_says_nothing(draw: str, tmp_path: Path) -> None:
    code = f"from threading import Timer as timer; {BUSY}\n{draw}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "MPLCONFIGDIR": str(tmp_path)}
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert list(tmp_path.glob("fontlist*"))


@pytest.mark.slow
def test_a_picture_shows_intervals_and_noise() -> None:
    drawn, doubtful = (plot_curves([curve], "on a machine", "svg").decode() for curve in (QUIET, NOISY))
    assert "<!-- 95 % interval of the median -->" in drawn
    assert "NOISY: doubtful" not in drawn
    assert "NOISY: doubtful" in doubtful
    assert plot_curves([NOISY], "on a machine", "png").startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_name_is_no_formula_in_a_picture() -> None:
    named = replace(QUIET, name="$\\nosuch{$ \x1b\u202e --> <b>")
    drawn = plot_curves([named], "on a $\\machine$", "svg").decode()
    ElementTree.fromstring(drawn)
    assert r"$\nosuch{$ \x1b\u202e" in drawn
    assert "\x1b" not in drawn


@pytest.mark.slow
def test_few_runs_are_not_called_an_interval() -> None:
    few = replace(QUIET, confident=False)
    assert "interval of the median" not in draw_curve(few, 100, colour=False)
    assert "┃ range of too few runs for an interval" in draw_curve(few, 100, colour=False)
    assert "<!-- range of too few runs for an interval -->" in plot_curves([few], "on a machine", "svg").decode()
