"""What `memory` says of a config at several lengths of audio, side by side."""

from collections.abc import Iterable, Iterator, Sequence

from w2v_explore.analysis.memory.costs import MemoryCosts
from w2v_explore.analysis.memory.inference import NOT_INCLUDED
from w2v_explore.report.identity import describe_origin, describe_reading
from w2v_explore.report.memory import describe_train
from w2v_explore.report.memory_answer import describe_memory, describe_way
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.report.units import exact, size_bytes


def lengths_report(costs: Sequence[MemoryCosts], precisions: Sequence[str], checkpointing: bool) -> Report:
    """The report on the memory of one config at several lengths.

    Args:
        costs: Its figures, by length.
        precisions: Those of training to show.
        checkpointing: Whether to show them with activation checkpoints too.
    """
    first = costs[0]
    workload, config = first.analysis.workload, first.analysis.config
    lengths = [_length(each) for each in costs]
    lines = [
        *_answers(costs),
        describe_origin(config),
        f"{', '.join(lengths)} s of audio at {workload.sample_rate / 1000:g} kHz, batch {workload.batch}, "
        f"{workload.dtype}",
        *describe_train(first),
        *describe_reading(config),
        NOT_INCLUDED,
    ]
    table = Table("By length", [Column("Bytes", numeric=False, wraps=True), *[Column(f"{each} s") for each in lengths]])

    def add(label: str, figures: Iterable[float]) -> None:
        table.rows.append((label, *map(size_bytes, figures)))

    dtype = workload.dtype
    add(f"inference, {dtype}: live tensors, at most", [each.inference[dtype].peak_activation_bytes for each in costs])
    add(f"inference, {dtype}: together", [each.inference[dtype].total_bytes for each in costs])
    for name in precisions:
        trainings = [each.training[name] for each in costs]
        add(f"training, {name}: kept, at most", [each.kept_bytes.greatest for each in trainings])
        add(f"training, {name}: at once, at most", [each.peak_bytes(checkpointing=False) for each in trainings])
        if checkpointing:
            way = f"training, {name}, checkpointed"
            add(f"{way}: kept, at most", [each.checkpointed_bytes.greatest for each in trainings])
            add(f"{way}: at once, at most", [each.peak_bytes(checkpointing=True) for each in trainings])
    if all_fits := [each.fits for each in costs if each.fits is not None]:
        precision = all_fits[0].answer.precision
        way = f"{precision}{', checkpointed' if checkpointing else ''}"
        margins = [fits.answer.margin_bytes for fits in all_fits]
        largest = [
            (fits.checkpointed_training if checkpointing else fits.training)[precision].batch for fits in all_fits
        ]
        table.rows += [
            (f"to spare, {way}", *[size_bytes(margin).replace("-", "−") for margin in margins]),
            (f"largest batch, {way}", *[exact(batch) if batch else "none fits" for batch in largest]),
        ]
    table.remark = "At once: weights, optimizer, activations, and of the gradients those that there are by then."
    return Report(config.name, lines, [table])


def _length(costs: MemoryCosts) -> str:
    return f"{costs.analysis.workload.seconds:g}"


def _answers(costs: Sequence[MemoryCosts]) -> Iterator[str]:
    """Which lengths fit the memory that was asked about, and which do not; nothing where none was."""
    fits = costs[0].fits
    if fits is None:
        return
    fitting = [_length(each) for each in costs if each.workload_fits]
    others = [_length(each) for each in costs if not each.workload_fits]
    verdicts = (("Fits", fitting), ("Does not fit", others))
    yield " ".join(f"{verdict}: {', '.join(lengths)} s." for verdict, lengths in verdicts if lengths)
    asked = f"Asked of a training step in {describe_way(fits.answer)} and of {describe_memory(fits)}."
    yield f"{asked} What makes a length fit is said where it is given by itself." if others else asked
