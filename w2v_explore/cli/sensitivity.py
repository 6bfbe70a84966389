"""``w2v-explore sensitivity``."""

from typing import Annotated

import typer

from w2v_explore.analysis.comparing.sensitivity import sensitivity as sensitivity_of
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import evaluate

app = typer.Typer(add_completion=False)


@app.command()
def sensitivity(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help=options.CONFIG_HELP)],
    seconds: options.Seconds = None,
    samples: options.Samples = None,
    batch: options.Batch = 1,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    format: options.FormatOption = options.Format.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """What one step in each argument does to parameters, MACs, memory, receptive field and stride."""
    [result] = evaluate(
        [config],
        overrides or (),
        seconds=seconds,
        samples=samples,
        batch=batch,
        dtype=dtype.value,
        dialect=options.name_of(dialect),
        allow_unknown=allow_unknown,
    )
    found = sensitivity_of(result.analysis)
    analysis, effects = found.analysis, found.effects
    match format:
        case options.Format.JSON:
            from w2v_explore.report.json import dump

            print(dump(found.to_dict()))
        case options.Format.CSV:
            from w2v_explore.report.csv import sensitivity_csv

            print(sensitivity_csv(analysis.config, effects), end="")
        case options.Format.MARKDOWN:
            from w2v_explore.report.markdown import report_markdown
            from w2v_explore.report.sensitivity import sensitivity_report

            print(report_markdown([sensitivity_report(analysis, effects)]), end="")
        case options.Format.TABLE:
            from w2v_explore.report.sensitivity import sensitivity_report
            from w2v_explore.report.terminal import print_report, stdout_console

            print_report(sensitivity_report(analysis, effects), stdout_console())
