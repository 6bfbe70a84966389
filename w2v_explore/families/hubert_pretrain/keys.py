"""What torchaudio and fairseq call the weights of HuBERT in pre-training, and what their shapes tell.

Ours are torchaudio's, of ``torchaudio.models.hubert_pretrain_model``, whose encoder lies below ``wav2vec2``; in fairseq
it lies beside the rest. Weights without a config are read as the encoder's, of which most people want no more.
"""

from typing import Any

from w2v_explore.checkpoint.key_table import KeyTable, Module, Packed, Parameter
from w2v_explore.checkpoint.shapes import Axis, Count, Shapes, Told, size
from w2v_explore.families.wav2vec2 import keys

_ENCODER = "wav2vec2."
_EMBEDDINGS = "logit_generator.label_embeddings"
_PROJECTION = "logit_generator.final_proj"


def _below(tensor: Module | Parameter | Packed) -> Module:
    """A module of the encoder."""
    assert isinstance(tensor, Module)
    return tensor._replace(ours=f"{_ENCODER}{tensor.ours}", huggingface=None)


def _told_by_encoder(tell: Told) -> Told:
    """What the encoder's tensors tell, by the names that they have in it."""

    def told(shapes: Shapes) -> tuple[Any, str] | None:
        encoder = {name[len(_ENCODER) :]: shape for name, shape in shapes.items() if name.startswith(_ENCODER)}
        found = tell(encoder)
        return None if found is None else (found[0], f"{_ENCODER}{found[1]}")

    return told


KEYS = KeyTable(
    family="hubert_pretrain",
    own="torchaudio",
    tensors=(
        *map(_below, keys.KEYS.tensors),
        Parameter("mask_generator.mask_embedding", None, "mask_emb"),
        Parameter(_EMBEDDINGS, None, "label_embs_concat"),
        Module(_PROJECTION, None, "final_proj"),
    ),
    head=None,
    prefixes={"torchaudio": (), "fairseq": ()},
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
        "num_classes": size(Axis(_EMBEDDINGS, 0, 2)),
        "final_dim": size(Axis(_EMBEDDINGS, 1, 2), Axis(f"{_PROJECTION}.weight", 0, 2)),
    },
    examples=keys.KEYS.examples,
    conv_weight=f"{_ENCODER}{keys.KEYS.conv_weight}",
)
