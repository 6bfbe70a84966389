"""The dialects as data: where each states our 16 fields, what holds where it does not, and what has no place here.

Reading, writing, the accounts of `convert` and docs/dialects.md are all made from this table.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

_NOTHING: Mapping[str, Any] = MappingProxyType({})

CONV = "extractor_conv_layer_config"
HEAD = "aux_num_out"


class Counterpart(NamedTuple):
    """Where a dialect states one of our fields.

    Attributes:
        names: Its field; three for Hugging Face's convolutions, none where its configs do not say.
        default: What holds where the file does not state it, as the dialect words it. None for convolutions: the
            standard seven, which our null stands for too.
        words: Its words, and ours for them.
    """

    names: tuple[str, ...]
    default: Any
    words: Mapping[str, str] = _NOTHING


class Guard(NamedTuple):
    """A field that stands for something we have no place for, unless it has a harmless value.

    Attributes:
        harmless: The values with which it changes nothing.
        reason: What it does otherwise.
    """

    harmless: tuple[Any, ...]
    reason: str


class Dialect(NamedTuple):
    """How one program words a config.

    Attributes:
        title: What people call the program.
        defaults_of: Whose defaults hold for what a file does not state.
        counterparts: Our fields, all 16.
        refused: What changes the architecture and has no place in our 16 fields.
        warned: What stands beside an architecture that is read all the same.
        ignored: What has no effect on the architecture, by what it is about; ``*`` stands for any ending.
    """

    title: str
    defaults_of: str
    counterparts: Mapping[str, Counterpart]
    refused: Mapping[str, Guard]
    warned: Mapping[str, Guard]
    ignored: Mapping[str, tuple[str, ...]]


HUGGINGFACE = Dialect(
    title="Hugging Face",
    defaults_of="transformers' Wav2Vec2Config",
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
        HEAD: Counterpart(("vocab_size",), 32),
    },
    refused={
        "hidden_act": Guard(("gelu",), "the feed-forward blocks here have GELU"),
        "feat_extract_activation": Guard(("gelu",), "the feature extractor here has GELU"),
        "layer_norm_eps": Guard((1e-5,), "the layer norms here have an epsilon of 1e-05"),
        "add_adapter": Guard((False,), "convolutions after the transformer have no place here"),
        "adapter_attn_dim": Guard((None,), "adapters in the attention blocks have no place here"),
        "feat_proj_layer_norm": Guard((True,), "the projection here always has a layer norm before it"),
        "conv_pos_batch_norm": Guard((False,), "the positional convolution here has a weight norm, no batch norm"),
        "pos_conv_depth": Guard((1,), "there is one positional convolution here"),
        "layer_type": Guard(("transformer",), "the layers here are transformer layers"),
        "position_embeddings_type": Guard((None,), "attention here knows no positions of its own"),
        "num_buckets": Guard((None,), "WavLM's gated relative position bias has no place here"),
        "pruned_heads": Guard((None, {}), "each layer here has the same number of whole heads"),
    },
    warned={
        "use_weighted_layer_sum": Guard((False, None), "the weighted sum of all layers is not counted"),
        "final_proj": Guard((False, None), "the final projection is not counted"),
        "target_glu": Guard((False, None), "the gate on the targets is not counted"),
    },
    ignored={
        "quantiser": (
            "codevector_dim", "proj_codevector_dim", "num_codevector*", "feat_quantizer_dropout",
            "num_clusters", "replace_prob",
        ),
        "masking": ("apply_spec_augment", "mask_*", "no_mask_*"),
        "losses": (
            "ctc_*", "contrastive_logits_temperature", "diversity_loss_weight", "num_negatives", "num_ctc_classes",
            "problem_type",
        ),
        "heads that are not built": (
            "classifier_proj_size", "tdnn_*", "xvector_output_dim", "output_hidden_size", "adapter_kernel_size",
            "adapter_stride", "num_adapter_layers", "max_bucket_distance", "final_dropout", "head_hidden_scale",
        ),
        "token ids and labels": (
            "*_token_id", "id2label", "label2id", "num_labels", "tokenizer_class", "prefix", "decoder_start_token",
        ),
        "how a model is run": (
            "output_*", "return_dict", "use_return_dict", "chunk_size_feed_forward", "is_encoder_decoder",
            "is_decoder", "cross_attention_hidden_size", "add_cross_attention", "tie_*", "use_cache",
            "_attn_implementation*", "attn_implementation", "torchscript", "use_bfloat16", "gradient_checkpointing",
            "freeze_feat_extract_train", "initializer_range", "dtype", "torch_dtype", "quantization_config",
            "_commit_hash", "_name_or_path", "transformers_version", "auto_map", "processor_class",
            "task_specific_params", "finetuning_task",
        ),
        "text generation": (
            "max_length", "min_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups",
            "diversity_penalty", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty",
            "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences",
            "remove_invalid_values", "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens",
            "tf_legacy_loss",
        ),
        "no longer read by transformers": (
            "feat_extract_dropout", "hidden_dropout_prob", "num_feat_extract_layers", "attention_probs_dropout_prob",
        ),
    },
)  # fmt: skip

HUGGINGFACE_CONFIGS = {
    "wav2vec2": "Wav2Vec2Config",
    "hubert": "HubertConfig",
    "unispeech": "UniSpeechConfig",
    "unispeech-sat": "UniSpeechSatConfig",
}
"""The values of ``model_type`` whose backbone is ours, and whose defaults hold: those of our fields are the same."""

HUGGINGFACE_REFUSED = {
    "wavlm": "WavLM's attention has a gated relative position bias",
    "data2vec-audio": "data2vec has five positional convolutions",
    "wav2vec2-conformer": "its layers are conformer layers",
    "wav2vec2-bert": "its layers are conformer layers, on spectrograms",
    "sew": "SEW squeezes the sequence of frames",
    "sew-d": "SEW-D squeezes the sequence of frames, and its attention is disentangled",
    "mctct": "it takes spectrograms",
    "speech-encoder-decoder": "it has a text decoder",
    "whisper": "it takes spectrograms and has a text decoder",
}
"""Other values of ``model_type`` that are met, and what is different about them."""

HUGGINGFACE_HEADS = {
    "Model": None,
    "ForPreTraining": None,
    "ForCTC": None,
    "ForSequenceClassification": "its classification head is not counted",
    "ForAudioFrameClassification": "its classification head is not counted",
    "ForXVector": "its x-vector head is not counted",
}
"""The ends of the names in ``architectures``, and what is to be said of each."""

FAIRSEQ = Dialect(
    title="fairseq",
    defaults_of="fairseq's Wav2Vec2Config",
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
        HEAD: Counterpart((), None),
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
    warned={
        "target_glu": Guard((False, None), "the gate on the targets is not counted"),
        "final_proj": Guard((False, None), "the final projection is not counted"),
        "encoder_layers_1": Guard((0, None), "ContentVec's layers that see the speaker are not counted"),
    },
    ignored={
        "quantiser": (
            "quantize_targets", "same_quantizer", "quantizer_*", "latent_*", "codebook_negatives",
        ),
        "masking": (
            "mask_*", "no_mask_*", "apply_mask", "require_same_masks", "zero_mask", "skip_masked", "skip_nomask",
        ),
        "losses": (
            "logit_temp", "num_negatives", "negatives_from_everywhere", "cross_sample_negatives", "loss_*",
            "ema_*", "average_top_k_layers", "*_target_layer", "*_norm_targets", "label_rate*", "min_target_var",
            "min_pred_var", "head_layers", "use_single_target", "use_single_prediction", "blank_*",
            "logit_temp_ctr", "contrast_*", "ctr_layers", "crop",
        ),
        "heads for pre-training": (
            "final_dim", "untie_final_proj", "pred_head_*", "pred_layer_id", "layerwise_proj", "task_emb_type",
            "out_layer_type", "n_tasks",
        ),
        "training": (
            "feature_grad_mult", "dropout_features", "final_dropout", "extractor_dropout", "freeze_*", "layer_decay",
            "drop_path", "checkpoint_activations", "offload_activations", "fp16", "bf16", "tpu", "ddp_backend",
            "min_params_to_wrap", "init_*", "feat_pen_loss", "cosine_loss", "delete_projections", "seed",
        ),
        "padding": ("required_seq_len_multiple", "crop_seq_to_multiple", "max_positions"),
        "where the weights are": ("w2v_path", "no_pretrained_weights", "normalize", "data"),
        "parts that are not built": (
            "depthwise_conv_kernel_size", "adp_*", "decoder_*", "max_*_positions", "share_decoder_*",
            "no_token_positional_embeddings", "no_scale_embedding", "autoregressive", "seq2seq_path", "reset_dict",
            "tr_*", "mel_spec_*", "attention_type", "update_alibi", "extractor_conv_feature_layers", "spk_*",
        ),
    },
)  # fmt: skip

FAIRSEQ_OVERRIDES = {
    "encoder_projection_dropout": "dropout_input",
    "encoder_attention_dropout": "attention_dropout",
    "encoder_ff_interm_dropout": "activation_dropout",
    "encoder_dropout": "dropout",
    "encoder_layer_drop": "layerdrop",
}
"""What the top level of a ``*_ctc`` model states, whatever its ``w2v_args`` say; each is 0 where it is absent."""

FAIRSEQ_OVERRIDE_DEFAULT = 0.0
FAIRSEQ_OVERRIDE_DEFAULTS_OF = "fairseq's Wav2Vec2AsrConfig"

FAIRSEQ_MODELS: Mapping[str, str | None] = {
    "wav2vec2": None,
    "hubert": None,
    "wav2vec_ctc": None,
    "hubert_ctc": None,
    "data2vec_audio": "its teacher and its regression head are not counted",
    "contentvec": "its layers that see the speaker are not counted",
    "xlsr": None,
    "wav2vec_seq2seq": "its decoder is not counted",
    "hubert_seq2seq": "its decoder is not counted",
    "wav2vec_classification": "its classification head is not counted",
}
"""The values of ``_name`` whose backbone is ours, and what is to be said of each."""

FAIRSEQ_FINE_TUNED = ("wav2vec_ctc", "hubert_ctc", "wav2vec_seq2seq", "hubert_seq2seq", "wav2vec_classification")
"""Those that wrap a pre-trained model, whose architecture is in ``w2v_args``."""

FAIRSEQ_REFUSED = {
    "wav2vec": "wav2vec (1.0) has no transformer",
    "multires_hubert": "it has encoders at several resolutions",
    "data2vec_multi": "its transformer has ALiBi and convolutions of its own",
    "speech2c": "it has a text decoder",
    "vq-wav2vec": "it has no transformer",
}
"""The values of ``_name`` whose backbone is another."""

DIALECTS: Mapping[str, Dialect] = {"fairseq": FAIRSEQ, "huggingface": HUGGINGFACE}
"""What is translated. torchaudio's arguments are our fields themselves."""

DIALECT_NAMES = ("w2v", "torchaudio", *DIALECTS)
"""What ``--from`` takes: our own YAML, a JSON of torchaudio's arguments, and the dialects that are translated."""
