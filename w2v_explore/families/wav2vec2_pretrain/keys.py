"""What Hugging Face and fairseq call the weights of wav2vec 2.0 in pre-training, and what their shapes tell.

Ours are torchaudio's for the encoder, and transformers' for the rest. Weights by other programs' names and without
a config are read as the encoder's, of which most people want no more.
"""

from typing import Any

from w2v_explore.checkpoint.key_table import KeyTable, Module, Packed, Parameter
from w2v_explore.checkpoint.shapes import Axis, Count, Shapes, Told, size
from w2v_explore.families.wav2vec2 import keys

_ENCODER = "wav2vec2."
_CODEVECTORS = "quantizer.codevectors"


def _below(tensor: Module | Parameter | Packed) -> Module:
    """A module of the encoder."""
    assert isinstance(tensor, Module)
    theirs = None if tensor.huggingface is None else f"{_ENCODER}{tensor.huggingface}"
    return tensor._replace(ours=f"{_ENCODER}{tensor.ours}", huggingface=theirs)


def _told_by_encoder(tell: Told) -> Told:
    """What the encoder's tensors tell, by the names that they have in it."""

    def told(shapes: Shapes) -> tuple[Any, str] | None:
        encoder = {name[len(_ENCODER) :]: shape for name, shape in shapes.items() if name.startswith(_ENCODER)}
        found = tell(encoder)
        return None if found is None else (found[0], f"{_ENCODER}{found[1]}")

    return told


def _groups(shapes: Shapes) -> tuple[int, str] | None:
    """The width of all codebooks together over that of one."""
    whole, one = Axis("project_q.weight", 1, 2).find(shapes), Axis(_CODEVECTORS, 2, 3).find(shapes)
    if whole is None or one is None or one[0] == 0 or whole[0] % one[0]:
        return None
    return whole[0] // one[0], whole[1]


def _vectors(shapes: Shapes) -> tuple[int, str] | None:
    """All vectors over the number of codebooks."""
    every, groups = Axis(_CODEVECTORS, 1, 3).find(shapes), _groups(shapes)
    if every is None or groups is None or groups[0] == 0 or every[0] % groups[0]:
        return None
    return every[0] // groups[0], every[1]


KEYS = KeyTable(
    family="wav2vec2_pretrain",
    own="torchaudio",
    tensors=(
        *map(_below, keys.KEYS.tensors),
        Parameter("mask_generator.mask_embedding", f"{_ENCODER}masked_spec_embed", "mask_emb"),
        Parameter(_CODEVECTORS, _CODEVECTORS, "quantizer.vars"),
        Module("quantizer.weight_proj", "quantizer.weight_proj", "quantizer.weight_proj"),
        Module("project_hid", "project_hid", "final_proj"),
        Module("project_q", "project_q", "project_q"),
    ),
    head=None,
    prefixes={"torchaudio": (), "huggingface": (), "fairseq": ()},
    found_by=f"{_ENCODER}{keys.KEYS.found_by}",
    extras={
        program: {name: extra for name, extra in extras.items() if extra.changes_outputs}
        for program, extras in keys.KEYS.extras.items()
        if program == "fairseq"
    },
    absences={
        program: {f"{_ENCODER}{name}": why for name, why in absent.items()}
        for program, absent in keys.KEYS.absences.items()
    },
    told={
        **{field: _told_by_encoder(tell) for field, tell in keys.KEYS.told.items() if field != "aux_num_out"},
        "encoder_num_layers": Count(f"{_ENCODER}encoder.transformer.layers"),
        "num_codevector_groups": _groups,
        "num_codevectors_per_group": _vectors,
        "codevector_dim": size(Axis("project_q.weight", 1, 2)),
        "proj_codevector_dim": size(Axis("project_q.weight", 0, 2), Axis("project_hid.weight", 0, 2)),
    },
    examples=keys.KEYS.examples,
    conv_weight=f"{_ENCODER}{keys.KEYS.conv_weight}",
)
