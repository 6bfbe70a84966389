"""fairseq2's recipes and the cards of its models: they name an architecture, whose values are in Python there.

The values are those of a preset, with what the name stands for otherwise (`Published.fairseq2`) and with what the file
itself states in their place.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from w2v_explore.config import codes
from w2v_explore.config.dialects.accounts import Accounts
from w2v_explore.config.dialects.fairseq_words import FAIRSEQ2_ARCHITECTURES
from w2v_explore.config.dialects.section import Section
from w2v_explore.config.dialects.unknown_fields import matches
from w2v_explore.config.entries import KIND
from w2v_explore.config.family import Family, family_named
from w2v_explore.diagnostics import shorten

if TYPE_CHECKING:
    from w2v_explore.config.published import Architecture

_CARD = ("name", "model_family", "model_arch")
_RECIPE = ("name", "family", "arch")
_OVERRIDES = ("config_overrides", "config", "model_config")
_ENCODER = "encoder_config"
_HEAD = {"target_vocab_size": "aux_num_out"}
_FIELDS: Mapping[str, str] = {
    "model_dim": "encoder_embed_dim",
    "first_pass_dropout_p": "encoder_projection_dropout",
    "feature_extractor_bias": "extractor_conv_bias",
    "pos_conv_kernel_size": "encoder_pos_conv_kernel",
    "num_pos_conv_groups": "encoder_pos_conv_groups",
    "num_encoder_layers": "encoder_num_layers",
    "num_encoder_attn_heads": "encoder_num_heads",
    "ffn_inner_dim": "encoder_ff_interm_features",
    "dropout_p": "encoder_dropout",
    "attn_dropout_p": "encoder_attention_dropout",
    "ffn_inner_dropout_p": "encoder_ff_interm_dropout",
    "layer_drop_p": "encoder_layer_drop",
}
"""The fields of its encoders, and ours."""
_HARMLESS = ("feature_grad_scale", "max_seq_len", "num_fbank_channels", "fbank_stride", "sample_fbank_every_k")
"""What changes nothing of an encoder of waveforms; ``*`` stands for any ending."""


def names_an_architecture(root: Section) -> bool:
    """Whether a mapping is a card of a model of fairseq2's, or a recipe that names its model or architecture."""
    if not {"model_family", "model_arch"}.isdisjoint(root.pairs):
        return True
    model = root.inner("model")
    if model is None or "_name" in model.pairs:
        return False
    if not {"family", "config_overrides"}.isdisjoint(model.pairs):
        return True
    # fairseq's own models stood under `arch` once.
    arch, name = model.value("arch"), model.value("name")
    if isinstance(arch, str) and arch in FAIRSEQ2_ARCHITECTURES:
        return True
    return isinstance(name, str) and _find(model, _RECIPE) is not None


def read_fairseq2(accounts: Accounts, root: Section) -> None:
    """Enter the fields of a file of which `names_an_architecture` is true."""
    is_card = not {"model_family", "model_arch"}.isdisjoint(root.pairs)
    section, keys = (root, _CARD) if is_card else (root.inner("model"), _RECIPE)
    assert section is not None  # `names_an_architecture` was asked
    found = _find(section, keys)
    if found is None:
        accounts.complain_of_file(_why_not(section, keys), codes.FOREIGN_FAMILY)
        return
    key, family, architecture = found
    accounts.family = family.name
    levels = [inner for name in _OVERRIDES if (inner := section.inner(name)) is not None]
    encoders = [inner for level in levels if (inner := level.inner(_ENCODER)) is not None]
    for level in levels:
        _read_overrides(accounts, level, _HEAD, ("*",))
    for encoder in encoders:
        _read_overrides(accounts, encoder, _FIELDS, _HARMLESS)
    for field, value in _values(family, architecture).items():
        if field not in accounts.fields:
            accounts.enter_default(field, section, (), value, f"fairseq2's {section.value(key)}")
    if architecture.remark:
        accounts.warn(section, key, f"{key} is {section.value(key)}: {architecture.remark}")
    for level in {root.prefix: root, section.prefix: section}.values():
        for name in level.pairs:
            if level is section and name in keys:
                accounts.ignore(level, name, KIND)
            elif name not in _OVERRIDES and not (level is root and not is_card and name == "model"):
                accounts.ignore(level, name, "the rest of the recipe")


def _known() -> list[tuple[str, Family, "Architecture"]]:
    """All names that are known, with what each stands for and of which family of ours it is."""
    # Imported only for such files.
    from w2v_explore.config.model_names import all_families_published

    return [
        (called, family, architecture)
        for family, published in all_families_published()
        for called, architecture in published.fairseq2.items()
    ]


def _find(section: Section, keys: tuple[str, str, str]) -> tuple[str, Family, "Architecture"] | None:
    """By which key a section names what is known, and what that is; an architecture of one family needs no family."""
    known = _known()
    name, its_family, arch = (section.value(key) for key in keys)
    named = [each for each in known if each[0] == name]
    if named:
        return (keys[0], *named[0][1:])
    found = [
        each
        for each in known
        if (each[0] == f"{its_family}/{arch}" if its_family is not None else each[0].endswith(f"/{arch}"))
    ]
    return (keys[2], *found[0][1:]) if len(found) == 1 else None


def _why_not(section: Section, keys: tuple[str, str, str]) -> str:
    """What to say of a section that names nothing that is known."""
    start = "this is fairseq2's, which names an architecture and keeps its values in Python; "
    otherwise = "start from the preset it stands for, as `extends: base`"
    architectures = [called.split("/") for called, _, _ in _known() if "/" in called]
    said = [f"{key} {shorten(str(value))}" for key in keys if (value := section.value(key)) is not None]
    if not said:
        family, arch = architectures[0]
        return f"{start}none is named here: write {keys[2]} and {keys[1]}, as {arch} and {family}, or {otherwise}"
    families = [family for family, arch in architectures if arch == section.value(keys[2])]
    if section.value(keys[1]) is None and families:
        return f"{start}{said[-1]} is of several families: write {keys[1]}, as {' or '.join(families)}"
    return f"{start}{' with '.join(said)} is none that is known here: {otherwise}"


def _values(family: Family, architecture: "Architecture") -> dict[str, object]:
    """All fields, as the name has them."""
    _, *values = family_named(family.name).part("preset_values").PRESET_VALUES[architecture.preset]
    return {**dict(zip(family.config.FIELDS, values, strict=True)), **architecture.changes}


def _read_overrides(accounts: Accounts, section: Section, fields: Mapping[str, str], harmless: tuple[str, ...]) -> None:
    """Enter what a file states in place of the architecture's values."""
    own = family_named(accounts.family).config.FIELDS
    for name, (_, node) in section.pairs.items():
        if name == _ENCODER:
            continue
        if fields.get(name) in own:
            accounts.enter(fields[name], section, (name,), node)
        elif name in fields or matches(name, harmless):
            accounts.ignore(section, name, "without effect on the encoder")
        else:
            message = f"{name} is not read in place of the architecture's value; write a config that extends its preset"
            accounts.leave_unread(section, name, message)
