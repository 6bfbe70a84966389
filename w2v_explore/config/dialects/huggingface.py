"""Hugging Face's ``config.json``: transformers' Wav2Vec2Config and the configs of the same architecture."""

import os
import re
from collections.abc import Sequence
from typing import Any

import yaml

from w2v_explore.config import codes
from w2v_explore.config.dialects.accounts import SAMPLE_RATE, Accounts
from w2v_explore.config.dialects.columns import CONV, HEAD
from w2v_explore.config.dialects.huggingface_words import (
    HUGGINGFACE,
    HUGGINGFACE_CLASSES,
    HUGGINGFACE_HEADS,
    HUGGINGFACE_PREFIXES,
    HUGGINGFACE_REFUSED,
)
from w2v_explore.config.dialects.programs import column_of
from w2v_explore.config.dialects.section import Section, as_number, conv_node, scalar
from w2v_explore.config.dialects.unknown_fields import CLASS_KEYS, OTHER_SIZES
from w2v_explore.config.entries import KIND, plain_value
from w2v_explore.config.family import (
    DEFAULT_FAMILY,
    FAMILIES,
    ModelConfig,
    family_called,
    family_counting,
    family_named,
    names_in,
)
from w2v_explore.config.kinds import MAX_CONV_LAYERS, STANDARD_CONV_LAYERS
from w2v_explore.config.text.limits import RejectedError
from w2v_explore.config.text.nodes import compose, decode
from w2v_explore.config.text.source import FOLDER_CONFIG, read_file
from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import Place, Problem
from w2v_explore.errors import SourceError
from w2v_explore.files.read import is_there

_KINDS = {"model_type", "architectures"}
# transformers passes over both: the rate is the feature extractor's, and is looked for there first.
_RATES = ("sampling_rate", SAMPLE_RATE)
_ADAPTERS = "adapter_config.json"
# The files beside a config.json that hold the feature extractor, and at which level of theirs; the newer last.
_PREPROCESSORS = {"preprocessor_config.json": None, "processor_config.json": "feature_extractor"}


def read_huggingface(accounts: Accounts, root: Section) -> None:
    """Enter the fields of a config.json, or of the one model inside another that can be read."""
    root = _with_numbers(root)
    classes = _class_names(accounts, root)
    if classes is None:
        return
    if not _names_a_family(root, classes) and _read_part(accounts, root, classes):
        return
    if not _check_family(accounts, root, classes):
        return
    whose = _read_fields(accounts, root, classes)
    _read_head(accounts, root, whose, classes)
    _read_beside(accounts, root)


def _with_numbers(section: Section) -> Section:
    """The section with its numbers as transformers reads them."""
    return section._replace(pairs={name: (key, as_number(node)) for name, (key, node) in section.pairs.items()})


def _names_a_family(root: Section, classes: Sequence[str]) -> bool:
    """Whether the outermost level is the config of a model that can be read: by its name or, without one, its sizes."""
    model_type = _model_type(root, classes)
    return _is_known(model_type) if model_type is not None else bool(HUGGINGFACE.sizes & root.pairs.keys())


def _read_part(accounts: Accounts, root: Section, classes: Sequence[str]) -> bool:
    """Enter the fields of the one model inside another that can be read, and the CTC head that the outer one has on it.

    The inner config's own classes are those it was trained with; transformers builds it without their heads.

    Returns:
        Whether there is one, or why there is none has been said.
    """
    # Imported only where a config is of no model that is known.
    from w2v_explore.config.dialects.composed import choose_part, warn_of_rest

    part = choose_part(accounts, root)
    if part is None:
        return not accounts.is_family
    if _is_of_another(accounts, root, classes):
        return True
    accounts.is_part = True
    inner = _with_numbers(part.section)
    _check_family(accounts, inner, ())
    _read_fields(accounts, inner, ())
    [size] = accounts.column.counterparts[HEAD].names
    ctc = next((name for name in classes if name.endswith("ForCTC")), None)
    outer = accounts.column.with_head
    # Of a model that is not known it is not known either what its head has by default.
    if ctc is not None and (root.value(size) is not None or (outer is not None and outer.name == ctc)):
        _read_size(accounts, root, f"transformers' {ctc}", ctc)
    else:
        accounts.enter_default(HEAD, inner, (), None, "the model inside another has none")
        ctc = None
    if classes or outer is None or root.value("model_type") != outer.model_type:
        warn_of_rest(accounts, part, ctc)
    else:
        message = (
            f"architectures names no class: the model below `{part.place}` is read alone, as transformers' AutoModel "
            f"builds it; write [{outer.name}] for the head as well"
        )
        accounts.warn(root, "model_type", message)
    for name in (size, "architectures"):
        if name in inner.pairs:
            accounts.ignore(inner, name, "a model inside another has no head")
    _read_beside(accounts, inner, has_own_rate=part.is_resampled)
    return True


def _read_fields(accounts: Accounts, root: Section, classes: Sequence[str]) -> str:
    """Enter all fields but the head's; returns whose defaults hold."""
    kinds = accounts.column.kinds
    whose = f"transformers' {kinds[_model_type(root, classes) or next(iter(kinds))].config}"
    for field, counterpart in accounts.column.counterparts.items():
        if field not in (CONV, HEAD):
            accounts.read_field(field, counterpart, root, whose)
    if CONV in accounts.column.counterparts:
        _read_conv_layers(accounts, root, whose)
    accounts.refuse_defaults(root)
    return whose


def _read_beside(accounts: Accounts, root: Section, has_own_rate: bool = False) -> None:
    """Take the sample rate, and account for all that is no field, in the config and in the files beside it."""
    _read_sample_rate(accounts, root, has_own_rate)
    source = accounts.document.source
    if source.path is not None and os.path.basename(source.path) == FOLDER_CONFIG:
        adapters = os.path.join(os.path.dirname(source.path), _ADAPTERS)
        if is_there(adapters):
            accounts.warn_of_file(f"{adapters}: the adapters of PEFT, which transformers adds, are not counted")
    accounts.account_for_rest(root, accounts.column.names | _KINDS | set(_RATES), is_flat=True)


def _class_names(accounts: Accounts, root: Section) -> list[str] | None:
    """The classes that ``architectures`` names, one or a list of them; None where it is neither."""
    value = root.value("architectures")
    names = [value] if isinstance(value, str) else [] if value is None else value
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return [name for name in names if name]
    message = f"architectures is {describe(value)}; write a list of names of classes, as [Wav2Vec2ForCTC]"
    _refuse_classes(accounts, root, message)
    return None


def _refuse_classes(accounts: Accounts, root: Section, message: str) -> None:
    """Refuse the whole for its classes; with a ``model_type`` that can be read, it is one of that family, wrong."""
    accounts.refuse_family(root, "architectures", message)
    model_type = root.value("model_type")
    accounts.is_family = isinstance(model_type, str) and _is_known(model_type)


def class_of(name: str) -> tuple[str | None, str]:
    """The ``model_type`` that a class is of, by how its name begins, and how it ends; None for no class known here."""
    for prefix in HUGGINGFACE_PREFIXES:
        name = name.removeprefix(prefix)
    for beginning, model_type in HUGGINGFACE_CLASSES.items():
        if name.startswith(beginning) and not name.removeprefix(beginning)[:1].islower():
            return model_type, name.removeprefix(beginning)
    # transformers spells a class as its `model_type`, but for case and hyphens.
    for model_type in sorted(names_in("huggingface"), key=len, reverse=True):
        beginning = re.sub("[^a-z0-9]", "", model_type)
        end = name[len(beginning) :]
        if name.lower().startswith(beginning) and not end[:1].islower():
            return model_type, end
    return None, name


def _model_type(root: Section, classes: Sequence[str]) -> str | None:
    """The family: what ``model_type`` says or, where it is left out, the first class of a family that can be read."""
    value = root.value("model_type")
    if isinstance(value, str) and value:
        return value
    families = [family for family, end in map(class_of, classes) if end in HUGGINGFACE_HEADS]
    return next((family for family in families if family is not None and _is_known(family)), None)


def _is_known(model_type: str) -> bool:
    return family_called("huggingface", model_type) is not None


def _check_family(accounts: Accounts, root: Section, classes: Sequence[str]) -> bool:
    """Whether the config is of a family that can be read, and says so; complains of the cause alone where it is not."""
    value = root.value("model_type")
    if value not in (None, "") and not (isinstance(value, str) and _is_known(value)):
        # Imported only where a model is of no family.
        from w2v_explore.config.dialects.composed import why_no_part

        reason = why_no_part(root) or (HUGGINGFACE_REFUSED.get(value) if isinstance(value, str) else None)
        reason = reason or f"only {', '.join(names_in('huggingface'))} have an architecture that can be read"
        accounts.refuse_family(root, "model_type", f"model_type is {describe(value)}, which cannot be read: {reason}")
        return False
    for name in classes:
        family, _ = class_of(name)
        if family is not None and not _is_known(family):
            beside = f", and model_type is {value}" if value else ""
            message = f"{name} is a class of {family}{beside}; it cannot be read: {HUGGINGFACE_REFUSED[family]}"
            _refuse_classes(accounts, root, message)
            return False
    if _is_of_another(accounts, root, classes):
        return False
    if not value and classes and _model_type(root, classes) is None:
        message = (
            f"{classes[0]} is no class that is known here, and no model_type says what it is; "
            f"only {', '.join(names_in('huggingface'))} have an architecture that can be read"
        )
        accounts.refuse_family(root, "architectures", message)
        return False
    if not value and not classes and not _states_an_architecture(accounts, root):
        return False
    if value:
        accounts.ignore(root, "model_type", KIND)
    # Sizes without a name are read as a model of the default family, or of one that shares its name.
    model_type = _model_type(root, classes) or FAMILIES[DEFAULT_FAMILY].huggingface[0]
    accounts.family = family_called("huggingface", model_type, root.value) or DEFAULT_FAMILY
    return True


def _is_of_another(accounts: Accounts, root: Section, classes: Sequence[str]) -> bool:
    """Whether a class is of another architecture than ``model_type`` says, and says so."""
    value = root.value("model_type")
    if not isinstance(value, str) or not value:
        return False
    for name in classes:
        family, _ = class_of(name)
        # Other fields may tell models of one name apart, of which the class, or `model_type`, has but one.
        if family is not None and family_called("huggingface", family, root.value) != family_called(
            "huggingface", value, root.value
        ):
            message = f"{name} is a class of {family}, and model_type is {value}; the two have different architectures"
            _refuse_classes(accounts, root, message)
            return True
    return False


def _states_an_architecture(accounts: Accounts, root: Section) -> bool:
    """Whether a config without the name of a model says enough to be read; complains where it does not."""
    stranger = next(
        (name for name in root.pairs if name in (OTHER_SIZES - HUGGINGFACE.sizes) or name in CLASS_KEYS), None
    )
    if stranger is not None:
        message = (
            f"this is another program's config: {stranger} is no field of Wav2Vec2Config, and there is no model_type; "
            "name the config.json of the model, or write a config of your own, as `extends: base` and what differs"
        )
        accounts.refuse_family(root, stranger, message, codes.FOREIGN_FAMILY)
        return False
    if HUGGINGFACE.sizes & root.pairs.keys():
        return True
    message = "no size of an encoder is stated, as hidden_size, nor a model_type or architectures that are known"
    accounts.complain_of_file(message, codes.FOREIGN_INCOMPLETE)
    return False


def _read_conv_layers(accounts: Accounts, root: Section, whose: str) -> None:
    """Make one list of layers of three lists; each value stays where it stands."""
    names = accounts.column.counterparts[CONV].names
    stated = [name for name in names if name in root.pairs]
    if not stated:
        accounts.enter_default(CONV, root, names, None, whose)
        return
    lists: dict[str, list[yaml.Node]] = {}
    for position, name in enumerate(names):
        if name not in root.pairs:
            lists[name] = [scalar(layer[position], root.start, root.start) for layer in STANDARD_CONV_LAYERS]
            continue
        node = root.pairs[name][1]
        if not isinstance(node, yaml.SequenceNode):
            message = f"{name} is {describe(plain_value(node))}; write a list of whole numbers, one for each layer"
            accounts.complain(node, name, message, codes.CONV_SHAPE)
            return
        lists[name] = node.value
    lengths = {name: len(values) for name, values in lists.items()}
    first, *others = names
    odd = next((name for name in others if lengths[name] != lengths[first]), None)
    if odd is not None:
        at = odd if odd in root.pairs else first
        message = f"{first} has {lengths[first]} values and {odd} {lengths[odd]}; write one for each layer in both"
        accounts.complain(root.pairs[at][1], at, message, codes.CONV_SHAPE)
    elif lengths[first] == 0:
        message = f"{first}, {others[0]} and {others[1]} are empty; write at least one layer"
        accounts.complain(root.pairs[stated[0]][1], stated[0], message, codes.CONV_EMPTY)
    elif lengths[first] > MAX_CONV_LAYERS:
        message = f"{first} has {lengths[first]} layers; the most allowed is {MAX_CONV_LAYERS}"
        accounts.complain(root.pairs[stated[0]][1], stated[0], message, codes.CONV_SHAPE)
    else:
        place = root.pairs[stated[0]][1]
        layers = list(zip(*lists.values(), strict=True))
        missing = [name for name in names if name not in stated]
        note = f"{' and '.join(missing)}: {whose}" if missing else ""
        accounts.enter(CONV, root, names, conv_node(layers, place.start_mark, place.end_mark), note)


def _read_head(accounts: Accounts, root: Section, whose: str, classes: Sequence[str]) -> None:
    """Find the CTC head: its size counts only where the architecture has one."""
    for name in classes:
        _check_architecture(accounts, root, name)
    if "architectures" in root.pairs:
        accounts.ignore(root, "architectures", KIND)
    [size] = accounts.column.counterparts[HEAD].names
    ctc = next((name for name in classes if name.endswith("ForCTC")), None)
    if ctc is not None:
        _read_size(accounts, root, whose, ctc)
        return
    note = "no *ForCTC among the architectures" if classes else "no architectures are named"
    accounts.enter_default(HEAD, root, (), None, note)
    if size in root.pairs:
        accounts.ignore(root, size, "counts for *ForCTC only")


def _read_size(accounts: Accounts, root: Section, whose: str, ctc: str) -> None:
    """Read the size of the CTC head that a class has, or ask for it: without one transformers builds no such model."""
    counterpart = accounts.column.counterparts[HEAD]
    [size] = counterpart.names
    if root.value(size) is None and (size in root.pairs or counterpart.default is None):
        how = "null" if size in root.pairs else "not stated"
        message = f"{size} is {how}, and {ctc} has a head of that size; write it, or give --set {HEAD}=32"
        accounts.ask(HEAD, root, size, message)
        return
    accounts.read_field(HEAD, counterpart, root, whose)


def _check_architecture(accounts: Accounts, root: Section, name: str) -> None:
    """Warn of what a class adds to the backbone, and of a class of another family with the same one."""
    family, end = class_of(name)
    model_type = root.value("model_type")
    outer = accounts.column.with_head
    if outer is not None and name == outer.name:
        message = f"{name} is a class of {outer.model_type}, which holds such a model below `{outer.level}`"
        accounts.refuse(root, "architectures", f"{message}; write that, or the class of the model alone")
    elif family is None or end not in HUGGINGFACE_HEADS:
        accounts.warn(
            root, "architectures", f"{name} is no class of transformers known here; what it adds is not counted"
        )
    elif HUGGINGFACE_HEADS[end] is not None:
        # What counts them has none of the parts by which a family of the same name differs.
        is_plain = accounts.family == family_called("huggingface", family)
        counting = family_counting(name) if is_plain else None
        how = f"; a config that extends {family_named(counting).reference} counts them" if counting else ""
        accounts.warn(root, "architectures", f"{name}: {HUGGINGFACE_HEADS[end]}{how}")
    elif model_type and family != model_type:
        message = f"{name} is a class of {family}, and model_type is {model_type}; both have the same backbone"
        accounts.warn(root, "architectures", message)


def _read_sample_rate(accounts: Accounts, root: Section, has_own_rate: bool) -> None:
    """Take the samples per second: from the feature extractor's file beside a config.json, else from the config.

    Args:
        accounts: Where to.
        root: The config.
        has_own_rate: Whether the rate of the feature extractor is that of a model around this one.
    """
    source = accounts.document.source
    if not has_own_rate and source.path is not None and os.path.basename(source.path) == FOLDER_CONFIG:
        for name, level in _PREPROCESSORS.items():
            path = os.path.join(os.path.dirname(source.path), name)
            if is_there(path) and not _read_preprocessor(accounts, path, level):
                return
    for name in _RATES:
        if name in root.pairs:
            accounts.enter_sample_rate(name, *root.pairs[name])


def _read_preprocessor(accounts: Accounts, path: str, level: str | None) -> bool:
    """Take the sample rate that the file of a feature extractor states; False where the file cannot be read."""
    try:
        source = read_file(path)
        root, problems = compose(path, decode(source), source.suffix)
    except SourceError as error:
        reason = str(error).partition(";")[0]
        message = f"{reason}; it says how many samples a second the audio has: make it a file, or move it away"
        accounts.add(Problem(rule=codes.FOREIGN_INCOMPLETE, place=Place(path), key=None, message=message))
        return False
    except RejectedError as rejected:
        accounts.add(_of_a_preprocessor(rejected.problem))
        return False
    for problem in problems:
        accounts.add(_of_a_preprocessor(problem))
    section = Section.of(root) if level is None else Section.of(root).inner(level)
    if section is not None and "sampling_rate" in section.pairs:
        accounts.enter_sample_rate("sampling_rate", *section.pairs["sampling_rate"], path)
    return True


def _of_a_preprocessor(problem: Problem) -> Problem:
    """What is wrong with the file of a feature extractor; where a link leads to it from elsewhere, nothing it says."""
    # Imported only where something is wrong.
    from w2v_explore.files.links import leads_away

    path = problem.place.path
    if not leads_away(path, os.path.dirname(path)):
        return problem
    message = "this link leads to no file of a feature extractor; make it a file, or move it away"
    return Problem(rule=codes.FOREIGN_INCOMPLETE, place=Place(path), key=None, message=message)


def to_huggingface(model: ModelConfig) -> dict[str, Any]:
    """The ``config.json`` of a model, as plain data.

    Null convolutions are left to transformers' default, which is the same seven. transformers builds a model with
    exactly the parameters of ours from it.
    """
    values = model.to_mapping()
    column = column_of(model.family.name, "huggingface")
    assert column is not None  # `unwritable` was asked
    model_type, kind = next(iter(column.kinds.items()))
    has_head = values.get(HEAD) is not None
    name = (kind.config or "").removesuffix("Config")
    config: dict[str, Any] = {
        "architectures": [
            kind.written_as or (f"{name}ForCTC" if has_head and column.with_head is None else f"{name}Model")
        ],
        "model_type": model_type,
    }
    for field, counterpart in column.counterparts.items():
        value = values[field]
        if field == CONV:
            if value is not None:
                for position, name in enumerate(counterpart.names):
                    config[name] = [layer[position] for layer in value]
        elif counterpart.names and (field != HEAD or value is not None):
            ours_to_theirs = {ours: theirs for theirs, ours in counterpart.words.items()}
            config[counterpart.names[0]] = ours_to_theirs.get(value, value)
    config |= dict(column.constants)
    if not has_head or column.with_head is None:
        return config
    outer = column.with_head
    [size] = column.counterparts[HEAD].names
    head = {size: config.pop(size)}
    return {"architectures": [outer.name], "model_type": outer.model_type, **head, outer.level: config}
