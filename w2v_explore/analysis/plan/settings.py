"""What a training is planned with, and what says so: an option, a line of its config, a published training, a default.

An option comes first, then the training config or the published training that is followed. What follows from other
settings is worked out last. What nothing says, and no default would be right for, is asked for.
"""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from w2v_explore.analysis.plan.asked import Asked, option
from w2v_explore.analysis.plan.cards import TYPE_OF_PRECISION, Card
from w2v_explore.analysis.plan.fill import TRAINERS_BATCH_SIZE
from w2v_explore.analysis.plan.runs import LITTLE, Run, accumulation
from w2v_explore.config.load import Config
from w2v_explore.errors import ArgumentError

if TYPE_CHECKING:
    from w2v_explore.config.dialects.training import TrainingRecipe

_DEFAULT = "default"
# transformers.TrainingArguments.
_TRAINERS_EPOCHS = 3.0
_OBJECTIVES = {
    "contrastive": "contrastive",
    "masked": "masked-prediction",
    "self-distillation": "self-distillation",
    "ctc": "ctc",
}


# What optimizers do with shares, where that is not a part of what they keep of whole parameters.
_FLAT, _ROWS = "flat", "rows"
_KINDS = {"zero2": _FLAT, "zero3": _FLAT, "fsdp": _ROWS, "fsdp-hybrid": _ROWS}
_OF_SHARES = {
    ("adamw-8bit", _FLAT): "; each device's share of a unit is divided into blocks anew",
    ("adamw-8bit", _ROWS): "; each device's rows of a parameter are divided into blocks anew, and few have 32 bits",
    ("adafactor", _FLAT): "; flat shares have no rows and columns: the whole second moment is kept",
    ("adafactor", _ROWS): "; counted for each device's rows, on which torch's own does not run",
}


class Assumption(NamedTuple):
    """A setting of the plan.

    Attributes:
        what: The setting.
        value: As it is shown.
        basis: What says so.
    """

    what: str
    value: str
    basis: str


class Said(NamedTuple):
    """What a training config or a published training says: values by name, each with its place.

    Attributes:
        values: By the name of the setting, the value and what says it.
        name: What the training is called.
        run: The published one; None where a config says it.
        recipe: The config; None where it is a published training.
    """

    values: dict[str, tuple[Any, str]]
    name: str = ""
    run: Run | None = None
    recipe: "TrainingRecipe | None" = None

    def value(self, name: str) -> Any:
        """What is said of a setting; None where nothing is."""
        return self.values.get(name, (None, ""))[0]


NOTHING_SAID = Said({})


def said_by_run(run: Run) -> Said:
    """What a published training says."""
    work = run.work or {}
    stated = {
        "devices": run.devices,
        "precision": run.precision if run.precision != "tf32" else "float32",
        "compiled": run.compiled or None,
        "checkpointing": work.get("checkpointing"),
        "updates": run.updates,
        "device_seconds": run.device_seconds,
        "total_seconds": run.batch_seconds,
        "crop_seconds": run.crop_seconds or work.get("crop_seconds"),
        "multiple": run.multiple,
        "data_hours": run.dataset_hours,
        "objective": _OBJECTIVES.get(run.objective.split(",")[0].split()[0].lower()),
    }
    basis = f"published: {run.model}"
    return Said({name: (value, basis) for name, value in stated.items() if value is not None}, run.model, run)


def said_by_recipe(recipe: "TrainingRecipe", sample_rate: int) -> Said:
    """What a training config says, each with its line."""
    values: dict[str, tuple[Any, str]] = {}
    path = ""
    for name in recipe._fields[1:-1]:
        stated = getattr(recipe, name)
        if stated is not None:
            path = stated.place.path
            values[name] = stated.value, str(stated)

    def derive(name: str, of: str, value: Any) -> None:
        if of in values:
            values[name] = value(values[of][0]), values[of][1]

    derive("device_seconds", "max_tokens", lambda samples: samples / sample_rate)
    derive("crop_seconds", "max_samples", lambda samples: samples / sample_rate)
    derive("accumulate", "accumulate", lambda by_epoch: by_epoch[-1])
    if recipe.program == "huggingface":
        values.setdefault("batch_size", (TRAINERS_BATCH_SIZE, "default of Trainer"))
        if not values.keys() & {"updates", "epochs"}:
            values["epochs"] = _TRAINERS_EPOCHS, "default of Trainer"
        if "starts_from" in values:
            values.setdefault("objective", ("ctc", f"it starts from a trained model: {values['starts_from'][1]}"))
    return Said(values, path, recipe=recipe)


class Settings(NamedTuple):
    """What a training is planned with.

    Attributes:
        objective: What is learned; None for the model as its config has it.
        devices: How many.
        precision: As in `recipe.PRECISIONS`.
        compiled: Whether by torch.compile.
        checkpointing: Whether stacked layers are computed again.
        checkpoints_extractor: Whether, where they are, so is each layer of the extractor.
        strategy: As in `strategies.STRATEGIES`.
        device_seconds: The most audio of a batch on a device; None where utterances are counted.
        utterances: Of a batch on a device, where they are counted.
        accumulate: Batches of a device that make an update.
        crop_seconds: To what utterances are cut; infinite where they are not.
        pads: Whether batches are padded to their longest utterance.
        teacher: Whether a teacher runs forward.
        optimizer: A name in `OPTIMIZERS`.
        extractor_trained: The share of updates that train the extractor.
        updates: Steps of the optimizer; None where epochs are.
        epochs: Passes over the data; beside updates, at most so many.
        data_hours: Of audio; None where nothing says so.
        assumptions: What all of it rests on.
    """

    objective: str | None
    devices: int
    precision: str
    compiled: bool
    checkpointing: bool
    checkpoints_extractor: bool
    strategy: str
    device_seconds: float | None
    utterances: int | None
    accumulate: int
    crop_seconds: float
    pads: bool
    teacher: bool
    optimizer: str
    extractor_trained: float
    updates: int | None
    epochs: float | None
    data_hours: float | None
    assumptions: tuple[Assumption, ...]


def settle(asked: Asked, said: Said, card: Card, config: Config) -> Settings:
    """All settings of a plan.

    Args:
        asked: The options.
        said: By the training config, or the published training.
        card: Each device.
        config: The model, for its name, and whether it has an extractor that may be frozen.

    Raises:
        ArgumentError: Nothing says how large the batch is, or how long the training.
    """
    return _Settling(asked, said, card, config).settle()


class _Settling:
    def __init__(self, asked: Asked, said: Said, card: Card, config: Config) -> None:
        self._asked, self._said, self._card, self._config = asked, said, card, config
        self._found: list[Assumption] = []

    def settle(self) -> Settings:
        asked, said = self._asked, self._said
        objective = self._choose("objective", None)
        if objective is None:
            self._add("objective", "none: the model alone, without a teacher or what pre-training adds", _DEFAULT)
        if self._card.assumed:
            self._add("card", self._card.name, self._card.assumed)
        devices = self._choose("devices", 1, show="{:,}")
        precision = self._precision()
        compiled = self._flag("compiled", "torch.compile", asked.compiled)
        checkpointing = self._flag("checkpointing", "activation checkpoints", asked.checkpointing)
        strategy = self._choose("strategy", "ddp")
        self._ask()
        crop = self._crop()
        device_seconds, utterances, accumulate = self._batch(devices, crop)
        pads = bool(said.value("pad")) or objective == "ctc" or utterances is not None
        teacher = objective == "self-distillation" or bool(said.value("ema"))
        if teacher:
            text = "an average of the weights over time, which runs forward"
            self._add("teacher", text, said.values.get("ema", (True, f"objective {objective}"))[1])
        extractor_trained = self._extractor(objective)
        # transformers has a checkpoint at each layer that has a convolution, too.
        is_trainer = said.recipe is not None and said.recipe.program == "huggingface"
        checkpoints_extractor = is_trainer and extractor_trained > 0 and "extractor" in self._config.model.family.roles
        if checkpointing and checkpoints_extractor:
            self._add("checkpoints of the extractor", "at each of its layers too", "as in transformers")
        if frozen := said.value("frozen_updates"):
            text = f"the first {frozen:,} updates train the head alone, and are counted as all others"
            self._add("frozen", text, said.values["frozen_updates"][1])
        optimizer = self._optimizer(strategy)
        for unknown in said.recipe.unknown if said.recipe is not None else ():
            self._add("not understood", unknown.value, str(unknown))
        updates, epochs = self._length()
        hours = asked.data_hours
        if hours is not None:
            self._add("hours of audio", f"{hours:,g}", "--data-hours")
        elif asked.manifest is None and (hours := said.value("data_hours")) is not None:
            self._add("hours of audio", f"{hours:,g}", said.values["data_hours"][1])
        return Settings(
            objective, devices, precision, compiled, checkpointing, checkpoints_extractor, strategy, device_seconds,
            utterances, accumulate, crop, pads, teacher, optimizer, extractor_trained, updates, epochs, hours,
            tuple(self._found),
        )  # fmt: skip

    def _add(self, what: str, value: str, basis: str) -> None:
        self._found.append(Assumption(what, value, basis))

    def _choose(self, name: str, default: Any, show: str = "{}") -> Any:
        """An option's value, or what is said, or the default."""
        value, basis = getattr(self._asked, name), option(name)
        if value is None:
            value, basis = self._said.values.get(name, (default, _DEFAULT))
        if value is not None:
            self._add(name, show.format(value), basis)
        return value

    def _flag(self, name: str, what: str, asked: bool) -> bool:
        value, basis = self._said.values.get(name, (False, _DEFAULT))
        if asked:
            value, basis = True, "--compile" if name == "compiled" else option(name)
        self._add(what, "yes" if value else "no", basis)
        return bool(value)

    def _precision(self) -> str:
        asked, said, flops = self._asked, self._said, self._card.flops
        stated, basis = said.values.get("precision", ("amp-bfloat16", _DEFAULT))
        precision = asked.precision or stated
        if asked.precision is not None:
            basis = "--precision"
        elif TYPE_OF_PRECISION[stated] not in flops and (said.run is not None or basis == _DEFAULT):
            # Who runs a published training on another card takes what that has.
            precision = "amp-float16" if "float16" in flops else "float32"
            basis = f"{basis}, but {self._card.name} has no {TYPE_OF_PRECISION[stated]}"
        self._card.peak_flops(precision)
        self._add("precision", precision, basis)
        return precision

    def _ask(self) -> None:
        """Ask for what nothing says."""
        asked, said = self._asked, self._said
        missing = []
        has_batch = asked.batch_seconds or asked.total_batch_seconds
        if not has_batch and not said.values.keys() & {"device_seconds", "batch_size", "total_seconds"}:
            missing.append("how large a batch is (--batch-seconds, of a device)")
        if not (asked.updates or asked.epochs) and not said.values.keys() & {"updates", "epochs"}:
            missing.append("how long it trains (--updates or --epochs)")
        if missing:
            raise ArgumentError(
                f"{said.name or self._config.name} does not say {', nor '.join(missing)}; give it, or --as-recipe with "
                "a published training, as base or hubert_base, or a training config"
            )

    def _batch(self, devices: int, crop_seconds: float) -> tuple[float | None, int | None, int]:
        """The seconds or the utterances of a batch of a device, and how many of them are accumulated."""
        asked, said = self._asked, self._said
        total, total_basis = asked.total_batch_seconds, "--total-batch-seconds"
        if total is None and (asked.batch_seconds is None or asked.as_recipe is not None):
            # A published batch is made of whatever devices there are.
            total, total_basis = said.values.get("total_seconds", (None, ""))
            if said.recipe is not None and asked.batch_seconds and {"device_seconds", "devices"} <= said.values.keys():
                # So is that of a training config, in batches of another size.
                total = said.value("device_seconds") * said.value("devices") * (said.value("accumulate") or 1)
                total_basis = said.values["device_seconds"][1]
        utterances = None
        seconds, basis = asked.batch_seconds, "--batch-seconds"
        if seconds is None and not (asked.total_batch_seconds and asked.accumulate):
            seconds, basis = said.values.get("device_seconds", (None, ""))
            utterances = said.value("batch_size")
        if utterances is not None:
            self._add("utterances of a batch", f"{utterances:,}", said.values["batch_size"][1])
            most = utterances * crop_seconds
            if most < float("inf") and (seconds is None or most < seconds):
                seconds, basis = most, f"{utterances:,} utterances of {crop_seconds:g} s"
            utterances = utterances if seconds is None else None
            if utterances is not None and asked.total_batch_seconds is not None:
                raise ArgumentError(
                    f"a batch of {utterances:,} utterances ({said.values['batch_size'][1]}) has no number of seconds, "
                    "which --total-batch-seconds needs; give --batch-seconds too"
                )
        elif seconds is None:
            assert total is not None  # else it was asked for
            seconds = total / (devices * (asked.accumulate or 1))
            basis = f"{total:,g} s on {devices:,} devices, {total_basis}"
        if total is not None and seconds is not None and asked.accumulate is None:
            seconds, basis = self._at_most(total, total_basis, seconds, basis, devices, crop_seconds)
        if seconds is not None:
            self._add("batch of a device, at most", f"{seconds:,.4g} s of audio", basis)
            if multiple := said.value("multiple"):
                number = "any number" if multiple == 1 else f"a multiple of {multiple:,}"
                self._add("number of utterances", number, said.values["multiple"][1])
        accumulate, basis = asked.accumulate, "--accumulate"
        if accumulate is None and seconds is not None and total is not None:
            accumulate, made = accumulation(total, devices, seconds)
            nearly = "nearly " if round(made, 6) < total else ""
            basis = f"the fewest that {nearly}make {total:,g} s, {total_basis}"
        elif accumulate is None:
            accumulate, basis = self._stated_accumulation(devices)
        self._add("accumulated batches", f"{accumulate:,}", basis)
        return seconds, utterances, accumulate

    def _at_most(
        self, total: float, total_basis: str, seconds: float, basis: str, devices: int, crop_seconds: float
    ) -> tuple[float, str]:
        """The seconds of a batch, or fewer where so many devices would make more than an update is to have."""
        if seconds * devices * (1 - LITTLE) <= total:
            batches, made = accumulation(total, devices, seconds)
            smaller = total / (devices * batches)
            if (
                self._asked.batch_seconds is None
                and made > (1 + LITTLE) * total
                and smaller >= min(crop_seconds, seconds)
            ):
                return smaller, f"{total:,g} s on {devices:,} devices in {batches:,} batches each, {total_basis}"
            return seconds, basis
        if self._asked.batch_seconds is None:
            if self._asked.total_batch_seconds is None and total / devices < crop_seconds < float("inf"):
                raise ArgumentError(
                    f"{total:,g} s, the batch of {self._said.name}, are {total / crop_seconds:,.0f} utterances of "
                    f"{crop_seconds:g} s, and {devices:,} devices cannot share them; give fewer devices, or "
                    "--batch-seconds"
                )
            return total / devices, f"{total:,g} s on {devices:,} devices, {total_basis}"
        if self._asked.total_batch_seconds is None:
            return seconds, basis
        raise ArgumentError(
            f"--batch-seconds {seconds:g} on {devices:,} devices make more than --total-batch-seconds {total:g}; "
            "leave one of both out"
        )

    def _stated_accumulation(self, devices: int) -> tuple[int, str]:
        """What a training config accumulates, as many times more as it has more devices.

        On more devices than make its batch of one each, the batch is larger.
        """
        stated, basis = self._said.values.get("accumulate", (1, _DEFAULT))
        theirs = self._said.value("devices")
        if not theirs or theirs == devices or self._said.run is not None or self._asked.batch_seconds is not None:
            return stated, basis
        accumulate, place = ceil(stated * theirs / devices), self._said.values["devices"][1]
        if devices > theirs * stated:
            return accumulate, f"an update has more audio than on the {theirs:,} devices stated, {place}"
        return accumulate, f"{stated:,} of {theirs:,} devices make the same batch, {place}"

    def _crop(self) -> float:
        crop, basis = self._said.values.get("crop_seconds", (None, ""))
        if crop is None:
            return float("inf")
        self._add("utterances are cut to", f"{crop:g} s", basis)
        return float(crop)

    def _optimizer(self, strategy: str) -> str:
        optimizer, basis = self._asked.optimizer, option("optimizer")
        if optimizer is None:
            optimizer, basis = self._said.values.get("optimizer", ("adamw", _DEFAULT))
        self._add("optimizer", f"{optimizer}{_OF_SHARES.get((optimizer, _KINDS.get(strategy, '')), '')}", basis)
        return str(optimizer)

    def _extractor(self, objective: str | None) -> float:
        if "extractor" not in self._config.model.family.roles:
            return 1.0
        frozen, basis = self._said.values.get("extractor_frozen", (None, ""))
        if frozen is None and objective == "ctc":
            frozen, basis = True, "as in published fine-tuning"
        if frozen:
            self._add("extractor", "frozen", basis)
            return 0.0
        run = self._said.run
        share: float = (run.work or {}).get("extractor_trained", 1.0) if run is not None else 1.0
        if run is not None and share < 1:
            self._add("extractor", f"trained in {share:.0%} of the updates", f"published: {run.model}")
        return share

    def _length(self) -> tuple[int | None, float | None]:
        asked, said = self._asked, self._said
        candidates: Sequence[tuple[str, Any, str]] = (
            ("updates", asked.updates, "--updates"),
            ("epochs", asked.epochs, "--epochs"),
            *[(name, *said.values[name]) for name in ("updates", "epochs") if name in said.values],
        )
        name, value, basis = next(each for each in candidates if each[1] is not None)
        self._add(name, f"{value:,g}" if name == "epochs" else f"{value:,}", basis)
        if name == "epochs":
            return None, value
        epochs = None
        if asked.updates is None and said.recipe is not None and said.recipe.program == "fairseq":
            epochs, basis = said.values.get("epochs", (None, ""))
            if epochs is not None:
                self._add("epochs", f"at most {epochs:,g}, where the hours of audio are known", basis)
        return value, epochs
