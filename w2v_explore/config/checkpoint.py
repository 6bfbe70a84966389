"""What a checkpoint tells of its model's config: by the shapes of its tensors, and by a config inside or beside it."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from yaml import Node
from yaml.representer import SafeRepresenter

from w2v_explore.checkpoint.fit import WeightsFit, describe_left_out, describe_misfit, fit_weights
from w2v_explore.checkpoint.key_table import KeyTable
from w2v_explore.checkpoint.keys import KeyTranslation, translate_keys
from w2v_explore.checkpoint.listing import Checkpoint, ForeignConfig, Shape, shown
from w2v_explore.checkpoint.read import read_checkpoint
from w2v_explore.checkpoint.shapes import Count, ShapeFindings, infer_from_shapes
from w2v_explore.config import codes
from w2v_explore.config.dialects.columns import CONV, HEAD
from w2v_explore.config.document import parse_document
from w2v_explore.config.entries import Document, Entry, family_of, plain_value, states_fields
from w2v_explore.config.family import ARCHITECTURE, DEFAULT_FAMILY, Family, ModelConfig, family_named, key_tables
from w2v_explore.config.kinds import (
    STANDARD_CONV_LAYERS,
    Choice,
    ConvLayers,
    Field,
    Flag,
    Integer,
    Kind,
    PerLayer,
    Probability,
    Real,
)
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import FOLDER_CONFIG, Source, read_file
from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import Place, Problem
from w2v_explore.errors import CheckpointError, ConfigError, SourceError

SHAPES = "shapes"
RATE = "sample_rate"

_REPRESENTER = SafeRepresenter()


class Question(NamedTuple):
    """What is asked of the user: why, and what to give."""

    reason: str
    instead: str

    def __str__(self) -> str:
        """Both, as a message."""
        return f"{self.reason}; {self.instead}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """What is known of a checkpoint's config.

    Attributes:
        checkpoint: What the files hold.
        keys: The names of the tensors, read.
        shapes: What the shapes tell.
        fit: How the weights and the model of these sizes go together.
        document: What is known, as a config.
        origins: Where the value of each field comes from, in words.
        questions: What to ask for each field, should it not be known.
        conflicts: Where a config and the shapes disagree, a message each; the document holds what the shapes say.
    """

    checkpoint: Checkpoint
    keys: KeyTranslation
    shapes: ShapeFindings
    fit: WeightsFit
    document: Document
    origins: Mapping[str, str]
    questions: Mapping[str, Question]
    conflicts: tuple[str, ...]


def checkpoint_document(reference: str, *, allow_unknown: bool = False) -> Document:
    """What is known of a checkpoint's config, as a document.

    Args:
        reference: As in `infer_config`.
        allow_unknown: Whether the config that comes with it may have fields that are not known.

    Raises:
        SourceError: It cannot be opened.
        CheckpointError: It is corrupt, holds no wav2vec 2.0 model or one that its fields cannot say, or disagrees
            with the config that comes with it.
        ConfigError: The config that comes with it is wrong.
    """
    inference = infer_config(reference, allow_unknown=allow_unknown)
    translation = inference.document.translation
    if not inference.fit.fits and translation is not None and translation.is_part:
        # The weights of the rest would be listed one by one.
        folder = reference if os.path.isdir(reference) else os.path.dirname(reference)
        config = os.path.join(folder, FOLDER_CONFIG)
        raise CheckpointError(
            f"{reference}: these are the weights of a model made of others, which are not read as those of one; "
            f"name {config} for the model in it that can be"
        )
    if inference.conflicts:
        raise CheckpointError(*[f"{reference}: {conflict}" for conflict in inference.conflicts])
    family = family_of(inference.document)
    require_fit(reference, inference.fit, family)
    if inference.shapes.stand_ins:
        # What shapes tell of several fields together, the config that comes with them may say otherwise.
        model = read_config(inference.document).model
        if model is not None:
            shapes = dict(family.build(model).state_dict_shapes())
            require_fit(reference, fit_weights(inference.checkpoint.tensors, inference.keys, shapes), family)
    return inference.document


def require_fit(reference: str, fit: WeightsFit, family: Family) -> None:
    """Refuse weights of a model that the fields of a family cannot say: no figure of theirs would be right.

    Raises:
        CheckpointError: They do not fit; the message says why.
    """
    if not fit.fits:
        lines = [f"  {line}" for line in describe_misfit(fit)]
        raise CheckpointError(
            f"{reference}: the {len(family.config.FIELDS)} fields cannot say the model of these weights:", *lines
        )


def open_checkpoint(reference: str) -> Checkpoint:
    """What a file of weights holds, as `read_checkpoint` says it, or what was meant by a name at which nothing lies.

    Raises:
        SourceError: It cannot be opened.
        CheckpointError: It is in none of the formats, or corrupt.
    """
    if "\0" not in reference and not os.path.lexists(reference):
        # Imported only where there is nothing of that name.
        from w2v_explore.config.absent import no_checkpoint

        raise SourceError(no_checkpoint(reference))
    return read_checkpoint(reference)


def infer_config(reference: str, *, allow_unknown: bool = False) -> Inference:
    """What is known of the config of a checkpoint, and from where.

    Args:
        reference: A file of weights, an index of several, or a Hugging Face folder.
        allow_unknown: Whether the config that comes with it may have fields that are not known.

    Raises:
        SourceError: It cannot be opened.
        CheckpointError: It is corrupt, or holds no wav2vec 2.0 model.
        ConfigError: The config that comes with it is wrong.
    """
    checkpoint = open_checkpoint(reference)
    keys = translate_keys((tensor.name for tensor in checkpoint.tensors), key_tables())
    if keys.table is None:
        raise CheckpointError(_no_model(checkpoint))
    stated = _read_config(checkpoint.config, allow_unknown) if checkpoint.config else None
    claimed = family_of(stated) if stated is not None and states_fields(stated) else None
    keys, table, shapes, fit = _recognise(checkpoint, keys, keys.table, claimed)
    family = family_named(table.family)
    fields = family.config.FIELDS
    entries = dict(stated.entries) if stated else {}
    conflicts = []
    if stated is not None and claimed is not None and claimed is not family:
        found, origin = claimed.name, os.path.basename(stated.source.name)
        conflicts.append(f"{ARCHITECTURE} is {found} in {origin} and {family.name} by the names of the weights")
        entries = {field: entry for field, entry in entries.items() if field in fields}
    if family.name != DEFAULT_FAMILY:
        entries[ARCHITECTURE] = Entry(reference, _node(ARCHITECTURE), _node(family.name))
    origins = {field: _origin(entry) for field, entry in entries.items() if field in fields}
    # Whose default it is does not matter for a head: fairseq's configs do not say, and Hugging Face's always do.
    claims = {field: plain_value(entries[field].value) for field in origins if field != HEAD or entries[field].stated}
    disputed = tuple(find_conflicts(shapes, claims, origins))
    # A field without effect leaves no trace: what a config says of it may be another value than shapes tell.
    says_these = bool(disputed) and claimed is family and stated is not None and _is_of_model(checkpoint, keys, stated)
    conflicts += () if says_these else disputed
    for other in _others_of_same_model(checkpoint, shapes, fields):
        conflicts += _disagreements(entries, other, (*_unseen(family, table), RATE))
        if RATE in other:
            entries.setdefault(RATE, other[RATE])
    for field, value in shapes.values.items():
        if field in entries and plain_value(entries[field].value) == value:
            origins[field] = f"{SHAPES}, {origins[field]}"
        elif field not in claims or not says_these:
            entries[field] = Entry(reference, _node(field), _node(value))
            origins[field] = SHAPES
    questions = _ask(shapes, fields, table)
    nothing_stated = Document(Source(reference, b""), {}, Place(reference), ())
    document = (stated or nothing_stated)._replace(
        source=Source(reference, b"", os.path.abspath(reference)),
        entries=entries,
        start=Place(reference),
        missing={
            field: Problem(rule=codes.MISSING_KEY, place=Place(reference), key=field, message=str(question))
            for field, question in questions.items()
        },
        warnings=tuple(_not_counted(reference, fit)),
    )
    return Inference(
        checkpoint=checkpoint,
        keys=keys,
        shapes=shapes,
        fit=fit,
        document=document,
        origins=origins,
        questions=questions,
        conflicts=tuple(conflicts),
    )


def _is_of_model(checkpoint: Checkpoint, keys: KeyTranslation, stated: Document) -> bool:
    """Whether weights fit the model of a config that states all fields; their names were read as its family's."""
    model = read_config(stated).model
    if model is None:
        return False
    return fit_weights(checkpoint.tensors, keys, dict(model.family.build(model).state_dict_shapes())).fits


def find_conflicts(shapes: ShapeFindings, values: Mapping[str, object], origins: Mapping[str, str]) -> Iterator[str]:
    """Where values and shapes disagree, a message each.

    Args:
        shapes: What the shapes tell.
        values: By field, what something else says.
        origins: By field, what says so.
    """
    for field, value in values.items():
        if field == CONV:
            if shapes.conv_sizes and _conv_sizes(value) != shapes.conv_sizes:
                yield (
                    f"{field}: {origins[field]} and the shapes of the weights disagree on channels or kernels, which "
                    f"are {_word_sizes(shapes.conv_sizes)} by the shapes"
                )
        elif field in shapes.values and value != shapes.values[field]:
            yield (
                f"{field} is {describe(value)} in {origins[field]} and {describe(shapes.values[field])} by the shapes "
                f"of the weights ({shapes.evidence[field]})"
            )


class _Recognised(NamedTuple):
    """Weights, read as those of a model of one family: their names, its table, what the shapes tell, and the fit."""

    keys: KeyTranslation
    table: KeyTable
    shapes: ShapeFindings
    fit: WeightsFit


def _recognise(checkpoint: Checkpoint, keys: KeyTranslation, table: KeyTable, claimed: Family | None) -> _Recognised:
    """The family of weights whose names may be those of several: of these, one that they fit.

    The config's that comes with them goes first, then the first whose table explains the names. Others are asked for
    only where the weights do not fit that one, and where they fit none it is taken.

    Args:
        checkpoint: The weights.
        keys: Their names, read by the first table that explains most of them.
        table: That table.
        claimed: The family that the config with them is of; None where none says it.
    """
    first = _read_as(checkpoint, keys, table)
    if first.fit.fits and claimed in (None, family_named(table.family)):
        return first
    found = [first]
    for other in key_tables():
        read = translate_keys((tensor.name for tensor in checkpoint.tensors), (other,))
        if other is not table and read.table is not None and read.unexplained <= keys.unexplained:
            found.append(_read_as(checkpoint, read, other))
    fitting = [one for one in found if one.fit.fits]
    is_claimed = (one for one in fitting if claimed is not None and one.table.family == claimed.name)
    return next(is_claimed, fitting[0] if fitting else first)


def _read_as(checkpoint: Checkpoint, keys: KeyTranslation, table: KeyTable) -> _Recognised:
    family = family_named(table.family)
    shapes = _infer(checkpoint, keys, table)
    expected = expected_shapes(family, table, shapes, len(checkpoint.tensors))
    return _Recognised(keys, table, shapes, fit_weights(checkpoint.tensors, keys, expected))


def _infer(checkpoint: Checkpoint, keys: KeyTranslation, table: KeyTable) -> ShapeFindings:
    """What the shapes of a checkpoint's tensors tell."""
    ours = keys.shapes((tensor.name, tensor.shape) for tensor in checkpoint.tensors)
    return infer_from_shapes(ours, table.told, table.conv_weight, table.stand_ins)


def expected_shapes(family: Family, table: KeyTable, told: ShapeFindings, tensors: int) -> dict[str, Shape]:
    """The tensors of the one model of a family that a set of tensors can be, in the sizes that their shapes tell.

    A size that no tensor tells is 1: what tells it is among the tensors that are missing.

    Args:
        family: The family.
        table: Its.
        told: What the shapes tell.
        tensors: How many there are. More layers than tensors are not listed one by one: the names end with the last
            that can be there.
    """
    convs = [[channels, kernel, 1] for channels, kernel in told.conv_sizes] or [[1, 1, 1]]
    values: dict[str, Any] = {name: _no_trace(field.kind, convs) for name, field in family.config.FIELDS.items()}
    values |= {**told.stand_ins, **told.values}
    for name, tell in table.told.items():
        if isinstance(tell, Count):
            values[name] = min(values[name], tensors)
    # No value is checked: what is wrong with one that is told is said where the config is read.
    return dict(family.build(family.config.from_checked(values)).state_dict_shapes())


def _no_trace(kind: Kind, convs: list[list[int]]) -> object:
    """A value of a field of which no tensor tells anything, with which its model has the fewest tensors."""
    match kind:
        case Choice():
            return kind.values[0]
        case Integer() | Real():
            return None if kind.optional else kind.minimum
        case ConvLayers():
            return convs
        case PerLayer():
            return [_no_trace(kind.each, convs)]
        case Probability():
            return 0.0
        case Flag():
            return False


def _unseen(family: Family, table: KeyTable) -> tuple[str, ...]:
    """The fields that change what a model computes, and no shape; last the convolutions, of which the strides do."""
    fields = family.config.FIELDS
    unseen = [
        name for name, field in fields.items() if name not in table.told and not isinstance(field.kind, Probability)
    ]
    return tuple(sorted(unseen, key=lambda name: isinstance(fields[name].kind, ConvLayers)))


def _others_of_same_model(
    checkpoint: Checkpoint, shapes: ShapeFindings, fields: Iterable[str]
) -> Iterator[Mapping[str, Entry]]:
    """What further configs say that can be read and are of a model of these shapes; others lie there by chance."""
    for config in checkpoint.other_configs:
        try:
            entries = _read_config(config, allow_unknown=True).entries
        except (CheckpointError, ConfigError, SourceError):
            continue
        stated = [field for field in fields if field in entries and (field != HEAD or entries[field].stated)]
        claims = {field: plain_value(entries[field].value) for field in stated}
        says_sizes = not shapes.values.keys().isdisjoint(claims)
        if says_sizes and not any(find_conflicts(shapes, claims, dict.fromkeys(stated, config.origin))):
            yield entries


def _disagreements(entries: Mapping[str, Entry], others: Mapping[str, Entry], unseen: Iterable[str]) -> Iterator[str]:
    """Where two configs of one model disagree on what no shape shows, a message each."""
    for field in unseen:
        if field not in entries or field not in others:
            continue
        entry, other = entries[field], others[field]
        ours, theirs = plain_value(entry.value), plain_value(other.value)
        if field == CONV:
            ours, theirs = _strides(ours), _strides(theirs)
        if None not in (ours, theirs) and ours != theirs:
            what = f"the strides of {field} are" if field == CONV else f"{field} is"
            yield (
                f"{what} {_word(ours)} in {_origin(entry)} and {_word(theirs)} in {_origin(other)}, which no shape "
                "shows; name the config that is meant instead of the weights, or remove the other"
            )


def find_unseen_conflicts(checkpoint: Checkpoint, keys: KeyTranslation, model: ModelConfig) -> Iterator[str]:
    """Where a model and the configs that come with weights disagree on what no shape shows, a message each.

    Heads, the order of norms and strides change what a model computes, and none of its tensors. A config that cannot
    be read says nothing.

    Args:
        checkpoint: The weights, and what lies beside them.
        keys: Their names, read as those of a model of the config's family.
        model: The config.
    """
    if checkpoint.config is None:
        return
    family: Family = model.family
    table: KeyTable = family.part("keys").KEYS
    shapes = _infer(checkpoint, keys, table)
    try:
        first = [_read_config(checkpoint.config, allow_unknown=True).entries]
    except (CheckpointError, ConfigError, SourceError):
        first = []
    for entries in (*first, *_others_of_same_model(checkpoint, shapes, model.FIELDS)):
        yield from _differences(entries, model, _unseen(family, table))


def _differences(entries: Mapping[str, Entry], model: ModelConfig, unseen: Iterable[str]) -> Iterator[str]:
    values = model.to_mapping()
    for field in unseen:
        if field not in entries:
            continue
        entry = entries[field]
        theirs, ours = plain_value(entry.value), values[field]
        if field == CONV:
            theirs, ours = _strides(theirs), _strides(ours)
        if theirs is not None and theirs != ours:
            what = f"the strides of {field} are" if field == CONV else f"{field} is"
            yield f"{what} {_word(ours)}, and {_word(theirs)} in {_origin(entry)}, which no shape shows"


def _strides(layers: object) -> list[object] | None:
    """The stride of each of some conv layers; None where they are none."""
    if layers is None:
        layers = STANDARD_CONV_LAYERS
    try:
        return [stride for _, _, stride in layers]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None


def _word(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value).lower()


def _not_counted(reference: str, fit: WeightsFit) -> Iterator[Problem]:
    if fit.left_out:
        message = f"what no output depends on is not counted: {describe_left_out(fit)}"
        yield Problem(rule=codes.FOREIGN_HEAD, place=Place(reference), key=None, message=message)


def _no_model(checkpoint: Checkpoint) -> str:
    names = [shown(tensor.name) for tensor in checkpoint.tensors[:3]]
    found = f"{len(checkpoint.tensors)} tensors, the first {', '.join(names)}" if names else "no tensors"
    wanted = " or ".join(dict.fromkeys(table.found_by for table in key_tables()))
    return (
        f"{checkpoint.origin} holds no wav2vec 2.0 model: below no prefix is there a tensor named {wanted}; it has "
        f"{found}"
    )


def _read_config(config: ForeignConfig, allow_unknown: bool) -> Document:
    """The config that comes with a checkpoint, whosever it is, with what it extends; fields may be missing.

    Raises:
        ConfigError: Something else is wrong with it.
    """
    source = read_file(config.path) if config.path is not None else _to_source(config)
    reading = read_config(parse_document(source), allow_unknown=allow_unknown)
    problems = [problem for problem in reading.problems if problem.rule is not codes.MISSING_KEY]
    if problems:
        raise ConfigError(problems)
    entries = {key: entry for key, entry in reading.entries.items() if key != "extends"}
    return reading.document._replace(entries=entries)


def _to_source(config: ForeignConfig) -> Source:
    """Plain data as the JSON that a file would hold."""
    if config.fault is not None:
        raise CheckpointError(f"cannot read the config in {config.origin}: {config.fault}")
    try:
        # What is no plain data is no architecture either; as text it is reported where it matters.
        text = json.dumps(config.values, default=str)
    except (TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"cannot read the config in {config.origin}: it is no plain data") from error
    return Source(config.origin, text.encode(), is_embedded=True)


def _origin(entry: Entry) -> str:
    """The name of the file that states it: which folder it lies in is known."""
    return os.path.basename(entry.path) + ("" if entry.stated else " (default)")


def _node(value: Any) -> Node:
    """The YAML node of a value that stands nowhere."""
    node: Node = _REPRESENTER.represent_data(value)
    return node


def _conv_sizes(layers: object) -> tuple[tuple[int, int], ...] | None:
    """Channels and kernel of each of some conv layers; None where they are none."""
    if layers is None:
        layers = STANDARD_CONV_LAYERS
    try:
        return tuple((channels, kernel) for channels, kernel, _ in layers)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None


def _word_sizes(sizes: tuple[tuple[int, int], ...]) -> str:
    return shown(", ".join(f"{channels}·{kernel}" for channels, kernel in sizes))


def _ask(shapes: ShapeFindings, fields: Mapping[str, Field], table: KeyTable) -> dict[str, Question]:
    """What to give for each field, should nothing else tell it."""
    questions = {}
    for name, field in fields.items():
        usual = "0.1" if isinstance(field.kind, Probability) else "VALUE"
        example = table.examples[name](shapes.values) if name in table.examples else usual
        questions[name] = Question(f"{name} cannot be told from shapes", f"give --set {name}={example}")
    if shapes.conv_sizes:
        questions[CONV] = _ask_strides(shapes.conv_sizes)
    return questions


def _ask_strides(sizes: tuple[tuple[int, int], ...]) -> Question:
    reason = f"the strides of {CONV} cannot be told from shapes"
    if sizes == _conv_sizes(STANDARD_CONV_LAYERS):
        strides = ", ".join(str(stride) for _, _, stride in STANDARD_CONV_LAYERS)
        return Question(
            f"{reason}, and its channels and kernels are those of the standard seven layers",
            f"give --set {CONV}=null if its strides are the standard {strides} too",
        )
    channels, kernel = sizes[0]
    more = ", …" if len(sizes) > 1 else ""
    return Question(
        f"{reason}, and its channels and kernels are {_word_sizes(sizes)}",
        f"give --set '{CONV}=[[{channels}, {kernel}, STRIDE]{more}]'",
    )
