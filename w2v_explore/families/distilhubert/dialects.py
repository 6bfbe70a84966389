"""How Hugging Face and s3prl word the configs of DistilHuBERT; s3prl's words are fairseq's, under `distiller`."""

import dataclasses

from w2v_explore.config.dialects.columns import CONV, HEAD, Column, Counterpart, Guard, Kind
from w2v_explore.families.wav2vec2 import dialects

PYTHON = None
"""No program has a function that takes the fields as arguments."""

_NO_NORM = "the projection of DistilHuBERT has no layer norm before it; a model that has one is a HuBERT"
_NO_HEADS = "s3prl alone has these heads"

HUGGINGFACE = dataclasses.replace(
    dialects.HUGGINGFACE.with_fields(
        kinds={"hubert": Kind("HubertConfig")},
        refused={"feat_proj_layer_norm": Guard((False,), _NO_NORM, is_wanted=True)},
        prediction_num_heads=Counterpart((), None, remark=_NO_HEADS),
        prediction_dim=Counterpart((), None, remark=_NO_HEADS),
    ),
    constants={**dialects.HUGGINGFACE.constants, "feat_proj_layer_norm": False},
)

_NO_HEAD = "a model that is distilled has no such head"
_EXPANDED = "of the ways in which s3prl predicts layers, there is a head for each here"
_PREDICTIONS = {
    "prediction_num_heads": Counterpart(("n_tasks",), 12),
    "prediction_dim": Counterpart(("final_dim",), 768),
}

S3PRL = Column(
    kinds={"distiller": Kind("DistillerConfig")},
    counterparts={
        **dialects.FAIRSEQ.counterparts,
        CONV: Counterpart(("extractor_conv_feature_layers",), None),
        "extractor_conv_bias": Counterpart((), False, remark="the extractor has no biases"),
        "encoder_projection_dropout": Counterpart((), 0.0, remark="there is no dropout before the encoder"),
        "encoder_num_layers": Counterpart(("encoder_layers",), 1),
        "encoder_ff_interm_dropout": Counterpart(("activation_dropout",), 0.1),
        HEAD: Counterpart((), None, remark=_NO_HEAD),
        **_PREDICTIONS,
    },
    refused={
        "activation_fn": dialects.FAIRSEQ.refused["activation_fn"],
        "attention_type": Guard(("original",), "attention here is the plain one"),
        "task_emb_type": Guard(("expand-last",), _EXPANDED),
        "out_layer_type": Guard(("expand-last",), _EXPANDED),
        "out_layer_inter_dim": Guard((-1, 0), "the heads here are as wide inside as the encoder"),
    },
    level="distiller",
    listed={"pred_layer_id": "prediction_num_heads"},
)

COLUMNS = {"fairseq": S3PRL, "huggingface": HUGGINGFACE}
"""By the programs that have models of the family."""
