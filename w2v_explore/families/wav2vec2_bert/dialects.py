"""How Hugging Face, where the model is defined, words the configs of w2v-BERT 2.0."""

from collections.abc import Mapping

from w2v_explore.config.dialects.columns import HEAD, Column, Counterpart, Guard, Kind

PYTHON = None
"""No program has a function that takes the fields as arguments."""

_POSITIONS = {"relative_key": "relative_key", "relative": "relative", "rotary": "rotary", None: "none"}
_ACTIVATIONS: Mapping[str | None, str] = {"silu": "swish", "swish": "swish", "gelu": "gelu"}

HUGGINGFACE = Column(
    kinds={"wav2vec2-bert": Kind("Wav2Vec2BertConfig")},
    counterparts={
        "feature_channels": Counterpart(("feature_projection_input_dim",), 160),
        "encoder_embed_dim": Counterpart(("hidden_size",), 1024),
        "encoder_projection_dropout": Counterpart(("feat_proj_dropout",), 0.0),
        "encoder_num_layers": Counterpart(("num_hidden_layers",), 24),
        "encoder_num_heads": Counterpart(("num_attention_heads",), 16),
        "encoder_positions": Counterpart(("position_embeddings_type",), "relative_key", _POSITIONS),
        "encoder_max_left": Counterpart(("left_max_position_embeddings",), 64),
        "encoder_max_right": Counterpart(("right_max_position_embeddings",), 8),
        "encoder_attention_dropout": Counterpart(("attention_dropout",), 0.0),
        "encoder_ff_interm_features": Counterpart(("intermediate_size",), 4096),
        "encoder_ff_interm_dropout": Counterpart(("activation_dropout",), 0.0),
        "encoder_conv_kernel": Counterpart(("conv_depthwise_kernel_size",), 31),
        "encoder_conv_dropout": Counterpart(("conformer_conv_dropout",), 0.1),
        "encoder_activation": Counterpart(("hidden_act",), "swish", _ACTIVATIONS),
        "encoder_dropout": Counterpart(("hidden_dropout",), 0.0),
        "encoder_layer_drop": Counterpart(("layerdrop",), 0.1),
        "add_adapter": Counterpart(("add_adapter",), False),
        "adapter_num_layers": Counterpart(("num_adapter_layers",), 1),
        "adapter_kernel": Counterpart(("adapter_kernel_size",), 3),
        "adapter_stride": Counterpart(("adapter_stride",), 2),
        "adapter_embed_dim": Counterpart(("output_hidden_size",), None),
        "adapter_activation": Counterpart(("adapter_act",), "relu", {"relu": "relu", **_ACTIVATIONS}),
        "adapter_intermediate_ffn": Counterpart(("use_intermediate_ffn_before_adapter",), False),
        # Counts for *ForCTC only: every config states it.
        HEAD: Counterpart(("vocab_size",), None, remark="in *ForCTC only"),
    },
    refused={
        "layer_norm_eps": Guard((1e-5,), "the layer norms here have an epsilon of 1e-05"),
        "rotary_embedding_base": Guard((10_000,), "rotary positions here turn by powers of 10000"),
        "pruned_heads": Guard((None, {}), "each layer here has the same number of whole heads"),
    },
    # What there is of relative positions grows with the frames.
    ignored=("max_source_positions",),
    # transformers builds a model with exactly the parameters of ours from it: masking is off, since a model that masks
    # has one vector more, and so is the dropout before the head, which the model here has not.
    constants={
        "layer_norm_eps": 1e-5,
        "final_dropout": 0.0,
        "apply_spec_augment": False,
        "mask_time_prob": 0.0,
        "mask_feature_prob": 0.0,
    },
)

COLUMNS = {"huggingface": HUGGINGFACE}
"""By the programs that have models of the family."""
