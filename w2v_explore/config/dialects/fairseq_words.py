"""What fairseq calls its models, and what stands beside their architecture in its configs."""

from w2v_explore.config.dialects.columns import Guard
from w2v_explore.config.dialects.program import Program

FAIRSEQ = Program(
    title="fairseq",
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

FAIRSEQ_OVERRIDES = {
    "encoder_projection_dropout": "dropout_input",
    "encoder_attention_dropout": "attention_dropout",
    "encoder_ff_interm_dropout": "activation_dropout",
    "encoder_dropout": "dropout",
    "encoder_layer_drop": "layerdrop",
}
"""What the top level of a ``*_ctc`` model states, whatever its ``w2v_args`` say; each is 0 where it is absent."""

FAIRSEQ_OVERRIDE_DEFAULT = 0.0

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
