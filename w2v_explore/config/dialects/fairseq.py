"""fairseq's YAML (and the same as JSON): pre-training, fine-tuning with ``w2v_args``, whole training configs or not."""

import re
from collections.abc import Sequence

import yaml

from w2v_explore.config import codes
from w2v_explore.config.conv_expression import parse_conv_expression
from w2v_explore.config.dialects.ledger import KIND, Ledger, Section, conv_node, scalar
from w2v_explore.config.dialects.recognise import WRAPPERS
from w2v_explore.config.dialects.table import (
    CONV,
    FAIRSEQ,
    FAIRSEQ_FINE_TUNED,
    FAIRSEQ_MODELS,
    FAIRSEQ_OVERRIDE_DEFAULT,
    FAIRSEQ_OVERRIDE_DEFAULTS_OF,
    FAIRSEQ_OVERRIDES,
    FAIRSEQ_REFUSED,
    HEAD,
    Counterpart,
)
from w2v_explore.config.document import plain_value
from w2v_explore.config.nodes import TAG
from w2v_explore.config.schema import STANDARD_CONV_LAYERS
from w2v_explore.config.validate import describe

# OmegaConf reads these as numbers; YAML 1.1 wants a dot.
_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+")
_INTERPOLATION = re.compile(r"\$\{([A-Za-z_][\w.]*)\}")
_MAX_INTERPOLATIONS = 8
_MISSING = "???"
_NAMES = {name for counterpart in FAIRSEQ.counterparts.values() for name in counterpart.names}
HEAD_COMMENT = re.compile(r"^[ \t]*#[ \t]*w2v:[ \t]*aux_num_out=([0-9]{1,10})[ \t]*$", re.MULTILINE)
"""A line of a YAML that fairseq passes over, and that says what its config has no place for."""


def read_fairseq(ledger: Ledger, root: Section) -> None:
    """Enter the fields of a fairseq config."""
    root = _unwrap(root)
    section = root.inner("model") or root.inner("distiller") or root
    if section is root and not _NAMES & root.pairs.keys() and not {"_name", "w2v_path", "w2v_args"} & root.pairs.keys():
        message = "no field of an architecture is stated, nor a `model:` level; name the config of the model instead"
        ledger.complain_of_file(message, codes.FOREIGN_INCOMPLETE)
        return
    for name in root.pairs if section is not root else ():
        if f"{root.prefix}{name}." != section.prefix:
            ledger.ignore(root, name, "the rest of the training config")
    if section.prefix.endswith("distiller."):
        ledger.warn(root, "distiller", "distiller: the prediction heads of distillation are not counted")
    section = _resolve_all(ledger, section, root)
    model, model_name = section, _model_name(section)
    if not _check_name(ledger, section, model_name):
        return
    is_fine_tuned = model_name in FAIRSEQ_FINE_TUNED or bool({"w2v_path", "w2v_args"} & section.pairs.keys())
    if is_fine_tuned:
        found = _pretrained_section(ledger, section)
        if found is None:
            return
        model = _resolve_all(ledger, found, found)
        if not _check_name(ledger, model, _model_name(model)):
            return
    _read_architecture(ledger, model, section if is_fine_tuned else None)
    ledger.account_for_rest(model, _NAMES | {"_name", "arch"})
    if is_fine_tuned:
        _account_for_wrapper(ledger, section)


def _unwrap(root: Section) -> Section:
    for name in WRAPPERS:
        inner = root.inner(name)
        if inner is not None and "model" not in root.pairs and not _NAMES & root.pairs.keys():
            return inner
    return root


def _model_name(section: Section) -> str | None:
    for key in ("_name", "arch"):
        value = section.value(key)
        if isinstance(value, str):
            return value
    return None


def _check_name(ledger: Ledger, section: Section, name: str | None) -> bool:
    """Whether the model that a section names can be read; warns of what stands beside it."""
    key = "_name" if "_name" in section.pairs else "arch"
    if name is None:
        return True
    if name in FAIRSEQ_MODELS:
        note = FAIRSEQ_MODELS[name]
        if note is not None:
            ledger.warn(section, key, f"{key} is {name}: {note}")
        ledger.ignore(section, key, KIND)
        return True
    ledger.is_family = False
    reason = FAIRSEQ_REFUSED.get(name, "it is none of the models whose architecture the 16 fields can say")
    ledger.refuse(section, key, f"{key} is {describe(name)}, which cannot be read: {reason}")
    return False


def _pretrained_section(ledger: Ledger, section: Section) -> Section | None:
    """The architecture of the model that a fine-tuning config starts from."""
    arguments = section.inner("w2v_args")
    if arguments is not None:
        return arguments.inner("model") or arguments
    ledger.is_family = False
    key = next(key for key in ("w2v_args", "w2v_path", "_name", "arch") if key in section.pairs)
    message = (
        f"{key} is {describe(section.value(key))}, and the architecture is in the checkpoint that is fine-tuned; "
        "write it under w2v_args, or start a config from its model, as `extends: base`"
    )
    ledger.refuse(section, key, message, codes.FOREIGN_INCOMPLETE)
    return None


def _read_architecture(ledger: Ledger, model: Section, wrapper: Section | None) -> None:
    """Enter the 16 fields.

    Args:
        ledger: Where to.
        model: The section that states the architecture.
        wrapper: The level of a fine-tuned model around it, whose dropouts hold whatever the section says.
    """
    for field, counterpart in FAIRSEQ.counterparts.items():
        if field == HEAD:
            _read_head(ledger, wrapper or model)
        elif field == CONV:
            _read_conv_layers(ledger, model)
        elif wrapper is not None and field in FAIRSEQ_OVERRIDES:
            override = Counterpart((FAIRSEQ_OVERRIDES[field],), FAIRSEQ_OVERRIDE_DEFAULT)
            ledger.read_field(field, override, wrapper, FAIRSEQ_OVERRIDE_DEFAULTS_OF)
        else:
            ledger.read_field(field, counterpart, model, ledger.defaults_of)
    _check_projection(ledger, model)


def _read_conv_layers(ledger: Ledger, model: Section) -> None:
    """Parse the expression; every layer stands where the whole of it does."""
    [name] = FAIRSEQ.counterparts[CONV].names
    if name not in model.pairs:
        ledger.enter_default(CONV, model, (name,), None, ledger.defaults_of)
        return
    node = model.pairs[name][1]
    value = plain_value(node)
    if isinstance(value, list):
        ledger.enter(CONV, model, (name,), node)
        return
    layers = parse_conv_expression(value) if isinstance(value, str) else None
    if layers is None:
        message = (
            f"{name} is {describe(value)}, no list of (channels, kernel, stride) that can be read; "
            "write '[(512, 10, 5)] + [(512, 3, 2)] * 4', with nothing but lists, whole numbers, + and *"
        )
        ledger.complain(node, name, message, codes.CONV_SHAPE)
        return
    start, end = node.start_mark, node.end_mark
    items = [tuple(scalar(part, start, end) for part in layer) for layer in layers]
    ledger.enter(CONV, model, (name,), conv_node(items, start, end))


def _read_head(ledger: Ledger, section: Section) -> None:
    """The size of the head is that of the target dictionary, which no config states, but for a comment of ours."""
    comment = HEAD_COMMENT.search(ledger.document.text)
    if comment is None:
        note = "the size of the target dictionary, not in the config; --set aux_num_out=… gives it"
        ledger.enter_default(HEAD, section, (), None, note)
        return
    before = ledger.document.text[: comment.start(1)]
    line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
    start = yaml.Mark(ledger.document.source.name, comment.start(1), line, column, None, 0)
    end = yaml.Mark(start.name, comment.end(1), line, column + len(comment[1]), None, 0)
    ledger.enter(HEAD, section, (HEAD,), scalar(int(comment[1]), start, end), "a comment in the file")


def _check_projection(ledger: Ledger, model: Section) -> None:
    """Refuse a transformer as wide as the last convolution: fairseq builds no projection between them."""
    layers, width = ledger.field_value(CONV), ledger.field_value("encoder_embed_dim")
    last = (layers or STANDARD_CONV_LAYERS)[-1] if isinstance(layers, list) or layers is None else None
    if CONV in ledger.fields and isinstance(last, Sequence) and last[:1] and last[0] == width:
        name = next((name for name in ("encoder_embed_dim", "conv_feature_layers") if name in model.pairs), None)
        message = (
            f"encoder_embed_dim is {width}, the width of the last convolution: fairseq then builds no projection "
            "between the two, and the model here always has one"
        )
        if name is not None:
            ledger.refuse(model, name, message)


def _account_for_wrapper(ledger: Ledger, section: Section) -> None:
    """The level around a fine-tuned model: what it says of the architecture itself is out of date."""
    for name in (_NAMES - set(FAIRSEQ_OVERRIDES.values())) & section.pairs.keys():
        ledger.ignore(section, name, "out of date: fairseq reads it in w2v_args")
    ledger.account_for_rest(section, _NAMES | set(FAIRSEQ_OVERRIDES.values()) | {"_name", "arch", "w2v_args"})


def _resolve_all(ledger: Ledger, section: Section, root: Section) -> Section:
    """The section with numbers and interpolations as OmegaConf reads them; what stays open is refused."""
    pairs = {}
    wanted = _NAMES | set(FAIRSEQ_OVERRIDES.values()) | FAIRSEQ.refused.keys()
    for name, (key, node) in section.pairs.items():
        value = _resolve(node, root) if name in wanted else node
        if value is None:
            message = f"{name} is {describe(plain_value(node))}, which this file does not say; write its value"
            ledger.refuse(section, name, message, codes.FOREIGN_INCOMPLETE)
            continue
        pairs[name] = key, value
    return section._replace(pairs=pairs)


def _resolve(node: yaml.Node, root: Section) -> yaml.Node | None:
    """The node that a node stands for, at its own place; None for what the file leaves open."""
    target = node
    for _ in range(_MAX_INTERPOLATIONS):
        if not isinstance(target, yaml.ScalarNode):
            return target
        text: str = target.value
        if text == _MISSING:
            return None
        match = _INTERPOLATION.fullmatch(text)
        if match is None:
            break
        found = _look_up(root, match[1].split("."))
        if found is None:
            return None
        target = found
    if not isinstance(target, yaml.ScalarNode) or "${" in target.value:
        return None
    tag = target.tag
    if not target.style and tag == f"{TAG}str" and _NUMBER.fullmatch(target.value):
        tag = f"{TAG}float"
    if target is node and tag == node.tag:
        return node
    return yaml.ScalarNode(tag, target.value, node.start_mark, node.end_mark, target.style)


def _look_up(root: Section, path: Sequence[str]) -> yaml.Node | None:
    *above, last = path
    section: Section | None = root
    for name in above:
        section = section.inner(name) if section is not None else None
    return section.pairs[last][1] if section is not None and last in section.pairs else None
