"""How transformers words the configs of omniASR's encoder; fairseq2, where it comes from, has them in Python."""

from w2v_explore.config.dialects.columns import CONV, HEAD, Column, Counterpart, Kind, Outer
from w2v_explore.families.wav2vec2 import dialects

PYTHON = None
"""There is no function whose arguments are the fields."""

HUGGINGFACE = Column(
    kinds={"omniasr_audio": Kind("OmniASRAudioConfig")},
    counterparts={
        CONV: Counterpart(("conv_dim", "conv_kernel", "conv_stride"), None),
        "extractor_conv_bias": Counterpart(("conv_bias",), True),
        "encoder_embed_dim": Counterpart(("hidden_size",), 1024),
        "encoder_pos_conv_kernel": Counterpart(("num_conv_pos_embeddings",), 128),
        "encoder_pos_conv_groups": Counterpart(("num_conv_pos_embedding_groups",), 16),
        "encoder_num_layers": Counterpart(("num_hidden_layers",), 24),
        "encoder_num_heads": Counterpart(("num_attention_heads",), 16),
        "encoder_attention_dropout": Counterpart(("attention_dropout",), 0.0),
        "encoder_ff_interm_features": Counterpart(("intermediate_size",), 4096),
        "encoder_ff_interm_dropout": Counterpart(("activation_dropout",), 0.1),
        "encoder_dropout": Counterpart(("hidden_dropout",), 0.1),
        "encoder_layer_drop": Counterpart(("layerdrop",), 0.1),
        HEAD: Counterpart(("vocab_size",), 10_288, remark="of the omniasr_ctc that holds it"),
    },
    refused={name: dialects.HUGGINGFACE.refused[name] for name in ("hidden_act", "layer_norm_eps")},
    constants={"hidden_act": "gelu", "layer_norm_eps": 1e-5},
    with_head=Outer("omniasr_ctc", "OmniASRForCTC", "audio_config"),
)

COLUMNS = {"huggingface": HUGGINGFACE}
"""By the programs that have models of the family."""
