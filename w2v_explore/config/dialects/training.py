"""What another program's config says of a training: fairseq's sections, and the arguments of Hugging Face's Trainer.

The architecture has readers of its own, which pass these fields over. Imported only where a training is planned.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import yaml

from w2v_explore.config import codes
from w2v_explore.config.dialects.interpolation import resolve
from w2v_explore.config.dialects.recognise import WRAPPERS
from w2v_explore.config.dialects.section import Section, as_number
from w2v_explore.config.entries import Document, exact_value
from w2v_explore.config.text.limits import RejectedError
from w2v_explore.config.text.nodes import compose, place_of
from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import Place, Problem, Rule
from w2v_explore.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stated(Generic[T]):
    """A value that a config states.

    Attributes:
        value: In the words here.
        words: What the config calls it, ``distributed_training.distributed_world_size``.
        place: Where its value stands.
    """

    value: T
    words: str
    place: Place

    def __str__(self) -> str:
        """``distributed_training.distributed_world_size, line 12``."""
        return self.words if self.place.line is None else f"{self.words}, line {self.place.line}"


class TrainingRecipe(NamedTuple):
    """What a config says of a training; None for what it does not say, or leaves open.

    Attributes:
        program: ``fairseq`` or ``huggingface``.
        devices: On how many devices it runs.
        max_tokens: The samples that a batch of one device may have.
        batch_size: The utterances that a batch of one device may have; of Trainer's, that it has.
        multiple: Of how many utterances batches are multiples.
        buckets: To how many lengths batches are padded.
        accumulate: The batches of a device that make an update, by epoch; the last number holds for all that follow.
        updates: After how many it ends.
        epochs: After how many it ends.
        max_samples: To how many samples utterances are cropped.
        min_samples: Utterances of fewer samples are dropped.
        max_kept_samples: Utterances of more samples are dropped.
        max_seconds: Utterances that are longer are dropped.
        min_seconds: Utterances that are shorter are dropped.
        pad: Whether batches are padded to their longest utterance, and not cropped to their shortest.
        group_by_length: Whether utterances of about the same length make a batch.
        drop_last: Whether a last batch that is smaller is left out.
        precision: ``float32``, ``amp-float16``, ``amp-bfloat16``, ``float16``, ``bfloat16`` or ``pure-bfloat16``.
        compiled: Whether torch.compile makes kernels of the model.
        checkpointing: Whether activations are computed again in the backward pass.
        optimizer: ``adamw``, ``adamw-8bit``, ``adafactor`` or ``sgd``.
        strategy: ``ddp``, ``zero1``, ``zero2``, ``zero3``, ``fsdp`` or ``fsdp-hybrid``.
        objective: ``contrastive``, ``masked-prediction``, ``self-distillation`` or ``ctc``.
        extractor_frozen: Whether the extractor gets no gradient.
        frozen_updates: In how many updates, the first, only what is new above the encoder is trained.
        ema: Whether a teacher is kept whose weights are means of the model's.
        starts_from: The preset of the model whose weights it starts from.
        unknown: What is stated and has no word here, as it stands in the config.
    """

    program: str
    devices: Stated[int] | None = None
    max_tokens: Stated[int] | None = None
    batch_size: Stated[int] | None = None
    multiple: Stated[int] | None = None
    buckets: Stated[int] | None = None
    accumulate: Stated[tuple[int, ...]] | None = None
    updates: Stated[int] | None = None
    epochs: Stated[float] | None = None
    max_samples: Stated[int] | None = None
    min_samples: Stated[int] | None = None
    max_kept_samples: Stated[int] | None = None
    max_seconds: Stated[float] | None = None
    min_seconds: Stated[float] | None = None
    pad: Stated[bool] | None = None
    group_by_length: Stated[bool] | None = None
    drop_last: Stated[bool] | None = None
    precision: Stated[str] | None = None
    compiled: Stated[bool] | None = None
    checkpointing: Stated[bool] | None = None
    optimizer: Stated[str] | None = None
    strategy: Stated[str] | None = None
    objective: Stated[str] | None = None
    extractor_frozen: Stated[bool] | None = None
    frozen_updates: Stated[int] | None = None
    ema: Stated[bool] | None = None
    starts_from: Stated[str] | None = None
    unknown: tuple[Stated[str], ...] = ()


def recipe_in(document: Document) -> TrainingRecipe | None:
    """What a document says of a training; None where it says nothing, as a config of ours and a model's config.json.

    Args:
        document: Of a file of fairseq's or of Trainer's arguments, whether or not it states an architecture.

    Raises:
        ConfigError: A value is none that its field can have; carries each with its place.
    """
    name = document.source.name
    try:
        node, _ = compose(name, document.text, document.source.suffix)
    except RejectedError:
        # Whoever wants the model of it is told.
        return None
    root = Section.of(node)
    if "model_type" in root.pairs:
        return None
    for level in (root, *_inner(root, (*WRAPPERS, *_TRAINER_SECTIONS))):
        rows = _rows_of(level)
        if rows is not None and (recipe := _Reading(name, root, level).read(*rows)) is not None:
            return recipe
    return None


class _WrongError(Exception):
    """What a value should be, and the rule that it breaks."""

    def __init__(self, rule: Rule, wanted: str) -> None:
        self.rule, self.wanted = rule, wanted
        super().__init__(wanted)


class _Unknown(NamedTuple):
    """A value without a word here."""

    value: object


Value = Callable[[Any], Any]
"""Makes our value of a plain one; None where it says nothing, `_Unknown` where it has no word here."""


class _Row(NamedTuple):
    """A field of a recipe.

    Attributes:
        field: Ours.
        words: Where it stands; fields of a section may stand at the file's own level, as they once did.
        value: What makes ours of it.
    """

    field: str
    words: str
    value: Value


def _whole(least: int = 0) -> Value:
    def read(value: object) -> int:
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number < 2**63:
            raise _WrongError(codes.INT_TYPE, f"a whole number of at least {least}")
        return number

    return read


def _limit(value: object) -> int | None:
    """A whole number above 0; what is not stands for no limit, 0 in fairseq and -1 in Trainer."""
    try:
        return _whole(-1)(value) if value not in (0, -1) else None
    except _WrongError as wrong:
        raise _WrongError(wrong.rule, "a whole number above 0") from wrong


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**63:
        raise _WrongError(codes.NUMBER_TYPE, "a number of at least 0")
    return float(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongError(codes.BOOL_TYPE, "true or false")
    return value


def _by_epoch(value: object) -> tuple[int, ...]:
    read = _whole(1)
    numbers = value if isinstance(value, list) and value else [value]
    try:
        return tuple(map(read, numbers))
    except _WrongError as wrong:
        raise _WrongError(wrong.rule, "a whole number of at least 1, or a list of them by epoch") from wrong


def _where(word: str) -> Value:
    """A word where a flag is on."""
    return lambda value: word if _flag(value) else None


def _among(words: Mapping[str, object]) -> Value:
    """The word here for one of theirs."""
    return lambda value: words[value] if isinstance(value, str) and value in words else _Unknown(value)


def _is_said(value: object) -> bool | None:
    """Whether a field is given at all."""
    return True if value not in (False, "", []) else None


def _is_frozen(value: object) -> bool:
    """Whether the extractor's gradient is multiplied by 0: fairseq computes none then."""
    return _number(value) == 0


def _is_data2vec(value: object) -> bool | None:
    return True if isinstance(value, str) and value.startswith("data2vec") else None


def _sharded(value: object) -> Any:
    """What ``fsdp`` says, a text of words or a list of them."""
    words = value.split() if isinstance(value, str) else value
    if isinstance(words, list):
        known = [_FSDP[word] for word in words if isinstance(word, str) and word in _FSDP]
        return known[0] if known else (_Unknown(value) if words else None)
    return ("fsdp" if value else None) if isinstance(value, bool) else _Unknown(value)


def _deepspeed(value: object) -> Any:
    """The stage in a config of DeepSpeed that stands in the place of its path."""
    zero = value.get("zero_optimization") if isinstance(value, dict) else None
    stage = zero.get("stage", 0) if isinstance(zero, dict) else None
    return {0: "ddp", 1: "zero1", 2: "zero2", 3: "zero3"}[stage] if stage in (0, 1, 2, 3) else _Unknown(value)


def _preset(value: object) -> str | None:
    # Imported only where a model is named.
    from w2v_explore.config.model_names import find_model, find_weights

    known = (find_weights(value) or find_model(value)) if isinstance(value, str) else None
    return known.preset if known is not None else None


_FSDP = {
    "full_shard": "fsdp", "shard_grad_op": "zero2", "no_shard": "ddp", "hybrid_shard": "fsdp-hybrid",
    "hybrid_shard_zero2": "fsdp-hybrid",
}  # fmt: skip
_FAIRSEQ_BACKENDS = {
    "c10d": "ddp", "pytorch_ddp": "ddp", "legacy_ddp": "ddp", "no_c10d": "ddp", "fully_sharded": "fsdp",
}  # fmt: skip
# fairseq's adam decays weights apart from the gradient, as AdamW does.
_FAIRSEQ_OPTIMIZERS = {"adam": "adamw", "cpu_adam": "adamw", "adafactor": "adafactor", "sgd": "sgd", "nag": "sgd"}
_OPTIMIZERS = {
    "adamw": "adamw", "adamw_hf": "adamw", "adamw_torch": "adamw", "adamw_torch_fused": "adamw",
    "adamw_apex_fused": "adamw", "paged_adamw": "adamw", "paged_adamw_32bit": "adamw", "adamw_bnb_8bit": "adamw-8bit",
    "adamw_8bit": "adamw-8bit", "adamw_torch_8bit": "adamw-8bit", "paged_adamw_8bit": "adamw-8bit",
    "adafactor": "adafactor", "sgd": "sgd",
}  # fmt: skip
_STRATEGIES = {"group_by_length": True, "random": False, "sequential": False}
_OBJECTIVES = {
    "wav2vec": "contrastive", "hubert": "masked-prediction", "hubert_criterion": "masked-prediction", "ctc": "ctc",
}  # fmt: skip

# Of rows with the same field the first that says something holds.
_FAIRSEQ = (
    _Row("devices", "distributed_training.distributed_world_size", _whole(1)),
    _Row("max_tokens", "dataset.max_tokens", _limit),
    _Row("batch_size", "dataset.batch_size", _limit),
    _Row("batch_size", "dataset.max_sentences", _limit),
    _Row("multiple", "dataset.required_batch_size_multiple", _whole(1)),
    _Row("buckets", "task.num_batch_buckets", _whole()),
    _Row("accumulate", "optimization.update_freq", _by_epoch),
    _Row("updates", "optimization.max_update", _limit),
    _Row("epochs", "optimization.max_epoch", _limit),
    _Row("max_samples", "task.max_sample_size", _whole(1)),
    _Row("min_samples", "task.min_sample_size", _whole()),
    _Row("max_kept_samples", "task.max_keep_size", _whole(1)),
    _Row("pad", "task.pad_audio", _flag),
    _Row("pad", "task.enable_padding", lambda value: True if _flag(value) else None),
    _Row("precision", "common.amp", _where("amp-float16")),
    _Row("precision", "common.memory_efficient_bf16", _where("pure-bfloat16")),
    _Row("precision", "common.bf16", _where("bfloat16")),
    _Row("precision", "common.memory_efficient_fp16", _where("float16")),
    _Row("precision", "common.fp16", lambda value: "float16" if _flag(value) else "float32"),
    _Row("checkpointing", "model.checkpoint_activations", _flag),
    _Row("optimizer", "optimizer._name", _among(_FAIRSEQ_OPTIMIZERS)),
    _Row("strategy", "distributed_training.zero_sharding", _among({"os": "zero1", "none": None})),
    _Row("strategy", "distributed_training.ddp_backend", _among(_FAIRSEQ_BACKENDS)),
    _Row("objective", "criterion._name", _among(_OBJECTIVES | {"model": None})),
    _Row("objective", "model._name", lambda value: "self-distillation" if _is_data2vec(value) else None),
    _Row("extractor_frozen", "model.feature_grad_mult", _is_frozen),
    _Row("frozen_updates", "model.freeze_finetune_updates", _whole()),
    _Row("ema", "model.ema_decay", _is_said),
    _Row("ema", "model._name", _is_data2vec),
    _Row("starts_from", "model.w2v_path", _preset),
    _Row("starts_from", "checkpoint.finetune_from_model", _preset),
)
# What is fine-tuned has labels, and its audio is padded.
_LABELLED = _Row("pad", "task.labels", _is_said)
_LABELLED_TASKS = ("audio_pretraining", "audio_finetuning")
_FLAT = {
    "optimizer": _Row("optimizer", "optimizer", _among(_FAIRSEQ_OPTIMIZERS)),
    "criterion": _Row("objective", "criterion", _among(_OBJECTIVES | {"model": None})),
}

_TRAINER = (
    _Row("batch_size", "per_device_train_batch_size", _whole(1)),
    _Row("batch_size", "per_gpu_train_batch_size", _whole(1)),
    _Row("accumulate", "gradient_accumulation_steps", _by_epoch),
    _Row("updates", "max_steps", _limit),
    _Row("epochs", "num_train_epochs", _number),
    _Row("max_seconds", "max_duration_in_seconds", _number),
    _Row("min_seconds", "min_duration_in_seconds", _number),
    _Row("group_by_length", "group_by_length", _flag),
    _Row("group_by_length", "train_sampling_strategy", _among(_STRATEGIES)),
    _Row("drop_last", "dataloader_drop_last", _flag),
    _Row("precision", "bf16", _where("amp-bfloat16")),
    _Row("precision", "fp16", lambda value: "amp-float16" if _flag(value) else "float32"),
    _Row("compiled", "torch_compile", _flag),
    _Row("checkpointing", "gradient_checkpointing", _flag),
    _Row("optimizer", "adafactor", _where("adafactor")),
    _Row("optimizer", "optim", _among(_OPTIMIZERS)),
    _Row("strategy", "fsdp", _sharded),
    _Row("strategy", "deepspeed", _deepspeed),
    _Row("extractor_frozen", "freeze_feature_encoder", _flag),
    _Row("extractor_frozen", "freeze_feature_extractor", _flag),
    _Row("starts_from", "model_name_or_path", _preset),
)
# By these a mapping is told for arguments of Trainer, or of the scripts that come with it.
_OF_TRAINER = frozenset({
    "per_device_train_batch_size", "per_gpu_train_batch_size", "gradient_accumulation_steps", "num_train_epochs",
    "max_steps", "gradient_checkpointing", "group_by_length",
})  # fmt: skip
_TRAINER_SECTIONS = ("training_args", "training_arguments")
_SECTIONS = frozenset({"dataset", "optimization", "distributed_training", "common", "task", "checkpoint", "optimizer"})
_OF_FAIRSEQ = frozenset({"max_tokens", "update_freq", "distributed_world_size", "max_update"})


def _rows_of(level: Section) -> tuple[str, tuple[_Row, ...]] | None:
    """Whose training a level is about, and the fields that are looked for; None where it is about none."""
    names = level.pairs.keys()
    if names & _OF_TRAINER:
        return "huggingface", _TRAINER
    if not names & _OF_FAIRSEQ and not any(level.inner(name) is not None for name in names & _SECTIONS):
        return None
    flat = [row for name, row in _FLAT.items() if level.inner(name) is None]
    task = level.inner("task")
    kind = task.value("_name") if task is not None else level.value("task")
    return "fairseq", (*_FAIRSEQ, *flat, *([_LABELLED] if kind in _LABELLED_TASKS else []))


class _Reading:
    """Reads the fields of one level."""

    def __init__(self, name: str, root: Section, level: Section) -> None:
        self._name, self._root, self._level = name, root, level
        self._problems: list[Problem] = []
        self._unknown: list[Stated[str]] = []

    def read(self, program: str, rows: tuple[_Row, ...]) -> TrainingRecipe | None:
        """The recipe that rows find; None where they find nothing."""
        found: dict[str, Any] = {}
        for row in rows:
            if row.field not in found and (stated := self._find(row)) is not None:
                found[row.field] = stated
        if self._problems:
            raise ConfigError(self._problems)
        return TrainingRecipe(program, **found, unknown=tuple(self._unknown)) if found else None

    def _find(self, row: _Row) -> Stated[Any] | None:
        for words, node in self._nodes(row.words):
            target = resolve(node, self._root)
            value = exact_value(as_number(target)) if target is not None else None
            if value is None:
                # Null, or left open.
                continue
            place = place_of(self._name, node)
            try:
                ours = row.value(value)
            except _WrongError as wrong:
                message = f"{words} is {describe(value)}; write {wrong.wanted}"
                self._problems.append(Problem(rule=wrong.rule, place=place, key=words, message=message))
                return None
            if isinstance(ours, _Unknown):
                self._unknown.append(Stated(describe(ours.value), words, place))
            elif ours is not None:
                return Stated(ours, words, place)
        return None

    def _nodes(self, words: str) -> Iterator[tuple[str, yaml.Node]]:
        """Where a field stands: in its section, and at the level itself."""
        section, _, name = words.rpartition(".")
        inner = self._level.inner(section) if section else None
        if inner is not None and name in inner.pairs:
            yield f"{inner.prefix}{name}", inner.pairs[name][1]
        # Of a section, `_name` alone says what it is for.
        elif name in self._level.pairs and name != "_name":
            yield f"{self._level.prefix}{name}", self._level.pairs[name][1]


def _inner(root: Section, names: tuple[str, ...]) -> Iterator[Section]:
    return (inner for name in names if (inner := root.inner(name)) is not None)
