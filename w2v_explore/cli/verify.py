"""``w2v-explore verify``."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2v_explore.cli import options
from w2v_explore.cli.evaluate import ConfigOptions, WorkloadOptions, analyze_configs, show_progress
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.render import AuditFormat, AuditFormatOption, OutputOption, check_output, render, spare
from w2v_explore.errors import needs_extra

if TYPE_CHECKING:
    from w2v_explore.analysis.analyze import Analysis
    from w2v_explore.measure.verify import Verification
    from w2v_explore.report.html.page import Page
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)

_DEFAULT_SECONDS = 1.0


@app.command()
def verify(
    configs: Annotated[list[str], typer.Argument(metavar="CONFIG...", help=options.CONFIG_HELP)],
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            help=f"Duration of each utterance; {_DEFAULT_SECONDS:g} by default.",
            rich_help_panel=options.WORKLOAD,
        ),
    ] = None,
    samples: options.Samples = None,
    frames: options.Frames = None,
    batch: options.Batch = 1,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    format: AuditFormatOption = AuditFormat.TABLE,
    output: OutputOption = None,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Hold the closed forms against sources that know nothing of them: torch on meta, torch itself, fvcore."""
    check_output(output, format)
    if seconds is None and samples is None and frames is None:
        seconds = _DEFAULT_SECONDS
    workload = WorkloadOptions(seconds, samples, frames, batch, dtype)
    analyses = analyze_configs(configs, ConfigOptions(overrides, dialect, allow_unknown), workload)
    spare(output)
    verifications = _verify_all(analyses)
    _render(verifications, format, output)
    if not all(verification.agrees for verification in verifications):
        raise typer.Exit(ANSWER_IS_NO)


def _verify_all(analyses: list[Analysis]) -> list[Verification]:
    verifications = []
    # Measuring makes much garbage, tensors among it.
    gc.enable()
    for number, analysis in enumerate(analyses, start=1):
        name = analysis.config.name
        with show_progress(name if len(analyses) == 1 else f"{number}/{len(analyses)} {name}") as progress:
            progress("importing torch", 0, 1)
            with needs_extra("verify"):
                from w2v_explore.measure.verify import verify as verify_analysis
            verifications.append(verify_analysis(analysis, progress=progress))
    return verifications


def _render(verifications: list[Verification], format: AuditFormat, output: str | None) -> None:
    def reports() -> list[Report]:
        from w2v_explore.report.verification import verification_report

        return [verification_report(verification) for verification in verifications]

    def document() -> Any:
        from w2v_explore.measure.verify import verification_document

        return verification_document(verifications)

    def page() -> Page:
        from w2v_explore.report.html.verify import verify_page

        return verify_page(verifications, reports())

    render(format, reports=reports, document=document, page=page, output=output)
