"""What Hugging Face and fairseq call the weights of data2vec audio, and what their shapes tell.

Ours are transformers', of ``Data2VecAudioModel``.
"""

import dataclasses

from w2v_explore.checkpoint.key_table import Module
from w2v_explore.checkpoint.shapes import Axis, Count, optional, quotient, size
from w2v_explore.families.wav2vec2 import keys

_POSITIONS = "encoder.pos_conv_embed.layers"
_POSITION = f"{_POSITIONS}.{{i}}.conv"
_PROJECTION = "feature_projection.projection.weight"
_NORM = "encoder.layer_norm.weight"
_INNER = "encoder.layers.{i}.feed_forward.intermediate_dense.weight"
_OUTER = "encoder.layers.{i}.feed_forward.output_dense.weight"

_ELSEWHERE = ("encoder.transformer.pos_conv_embed.conv", "feature_extractor.conv_layers.0.layer_norm")
"""wav2vec 2.0's names of what is otherwise here, or of what only a group norm has."""

_TENSORS = (
    *(
        tensor._replace(ours=tensor.huggingface)
        for tensor in keys.KEYS.tensors
        if isinstance(tensor, Module) and tensor.huggingface is not None and tensor.ours not in _ELSEWHERE
    ),
    Module(_POSITION, _POSITION, "encoder.pos_conv.{i}.0"),
)

KEYS = dataclasses.replace(
    keys.KEYS,
    family="data2vec_audio",
    own="huggingface",
    tensors=_TENSORS,
    head=Module("lm_head", "lm_head", "proj"),
    prefixes={"huggingface": ("data2vec_audio.",), "fairseq": ("w2v_model.",)},
    extras={dialect: keys.KEYS.extras[dialect] for dialect in ("huggingface", "fairseq")},
    absences={},
    told={
        "extractor_conv_bias": keys.KEYS.told["extractor_conv_bias"],
        "encoder_embed_dim": size(Axis(_PROJECTION, 0, 2), Axis(f"{_POSITION}.weight", 0, 3), Axis(_NORM, 0, 1)),
        "encoder_pos_conv_depth": Count(_POSITIONS),
        "encoder_pos_conv_kernel": size(Axis(f"{_POSITION}.weight", 2, 3)),
        "encoder_pos_conv_groups": quotient(Axis(f"{_POSITION}.weight", 0, 3), Axis(f"{_POSITION}.weight", 1, 3)),
        "encoder_num_layers": Count("encoder.layers"),
        "encoder_ff_interm_features": size(Axis(_INNER, 0, 2), Axis(_OUTER, 1, 2)),
        "aux_num_out": optional("lm_head", Axis("lm_head.weight", 0, 2), Axis("lm_head.bias", 0, 1)),
    },
    examples={"encoder_num_heads": keys.KEYS.examples["encoder_num_heads"]},
)
