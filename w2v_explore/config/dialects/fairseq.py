"""fairseq's YAML (and the same as JSON): pre-training, fine-tuning with ``w2v_args``, whole training configs or not."""

import re
from collections.abc import Iterator, Sequence

import yaml

from w2v_explore.config import codes
from w2v_explore.config.conv_expression import parse_conv_expression
from w2v_explore.config.dialects.accounts import SAMPLE_RATE, Accounts
from w2v_explore.config.dialects.columns import CONV, HEAD, Counterpart
from w2v_explore.config.dialects.fairseq_words import (
    FAIRSEQ,
    FAIRSEQ_CTC,
    FAIRSEQ_FINE_TUNED,
    FAIRSEQ_OVERRIDE_DEFAULT,
    FAIRSEQ_OVERRIDES,
    FAIRSEQ_PRETRAINING,
    FAIRSEQ_REFUSED,
    FAIRSEQ_TEXT_TASKS,
)
from w2v_explore.config.dialects.huggingface_words import HUGGINGFACE
from w2v_explore.config.dialects.hydra import DEFAULTS, add_group
from w2v_explore.config.dialects.interpolation import MISSING, resolve
from w2v_explore.config.dialects.programs import column_of, fairseq_groups
from w2v_explore.config.dialects.recognise import WRAPPERS
from w2v_explore.config.dialects.section import Section, conv_node, is_on, scalar
from w2v_explore.config.dialects.unknown_fields import CLASS_KEYS, INHERITING, KIND_KEYS, OTHER_SIZES, TEXT_KEYS
from w2v_explore.config.entries import KIND, Entry, plain_value
from w2v_explore.config.family import (
    DEFAULT_FAMILY,
    FAMILIES,
    Family,
    default_family,
    family_called,
    family_named,
    marks_in,
)
from w2v_explore.config.kinds import STANDARD_CONV_LAYERS
from w2v_explore.config.validate import describe

# Where a model can stand in a training config: s3prl's and FitHuBERT's are students.
_LEVELS = ("model", "distiller")
# What FitHuBERT's models have unless it is switched off.
_REDUCES = "enable_tr_layer"
_REDUCTION = {"tr_layer_type", "tr_layer_index", "tr_reduce_factor", "tr_conv1d_kernel"}
LABEL_RATE = "label_rate"
_OPEN_HEAD = (
    "since its size is that of the target dictionary; a line `# w2v: aux_num_out=…` in the file gives it, or --set"
)
# The second is what forks and Hugging Face call it.
_RATES = (SAMPLE_RATE, "sampling_rate")
# fairseq's text of values that replace those of the config when a model is loaded.
_MODEL_OVERRIDES = "model_overrides"
# What fairseq's configs for decoding say in the place of a model.
_EVALUATED = "common_eval"
_ADAPTERS = ("lora", "adapter", "peft")
_WORD = re.compile(r"[A-Za-z_]\w*")
HEAD_COMMENT = re.compile(r"^[ \t]*#[ \t]*w2v:[ \t]*aux_num_out=([0-9]{1,10})[ \t]*$", re.MULTILINE)
"""A line of a YAML that fairseq passes over, and that says what its config has no place for."""


def read_fairseq(accounts: Accounts, root: Section) -> None:
    """Enter the fields of a fairseq config."""
    outermost, unwrapped = root, _unwrap(accounts, root)
    if unwrapped is None:
        return
    root = unwrapped
    levels = [inner for name in _LEVELS if (inner := root.inner(name)) is not None]
    if len(levels) > 1:
        message = f"{' and '.join(f'`{name}:`' for name in _LEVELS)} hold a model each; keep the one that is meant"
        accounts.refuse_family(root, _LEVELS[-1], message, codes.FOREIGN_INCOMPLETE)
        return
    stated: Section | None
    if levels and levels[0].prefix.endswith("distiller."):
        stated = levels[0]
        if not _tell_student(accounts, stated):
            return
    else:
        stated = add_group(accounts, root, levels[0] if levels else None)
        if not accounts.is_family:
            return
    section = root if stated is None else stated
    if not _ignore_beside(accounts, root, section):
        return
    section = _resolve_all(accounts, section, root)
    model, name, is_flat = section, _model_name(section), stated is None
    if not _check_name(accounts, section):
        return
    is_fine_tuned = name in FAIRSEQ_FINE_TUNED or bool({"w2v_path", "w2v_args"} & section.pairs.keys())
    if is_fine_tuned:
        found = _pretrained_section(accounts, section)
        if found is None:
            return
        model, is_flat = _resolve_all(accounts, found, found), found.prefix.endswith("w2v_args.")
        if not _check_name(accounts, model, is_inner=True):
            return
    if not _states_an_architecture(accounts, model, (root, section)):
        return
    is_student = section.prefix.endswith("distiller.") and accounts.family == DEFAULT_FAMILY
    if is_student:
        accounts.warn(root, "distiller", "distiller: the prediction heads of distillation are not counted")
    guard = accounts.column.refused.get(_REDUCES)
    may_reduce = is_student or not _REDUCTION.isdisjoint(section.pairs)
    if guard is not None and may_reduce and _REDUCES not in section.pairs:
        message = (
            f"{section.prefix}{_REDUCES} is not stated, and FitHuBERT's default is true: {guard.reason}; write "
            f"{_REDUCES}: false where the model has no such layer"
        )
        accounts.refuse(section, _REDUCES, message)
    _read_architecture(accounts, model, section if is_fine_tuned else None)
    _read_rates(accounts, root, section, outermost)
    known = accounts.column.names | {"_name", "arch", *_RATES} | ({DEFAULTS} if model.prefix == root.prefix else set())
    if is_fine_tuned:
        known |= FAIRSEQ_PRETRAINING
        for part in FAIRSEQ_PRETRAINING & model.pairs.keys():
            accounts.ignore(model, part, "a part that fine-tuning takes away")
    accounts.account_for_rest(model, known, is_flat)
    if is_fine_tuned:
        _account_for_wrapper(accounts, section, model)


def _tell_student(accounts: Accounts, level: Section) -> bool:
    """Whether a student's config says by its name or by its fields whose model it is; complains where it does not.

    Two programs keep a student's config under the same name: s3prl, and FitHuBERT, whose words are fairseq's.
    """
    if _model_name(level) is not None:
        return True
    called = family_called("fairseq", level.prefix.rstrip(".").rpartition(".")[2])
    usual = column_of(DEFAULT_FAMILY, "fairseq")
    assert called is not None
    assert usual is not None
    accounts.family = called
    marks = [mark.name for mark in marks_in("fairseq", called) if mark.is_met(level.value(mark.name))]
    own = (usual.names | usual.refused.keys() | _REDUCTION) - accounts.column.names - accounts.column.refused.keys()
    others = [name for name in level.pairs if name in own]
    if bool(marks) != bool(others):
        accounts.family = called if marks else DEFAULT_FAMILY
        return True
    if marks:
        message = f"{marks[0]} is a field of s3prl's students alone, and {others[0]} of FitHuBERT's; remove one of them"
        accounts.refuse_family(level, others[0], message, codes.FOREIGN_INCOMPLETE)
        return False
    if FAIRSEQ.sizes & level.pairs.keys():
        message = (
            f"{level.prefix.rstrip('.')} is the level of s3prl's students and of FitHuBERT's, and no field here tells "
            f"which; write n_tasks for a model of s3prl's, or {_REDUCES} for one of FitHuBERT's"
        )
        accounts.complain_of_file(message, codes.FOREIGN_INCOMPLETE)
        return False
    # No size is stated, of which the reader complains.
    return True


def _ignore_beside(accounts: Accounts, outer: Section, inner: Section, passed_over: Sequence[str] = ()) -> bool:
    """Account for what stands beside a level that was entered; what is about a model has no place there.

    Args:
        accounts: Told of it.
        outer: The level around.
        inner: The level that was entered.
        passed_over: What fairseq has no eye for once there is that level.

    Returns:
        False where it is a model of another kind.
    """
    for name in outer.pairs if inner is not outer else ():
        if f"{outer.prefix}{name}." == inner.prefix:
            continue
        if name in ("_name", "arch") and outer.value(name) is not None:
            if not _check_name_under(accounts, outer, name, is_inner=False):
                return False
            continue
        is_judged = name not in passed_over and not _refers_to(inner, name, outer.pairs[name][1])
        if not (is_judged and _complain_of(accounts, outer, name, inner.prefix.rstrip("."))):
            accounts.ignore(outer, name, "the rest of the training config")
    return True


def _refers_to(section: Section, name: str, node: yaml.Node) -> bool:
    """Whether a section takes values from what stands under a name beside it, by an alias or an interpolation."""
    if not isinstance(node, yaml.MappingNode):
        return False
    aliased = {id(node), *(id(value) for _, value in node.value)}
    reference = re.compile(rf"\$\{{{re.escape(name)}[.}}]")
    waiting = [value for _, value in section.pairs.values()]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in aliased or (isinstance(value, yaml.ScalarNode) and reference.search(value.value)):
            return True
        if isinstance(value, yaml.MappingNode) and id(value) not in seen:
            seen.add(id(value))
            waiting += [inner for _, inner in value.value]
    return False


def _complain_of(accounts: Accounts, outer: Section, name: str, entered: str) -> bool:
    """Complain of what stands beside a level that was entered and may be about its model; whether there was cause."""
    around = outer.inner(name)
    if around is not None and around.pairs and _is_part_beside(name, around):
        accounts.warn(outer, name, f"{name}: what stands beside the model is not counted")
        return False
    message = None
    # What changes the model wherever it is said of it.
    of_the_model = accounts.column.names | accounts.column.refused.keys()
    if name in accounts.column.names or ("." in name and name.rpartition(".")[2] in of_the_model):
        message = f"{name} stands beside `{entered}:`, where fairseq does not read it; move it there"
    elif name in INHERITING and is_on(outer.pairs[name][1]):
        message = f"{name} takes in another file, which is not read here; write out the fields that it holds"
    elif around is not None and _sizes_in(around):
        message = f"{name} states the size of a model too, beside `{entered}:`; keep the one that is meant"
    if message is not None:
        accounts.leave_unread(outer, name, message)
        return True
    holder = outer if name == _MODEL_OVERRIDES else around
    overrides = holder.value(_MODEL_OVERRIDES) if holder is not None else None
    changed = sorted(of_the_model & {*_WORD.findall(overrides)}) if isinstance(overrides, str) else []
    if holder is None or not changed:
        return False
    message = f"{_MODEL_OVERRIDES} changes {' and '.join(changed)} as the model is loaded; write it in its own field"
    accounts.leave_unread(holder, _MODEL_OVERRIDES, message)
    return holder is outer


def _is_part_beside(name: str, around: Section) -> bool:
    """Whether a mapping beside the model is a part of its own: adapters, a teacher, or sizes in other words."""
    if any(word in name for word in _ADAPTERS):
        return True
    return name != "hydra" and _states_a_size(around) and ("teacher" in name or not _sizes_in(around))


def _unwrap(accounts: Accounts, root: Section) -> Section | None:
    """The level that a tool has put another around; None where a model of another kind is named around it."""
    for name in WRAPPERS:
        inner = root.inner(name)
        if inner is not None and "model" not in root.pairs and not accounts.column.names & root.pairs.keys():
            # fairseq's checkpoints keep what older ones had under `args`, and `cfg` goes before it.
            passed_over = WRAPPERS if name == WRAPPERS[0] else ()
            return inner if _ignore_beside(accounts, root, inner, passed_over) else None
    return root


def _sizes_in(section: Section) -> bool:
    """Whether a mapping, or one in it, states a size of an encoder in fairseq's words."""
    if FAIRSEQ.sizes & section.pairs.keys():
        return True
    return any(inner is not None and _sizes_in(inner) for inner in map(section.inner, section.pairs))


def _model_name(section: Section) -> str | None:
    """The value of ``_name``, or of ``arch`` where there is none; None for what is no text."""
    for key in ("_name", "arch"):
        value = section.value(key)
        if value is not None:
            return value if isinstance(value, str) else None
    return None


def _whose(accounts: Accounts, section: Section, *, is_around: bool) -> str:
    """Whose defaults hold in a section: that of a model or, ``is_around``, of a fine-tuned one around it."""
    usual = column_of(DEFAULT_FAMILY, "fairseq")
    assert usual is not None  # fairseq's own models are of it
    kinds = {**usual.kinds, **accounts.column.kinds}
    classes = {name: kind.config for name, kind in kinds.items() if (name in FAIRSEQ_FINE_TUNED) == is_around}
    named = classes.get(_model_name(section) or "")
    return f"fairseq's {named or next(iter(classes.values()))}"


def _check_name(accounts: Accounts, section: Section, is_inner: bool = False) -> bool:
    """Whether the model that a section names can be read, or it names none; warns of what stands beside it.

    Args:
        accounts: Told why it cannot.
        section: The section.
        is_inner: Whether it is that of a pre-trained model, which wraps no other.
    """
    stated = [key for key in ("_name", "arch") if section.value(key) is not None]
    return all(_check_name_under(accounts, section, key, is_inner) for key in stated)


def _check_name_under(accounts: Accounts, section: Section, key: str, is_inner: bool) -> bool:
    name = section.value(key)
    family = family_called("fairseq", name, section.value) if isinstance(name, str) else None
    if isinstance(name, str) and family is not None and not (is_inner and name in FAIRSEQ_FINE_TUNED):
        accounts.family = family
        note = accounts.column.kinds[name].remark
        if note is not None:
            accounts.warn(section, key, f"{key} is {name}: {note}")
        accounts.ignore(section, key, KIND)
        return True
    if isinstance(name, str) and (name == MISSING or "${" in name):
        message = f"{key} is {describe(name)}, which this file does not say; write its value"
        accounts.refuse_family(section, key, message, codes.FOREIGN_INCOMPLETE)
        return False
    reason = "it is none of the models whose architecture can be read"
    if isinstance(name, str):
        reason = FAIRSEQ_REFUSED.get(name, reason)
    if is_inner and name in FAIRSEQ_FINE_TUNED:
        reason = "it starts from a pre-trained model itself"
    accounts.refuse_family(section, key, f"{key} is {describe(name)}, which cannot be read: {reason}")
    return False


def _states_an_architecture(accounts: Accounts, model: Section, around: Sequence[Section]) -> bool:
    """Whether a section says enough to be read with fairseq's defaults for the rest; complains where it does not.

    A known name does. Without one it takes a size of the encoder, in fairseq's words alone.
    """
    for section in (*around, model):
        for name in CLASS_KEYS:
            if name in section.pairs:
                return _refuse_stranger(accounts, section, name, f"{name} names the class that the mapping is for")
    is_named = _model_name(model) is not None
    if not is_named and not _is_of_waveforms(accounts, (*around, model)):
        return False
    for name in model.pairs if not is_named else ():
        inner = model.inner(name)
        if name in OTHER_SIZES or (inner is not None and _states_a_size(inner)):
            return _refuse_stranger(accounts, model, name, f"{name} states a size, and is no field of fairseq")
    if is_named or FAIRSEQ.sizes & model.pairs.keys() or _is_group(model):
        return True
    if not model.prefix and (evaluated := model.inner(_EVALUATED)) is not None:
        path = evaluated.value("path")
        preset = _preset_of(path) if isinstance(path, str) else None
        known = f", or the preset {preset}" if preset is not None else ""
        message = f"this says how to decode with the model in the checkpoint of {_EVALUATED}.path; name that{known}"
        accounts.complain_of_file(message, codes.FOREIGN_INCOMPLETE)
        return False
    level = f"under `{model.prefix.rstrip('.')}:` " if model.prefix else ""
    message = (
        f"no size of an encoder is stated {level}(encoder_layers, encoder_embed_dim, conv_feature_layers …), nor a "
        f"`_name` that is known, as {_known_names()[0]}; name the config that has them, or write them"
    )
    accounts.complain_of_file(message, codes.FOREIGN_INCOMPLETE)
    return False


def _is_of_waveforms(accounts: Accounts, sections: Sequence[Section]) -> bool:
    """Whether what stands around sizes without a ``_name`` leaves room for a model of this kind; complains if not."""
    root = sections[0]
    task = root.inner("task")
    for section, key in ((root, "task"), (task, "_name")):
        task_name = section.value(key) if section is not None else None
        if section is not None and isinstance(task_name, str) and task_name in FAIRSEQ_TEXT_TASKS:
            return _refuse_stranger(accounts, section, key, f"{task_name} is no task on waveforms")
    for section in sections:
        for name in section.pairs:
            value = section.value(name)
            if name in TEXT_KEYS and is_on(section.pairs[name][1]):
                return _refuse_stranger(accounts, section, name, f"{name} is no field of a model on waveforms")
            if name in KIND_KEYS and isinstance(value, str) and value and not _is_known_model(value):
                known = " or ".join(_known_names()[:2])
                reason = f"{name} is {describe(value)}, and no `_name` says that fairseq's {known} is meant"
                return _refuse_stranger(accounts, section, name, reason)
    return True


def _known_names() -> tuple[str, ...]:
    """What fairseq calls the models of the family that sizes in its words are read as, the usual ones first."""
    return FAMILIES[DEFAULT_FAMILY].fairseq


def _preset_of(path: str) -> str | None:
    """The preset of the published weights that a path names; None for any others."""
    # Imported only where an architecture is elsewhere.
    from w2v_explore.config.model_names import find_weights

    known = find_weights(path)
    return None if known is None else known.preset


def _is_known_model(text: str) -> bool:
    """Whether a word is the name of a model of the family that sizes in fairseq's words are read as."""
    # Imported only where a model is named by something else than `_name`.
    from w2v_explore.config.model_names import find_model

    names = FAMILIES[DEFAULT_FAMILY]
    if text in (*names.fairseq, *names.huggingface):
        return True
    known = find_model(text)
    return known is not None and known.preset in default_family().part("preset_values").PRESET_VALUES


def _refuse_stranger(accounts: Accounts, section: Section, name: str, reason: str) -> bool:
    message = (
        f"this is another program's config: {reason}; name the config.json or the fairseq config of the model, or "
        "write a config of your own, as `extends: base` and what differs"
    )
    accounts.refuse_family(section, name, message, codes.FOREIGN_FAMILY)
    return False


def _states_a_size(section: Section) -> bool:
    """Whether a mapping, or one in it, states the size of a model or names a class."""
    names = OTHER_SIZES | FAIRSEQ.sizes | HUGGINGFACE.sizes | set(CLASS_KEYS)
    if names & section.pairs.keys():
        return True
    return any(inner is not None and _states_a_size(inner) for inner in map(section.inner, section.pairs))


def _is_group(model: Section) -> bool:
    """Whether a section has all the fields of a file of fairseq's that states no size: all are defaults."""
    groups = (group.keys() - {"_name"} for group in fairseq_groups().values())
    return any(group <= model.pairs.keys() for group in groups if FAIRSEQ.sizes.isdisjoint(group))


def _pretrained_section(accounts: Accounts, section: Section) -> Section | None:
    """The architecture of the model that a fine-tuning config starts from."""
    arguments = section.inner("w2v_args")
    if arguments is not None:
        inner = arguments.inner("model") or arguments
        return inner if _ignore_beside(accounts, arguments, inner) else None
    accounts.is_family = False
    key = next(key for key in ("w2v_args", "w2v_path", "_name", "arch") if key in section.pairs)
    value = section.value(key)
    preset = _preset_of(value) if isinstance(value, str) else None
    known = f", which is that of the preset {preset}" if preset is not None else ""
    message = (
        f"{key} is {describe(value)}, and the architecture is in the checkpoint that is fine-tuned{known}; "
        f"write it under w2v_args, or start a config from its model, as `extends: {preset or 'base'}`"
    )
    accounts.refuse(section, key, message, codes.FOREIGN_INCOMPLETE)
    return None


_OVERRIDDEN = {name.replace("layerdrop", "encoder_layerdrop"): name for name in FAIRSEQ_OVERRIDES.values()}
"""What the level around a fine-tuned model decides on, by the model's name of it: of all that the model calls so."""


def _read_architecture(accounts: Accounts, model: Section, wrapper: Section | None) -> None:
    """Enter the fields.

    Args:
        accounts: Where to.
        model: The section that states the architecture.
        wrapper: The level of a fine-tuned model around it, whose dropouts hold whatever the section says.
    """
    whose = _whose(accounts, model, is_around=False)
    for field, counterpart in accounts.column.counterparts.items():
        if field == HEAD:
            _read_head(accounts, wrapper or model)
        elif field == CONV:
            read_conv_layers(accounts, model, whose)
        elif wrapper is not None and counterpart.names and counterpart.names[0] in _OVERRIDDEN:
            override = Counterpart((_OVERRIDDEN[counterpart.names[0]],), FAIRSEQ_OVERRIDE_DEFAULT)
            accounts.read_field(field, override, wrapper, _whose(accounts, wrapper, is_around=True))
        else:
            accounts.read_field(field, counterpart, model, whose)
    check_projection(accounts, model)
    accounts.refuse_defaults(model)


def read_conv_layers(accounts: Accounts, model: Section, whose: str) -> None:
    """Parse the expression; every layer stands where the whole of it does.

    Args:
        accounts: Where to.
        model: The section that states it.
        whose: Whose default holds where it does not.
    """
    [name] = accounts.column.counterparts[CONV].names
    if name not in model.pairs:
        accounts.enter_default(CONV, model, (name,), None, whose)
        return
    node = model.pairs[name][1]
    value = plain_value(node)
    if isinstance(value, list):
        accounts.enter(CONV, model, (name,), node)
        return
    layers = parse_conv_expression(value) if isinstance(value, str) else None
    if layers is None:
        message = (
            f"{name} is {describe(value)}, no list of (channels, kernel, stride) that can be read; "
            "write '[(512, 10, 5)] + [(512, 3, 2)] * 4', with nothing but lists, whole numbers, + and *"
        )
        accounts.complain(node, name, message, codes.CONV_SHAPE)
        return
    start, end = node.start_mark, node.end_mark
    items = [tuple(scalar(part, start, end) for part in layer) for layer in layers]
    accounts.enter(CONV, model, (name,), conv_node(items, start, end))


def _read_head(accounts: Accounts, section: Section) -> None:
    """The size of the head is that of the target dictionary, which no config states, but for a comment of ours."""
    comment = HEAD_COMMENT.search(accounts.document.text)
    if comment is None:
        note = "the size of the target dictionary, not in the config; --set aux_num_out=… gives it"
        accounts.enter_default(HEAD, section, (), None, note)
        key = next((key for key in ("_name", "arch") if section.value(key) in FAIRSEQ_CTC), None)
        if key is not None:
            message = f"{section.value(key)}: its CTC head is not counted, {_OPEN_HEAD}"
            accounts.leave_head_open(section, key, message)
        return
    before = accounts.document.text[: comment.start(1)]
    line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
    start = yaml.Mark(accounts.document.source.name, comment.start(1), line, column, None, 0)
    end = yaml.Mark(start.name, comment.end(1), line, column + len(comment[1]), None, 0)
    accounts.enter(HEAD, section, (HEAD,), scalar(int(comment[1]), start, end), "a comment in the file")


def leaves_out_projection(family: Family) -> bool:
    """Whether fairseq builds a family's models without a projection where the last convolution is as wide as they."""
    # Imported only for such a model.
    return bool(family.part("keys").KEYS.absences.get("fairseq"))


def _families_of(accounts: Accounts, model: Section) -> Iterator[Family]:
    """The families among which a model's own class of fairseq is found; that of its config alone where it has no name.

    One class builds all its models with a projection or none, whichever of the families a model is of.
    """
    called = _model_name(model)
    families = [family for family, names in FAMILIES.items() if called in names.fairseq]
    return map(family_named, families if accounts.family in families else [accounts.family])


def check_projection(accounts: Accounts, model: Section) -> None:
    """Refuse a transformer as wide as the last convolution: fairseq builds no projection between them."""
    layers, width = accounts.field_value(CONV), accounts.field_value("encoder_embed_dim")
    last = (layers or STANDARD_CONV_LAYERS)[-1] if isinstance(layers, list) or layers is None else None
    is_as_wide = CONV in accounts.fields and isinstance(last, Sequence) and last[:1] and last[0] == width
    if is_as_wide and all(map(leaves_out_projection, _families_of(accounts, model))):
        name = next((name for name in ("encoder_embed_dim", "conv_feature_layers") if name in model.pairs), None)
        message = (
            f"encoder_embed_dim is {width}, the width of the last convolution: fairseq then builds no projection "
            "between the two, and the model here always has one"
        )
        if name is not None:
            accounts.refuse(model, name, message)


def _read_rates(accounts: Accounts, root: Section, section: Section, outermost: Section) -> None:
    """Take the samples per second of the audio, and the labels per second that the model is trained with."""
    arguments = section.inner("w2v_args")
    task = root.inner("task")
    inner_task = arguments.inner("task") if arguments is not None else None
    around = (task, root, section, root.inner("dataset"), root.inner("common"), inner_task, outermost)
    for place in {place.prefix: place for place in around if place is not None}.values():
        for name in _RATES:
            if name in place.pairs:
                key, node = place.pairs[name]
                accounts.enter_sample_rate(f"{place.prefix}{name}", key, resolve(node, root) or node)
    for level in (section, task, root):
        if level is not None and LABEL_RATE in level.pairs:
            key, node = level.pairs[LABEL_RATE]
            value = resolve(node, root)
            if value is not None:
                name = f"{level.prefix}{LABEL_RATE}"
                accounts.label_rate = Entry(accounts.document.source.name, key, value, (name,))
                break


def _account_for_wrapper(accounts: Accounts, section: Section, model: Section) -> None:
    """The level around a fine-tuned model: it decides on the dropouts, and on nothing else of the architecture."""
    names = (name for counterpart in accounts.column.counterparts.values() for name in counterpart.names)
    for name in dict.fromkeys(names):
        if name in _OVERRIDDEN and name in model.pairs:
            accounts.ignore(model, name, "out of date: the level around w2v_args says it")
    for name in section.pairs:
        if name in accounts.column.names and name not in FAIRSEQ_OVERRIDES.values():
            accounts.ignore(section, name, "out of date: w2v_args say it")
    known = accounts.column.names | set(FAIRSEQ_OVERRIDES.values()) | {"_name", "arch", "w2v_args", *_RATES}
    accounts.account_for_rest(section, known, is_flat=not section.prefix)


def _resolve_all(accounts: Accounts, section: Section, root: Section) -> Section:
    """The section with numbers and interpolations as OmegaConf reads them; what stays open is refused."""
    pairs = {}
    wanted = accounts.column.names | set(FAIRSEQ_OVERRIDES.values()) | accounts.column.refused.keys()
    for name, (key, node) in section.pairs.items():
        value = resolve(node, root)
        if value is None and name in wanted:
            message = f"{name} is {describe(plain_value(node))}, which this file does not say; write its value"
            accounts.refuse(section, name, message, codes.FOREIGN_INCOMPLETE)
            continue
        pairs[name] = key, node if value is None else value
    return section._replace(pairs=pairs)
