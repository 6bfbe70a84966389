"""`sensitivity`, which says of each step what the linter warns of after it."""

from collections.abc import Sequence
from functools import partial

from w2v_explore.analysis.analyze import Analysis, as_analysis
from w2v_explore.analysis.comparing.sensitivity import Sensitivity, take_steps
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.document import parse_document
from w2v_explore.config.entries import OWN_DIALECT
from w2v_explore.config.load import ConfigLike
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source
from w2v_explore.lint.engine import warnings_of_model


def sensitivity(
    config: Analysis | ConfigLike,
    workload: Workload | None = None,
    *,
    only: Sequence[str] = (),
    figures: Sequence[str] = (),
    sort: str | None = None,
) -> Sensitivity:
    """Work out what steps in each argument do to every figure; an argument without a valid step is left out.

    Args:
        config: As in `analyze`, or an analysis.
        workload: As in `analyze`; that of the analysis where one is given.
        only: The fields whose steps are taken; all by default.
        figures: The figures that the result's document has, by any of their names; all of the model by default.
        sort: The figure by whose change the steps are sorted, the greatest first; by default the arguments' order.

    Raises:
        ArgumentError: A field is none of the config's, or there is no such figure, or it comes from a device.
        WorkloadError: The input is too short to give a frame, or the workload names another precision of training than
            its dtype's.
        TypeError: An argument is of another type.
    """
    analysis = as_analysis(config, workload)
    reading = reading_at(analysis.config.sample_rate)
    return take_steps(analysis, partial(warnings_of_model, reading=reading), only=only, figures=figures, sort=sort)


def reading_at(sample_rate: int) -> Reading:
    """What says of a model that no file does at what sample rate it is."""
    return read_config(parse_document(Source("<config>", f"sample_rate: {sample_rate}".encode()), OWN_DIALECT))
