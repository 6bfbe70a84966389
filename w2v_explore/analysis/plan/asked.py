"""What a plan is asked with, under the names of the command's options, and which of them say nothing together."""

from typing import Any, NamedTuple

from w2v_explore.analysis.memory.optimizers import OPTIMIZERS
from w2v_explore.analysis.memory.recipe import PRECISIONS
from w2v_explore.analysis.plan.strategies import MAX_DEVICES, STRATEGIES
from w2v_explore.arguments import kind_of
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError

OBJECTIVES = ("contrastive", "masked-prediction", "self-distillation", "ctc")
"""What a model learns in training, as training configs are read."""

_MOST_UPDATES = 10**9
_MOST_SECONDS = 1e8
_MOST_HOURS = 1e9


class Asked(NamedTuple):
    """What is asked; None where nothing is said.

    Attributes:
        card: The name of a card, or a file with one.
        devices: How many of them.
        strategy: How they divide the model.
        precision: In which the model is trained.
        compiled: Whether by torch.compile.
        checkpointing: Whether the stacked layers are computed again in the backward pass.
        objective: What is learned.
        optimizer: What keeps states of each parameter that is trained.
        updates: Steps of the optimizer.
        epochs: Passes over the data, instead.
        batch_seconds: The most audio of a batch on a device.
        total_batch_seconds: The audio of an update, on all devices.
        accumulate: Batches of a device that make an update.
        manifest: A file that lists the utterances.
        data_hours: Hours of audio, instead.
        lengths: A histogram of the lengths, beside the hours.
        skip_bad: Whether wrong lines of either file are left out.
        as_recipe: The name of a published training, or a training config, whose settings hold.
        observed: How fast a training runs.
        price: Of a device and hour.
        within: The time that there is.
    """

    card: str
    devices: int | None = None
    strategy: str | None = None
    precision: str | None = None
    compiled: bool = False
    checkpointing: bool = False
    objective: str | None = None
    optimizer: str | None = None
    updates: int | None = None
    epochs: float | None = None
    batch_seconds: float | None = None
    total_batch_seconds: float | None = None
    accumulate: int | None = None
    manifest: str | None = None
    data_hours: float | None = None
    lengths: str | None = None
    skip_bad: bool = False
    as_recipe: str | None = None
    observed: str | None = None
    price: float | None = None
    within: str | None = None

    def check(self) -> None:
        """Refuse what there cannot be, and what contradicts itself.

        Raises:
            ArgumentError: A value is out of its range, or two say the same thing twice.
            TypeError: A value is of another type.
        """
        for name in ("card", "manifest", "lengths", "as_recipe", "observed", "within"):
            _check_text(option(name), getattr(self, name))
        for name, most in (("devices", MAX_DEVICES), ("updates", _MOST_UPDATES), ("accumulate", MAX_DEVICES)):
            _check_whole(option(name), getattr(self, name), most)
        for name, above in (
            ("epochs", _MOST_UPDATES),
            ("batch_seconds", _MOST_SECONDS),
            ("total_batch_seconds", _MOST_SECONDS),
            ("data_hours", _MOST_HOURS),
        ):
            _check_number(option(name), getattr(self, name), above)
        if self.price is not None:
            _check_number("--price", self.price or 1.0, 1e6)
        _check_choice("--strategy", self.strategy, STRATEGIES)
        _check_choice("--precision", self.precision, tuple(PRECISIONS))
        _check_choice("--objective", self.objective, OBJECTIVES)
        _check_choice("--optimizer", self.optimizer, tuple(OPTIMIZERS))
        for one, other, why in (
            ("updates", "epochs", "either says how long the training is"),
            ("manifest", "data_hours", "a manifest says how much audio there is"),
            ("manifest", "lengths", "a manifest says how long utterances are"),
        ):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise ArgumentError(f"give {option(one)} or {option(other)}, not both: {why}")
        if None not in (self.batch_seconds, self.total_batch_seconds, self.accumulate):
            raise ArgumentError(
                "--batch-seconds, the devices and --accumulate make --total-batch-seconds; leave one of the three out"
            )
        if self.lengths is not None and self.data_hours is None:
            raise ArgumentError("--lengths says how long utterances are, and not how many; give --data-hours too")
        if self.skip_bad and self.manifest is None and self.lengths is None:
            raise ArgumentError("--skip-bad goes with --manifest or --lengths")


def option(name: str) -> str:
    """What the command calls a value."""
    return f"--{name.replace('_', '-')}"


def _check_text(name: str, value: Any) -> None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} is {kind_of(value)}; give a text")


def _check_whole(name: str, value: Any, most: int) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is {value if isinstance(value, float) else kind_of(value)}; give a whole number")
    if not 1 <= value <= most:
        raise ArgumentError(f"{name} is {shorten(str(value))}; give a number from 1 to {most:,}")


def _check_number(name: str, value: Any, most: float) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} is {kind_of(value)}; give a number")
    if not 0 < value <= most:
        raise ArgumentError(f"{name} is {value:g}; give a number above 0 and at most {most:,.0f}")


def _check_choice(name: str, value: Any, known: tuple[str, ...]) -> None:
    if value is None or value in known:
        return
    from w2v_explore.config.suggest import did_you_mean, nearest

    given = shorten(str(value))
    raise ArgumentError(
        f"{name} is {given!r}; {did_you_mean(nearest(given, known), 'give one of ' + ', '.join(known))}"
    )
