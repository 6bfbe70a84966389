"""Configs that are near ours and cannot be read as one: what each is, and what to do instead."""

from collections.abc import Callable
from typing import NamedTuple

from w2v_explore.config.dialects.fairseq_words import FAIRSEQ2_ARCHITECTURES
from w2v_explore.config.dialects.section import Section


class Relative(NamedTuple):
    """A kind of config that is near ours and cannot be read as one.

    Attributes:
        is_met: Whether a mapping is one.
        message: What it is, and what to do instead.
    """

    is_met: Callable[[Section], bool]
    message: str


def _names_a_fairseq2_architecture(root: Section) -> bool:
    if {"model_family", "model_arch"} & root.pairs.keys():
        return True
    model = root.inner("model")
    if model is None or "_name" in model.pairs:
        return False
    # fairseq's own models stood under `arch` once.
    architecture = model.value("arch")
    if {"family", "config_overrides"} & model.pairs.keys():
        return True
    return isinstance(architecture, str) and architecture in FAIRSEQ2_ARCHITECTURES


def _is_beats(root: Section) -> bool:
    return any(level is not None and "input_patch_size" in level.pairs for level in (root, root.inner("cfg")))


RELATIVES = (
    Relative(
        _names_a_fairseq2_architecture,
        "this is fairseq2's, which names an architecture and keeps its values in Python; "
        "start from the preset it stands for, as `extends: base`",
    ),
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
