"""What `plan` says of a training, in words and tables, the answer first; and the cards that it knows."""

from collections.abc import Iterator, Sequence

from w2v_explore.analysis.memory.largest_workload import RESERVE_BYTES
from w2v_explore.analysis.plan.cards import TYPES, Card
from w2v_explore.analysis.plan.needs import Need
from w2v_explore.analysis.plan.training_plan import TrainingPlan
from w2v_explore.analysis.plan.utilisation import Range
from w2v_explore.report.identity import describe_origin, describe_reading
from w2v_explore.report.table import Cell, Column, Crossed, Report, Stacked, Table
from w2v_explore.report.units import exact, percent, short, size_bytes

_SHOWN_WAYS = 3


def plan_report(plan: TrainingPlan) -> Report:
    """The report on the plan of a training."""
    config = plan.analysis.config
    lines = [*_answers(plan), describe_origin(config), *describe_reading(config)]
    tables = [_memory(plan), _timeline(plan), _alternatives(plan), _assumptions(plan)]
    if plan.verdict is not None and plan.verdict.look_at:
        table = Table("What to look at first", [Column("", numeric=False), Column("", numeric=False, wraps=True)])
        table.rows += [(f"{number}.", advice) for number, advice in enumerate(plan.verdict.look_at, 1)]
        tables.insert(0, table)
    return Report(config.name, lines, tables)


def cards_report(cards: Sequence[Card]) -> Report:
    """What each card can do."""
    columns = [
        Column("Card", numeric=False),
        Column("Full name", numeric=False, priority=1),
        Column("Memory"),
        *[Column(f"{kind}, TFLOP/s", wraps=True) for kind in TYPES],
        Column("Bandwidth, GB/s", wraps=True),
    ]
    table = Table("", columns)
    for card in cards:
        flops = [f"{card.flops[kind] / 1e12:,.4g}" if kind in card.flops else "–" for kind in TYPES]
        memory = f"{card.memory_bytes / 2**30:.4g} GiB"
        table.rows.append((card.name, card.title, memory, *flops, f"{card.bandwidth / 1e9:,.0f}"))
    table.remark = (
        "Dense, by datasheet. Another card is a YAML file, as --card mine.yaml, with its memory, bandwidth_gb_s and "
        "dense_tflops (docs/plan.md)."
    )
    return Report(f"{len(cards)} cards", [], [table])


def _answers(plan: TrainingPlan) -> Iterator[str]:
    """Whether it fits, how long it takes, what it costs, and what else was asked."""
    settings, time, card = plan.settings, plan.time, plan.card
    needed, memory = size_bytes(plan.need.memory.total), size_bytes(card.memory_bytes)
    devices = f"each of {settings.devices:,} × {card.name}" if settings.devices > 1 else card.name
    if plan.fits:
        left = size_bytes(plan.left_bytes - RESERVE_BYTES)
        yield f"Fits: {needed} of {memory} on {devices}; {left} are left beside {size_bytes(RESERVE_BYTES)} in reserve."
    else:
        over = size_bytes(RESERVE_BYTES - plan.left_bytes)
        yield f"Does not fit: {needed} and {size_bytes(RESERVE_BYTES)} in reserve are {over} more than {card.name} has."
        yield _what_fits(plan)
    together = f": {_of_devices(time.device_days)}" if settings.devices > 1 else ""
    yield f"Takes {_range(time.hours)}{together}."
    if plan.cost is not None and plan.price is not None:
        estimate, low, high = map(money_text, plan.cost)
        yield f"Costs {estimate} ({low} to {high}) at {plan.price:,.2f} a device and hour."
    if plan.within is not None:
        yield from _within(plan)
    if plan.verdict is not None:
        yield f"Observed: {plan.verdict.summary}"


def _what_fits(plan: TrainingPlan) -> str:
    """The nearest ways that fit, and a smaller batch."""
    own, smaller = plan.need, plan.smaller
    ways = [f"{_changed(need, own)} ({size_bytes(need.memory.total)})" for need in plan.nearest_that_fit[:_SHOWN_WAYS]]
    if smaller is not None:
        way = f"--batch-seconds {smaller.seconds:.4g} --accumulate {smaller.accumulate}"
        ways.append(f"{way} ({size_bytes(smaller.bytes)})")
    return f"It fits with {'; or '.join(ways)}." if ways else "No way fits: give smaller batches, or another card."


def _changed(need: Need, own: Need) -> str:
    parts = ["--checkpointing"] if need.checkpointing and not own.checkpointing else []
    parts += [f"--precision {need.precision}"] if need.precision != own.precision else []
    parts += [f"--strategy {need.strategy}"] if need.strategy != own.strategy else []
    return " ".join(parts)


def _within(plan: TrainingPlan) -> Iterator[str]:
    within = plan.within
    assert within is not None
    time = time_text(within.seconds / 3600)
    hours = plan.time.hours
    surely = ", surely" if 3600 * hours.high <= within.seconds else ", though it may take longer"
    yield f"Within {time}: {f'yes{surely}' if plan.is_in_time else 'no'}."
    if within.devices is None:
        yield (
            f"No number of devices is enough for {time}: each needs an utterance of an update, waits for the others, "
            "and exchanges gradients."
        )
    else:
        sure = "" if within.devices_surely is None else f", {within.devices_surely:,} surely"
        devices = f"{within.devices:,} device{'s' if within.devices > 1 else ''}"
        yield f"Enough for {time}: {devices}{sure}."
    yield (
        f"In {time} there is time for {within.updates:,} updates on {plan.settings.devices:,}, for "
        f"{within.updates_surely:,} surely."
    )


def _memory(plan: TrainingPlan) -> Table:
    memory, card = plan.need.memory, plan.card
    workload = plan.analysis.workload
    columns = [
        Column("Bytes", numeric=False),
        Column("At most"),
        Column(f"Of {size_bytes(card.memory_bytes)}", numeric=False),
    ]
    table = Table(f"A device, with a batch of {workload.batch:,} × {workload.seconds:.3g} s", columns)
    start = 0
    for name, size in memory._asdict().items():
        if name == "total":
            # Not all parts are largest at the same moment.
            start, name = 0, "together"
        stacked = Stacked(start / card.memory_bytes, size / card.memory_bytes)
        table.rows.append((name, size_bytes(size) if size else "–", stacked if size else ""))
        start += size
    reserve = Stacked(memory.total / card.memory_bytes, RESERVE_BYTES / card.memory_bytes)
    table.rows.append(("in reserve", size_bytes(RESERVE_BYTES), reserve))
    table.remark = (
        "Together is the most at any moment: gradients come as activations go, whose own gradients are among them. "
        "Gathered: weights, gradients and buffers that are there for a while. In reserve: the device's context, the "
        "allocator and workspaces, assumed."
    )
    return table


def _timeline(plan: TrainingPlan) -> Table:
    time, utilisation = plan.time, plan.time.utilisation
    columns = [
        Column("Time", numeric=False),
        Column("Updates"),
        Column("Epochs", priority=1),
        Column("Estimate"),
        Column("Low"),
        Column("High"),
    ]
    table = Table(f"Timeline: {_seconds_of_audio(plan.batch_seconds)} of audio an update, on average", columns)

    def add(label: str, updates: float, epochs: str) -> None:
        times = time.seconds_per_update.times(updates / 3600)
        size, unit = _unit(times.estimate)
        cells = [f"{_figure(3600 * each / size)} {unit}" for each in times]
        table.rows.append((label, f"{updates:,.0f}", epochs, *cells))

    per_epoch = plan.updates_per_epoch
    add("an update", 1, "")
    if per_epoch is not None and 1 < per_epoch < plan.updates:
        add("an epoch", per_epoch, "1")
    for label, share in (("a tenth", 0.1), ("half", 0.5), ("all", 1.0)):
        updates = plan.updates * share
        if updates >= 1:
            add(label, updates, f"{updates / per_epoch:,.4g}" if per_epoch else "–")
    low, high = percent(utilisation.low), percent(utilisation.high)
    table.remark = (
        f"From low to high a time lies nine times of ten. {short(plan.macs)} MACs an update: "
        f"{percent(utilisation.value)} of the cards' peak ({low} to {high}). {utilisation.basis}"
    )
    return table


def _alternatives(plan: TrainingPlan) -> Table:
    """A row for each precision with checkpoints and without, a column for each strategy."""
    rows: dict[tuple[str, bool], dict[str, Need]] = {}
    hours: dict[tuple[str, bool], Range] = {}
    for each in plan.alternatives:
        way = each.need.precision, each.need.checkpointing
        rows.setdefault(way, {})[each.need.strategy] = each.need
        hours[way] = each.hours
    strategies = list(dict.fromkeys(each.need.strategy for each in plan.alternatives))
    columns = [
        Column("Precision", numeric=False),
        *[Column(name, wraps=True, priority=0 if number < 3 else 1) for number, name in enumerate(strategies)],
        Column("Hours"),
    ]
    table = Table("Alternatives: GB that a device needs, by strategy", columns)
    for way, needs in rows.items():
        precision, checkpointing = way
        cells: list[Cell] = [_gigabytes(needs[name]) for name in strategies]
        label = "  checkpointed" if checkpointing else precision
        table.rows.append((label, *cells, _figure(hours[way].estimate)))
    table.remark = "The first strategy is the one that was asked about. "
    if any(not each.need.fits for each in plan.alternatives):
        table.remark += "Crossed out, and marked no: does not fit. "
    else:
        table.remark += "All of them fit. "
    table.remark += "Checkpoints compute the layers twice; how devices divide the model is not in the hours."
    return table


def _gigabytes(need: Need) -> Cell:
    text = f"{need.memory.total / 1e9:.3g}"
    return text if need.fits else Crossed(text)


def _assumptions(plan: TrainingPlan) -> Table:
    columns = [
        Column("Setting", numeric=False),
        Column("Value", numeric=False, wraps=True),
        Column("Basis", numeric=False, wraps=True),
    ]
    table = Table("What this rests on", columns)
    table.rows += [tuple(each) for each in plan.assumptions]
    return table


_UNITS = ((345_600, 86_400, "d"), (5400, 3600, "h"), (90, 60, "min"), (1, 1, "s"), (0, 0.001, "ms"))


def _range(hours: Range) -> str:
    """``64 h (45.1 to 90.8 h)``: all in the unit of the estimate."""
    size, unit = _unit(hours.estimate)
    estimate, low, high = (_figure(3600 * each / size) for each in hours)
    return f"{estimate} {unit} ({low} to {high} {unit})"


def _of_devices(days: Range) -> str:
    """``21.3 device-days (15 to 30.3)``; hours of less than a day, and seconds of less than a tenth of an hour."""
    hours = 24 * days.estimate
    unit, of_a_day = ("days", 1) if hours >= 24 else ("hours", 24) if hours >= 0.1 else ("seconds", 86_400)
    times = days.times(of_a_day)
    return f"{_figure(times.estimate)} device-{unit} ({_figure(times.low)} to {_figure(times.high)})"


def time_text(hours: float) -> str:
    """``570 ms``, ``45 min``, ``36 h``, ``5.3 d``."""
    size, unit = _unit(hours)
    return f"{_figure(3600 * hours / size)} {unit}"


def _unit(hours: float) -> tuple[float, str]:
    """The seconds of the unit in which a time is told, and its name."""
    return next((size, unit) for least, size, unit in _UNITS if 3600 * hours >= least)


def _figure(number: float) -> str:
    """Three significant digits, all of whole numbers; of what is next to nothing none."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}" if number >= 0.001 else "0"


def money_text(amount: float) -> str:
    """An amount in whatever currency a price was given: ``23.25``, ``1,204``."""
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:,.2f}"


def _seconds_of_audio(seconds: float) -> str:
    return f"{exact(round(seconds))} s" if seconds >= 100 else f"{seconds:.3g} s"
