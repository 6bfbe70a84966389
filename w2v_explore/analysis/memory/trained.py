"""Which parameters are trained: what people say of it → the parameters, and a tree in which equal layers train alike.

A word means what the programs do that people fine-tune with, and what is frozen is what their methods freeze:

- ``all``: every parameter but those that the program which defines the family does not train; no word trains these.
- ``head``: the head alone, as after ``freeze_base_model`` of transformers, and in fairseq for the first
  ``freeze_finetune_updates``.
- ``not-extractor``: all but the extractor, as after ``freeze_feature_encoder`` of transformers.
- ``not-encoder``: all but the encoder, which is the transformer with what it takes: projection, positions, masks.
- ``adapters``: adapters and head, as MMS is fine-tuned for a language: transformers' ``freeze_base_model``, then
  gradients for what its ``_get_adapters`` names.
- ``re:`` and a regular expression of Python: the parameters in whose names it is found.

What module is which is for the family to say (`Family.roles`).
"""

import re
import warnings
from collections.abc import Collection, Mapping
from typing import NamedTuple

from w2v_explore.arguments import kind_of
from w2v_explore.config.family import Role, Roles
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.run import Trained
from w2v_explore.tree.unfold import with_children_apart

ALL = "all"
PATTERN = "re:"

# By word: the roles that are trained, or those that are not; and the role without which the word says nothing.
_TRAINED: Mapping[str, tuple[tuple[Role, ...], Role]] = {
    "head": (("head",), "head"),
    "adapters": (("adapters", "head"), "adapters"),
}
_FROZEN: Mapping[str, Role] = {"not-extractor": "extractor", "not-encoder": "encoder"}

WORDS = (ALL, "head", *_FROZEN, "adapters")
"""All words that select parameters, beside `PATTERN`."""


class Selection(NamedTuple):
    """The parameters that are trained.

    Attributes:
        tree: The model's, in which folded layers stand apart where they train other parameters.
        trained: The parameters of this tree, as `need_gradients` takes them; None where all are trained.
        names: Their keys in the state_dict; None where all are trained.
    """

    tree: Layer
    trained: Trained | None
    names: frozenset[str] | None


def select_trained(tree: Layer, roles: Roles, train: str) -> Selection:
    """The parameters of a model that a word, or a pattern for their names, selects.

    Args:
        tree: The model's.
        roles: Of its family.
        train: One of `WORDS`, or `PATTERN` and a regular expression.

    Raises:
        ArgumentError: It is neither, or it selects nothing; the message says what there is.
        TypeError: It is no text.
    """
    if not isinstance(train, str):
        raise TypeError(f"train is {kind_of(train)}; give one of {', '.join(WORDS)}, or {PATTERN} and a pattern")
    if train == ALL:
        return Selection(tree, None, None)
    if train.startswith(PATTERN):
        names = _matching(tree, train)
    elif train in WORDS:
        names = _of_roles(tree, roles, train)
    else:
        raise ArgumentError(
            f"train is {shorten(train)!r}; give one of {', '.join(WORDS)}, or {PATTERN} and a regular expression that "
            f"is searched in the names of parameters, as {PATTERN}{re.escape(next(tree.named_parameters())[0])}"
        )
    return select_names(tree, names)


def select_names(tree: Layer, names: Collection[str]) -> Selection:
    """The parameters with these keys in the state_dict."""
    wanted = frozenset(names)
    tree = _apart_where_unlike(tree, "", wanted)
    # In the order of the model, so that no figure depends on the order of a set.
    trained: dict[str, dict[str, None]] = {}
    for key, path, name in tree.named_parameters():
        if key in wanted:
            trained.setdefault(path, {})[name] = None
    return Selection(tree, trained, wanted)


def role_of(path: str, roles: Roles) -> Role | None:
    """The role of what lies at a folded path; adapters are such wherever they lie."""
    found = [role for role, modules in roles.items() if any(_lies_in(path, module) for module in modules)]
    return "adapters" if "adapters" in found else found[0] if found else None


def _lies_in(path: str, module: str) -> bool:
    names, wanted = path.split("."), module.split(".")
    return len(names) >= len(wanted) and all(one in (name, "*") for one, name in zip(wanted, names, strict=False))


def _matching(tree: Layer, train: str) -> list[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a later version of Python may read otherwise
            pattern = re.compile(train[len(PATTERN) :])
    except (re.error, OverflowError, RecursionError) as error:
        raise ArgumentError(f"train is {shorten(train)!r}, whose pattern is no regular expression: {error}") from None
    every = [key for key, _, _ in tree.named_parameters()]
    names = [key for key in every if pattern.search(key)]
    if not names:
        raise ArgumentError(
            f"train is {shorten(train)!r}, and no parameter has such a name; there are {every[0]}, "
            f"{every[len(every) // 2]} and {len(every) - 2:,} others"
        )
    return names


def _of_roles(tree: Layer, roles: Roles, train: str) -> list[str]:
    of_keys = {key: role_of(path, roles) for key, path, _ in tree.named_parameters() if not is_untrained(tree, path)}
    there = set(of_keys.values())
    frozen = _FROZEN.get(train)
    wanted, needed = ((), frozen) if frozen else _TRAINED[train]
    if needed not in there:
        words = [ALL, *[word for word in _TRAINED if _TRAINED[word][1] in there]]
        words += [word for word, role in _FROZEN.items() if role in there]
        raise ArgumentError(
            f"train is {train!r}, and the model has no {needed}; give {', '.join(words)}, or {PATTERN} and a "
            "regular expression that is searched in the names of parameters"
        )
    return [key for key, role in of_keys.items() if (role != frozen if frozen else role in wanted)]


def is_untrained(tree: Layer, path: str) -> bool:
    """Whether the parameters of the module at a folded path are trained only where somebody names them."""
    operation = tree.child(path).operation if path else tree.operation
    return operation is not None and operation.untrained


def _apart_where_unlike(layer: Layer, prefix: str, wanted: Collection[str]) -> Layer:
    """A module in which folded layers stand apart where other parameters of theirs are among some.

    Args:
        layer: The module; of folded ones one copy.
        prefix: What stands before the keys of its parameters.
        wanted: The keys.
    """
    children: list[Layer] = []
    for child in layer.children:
        before: frozenset[str] | None = None
        for name in child.copy_names():
            place = f"{prefix}{name}."
            own = frozenset([key[len(place) :] for key, _, _ in child.named_parameters(place) if key in wanted])
            if before is None or own != before:
                children.append(_apart_where_unlike(child, place, wanted)._replace(name=name, copies=1))
            else:
                children[-1] = children[-1]._replace(copies=children[-1].copies + 1)
            before = own
    return with_children_apart(layer, tuple(children))
