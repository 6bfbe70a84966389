"""ESPnet's recipes whose encoder is a model of torchaudio's: the arguments of torchaudio's function, below a key."""

from collections.abc import Mapping
from typing import Final

from w2v_explore.config.dialects.accounts import Accounts
from w2v_explore.config.dialects.programs import column_of
from w2v_explore.config.dialects.section import Section, is_on
from w2v_explore.config.dialects.unknown_fields import matches
from w2v_explore.config.entries import KIND, plain_value
from w2v_explore.config.family import family_called, names_in

PROGRAM: Final = "espnet"
_ENCODER, _ARGUMENTS = "encoder", "encoder_conf"
_IGNORED: Mapping[str, tuple[str, ...]] = {
    "masking": ("mask_*", "no_mask_*", "skip_masked", "skip_nomask"),
    "heads for pre-training": ("num_classes", "final_dim"),
    "training": ("feature_grad_mult", "finetuning", "freeze_encoder_updates"),
    "the input, which is a waveform": ("input_size",),
}
"""The encoder's other arguments, by what they are about; ``*`` stands for any ending."""
# The parts of a recipe that have parameters of their own.
_BESIDE = ("frontend", "preencoder", "postencoder", "decoder", "joint_net")


def names_an_encoder(root: Section) -> bool:
    """Whether a recipe's encoder is one whose arguments are fields of ours."""
    return root.value(_ENCODER) in names_in(PROGRAM) and (_ARGUMENTS not in root.pairs or _arguments(root) is not None)


def _arguments(root: Section) -> Section | None:
    """The section of the encoder's arguments, empty where there is none; None where they are no mapping."""
    node = root.pairs[_ARGUMENTS][1] if _ARGUMENTS in root.pairs else None
    if node is None or plain_value(node) is None:
        return Section(f"{_ARGUMENTS}.", root.pairs[_ENCODER][1].start_mark, {})
    return root.inner(_ARGUMENTS)


def read_espnet(accounts: Accounts, root: Section) -> None:
    """Enter the fields of a recipe of which `names_an_encoder` is true."""
    name, section = str(root.value(_ENCODER)), _arguments(root)
    family = family_called(PROGRAM, name)
    assert family is not None  # `names_an_encoder` was asked
    assert section is not None
    accounts.family = family
    column = column_of(family, PROGRAM)
    assert column is not None  # a test holds the names to the columns
    kind = column.kinds[name]
    for field, counterpart in column.counterparts.items():
        if counterpart.names:
            accounts.read_field(field, counterpart, section, f"ESPnet's {kind.config}")
        else:
            accounts.enter_default(field, section, (), counterpart.default, counterpart.remark)
    for other in root.pairs:
        if other == _ENCODER:
            accounts.ignore(root, other, KIND)
        elif other != _ARGUMENTS:
            accounts.ignore(root, other, "the rest of the recipe")
    accounts.warn(root, _ENCODER, f"{_ENCODER} is {name}: {kind.remark}")
    for other in _BESIDE:
        # ESPnet's recipes write Python's None.
        if other in root.pairs and is_on(root.pairs[other][1]) and root.value(other) != "none":
            accounts.warn(root, other, f"{other}: what stands beside the encoder is not counted")
    for argument in section.pairs:
        if argument in column.names:
            continue
        group = next((about for about, patterns in _IGNORED.items() if matches(argument, patterns)), None)
        if group is not None:
            accounts.ignore(section, argument, group)
        else:
            # Imported only where something is wrong.
            from w2v_explore.config.suggest import did_you_mean, nearest

            instead = did_you_mean(nearest(argument, sorted(column.names)), "remove it")
            accounts.leave_unread(section, argument, f"{argument} is no argument of {name}; {instead}")
