"""How Hugging Face words the configs of DistilHuBERT."""

import dataclasses

from w2v_explore.config.dialects.columns import Counterpart, Guard, Kind
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

COLUMNS = {"huggingface": HUGGINGFACE}
"""By the programs that have models of the family."""
