"""How Hugging Face and fairseq word the configs of wav2vec 2.0."""

from collections.abc import Mapping
from typing import Any

from w2v_explore.config.dialects.columns import CONV, HEAD, Column, Counterpart, Guard, Kind
from w2v_explore.config.family import name_marked_by

PYTHON = "torchaudio.models.wav2vec2_model"
"""The function that builds a model, whose arguments are the fields."""

_GATED_BIAS = "a gated relative position bias has no place here; write model_type: " + name_marked_by(
    "num_buckets", "huggingface"
)

HUGGINGFACE = Column(
    kinds={
    "wav2vec2": Kind("Wav2Vec2Config"),
    "hubert": Kind("HubertConfig"),
    "unispeech": Kind("UniSpeechConfig"),
    "unispeech-sat": Kind("UniSpeechSatConfig"),
},
    counterparts={
        "extractor_mode": Counterpart(
            ("feat_extract_norm",), "group", {"group": "group_norm", "layer": "layer_norm"}
        ),
        CONV: Counterpart(("conv_dim", "conv_kernel", "conv_stride"), None),
        "extractor_conv_bias": Counterpart(("conv_bias",), False),
        "encoder_embed_dim": Counterpart(("hidden_size",), 768),
        "encoder_projection_dropout": Counterpart(("feat_proj_dropout",), 0.0),
        "encoder_pos_conv_kernel": Counterpart(("num_conv_pos_embeddings",), 128),
        "encoder_pos_conv_groups": Counterpart(("num_conv_pos_embedding_groups",), 16),
        "encoder_num_layers": Counterpart(("num_hidden_layers",), 12),
        "encoder_num_heads": Counterpart(("num_attention_heads",), 12),
        "encoder_attention_dropout": Counterpart(("attention_dropout",), 0.1),
        "encoder_ff_interm_features": Counterpart(("intermediate_size",), 3072),
        "encoder_ff_interm_dropout": Counterpart(("activation_dropout",), 0.1),
        "encoder_dropout": Counterpart(("hidden_dropout",), 0.1),
        "encoder_layer_norm_first": Counterpart(("do_stable_layer_norm",), False),
        "encoder_layer_drop": Counterpart(("layerdrop",), 0.1),
        # Counts for *ForCTC only: every config states it.
        HEAD: Counterpart(("vocab_size",), 32, remark="in *ForCTC only"),
    },
    refused={
        "hidden_act": Guard(("gelu",), "the feed-forward blocks here have GELU"),
        "feat_extract_activation": Guard(("gelu",), "the feature extractor here has GELU"),
        "layer_norm_eps": Guard((1e-5,), "the layer norms here have an epsilon of 1e-05"),
        "add_adapter": Guard((False, None), "convolutions after the transformer have no place here"),
        "adapter_attn_dim": Guard((None,), "adapters in the attention blocks have no place here"),
        "feat_proj_layer_norm": Guard((True,), "the projection here always has a layer norm before it"),
        "conv_pos_batch_norm": Guard((False,), "the positional convolution here has a weight norm, no batch norm"),
        "pos_conv_depth": Guard((1,), "there is one positional convolution here"),
        "layer_type": Guard(("transformer",), "the layers here are transformer layers"),
        "position_embeddings_type": Guard((None,), "attention here knows no positions of its own"),
        "num_buckets": Guard((None,), _GATED_BIAS),
        "pruned_heads": Guard((None, {}), "each layer here has the same number of whole heads"),
    },
    # transformers builds a model with exactly the parameters of ours from it: masking is off, since a model that masks
    # has one vector more, and so is the dropout before the head, which the model here has not.
    constants={
        "hidden_act": "gelu",
        "feat_extract_activation": "gelu",
        "layer_norm_eps": 1e-5,
        "final_dropout": 0.0,
        "apply_spec_augment": False,
        "mask_time_prob": 0.0,
        "mask_feature_prob": 0.0,
    },
)  # fmt: skip

FAIRSEQ = Column(
    kinds={
    "wav2vec2": Kind("Wav2Vec2Config"),
    "hubert": Kind("HubertConfig"),
    "wav2vec_ctc": Kind("Wav2Vec2AsrConfig"),
    "hubert_ctc": Kind("HubertAsrConfig"),
    # Of this family where it has one positional convolution.
    name_marked_by("pos_conv_depth", "fairseq"): Kind(
        "Wav2Vec2Config", "its teacher and its regression head are not counted"
    ),
    "contentvec": Kind("Wav2Vec2Config", "its layers that see the speaker are not counted"),
    "xlsr": Kind("Wav2Vec2Config"),
    "wav2vec_seq2seq": Kind("Wav2Vec2AsrConfig", "its decoder is not counted"),
    "hubert_seq2seq": Kind("HubertAsrConfig", "its decoder is not counted"),
    "wav2vec_classification": Kind("Wav2Vec2AsrConfig", "its classification head is not counted"),
},
    counterparts={
        "extractor_mode": Counterpart(
            ("extractor_mode",), "default", {"default": "group_norm", "layer_norm": "layer_norm"}
        ),
        CONV: Counterpart(("conv_feature_layers",), None),
        "extractor_conv_bias": Counterpart(("conv_bias",), False),
        "encoder_embed_dim": Counterpart(("encoder_embed_dim",), 768),
        "encoder_projection_dropout": Counterpart(("dropout_input",), 0.0),
        "encoder_pos_conv_kernel": Counterpart(("conv_pos",), 128),
        "encoder_pos_conv_groups": Counterpart(("conv_pos_groups",), 16),
        "encoder_num_layers": Counterpart(("encoder_layers",), 12),
        "encoder_num_heads": Counterpart(("encoder_attention_heads",), 12),
        "encoder_attention_dropout": Counterpart(("attention_dropout",), 0.1),
        "encoder_ff_interm_features": Counterpart(("encoder_ffn_embed_dim",), 3072),
        "encoder_ff_interm_dropout": Counterpart(("activation_dropout",), 0.0),
        "encoder_dropout": Counterpart(("dropout",), 0.1),
        "encoder_layer_norm_first": Counterpart(("layer_norm_first",), False),
        "encoder_layer_drop": Counterpart(("encoder_layerdrop",), 0.0),
        # The size of the target dictionary, which is a file.
        HEAD: Counterpart((), None, remark="the size of the target dictionary (not in the config)"),
    },
    refused={
        "activation_fn": Guard(("gelu",), "the feed-forward blocks here have GELU"),
        "layer_type": Guard(("transformer",), "the layers here are transformer layers"),
        "attn_type": Guard(("", None), "attention here is the plain one"),
        "pos_enc_type": Guard(("abs",), "attention here knows no positions of its own"),
        "pos_conv_depth": Guard((1,), "there is one positional convolution here"),
        "conv_pos_batch_norm": Guard((False,), "the positional convolution here has a weight norm, no batch norm"),
        "quantize_input": Guard((False,), "a quantiser between extractor and transformer has no place here"),
        "feat_proj_layer_norm": Guard((True,), "the projection here always has a layer norm before it"),
        "norm_eps": Guard((1e-5,), "the layer norms here have an epsilon of 1e-05"),
        "enable_tr_layer": Guard((False,), "a layer that reduces the number of frames has no place here"),
        "enable_log_mel": Guard((False,), "the model here takes waveforms, not spectrograms"),
        "n_mels": Guard((0, None), "the model here takes waveforms, not spectrograms"),
    },
)  # fmt: skip

_WAV2VEC2_BASE_GROUP = {
    "_name": "wav2vec2",
    "quantize_targets": True,
    "final_dim": 256,
    "encoder_layerdrop": 0.05,
    "dropout_input": 0.1,
    "dropout_features": 0.1,
    "feature_grad_mult": 0.1,
}
_WAV2VEC2_LARGE_GROUP = {
    "_name": "wav2vec2",
    "quantize_targets": True,
    "extractor_mode": "layer_norm",
    "layer_norm_first": True,
    "final_dim": 768,
    "encoder_layerdrop": 0.0,
    "dropout_input": 0.0,
    "dropout_features": 0.0,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "conv_bias": True,
    "encoder_layers": 24,
    "encoder_embed_dim": 1024,
    "encoder_ffn_embed_dim": 4096,
    "encoder_attention_heads": 16,
    "feature_grad_mult": 1.0,
}
_HUBERT_CONVOLUTIONS = "[(512,10,5)] + [(512,3,2)] * 4 + [(512,2,2)] * 2"
_HUBERT_BASE_GROUP = {
    "_name": "hubert",
    "extractor_mode": "default",
    "conv_feature_layers": _HUBERT_CONVOLUTIONS,
    "final_dim": 256,
    "encoder_layerdrop": 0.05,
    "dropout_input": 0.1,
    "dropout_features": 0.1,
    "dropout": 0.1,
    "attention_dropout": 0.1,
    "feature_grad_mult": 0.1,
    "untie_final_proj": True,
    "activation_dropout": 0.0,
}
_HUBERT_LARGE_GROUP = {
    "_name": "hubert",
    "encoder_layers": 24,
    "encoder_embed_dim": 1024,
    "encoder_ffn_embed_dim": 4096,
    "encoder_attention_heads": 16,
    "final_dim": 768,
    "extractor_mode": "layer_norm",
    "conv_feature_layers": _HUBERT_CONVOLUTIONS,
    "encoder_layerdrop": 0.0,
    "dropout_input": 0.0,
    "dropout_features": 0.0,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "layer_norm_first": True,
    "feature_grad_mult": 1.0,
    "untie_final_proj": True,
    "activation_dropout": 0.0,
}
GROUPS: Mapping[str, Mapping[str, Any]] = {
    "wav2vec2/wav2vec2_base": _WAV2VEC2_BASE_GROUP,
    "wav2vec2/wav2vec2_large": _WAV2VEC2_LARGE_GROUP,
    "hubert/hubert_base": _HUBERT_BASE_GROUP,
    "hubert/hubert_large": _HUBERT_LARGE_GROUP,
}
"""The fields that a model group of Hydra stands for: those of wav2vec2 are fairseq's files of these names, with the
model that they are of; those of hubert what its configs for pre-training say."""


ESPNET = Column(
    kinds={
        "torchaudio_hubert": Kind(
            "TorchAudioHuBERTPretrainEncoder",
            "what it has for pre-training (mask embedding, final projection, classes) is not counted",
        ),
    },
    # The arguments are the fields, whose names and words are torchaudio's.
    counterparts={
        **{
            field: Counterpart((field,), default)
            for field, default in {
                "extractor_mode": "group_norm",
                CONV: None,
                "extractor_conv_bias": False,
                "encoder_embed_dim": 768,
                "encoder_projection_dropout": 0.1,
                "encoder_pos_conv_kernel": 128,
                "encoder_pos_conv_groups": 16,
                "encoder_num_layers": 12,
                "encoder_num_heads": 12,
                "encoder_attention_dropout": 0.1,
                "encoder_ff_interm_features": 3072,
                "encoder_ff_interm_dropout": 0.0,
                "encoder_dropout": 0.1,
                "encoder_layer_norm_first": False,
                "encoder_layer_drop": 0.05,
            }.items()
        },
        HEAD: Counterpart((), None, remark="a head stands outside the encoder"),
    },
    refused={},
)

COLUMNS = {"espnet": ESPNET, "fairseq": FAIRSEQ, "huggingface": HUGGINGFACE}
"""By the programs that have models of the family."""
