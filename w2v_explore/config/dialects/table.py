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
        counterparts: Our fields, all 16.
        refused: What changes the architecture and has no place in our 16 fields.
        warned: What stands beside an architecture that is read all the same.
        ignored: What has no effect on the architecture, by what it is about; ``*`` stands for any ending.
        sizes: The fields that state a size of the encoder: without one, and without a known name of a model, a
            mapping states no architecture.
    """

    title: str
    counterparts: Mapping[str, Counterpart]
    refused: Mapping[str, Guard]
    warned: Mapping[str, Guard]
    ignored: Mapping[str, tuple[str, ...]]
    sizes: frozenset[str]


HUGGINGFACE = Dialect(
    title="Hugging Face",
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
        "add_adapter": Guard((False, None), "convolutions after the transformer have no place here"),
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
        "auto_map": Guard((None, {}), "the classes there are code of their own, and what they add is not counted"),
        "quantization_config": Guard((None, {}), "weights of fewer bits; bytes here are those of the dtype asked for"),
        "use_weighted_layer_sum": Guard((False, None), "the weighted sum of all layers is not counted"),
        "final_proj": Guard((False, None), "the final projection is not counted"),
        "target_glu": Guard((False, None), "the gate on the targets is not counted"),
    },
    ignored={
        "quantiser": (
            "codevector_dim", "proj_codevector_dim", "num_codevector*", "feat_quantizer_dropout",
            "num_clusters", "replace_prob", "quantize_targets",
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
            "*_token_id", "id2label", "label2id", "num_labels", "_num_labels", "tokenizer_class", "prefix",
            "decoder_start_token",
        ),
        "how a model is run": (
            "output_hidden_states", "output_attentions", "output_scores", "output_logits", "output_past",
            "output_router_logits", "output_dim*", "output_size", "return_dict", "use_return_dict",
            "chunk_size_feed_forward", "is_encoder_decoder",
            "is_decoder", "cross_attention_hidden_size", "add_cross_attention", "tie_word_embeddings",
            "tie_encoder_decoder", "use_cache",
            "_attn_implementation*", "attn_implementation", "torchscript", "use_bfloat16", "gradient_checkpointing",
            "freeze_feat_extract_train", "initializer_range", "dtype", "torch_dtype",
            "_commit_hash", "_name_or_path", "transformers_version", "processor_class", "custom_pipelines",
            "task_specific_params", "finetuning_task", "xla_device", "transformers.js_config",
        ),
        "text generation": (
            "max_length", "min_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups",
            "diversity_penalty", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty",
            "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences",
            "remove_invalid_values", "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens",
            "tf_legacy_loss", "max_new_tokens", "min_new_tokens", "max_time", "penalty_alpha", "eta_cutoff",
            "epsilon_cutoff", "encoder_repetition_penalty", "renormalize_logits", "forced_decoder_ids",
            "force_words_ids", "guidance_scale", "low_memory",
        ),
        "no longer read by transformers": (
            "feat_extract_dropout", "hidden_dropout_prob", "num_feat_extract_layers", "attention_probs_dropout_prob",
        ),
    },
    sizes=frozenset({
        "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
        "conv_dim", "conv_kernel", "conv_stride",
    }),
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
    "speech_to_text": "it takes spectrograms and has a text decoder",
    "audio-spectrogram-transformer": "it takes spectrograms",
    "bert": "it takes text",
    "roberta": "it takes text",
    "gpt2": "it takes text",
    "t5": "it takes text",
    "bart": "it takes text",
}
"""Other values of ``model_type`` that are met, and what is different about them."""

HUGGINGFACE_CLASSES = {
    "Wav2Vec2Conformer": "wav2vec2-conformer",
    "Wav2Vec2Bert": "wav2vec2-bert",
    "Wav2Vec2": "wav2vec2",
    "Hubert": "hubert",
    "UniSpeechSat": "unispeech-sat",
    "UniSpeech": "unispeech",
    "WavLM": "wavlm",
    "Data2VecAudio": "data2vec-audio",
    "SEWD": "sew-d",
    "SEW": "sew",
    "MCTCT": "mctct",
    "SpeechEncoderDecoder": "speech-encoder-decoder",
    "Speech2Text": "speech_to_text",
    "Whisper": "whisper",
    "AST": "audio-spectrogram-transformer",
    "Bert": "bert",
    "Roberta": "roberta",
    "GPT2": "gpt2",
    "T5": "t5",
    "Bart": "bart",
}
"""How the names in ``architectures`` begin, and the ``model_type`` that each is of; the longer beginnings first."""

HUGGINGFACE_PREFIXES = ("TF", "Flax")
"""What stands before the names of classes for other frameworks than torch."""

HUGGINGFACE_HEADS = {
    "Model": None,
    "ForPreTraining": "its quantiser and projections are not counted",
    "ForCTC": None,
    "ForMaskedLM": "its language-model head is not counted",
    "ForSequenceClassification": "its classification head is not counted",
    "ForAudioFrameClassification": "its classification head is not counted",
    "ForXVector": "its x-vector head is not counted",
}
"""The ends of the names in ``architectures``, and what is to be said of each."""

FAIRSEQ = Dialect(
    title="fairseq",
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
        "quantize_targets": Guard((False, None), "the quantiser and its projections are not counted"),
        "target_glu": Guard((False, None), "the gate on the targets is not counted"),
        "final_proj": Guard((False, None), "the final projection is not counted"),
        "crop_seq_to_multiple": Guard((1, None), "frames that are cut off to a multiple are counted"),
        "required_seq_len_multiple": Guard((1, 2, None), "frames that are added up to a multiple are not counted"),
        "encoder_layers_1": Guard((0, None), "ContentVec's layers that see the speaker are not counted"),
    },
    ignored={
        "quantiser": (
            "same_quantizer", "quantizer_*", "latent_*", "codebook_negatives",
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
            "final_dim", "untie_final_proj", "pred_head_*", "pred_layer_id", "layerwise_proj",
        ),
        "training": (
            "feature_grad_mult", "dropout_features", "final_dropout", "extractor_dropout", "freeze_*", "layer_decay",
            "drop_path", "checkpoint_activations", "offload_activations", "fp16", "bf16", "tpu", "ddp_backend",
            "min_params_to_wrap", "init_*", "feat_pen_loss", "cosine_loss", "delete_projections", "seed",
        ),
        "padding": ("max_positions",),
        "where the weights are": ("w2v_path", "no_pretrained_weights", "normalize", "data"),
        "parts that are not built": (
            "depthwise_conv_kernel_size", "adp_*", "decoder_*", "max_*_positions", "share_decoder_*",
            "no_token_positional_embeddings", "no_scale_embedding", "autoregressive", "seq2seq_path", "reset_dict",
            "tr_*", "mel_spec_*", "update_alibi", "spk_*",
        ),
        "the rest of the training config": (
            "adam_*", "all_gather_list_size", "azureml_logging", "batch_size*", "best_checkpoint_metric", "bpe",
            "broadcast_buffers", "bucket_cap_mb", "checkpoint", "checkpoint_*", "clip_norm", "common", "common_eval",
            "cpu", "criterion", "curriculum", "data_buffer_size", "dataset", "dataset_impl", "decay_*",
            "device_id", "disable_validation", "distributed_*", "ema", "empty_cache_freq", "enable_padding",
            "end_learning_rate", "eval_*", "fast_stat_sync", "find_unused_parameters", "fine_tuning",
            "finetune_from_model", "fix_batches_to_gpus", "fixed_validation_seed", "force_anneal", "fp16_*",
            "gen_subset", "generation", "heartbeat_timeout", "hold_*", "hydra", "infonce", "init_lr_scale",
            "final_lr_scale", "interactive", "job_logging_cfg", "keep_*", "label_dir", "labels", "local_rank", "log_*",
            "localsgd_frequency", "lr", "lr_*", "max_epoch", "max_sample_size", "max_sentences*", "max_tokens*",
            "max_update", "maximize_best_checkpoint_metric", "memory_efficient_*", "min_loss_scale", "min_lr",
            "min_sample_size", "model_parallel_size", "no_epoch_checkpoints", "no_last_checkpoints", "no_progress_bar",
            "no_save*", "no_seed_provided", "nprocs_per_node", "num_shards", "num_workers", "on_cpu_convert_precision",
            "optimization", "optimizer", "optimizer_*", "pad_audio", "patience", "phase_ratio", "pipeline_*", "power",
            "plasma_path", "pred_masked_weight", "pred_nomask_weight", "profile", "quantization_config_path",
            "random_crop", "required_batch_size_multiple", "reset_*", "restore_file", "run", "save_*", "scoring",
            "sentence_avg", "shard_id", "single_target", "skip_invalid_size_inputs_valid_test", "slowmo_*",
            "stop_min_lr", "stop_time_hours", "suppress_crashes", "task", "tensorboard_logdir", "threshold_loss_scale",
            "tokenizer", "total_num_update", "train_subset", "update_freq", "use_bmuf", "use_old_adam",
            "use_plasma_view", "user_dir", "valid_subset", "validate_*", "wandb_project", "warmup_*", "weight_decay",
            "wer_*", "zero_infinity", "zero_sharding",
        ),
    },
    sizes=frozenset({
        "encoder_layers", "encoder_embed_dim", "encoder_ffn_embed_dim", "encoder_attention_heads",
        "conv_feature_layers",
    }),
)  # fmt: skip

HARMLESS = (
    # Losses and what is learnt from.
    "loss", "*_loss", "*loss_*", "*_weight", "class_weights", "loss_weights", "*temperature", "*_temp", "*_margin",
    "*smoothing*", "*negatives*",
    # Dropping and masking, which have no parameters.
    "*_prob", "*_probs", "*dropout", "*_dropout_*", "*layerdrop", "*_layer_drop", "mask_*", "*_mask", "*_mask_*",
    # Heads on top of the encoder, which are not built, and their labels.
    "classifier_*", "num_class*", "n_class*", "*_classes", "num_labels*", "num_speakers", "num_emotions",
    "num_languages", "num_genders", "lang_codes", "regression", "num_regression_*", "num_phonemes", "*_vocab_size",
    "pooling_mode", "*mean_pooling", "pooler_*", "decoder_*", "pred_head*", "predictor_*", "final_proj*", "labels",
    "*_labels", "label_list", "label_names", "class_names", "classes", "*multi_label", "*multilabel", "is_regression",
    "*_id", "*_ids",
    # Training, and what came of it.
    "freeze", "freeze_*", "unfreeze_*", "num_frozen_*", "num_trainable_*", "lr", "*_lr", "*learning_rate*", "epochs",
    "*_epochs", "*_steps", "*_updates", "*_batch_size", "batch_size", "*_decay", "*_init", "seed", "*_grad_*",
    "*_checkpointing", "alpha", "beta", "gamma", "focal_*", "*threshold*", "fine_tuned", "wer", "*_wer", "cer",
    "*_cer", "*accuracy", "*_score",
    # The audio that is given, and by what.
    "do_normalize", "return_attention_mask", "*duration*", "max_length*", "chunk_length*", "stride_length*",
    "*_in_sec*", "*_hours", "version", "*_version", "onnx_*", "unsloth_*", "is_composition",
)  # fmt: skip
"""How names look that are about no layer of the encoder: where nothing else is known of such a field, it is ignored
with a warning. Any other unknown field that is switched on may change the architecture, and is refused."""

HARMLESS_TEXTS = ("*_path", "*_paths", "*_dir", "*_file", "*_url", "*_ckpt", "*_checkpoint", "*_from", "*_name")
"""The same of names whose values are text: where something lies, and what it is called."""

ABOUT_LAYERS = (
    "*layer*", "*norm*", "*attn*", "*attention*", "pos_*", "*_pos_*", "*position*", "*activation*", "encoder_*",
    "conv_*", "extractor_*",
)  # fmt: skip
"""How names look that are about layers, also where the value is text: that is no harmless one in a config of fairseq's
whose fields all stand at one level."""

NOT_HARMLESS = (
    # Layers that share their weights have fewer of them.
    "share_*", "*_share_*", "shared_*", "*_shared_*", "reuse_*", "tie_*", "tied_*", "*_tied_*",
    # Parts of the encoder that are not built, whatever of theirs is said.
    "*lora*", "*adapter*", "*adaptor*", "*bottleneck*", "*expert*", "*moe_*", "*downsampl*", "*subsampl*", "*upsampl*",
    "*rel_pos*", "*relative_pos*", "num_layers*",
)  # fmt: skip
"""However they end."""

INHERITING = frozenset({
    "extends", "_extends_", "_base_", "__base__", "_BASE_", "base_config", "base_cfg", "parent_config", "inherit",
    "inherits", "inherit_from", "inherits_from", "include", "includes", "_include_",
})  # fmt: skip
"""Names by which other programs take fields in from another file: what a config says without it is not the model."""

OTHER_SIZES = frozenset({
    "d_model", "d_ff", "d_inner", "d_ffn", "dim", "depth", "width", "n_layer", "n_layers", "n_head", "n_heads", "nhead",
    "num_layers", "num_heads", "num_head", "num_blocks", "layers", "heads", "hidden_size", "hidden_dim", "embed_dim",
    "embedding_dim", "model_dim", "ffn_dim", "ff_dim", "num_hidden_layers", "num_attention_heads", "attention_heads",
    "intermediate_size", "output_size", "linear_units", "encoder_dim", "encoder_ffn_dim", "encoder_num_layers",
    "encoder_num_heads", "num_encoder_layers", "encoder_hidden_size", "decoder_layers", "decoder_embed_dim",
    "decoder_ffn_dim", "dim_feedforward", "feat_in", "ff_expansion_factor",
})  # fmt: skip
"""Names by which other programs state the size of a model: beside them, none of ours has a default."""

KIND_KEYS = frozenset({
    "model", "model_name", "model_type", "model_class", "architecture", "encoder", "encoder_type", "encoder_name",
    "encoder_class", "backbone", "network", "upstream", "type", "class_name",
})  # fmt: skip
"""Names by which programs say in a word which model a mapping is for: beside sizes in fairseq's words, without a
``_name``, the model is fairseq's only where that word is a name of one that is known."""

TEXT_KEYS = frozenset({"source_lang", "target_lang", "max_source_positions", "max_target_positions"})
"""What models of fairseq say that take text or spectrograms, whose sizes have the names of those that take waveforms:
where a mapping without a ``_name`` states one, it is not read."""

CLASS_KEYS = ("_target_", "class_path")
"""By these Hydra and Lightning name the class that a mapping is for: it is that class's, whatever its fields are."""

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
FAIRSEQ_GROUPS: Mapping[str, Mapping[str, Any]] = {
    "wav2vec2/wav2vec2_base": _WAV2VEC2_BASE_GROUP,
    "wav2vec2/wav2vec2_large": _WAV2VEC2_LARGE_GROUP,
    "hubert/hubert_base": _HUBERT_BASE_GROUP,
    "hubert/hubert_large": _HUBERT_LARGE_GROUP,
}
"""The fields that a model group of Hydra stands for: those of wav2vec2 are fairseq's files of these names, with the
model that they are of; those of hubert what its configs for pre-training say."""

FAIRSEQ_OVERRIDES = {
    "encoder_projection_dropout": "dropout_input",
    "encoder_attention_dropout": "attention_dropout",
    "encoder_ff_interm_dropout": "activation_dropout",
    "encoder_dropout": "dropout",
    "encoder_layer_drop": "layerdrop",
}
"""What the top level of a ``*_ctc`` model states, whatever its ``w2v_args`` say; each is 0 where it is absent."""

FAIRSEQ_OVERRIDE_DEFAULT = 0.0

FAIRSEQ_CONFIGS = {
    "wav2vec": ("fairseq's Wav2Vec2Config", "fairseq's Wav2Vec2AsrConfig"),
    "hubert": ("fairseq's HubertConfig", "fairseq's HubertAsrConfig"),
}
"""Whose defaults hold, for the model and for the level around it, by how its ``_name`` begins: all are the same."""

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

FAIRSEQ_CTC = ("wav2vec_ctc", "hubert_ctc")
"""Those that have a CTC head."""

FAIRSEQ_FINE_TUNED = ("wav2vec_ctc", "hubert_ctc", "wav2vec_seq2seq", "hubert_seq2seq", "wav2vec_classification")
"""Those that wrap a pre-trained model, whose architecture is in ``w2v_args``."""

FAIRSEQ_PRETRAINING = frozenset({"quantize_targets", "target_glu", "final_proj"})
"""What fine-tuning takes away from a pre-trained model, whatever ``w2v_args`` say."""

FAIRSEQ_TEXT_TASKS = frozenset({
    "masked_lm", "span_masked_lm", "legacy_masked_lm", "cross_lingual_lm", "multilingual_masked_lm",
    "language_modeling", "multilingual_language_modeling", "translation", "translation_lev",
    "translation_from_pretrained_bart", "translation_multi_simple_epoch", "multilingual_translation",
    "multilingual_denoising", "denoising", "semisupervised_translation", "online_backtranslation",
    "sentence_prediction", "sentence_ranking", "speech_to_text", "text_to_speech", "speech_to_speech",
})  # fmt: skip
"""Tasks whose models have sizes of the same names and another architecture: they take text, or spectrograms."""

FAIRSEQ2_ARCHITECTURES = frozenset({
    "base", "large", "large_lv60k", "xlsr_base", "base_conformer", "large_conformer", "large_lv60k_conformer",
    "base_10h", "base_100h", "base_960h", "large_10h", "large_100h", "large_960h", "large_lv60k_10h",
    "large_lv60k_100h", "large_lv60k_960h", "300m", "1b", "2b", "3b", "5b", "7b",
})  # fmt: skip
"""fairseq2's names of architectures, which stand under ``arch`` as fairseq's own models once did."""

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

SAMPLE_RATE_TARGETS = {"w2v": "sample_rate", "fairseq": "task.sample_rate", "huggingface": "sampling_rate"}
"""Where a config that is written says how many samples a second its audio has, if not 16,000; others cannot say it."""

DIALECT_NAMES = ("w2v", "torchaudio", *DIALECTS)
"""What ``--from`` takes: our own YAML, a JSON of torchaudio's arguments, and the dialects that are translated."""
