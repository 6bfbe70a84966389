"""How Hugging Face would word its configs; no program has a function that builds its models."""

from w2v_explore.config.dialects.columns import Counterpart, Kind
from w2v_explore.families.wav2vec2 import dialects

PYTHON = None

HUGGINGFACE = dialects.HUGGINGFACE.with_fields(
    kinds={"causal": Kind("CausalConfig")},
    encoder_pos_conv_depth=Counterpart(("pos_conv_depth",), 3),
)

COLUMNS = {"huggingface": HUGGINGFACE}
