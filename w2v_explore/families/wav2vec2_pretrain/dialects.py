"""How Hugging Face words the configs of wav2vec 2.0 in pre-training.

A config.json that names Wav2Vec2ForPreTraining is read as that of the encoder, which most people use; what is written
here names the same class.
"""

from w2v_explore.config.dialects.columns import HEAD, Counterpart, Kind
from w2v_explore.families.wav2vec2 import dialects

PYTHON = None
"""No function of another program takes the fields."""

_ENCODER = dialects.HUGGINGFACE.with_fields(
    kinds={"wav2vec2": Kind("Wav2Vec2Config", written_as="Wav2Vec2ForPreTraining")},
    feat_quantizer_dropout=Counterpart(("feat_quantizer_dropout",), 0.0),
    num_codevector_groups=Counterpart(("num_codevector_groups",), 2),
    num_codevectors_per_group=Counterpart(("num_codevectors_per_group",), 320),
    codevector_dim=Counterpart(("codevector_dim",), 256),
    proj_codevector_dim=Counterpart(("proj_codevector_dim",), 256),
)

HUGGINGFACE = _ENCODER.without_fields(
    HEAD,
    # A model without masks has no vector for masked frames.
    mask_time_prob=0.65,
    apply_spec_augment=True,
)

COLUMNS = {"huggingface": HUGGINGFACE}
"""By the programs that have models of the family."""
