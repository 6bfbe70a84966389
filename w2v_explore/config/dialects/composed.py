"""transformers' configs of models that are made of others, which hold a config of each: the one that can be read.

Such a config has a ``model_type`` of its own, and in mappings below it, at whatever depth, those of its parts with
theirs: ``{model_type: speech-encoder-decoder, encoder: {model_type: …}, decoder: {model_type: …}}``. transformers
builds each part as a model without a head.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from w2v_explore.config import codes
from w2v_explore.config.dialects.accounts import Accounts
from w2v_explore.config.dialects.huggingface_words import HUGGINGFACE
from w2v_explore.config.dialects.programs import column_of
from w2v_explore.config.dialects.section import Section, is_on, scalar
from w2v_explore.config.dialects.unknown_fields import INHERITING
from w2v_explore.config.entries import KIND
from w2v_explore.config.family import FAMILIES, family_called, names_in
from w2v_explore.diagnostics import shorten

# A config of a model that thinks, sees and hears has its parts at the third level.
_MAX_DEPTH = 3
_MAX_NAMED = 4
_WRITTEN_BY_TRANSFORMERS = "transformers_version"

# What tells a config of this kind that does not say which it is: transformers has a default for some parts.
_UNNAMED = {"conv_dim", "hidden_size"}
_RATES = ("sample_rate", "sampling_rate")


class Part(NamedTuple):
    """A model inside another.

    Attributes:
        levels: The mappings around its config, the outermost first.
        names: The key that leads from each of them to the next, and at last to its config.
        section: Its config.
        model_type: What the config says it is; empty where it only looks like one of ours.
    """

    levels: tuple[Section, ...]
    names: tuple[str, ...]
    section: Section
    model_type: str

    @property
    def is_readable(self) -> bool:
        """Whether it is of a family, and states a size of its own or stands in what transformers has written."""
        is_stated = _WRITTEN_BY_TRANSFORMERS in self.levels[0].pairs or HUGGINGFACE.sizes & self.section.pairs.keys()
        return bool(is_stated) and family_called("huggingface", self.model_type) is not None

    @property
    def is_resampled(self) -> bool:
        """Whether a sample rate is stated around it: that of the whole, whose parts may have audio of another."""
        return any(name.endswith(_RATES) for level in self.levels for name in level.pairs)

    def __str__(self) -> str:
        """Where it stands and what it is: ``decoder (bert)``."""
        return f"{self.place} ({shorten(self.model_type or 'no model_type')})"

    @property
    def place(self) -> str:
        """Where it stands: ``thinker.encoder``."""
        return shorten(".".join(self.names))


def parts_of(root: Section) -> list[Part]:
    """The models inside a config, as far as each says what it is; not those inside one that can be read.

    A config that looks like one of ours itself, under a name that is not known, is none of a model around others.
    """
    return [] if root.pairs.keys() >= _UNNAMED else [*_parts((root,), ())]


def _parts(levels: tuple[Section, ...], names: tuple[str, ...]) -> Iterator[Part]:
    """Those below the last of some levels."""
    for name in levels[-1].pairs:
        inner = levels[-1].inner(name)
        if inner is None:
            continue
        model_type = inner.value("model_type")
        if not isinstance(model_type, str):
            is_stated = "model_type" in inner.pairs
            model_type = "" if is_stated else _default_inside(levels[-1].value("model_type"), name)
            if model_type:
                key, node = (scalar(text, inner.start, inner.start) for text in ("model_type", model_type))
                inner = inner._replace(pairs={**inner.pairs, "model_type": (key, node)})
        is_model = bool(model_type) or inner.pairs.keys() >= _UNNAMED
        part = Part(levels, (*names, name), inner, model_type) if is_model else None
        is_end = len(levels) == _MAX_DEPTH or (part is not None and part.is_readable)
        deeper = () if is_end else tuple(_parts((*levels, inner), (*names, name)))
        yield from deeper or filter(None, [part])


def _default_inside(outer: object, level: str) -> str:
    """The ``model_type`` that transformers takes at a level of a model that holds one of ours; empty for no such."""
    if isinstance(outer, str):
        for family in FAMILIES:
            column = column_of(family, "huggingface")
            with_head = column and column.with_head
            if column and with_head and (with_head.model_type, with_head.level) == (outer, level):
                return next(iter(column.kinds))
    return ""


def holds_a_model(root: Section) -> bool:
    """Whether a mapping that names no model holds the config of one that can be read."""
    return any(part.is_readable for part in parts_of(root))


def choose_part(accounts: Accounts, root: Section) -> Part | None:
    """The one model inside another that can be read, with an account of all that stands around it.

    Args:
        accounts: Told of it, or why there is none to read.
        root: The level of the outer model.

    Returns:
        None where no part can be read, in which case nothing was said, or several, which was.
    """
    parts = parts_of(root)
    readable = [part for part in parts if part.is_readable]
    if len(readable) > 1:
        where = " and ".join(f"`{part.place}`" for part in readable[:_MAX_NAMED])
        message = f"{where} hold a model each that can be read; write the one that is meant into a file of its own"
        second = readable[1]
        accounts.refuse_family(second.levels[-1], second.names[-1], message, codes.FOREIGN_INCOMPLETE)
    if len(readable) != 1:
        return None
    [part] = readable
    for level, entered in zip(part.levels, part.names, strict=True):
        for name in level.pairs:
            if name in INHERITING and is_on(level.pairs[name][1]):
                message = f"{name} takes in another file, which is not read here; write out the fields that it holds"
                accounts.leave_unread(level, name, message)
            elif name != entered:
                is_kind = name in ("model_type", "architectures")
                accounts.ignore(level, name, KIND if is_kind else "the model around the one that is read")
    return part


def warn_of_rest(accounts: Accounts, part: Part, with_head: str | None) -> None:
    """Name what a model has beside the part of it that is read.

    Args:
        accounts: Told of it.
        part: The part.
        with_head: The class whose head is counted as well; None where there is none.
    """
    others = [other for other in parts_of(part.levels[0]) if other.names != part.names]
    if with_head is not None and not others:
        return
    named = _listed(others)
    rest = f"nothing of the rest is counted{named and f': {named}'}"
    root = part.levels[0]
    model_type = root.value("model_type")
    is_named = isinstance(model_type, str) and bool(model_type)
    subject = f"model_type is {shorten(str(model_type))}" if is_named else "this is a model made of others"
    head = f" with the head of {with_head}" if with_head is not None else ""
    name = "model_type" if "model_type" in root.pairs else part.names[0]
    accounts.warn(root, name, f"{subject}: the model below `{part.place}` is read{head}, and {rest}")


def why_no_part(root: Section) -> str | None:
    """Why none of the models inside a config can be read, as the end of a sentence; None where there are none."""
    parts = parts_of(root)
    if not parts:
        return None
    known = [part for part in parts if family_called("huggingface", part.model_type) is not None]
    if known:
        return f"the model below `{known[0].place}` states no size, as hidden_size"
    unnamed = next((part for part in parts if not part.model_type), None)
    if unnamed is not None:
        return f"the config below `{unnamed.place}` has no model_type, as {names_in('huggingface')[0]}; write it there"
    return f"it is made of models of which none can be read: {_listed(parts)}"


def _listed(parts: Sequence[Part]) -> str:
    return ", ".join(map(str, parts[:_MAX_NAMED])) + (", …" if len(parts) > _MAX_NAMED else "")
