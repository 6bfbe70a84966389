"""Hydra's list of defaults: the model group that a config names, and what its file stands for."""

from collections.abc import Iterator
from typing import NamedTuple

import yaml

from w2v_explore.config import codes
from w2v_explore.config.dialects.accounts import Accounts
from w2v_explore.config.dialects.programs import fairseq_groups
from w2v_explore.config.dialects.section import Section, scalar
from w2v_explore.config.entries import plain_value
from w2v_explore.config.validate import describe

DEFAULTS = "defaults"
MODEL = "model"
_SELF = "_self_"
_WORDS = ("optional", "override")
# The groups of which any may hold a model: their files say where their fields go.
_ANYWHERE = ("experiment",)


class _Choice(NamedTuple):
    """An entry of the list that decides on the model.

    Attributes:
        node: Where it is said.
        text: As it stands there.
        group: Where the file lies; empty where that is beside the config.
        name: The file of the model group; None for what is read from elsewhere.
        replaces: Whether it takes the place of another, by ``override``.
        is_after_self: Whether its fields go over those of the file, by ``_self_`` before it.
    """

    node: yaml.Node
    text: str
    group: str
    name: str | None
    replaces: bool
    is_after_self: bool


def names_a_model(root: Section) -> bool:
    """Whether a list of defaults decides on the model."""
    return any(choice.group == MODEL for choice in _choices(root))


def add_group(accounts: Accounts, root: Section, model: Section | None) -> Section | None:
    """The section of the model, with the fields of the group that the list of defaults names.

    Args:
        accounts: Told of what cannot be read.
        root: The level of the list.
        model: The section that the file itself has, whose fields go before the group's.

    Returns:
        None where there is neither section nor group; and where a group is named that is not known, and so refused.
    """
    chosen: _Choice | None = None
    for choice in _choices(root):
        if choice.name is None:
            _refuse(accounts, root, choice, "a file that is not read here")
            return None
        if chosen is not None and not choice.replaces:
            _refuse(accounts, root, choice, f"and {chosen.text} was named already")
            return None
        chosen = choice
    if chosen is None or not chosen.name:
        return model
    group = _known_group(chosen.name)
    if group is None:
        known = ", ".join(fairseq_groups())
        _refuse(accounts, root, chosen, f"a model group that is not known here; {known} are")
        return None
    start, end = chosen.node.start_mark, chosen.node.end_mark
    pairs = {
        name: (scalar(name, start, end), scalar(value, start, end)) for name, value in fairseq_groups()[group].items()
    }
    origin = f"from the group {group}"
    own = model.pairs if model is not None else {}
    if chosen.is_after_self:
        differing = next(
            (name for name in pairs if name in own and plain_value(own[name][1]) != plain_value(pairs[name][1])), None
        )
        if differing is not None:
            _refuse(accounts, root, chosen, f"after _self_, so that it goes over the {differing} of the file")
            return None
    return Section(
        prefix=model.prefix if model is not None else f"{root.prefix}{MODEL}.",
        start=model.start if model is not None else start,
        pairs={**pairs, **own},
        origins={name: origin for name in pairs if name not in own},
    )


def _refuse(accounts: Accounts, root: Section, choice: _Choice, reason: str) -> None:
    message = f"{DEFAULTS} names {choice.text}, {reason}; write the fields of the model under `{MODEL}:`"
    accounts.refuse_family(root, DEFAULTS, message, codes.FOREIGN_INCOMPLETE, choice.node)


def _known_group(name: str) -> str | None:
    """The group of a name, which can leave out the folder."""
    return next((known for known in fairseq_groups() if name in (known, known.partition("/")[2])), None)


def _choices(root: Section) -> Iterator[_Choice]:
    if DEFAULTS not in root.pairs:
        return
    node = root.pairs[DEFAULTS][1]
    is_after_self = False
    for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        if isinstance(item, yaml.MappingNode):
            for key, value in item.value:
                yield from _choose(str(key.value), key, value, is_after_self)
        elif isinstance(item, yaml.ScalarNode) and plain_value(item) is not None:
            text = str(item.value)
            group, _, option = text.rpartition("/")
            if text == _SELF:
                is_after_self = True
            elif group:
                yield from _choose(group, item, scalar(option, item.start_mark, item.end_mark), is_after_self)
            else:
                yield _Choice(item, describe(text), "", None, replaces=False, is_after_self=is_after_self)


def _choose(key: str, key_node: yaml.Node, value: yaml.Node, is_after_self: bool) -> Iterator[_Choice]:
    """What an entry ``[optional|override] group[@package]: option`` says of the model, if anything."""
    *words, place = key.split() or [""]
    group, _, package = place.lstrip("/").partition("@")
    first, *folders = group.split("/")
    values = value.value if isinstance(value, yaml.SequenceNode) else [value]
    option = plain_value(values[0]) if len(values) == 1 else plain_value(value)
    # Whoever leaves `model` out of the path of a model group means it.
    is_of_a_model = package == MODEL or package.startswith(f"{MODEL}.") or f"{group}/{option}" in fairseq_groups()
    if first != MODEL and first not in _ANYWHERE and not is_of_a_model:
        return
    replaces = "override" in words
    if option is None or option == []:
        if replaces:
            yield _Choice(key_node, key, first, "", replaces, is_after_self)
        return
    text = f"{key}: {option if isinstance(option, str) else describe(option)}"
    node = value if isinstance(value, yaml.ScalarNode) else key_node
    is_read = first == MODEL and package in ("", MODEL, "_group_") and isinstance(option, str)
    is_read = is_read and all(word in _WORDS for word in words)
    name = "/".join([*folders, str(option).removesuffix(".yaml")]) if is_read else None
    yield _Choice(node, text, first, name, replaces, is_after_self)
