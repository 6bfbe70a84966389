"""``w2v-explore verify``."""

from __future__ import annotations

import gc
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.cli import options
from w2v_explore.cli.evaluate import evaluate, show_progress
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.errors import needs_extra

if TYPE_CHECKING:
    from w2v_explore.analysis.analyze import Analysis
    from w2v_explore.measure.verify import Verification

app = typer.Typer(add_completion=False)

_DEFAULT_SECONDS = 1.0


class Format(str, Enum):
    """How the audit is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


@app.command()
def verify(
    configs: Annotated[list[str], typer.Argument(metavar="CONFIG...", help=options.CONFIG_HELP)],
    seconds: Annotated[
        float | None, typer.Option("--seconds", help=f"Duration of each utterance; {_DEFAULT_SECONDS:g} by default.")
    ] = None,
    samples: options.Samples = None,
    batch: options.Batch = 1,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    format: Annotated[Format, typer.Option("--format", help="How to write the audit.")] = Format.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Hold the closed forms against sources that know nothing of them: torch on meta, torch itself, fvcore."""
    results = evaluate(
        configs,
        overrides or (),
        seconds=_DEFAULT_SECONDS if seconds is None and samples is None else seconds,
        samples=samples,
        batch=batch,
        dtype=dtype.value,
        dialect=options.name_of(dialect),
        allow_unknown=allow_unknown,
    )
    verifications = _verify_all([result.analysis for result in results])
    _print(verifications, format)
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


def _print(verifications: list[Verification], format: Format) -> None:
    match format:
        case Format.JSON:
            from w2v_explore.measure.verify import verification_document
            from w2v_explore.report.json import dump

            print(dump(verification_document(verifications)))
        case Format.MARKDOWN:
            from w2v_explore.report.markdown import report_markdown
            from w2v_explore.report.verification import verification_report

            print(report_markdown([verification_report(verification) for verification in verifications]), end="")
        case Format.TABLE:
            from w2v_explore.report.terminal import print_reports, stdout_console
            from w2v_explore.report.verification import verification_report

            print_reports([verification_report(verification) for verification in verifications], stdout_console())
