"""``w2v-explore calibrate``."""

import gc
import os
from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.analysis.latency.calibration import Calibration, calibrations_folder, encode_calibration
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import show_progress
from w2v_explore.cli.render import DataFormat, DataFormatOption, render
from w2v_explore.cli.streams import do_each
from w2v_explore.errors import needs_extra
from w2v_explore.files.write import refusing, require_writable, write_atomically

if TYPE_CHECKING:
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)


@app.command()
def calibrate(
    device: Annotated[
        str,
        typer.Option(
            "--device", metavar="DEVICE", help=f"What to calibrate: {options.DEVICES}.", rich_help_panel=options.LATENCY
        ),
    ] = "cpu",
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads", help="Threads of the CPU; as many as torch takes by itself.", rich_help_panel=options.LATENCY
        ),
    ] = None,
    format: DataFormatOption = DataFormat.TABLE,
) -> None:
    """Measure a quiet device once, so that latency can be predicted for it: a minute on two cores of an AMD EPYC."""
    options.check_threads(threads, device)
    with needs_extra("calibrate"):
        from w2v_explore.measure.calibrate import calibrate as measure
    _require_folder()  # before the measuring, in case there can be none
    gc.enable()
    with show_progress("calibrate") as progress:
        calibration = measure(device, dtype.value, threads=threads, progress=progress)
    do_each(
        lambda: write_atomically(os.fspath(calibration.path), encode_calibration(calibration)),
        lambda: _render(calibration, format),
    )


def _render(calibration: Calibration, format: DataFormat) -> None:
    def reports() -> "list[Report]":
        from w2v_explore.report.calibration import calibration_report

        return [calibration_report(calibration)]

    render(format, reports=reports, document=calibration.to_dict)


def _require_folder() -> None:
    folder = calibrations_folder()
    with refusing(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
    require_writable(str(folder / "calibration"))
