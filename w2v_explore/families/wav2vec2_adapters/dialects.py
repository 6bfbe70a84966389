"""How Hugging Face words the configs of wav2vec 2.0 with adapters; torchaudio and fairseq have no such model."""

from w2v_explore.config.dialects.columns import Counterpart, Kind
from w2v_explore.families.wav2vec2 import dialects

PYTHON = None
"""No function of another program takes the fields."""

HUGGINGFACE = dialects.HUGGINGFACE.with_fields(
    kinds={"wav2vec2": Kind("Wav2Vec2Config")},
    encoder_adapter_features=Counterpart(("adapter_attn_dim",), None),
    add_adapter=Counterpart(("add_adapter",), False),
    adapter_num_layers=Counterpart(("num_adapter_layers",), 3),
    adapter_kernel=Counterpart(("adapter_kernel_size",), 3),
    adapter_stride=Counterpart(("adapter_stride",), 2),
    adapter_embed_dim=Counterpart(("output_hidden_size",), None),
)

COLUMNS = {"huggingface": HUGGINGFACE}
"""By the programs that have models of the family."""
