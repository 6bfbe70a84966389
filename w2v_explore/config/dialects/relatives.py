"""Configs that are near ours and cannot be read as one: what each is, and what to do instead."""

from collections.abc import Callable
from typing import NamedTuple

from w2v_explore.config.dialects.section import Section


class Relative(NamedTuple):
    """A kind of config that is near ours and cannot be read as one.

    Attributes:
        is_met: Whether a mapping is one.
        message: What it is, and what to do instead.
    """

    is_met: Callable[[Section], bool]
    message: str


def _is_beats(root: Section) -> bool:
    return any(level is not None and "input_patch_size" in level.pairs for level in (root, root.inner("cfg")))


RELATIVES = (
    Relative(
        lambda root: bool({"supernet", "search_space", "subnet"} & root.pairs.keys()),
        "this is LightHuBERT's space of architectures, with a width of attention for each layer; "
        "its published subnets are the presets lighthubert_base_subnet and lighthubert_small_subnet",
    ),
    Relative(_is_beats, "this is BEATs, which takes spectrograms in patches; the model here takes waveforms"),
)


def find_relative(root: Section) -> Relative | None:
    """The kind of config that a mapping is, among the kinds that cannot be read as ours."""
    return next((relative for relative in RELATIVES if relative.is_met(root)), None)
