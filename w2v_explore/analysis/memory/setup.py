"""How a model is trained, beside its precision: what of it learns, its adapters, its attention, the optimizer."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, get_args

from w2v_explore.analysis.memory.optimizers import OPTIMIZERS
from w2v_explore.analysis.memory.trained import ALL, is_untrained, select_names, select_trained
from w2v_explore.analysis.workload import MAX_BATCH
from w2v_explore.arguments import kind_of
from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError
from w2v_explore.tree.attention import AttentionKernel
from w2v_explore.tree.lora import Lora, is_of_adapter, with_lora

if TYPE_CHECKING:
    from w2v_explore.analysis.analyze import Analysis

KERNELS: tuple[AttentionKernel, ...] = get_args(AttentionKernel)


class TrainingSetup(NamedTuple):
    """How a model is trained.

    Attributes:
        train: The parameters that are trained, as `select_trained` takes them; None for all, and beside low-rank
            adapters for the adapters alone.
        lora: Low-rank adapters, which are trained whatever else is; None for none.
        attention: How attention is computed, in inference too.
        optimizer: A name in `OPTIMIZERS`.
        teacher: Whether an average of the model over time stands beside it, as in data2vec.
        accumulate: Batches whose gradients are added up before an update. Where that is more than one, the gradients of
            parameters are there from the start of a step.
    """

    train: str | None = None
    lora: Lora | None = None
    attention: AttentionKernel = "fused"
    optimizer: str = "adamw"
    teacher: bool = False
    accumulate: int = 1

    @property
    def selection(self) -> str:
        """What is trained, in the words of the option ``--train``."""
        if self.lora is None:
            return self.train or ALL
        return f"adapters of {self.lora}" if self.train is None else f"{self.train}, and adapters of {self.lora}"


def set_up(analysis: "Analysis", setup: TrainingSetup) -> "Analysis":
    """The analysis of a model that is trained in a way: with its adapters, and equal layers apart that train unlike.

    Raises:
        ArgumentError: A part of the setup is unknown, or selects nothing that gets a gradient.
        TypeError: It is of another type.
    """
    for name, given, known in (
        ("attention", setup.attention, KERNELS),
        ("optimizer", setup.optimizer, tuple(OPTIMIZERS)),
    ):
        if not isinstance(given, str):
            raise TypeError(f"{name} is {kind_of(given)}; give one of {', '.join(known)}")
        if given not in known:
            raise ArgumentError(f"{name} is {given!r}; give one of {', '.join(known)}")
    accumulate = setup.accumulate
    if isinstance(accumulate, bool) or not isinstance(accumulate, int):
        raise TypeError(f"accumulate is {kind_of(accumulate)}; give a whole number of batches")
    if not 1 <= accumulate <= MAX_BATCH:
        raise ArgumentError(f"accumulate is {describe(accumulate)}; give a number of batches from 1 to {MAX_BATCH}")
    tree, roles = analysis.tree, analysis.config.model.family.roles
    selection = select_trained(tree, roles, ALL if setup.train is None else setup.train)
    if setup.lora is not None:
        names = selection.names
        if names is None and setup.train is not None:
            names = frozenset(key for key, path, _ in tree.named_parameters() if not is_untrained(tree, path))
        tree = with_lora(tree, setup.lora)
        # A layer with an adapter has its own parameters below base_layer.
        selection = select_names(
            tree,
            {
                key
                for key, _, _ in tree.named_parameters()
                if is_of_adapter(key) or key.replace(".base_layer.", ".") in (names or ())
            },
        )
    analysis = replace(
        analysis,
        tree=selection.tree,
        trained=selection.trained,
        attention=setup.attention,
        optimizer=setup.optimizer,
        teacher=setup.teacher,
        accumulates=setup.accumulate > 1,
    )
    if selection.trained is not None and not analysis.training.learned:
        given = (
            f"train is {shorten(setup.train)!r}" if setup.train is not None else f"lora is {shorten(str(setup.lora))!r}"
        )
        raise ArgumentError(f"{given}, and no loss depends on what that selects: it is never run")
    return analysis
