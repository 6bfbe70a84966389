"""What `memory` says of a config, in words and tables."""

from collections.abc import Callable

from w2v_explore.analysis.memory.costs import Fits, MemoryCosts
from w2v_explore.analysis.memory.inference import NOT_INCLUDED
from w2v_explore.analysis.memory.largest_workload import LargestWorkloads
from w2v_explore.analysis.memory.optimizers import OPTIMIZERS, Optimizer
from w2v_explore.analysis.memory.recipe import Recipe
from w2v_explore.analysis.memory.step_peak import StepPeak
from w2v_explore.analysis.memory.training import TrainingCost
from w2v_explore.report.identity import describe_origin, describe_reading
from w2v_explore.report.memory_answer import NOTHING_HELPS, describe_answer, remedies_table
from w2v_explore.report.table import Column, Report, Share, Table
from w2v_explore.report.tree import tree_rows
from w2v_explore.report.units import exact, short, size_bytes
from w2v_explore.report.workload import describe_features, describe_workload
from w2v_explore.tree.inputs import Waveforms


def memory_report(costs: MemoryCosts, checkpointing: bool, depth: int | None = None) -> Report:
    """The report on the memory of one config.

    Args:
        costs: Its figures.
        checkpointing: Whether to show them with activation checkpoints too.
        depth: Levels of the tree to show, unfolded; None for the usual view.
    """
    config = costs.analysis.config
    tables = [
        _inference(costs),
        _training(costs, checkpointing),
        _kept(costs, depth),
        _training_macs(costs, checkpointing),
    ]
    answered = []
    if costs.fits is not None:
        answered.append(describe_answer(costs.fits))
        if costs.fits.answer.changes:
            tables.insert(0, remedies_table(costs.fits.answer))
        elif not costs.fits.answer.fits:
            answered.append(NOTHING_HELPS)
        tables.append(_fits(costs, costs.fits))
    lines = [
        *answered,
        describe_origin(config),
        describe_workload(costs.analysis),
        *describe_features(costs.analysis),
        *describe_train(costs),
        *describe_reading(config),
        NOT_INCLUDED,
    ]
    return Report(config.name, lines, tables)


def describe_train(costs: MemoryCosts) -> list[str]:
    """What is trained, where that is not all."""
    if costs.analysis.trained is None:
        return []
    learned = next(iter(costs.training.values())).learned
    return [f"Trained: {costs.setup.selection}, {exact(learned)} of {exact(costs.analysis.parameters)} parameters."]


_BIASED_KERNEL = (
    "Attention is CUDA's memory-efficient kernel's: it holds no scores, but takes a bias of each head for each pair of "
    "frames. A CPU, without gradients, has such a kernel; in training it holds the scores, which is more."
)


_KERNELS = {
    "fused": "",
    "eager": "Attention is written out (eager): it holds the scores of all pairs of frames.",
    "math": "Attention is torch's own without a fused kernel (math): it holds the scores of all pairs of frames, in "
    "float32 also where all else has 16 bits. A CPU's dropout keeps a number of each score, an accelerator's a byte.",
}


def _inference(costs: MemoryCosts) -> Table:
    table = Table("Inference", [Column("Bytes", numeric=False), *map(Column, costs.inference)])
    inferences = costs.inference.values()
    table.rows.append(("parameters", *[size_bytes(inference.parameter_bytes) for inference in inferences]))
    table.rows.append(
        ("live tensors, at most", *[size_bytes(inference.peak_activation_bytes) for inference in inferences])
    )
    table.rows.append(("together", *[size_bytes(inference.total_bytes) for inference in inferences]))
    paths = list(dict.fromkeys(inference.peak_path for inference in inferences))
    table.remark = f"Most is alive in {' or '.join(paths)}: {_given(costs)}, its input and its output among it. " + (
        _KERNELS[costs.setup.attention]
        or (_BIASED_KERNEL if costs.has_attention_bias else "Attention is a fused kernel's: it holds no scores.")
    )
    return table


def _training(costs: MemoryCosts, checkpointing: bool) -> Table:
    rows: list[tuple[str, Callable[[TrainingCost], float]]] = [
        ("weights", lambda training: training.weight_bytes),
        ("gradients", lambda training: training.gradient_bytes),
        ("optimizer's states", lambda training: training.optimizer_bytes),
        *([("teacher", lambda training: training.teacher_bytes)] if costs.setup.teacher else []),
        ("casts of weights, at most", lambda training: training.cast_weight_bytes.greatest),
        ("kept activations, at most", lambda training: training.kept_bytes.greatest),
        ("together", lambda training: training.total_bytes(checkpointing=False)),
        ("at once, at most", lambda training: training.peak_bytes(checkpointing=False)),
    ]
    if checkpointing:
        rows += [
            ("casts with checkpoints, at most", lambda training: training.checkpointed_cast_weight_bytes.greatest),
            ("kept with checkpoints, at most", lambda training: training.checkpointed_bytes.greatest),
            ("together with checkpoints", lambda training: training.total_bytes(checkpointing=True)),
            ("at once with checkpoints, at most", lambda training: training.peak_bytes(checkpointing=True)),
        ]
    # Both types of 16 bits take as much, and stand in one column.
    columns: dict[tuple[str, ...], list[str]] = {}
    for name, training in costs.training.items():
        cells = tuple(size_bytes(size) if (size := figure(training)) else "–" for _, figure in rows)
        columns.setdefault(cells, []).append(name)
    headings = [Column(", ".join(names), wraps=True) for names in columns.values()]
    optimizer = OPTIMIZERS[costs.setup.optimizer]
    table = Table(f"A training step with {optimizer.title}", [Column("Bytes", numeric=False), *headings])
    table.rows += [(label, *cells) for (label, _), *cells in zip(rows, *columns, strict=True)]
    recipes: dict[str, list[str]] = {}
    for name, training in costs.training.items():
        recipes.setdefault(_describe_recipe(training.recipe, optimizer), []).append(name)
    parts = [f"{', '.join(names)} {recipe}" for recipe, names in recipes.items()]
    table.remark = (
        f"Bytes a parameter: {'; '.join(parts)}. Autocast (amp) casts weights, and the backward pass keeps their casts."
    )
    first = costs.training[costs.precision]
    table.remark += (
        f" Most is held at once in {_where(first.peak)}{_where_else(first, checkpointing)} ({first.recipe.name}): "
        "weights, optimizer, activations, and of the gradients those that there are by then."
    )
    drop = costs.analysis.config.model.encoder_layer_drop
    if drop:
        bound = "no more than " if costs.has_attention_bias else ""  # docs/numbers.md says why
        table.remark += (
            f" With LayerDrop {drop:g} a step keeps {bound}{size_bytes(first.kept_bytes.expected)} on average, "
            f"{size_bytes(first.kept_bytes.least)} at least ({first.recipe.name})."
        )
    if not checkpointing:
        more = first.checkpointed_macs.greatest / first.macs.greatest - 1
        table.remark += (
            f" Checkpoints at each transformer layer (--checkpointing) would keep "
            f"{size_bytes(first.checkpointed_bytes.greatest)} for {100 * more:.1f} % more MACs."
        )
    return table


def _describe_recipe(recipe: Recipe, optimizer: Optimizer) -> str:
    parts = [f"{recipe.weight} of weight", f"{recipe.gradient} of gradient"]
    moments = recipe.optimizer - recipe.float32_copy
    states = f"{moments} of moments" if optimizer.name == "adamw" else optimizer.keeps
    if recipe.float32_copy:
        states = f"{recipe.float32_copy} of its float32 copy and {states}"
    return ", ".join([*parts, states])


def _where(peak: StepPeak) -> str:
    return f"the {peak.phase} pass of {peak.path}"


def _where_else(training: TrainingCost, checkpointing: bool) -> str:
    """Where that is with checkpoints, if it is elsewhere."""
    if not checkpointing or training.checkpointed_peak[1:] == training.peak[1:]:
        return ""
    return f", with checkpoints in {_where(training.checkpointed_peak)}"


def _kept(costs: MemoryCosts, depth: int | None) -> Table:
    training, model = costs.training[costs.precision], costs.analysis.tree
    columns = [
        Column("Module", numeric=False),
        Column("Kind", numeric=False, wraps=True, priority=2),
        Column("Kept"),
        Column("Share", numeric=False, priority=1),
    ]
    table = Table(f"Activations that the backward pass keeps ({training.recipe.name})", columns)
    for label, kind, row in tree_rows(costs.analysis.layers, depth):
        kept = sum(training.kept_by_layer.get(model.folded_path(path), 0) for path in row.paths)
        share: Share | str = Share(kept / training.kept_bytes.greatest) if kept else ""
        table.rows.append((label, kind, size_bytes(kept) if kept else "–", share))
    how = "Each tensor at the first operation that keeps it; no layer dropped, no checkpoints."
    table.remark = " ".join((how, *costs.analysis.expectations))
    return table


def _training_macs(costs: MemoryCosts, checkpointing: bool) -> Table:
    training = costs.training[costs.precision]
    drop = costs.analysis.config.model.encoder_layer_drop
    columns = [Column("MACs", numeric=False), Column("No layer dropped")]
    if drop:
        columns += [Column("On average"), Column("All dropped", priority=1)]
    table = Table("MACs of a training step", columns)
    takes, empty = costs.analysis.takes, [""] * (len(columns) - 2)
    table.rows.append(("forward", short(training.forward.total), *empty))
    table.rows.append(("backward", short(training.backward.total), *empty))
    steps = [("together", training.macs)]
    if checkpointing:
        steps.append(("together with checkpoints", training.checkpointed_macs))
    for label, macs in steps:
        spread = (macs.expected, macs.least) if drop else ()
        table.rows.append((label, *map(short, (macs.greatest, *spread))))
    first = "for the first convolution" if isinstance(takes, Waveforms) else "where nothing with parameters ran before"
    table.remark = (
        f"The backward pass computes two products for each of the forward pass; only one {first}, "
        f"since nobody needs the gradient of {_given(costs)}."
        if costs.analysis.trained is None
        else "The backward pass computes a product for each factor of the forward pass's that needs a gradient: a "
        "weight that is trained, and what is made with one."
    )
    if training.uncounted:
        products = ", ".join(f"{short(number)} in {path}" for path, number in training.uncounted.items())
        table.remark += (
            f" Not among them, since torch's counter sees no such products: {products}, in the forward pass."
        )
    return table


def _given(costs: MemoryCosts) -> str:
    """What the model takes, in a word."""
    return "the waveforms" if isinstance(costs.analysis.takes, Waveforms) else "the features"


def _fits(costs: MemoryCosts, fits: Fits) -> Table:
    workload, takes = costs.analysis.workload, costs.analysis.takes
    columns = [
        Column("", numeric=False, wraps=True),
        Column(f"Batch {workload.batch} of {workload.seconds:g} s", numeric=False, wraps=True),
        Column(f"Largest batch of {workload.seconds:g} s", wraps=True),
        Column(f"Longest audio in a batch of {workload.batch}", wraps=True),
        Column("In samples" if isinstance(takes, Waveforms) else "In frames", priority=1),
    ]
    table = Table(f"What fits {_memory_size(fits.memory_bytes)} ({exact(fits.memory_bytes)} bytes)", columns)

    def add(label: str, fit: LargestWorkloads) -> None:
        # Rounded down: what is shown fits.
        seconds = fit.samples * 10 // workload.sample_rate / 10
        length = fit.samples if isinstance(takes, Waveforms) else takes.flow(fit.samples).frames
        audio = (f"{seconds:,.1f} s", exact(length)) if fit.samples else ("none fits", "")
        verdict = "fits" if fit.batch >= workload.batch else "does not fit"
        table.rows.append((label, verdict, exact(fit.batch) if fit.batch else "none fits", *audio))

    for dtype, fit in fits.inference.items():
        add(f"inference, {dtype}", fit)
    for name, fit in fits.training.items():
        add(f"training, {name}", fit)
    for name, fit in fits.checkpointed_training.items():
        add(f"training, {name}, checkpointed", fit)
    reserve = (
        f"{size_bytes(fits.reserve_bytes)} of it are left for the device's context and the allocator (--reserve)."
        if fits.reserve_bytes
        else "Leave room for what is not in these figures."
    )
    how = "Training fits where the most that it holds at once does."
    table.remark = f"{how} {reserve} 1 GB, or 1G, is 10^9 bytes, and 1 GiB 2^30."
    return table


def _memory_size(size: int) -> str:
    """``24 GiB`` or ``512 MiB`` of whole ones, otherwise ``24.00 GB``."""
    for unit, unit_bytes in (("GiB", 2**30), ("MiB", 2**20)):
        if size % unit_bytes == 0:
            return f"{exact(size // unit_bytes)} {unit}"
    return size_bytes(size)
