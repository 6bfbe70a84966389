"""The options of fairseq's command line that have nothing to do with a model.

Before its release of 2021, fairseq saved all arguments of ``fairseq-train`` in one flat namespace, and among two
hundred of the training are the few of the architecture. What is left once these are taken away is read as any config of
fairseq's: what is unknown in it may be of the architecture, and is not passed over.
"""

from collections.abc import Mapping
from typing import Any

_NAMES = """
    no_progress_bar log_interval log_format log_file tensorboard_logdir tbmf_wrapper wandb_project azureml_logging seed
    cpu tpu bf16 fp16 memory_efficient_fp16 memory_efficient_bf16 fp16_no_flatten_grads fp16_init_scale
    fp16_scale_window fp16_scale_tolerance min_loss_scale threshold_loss_scale amp amp_batch_retries amp_init_scale
    amp_scale_window on_cpu_convert_precision user_dir empty_cache_freq all_gather_list_size model_parallel_size
    quantization_config_path profile reset_logging suppress_crashes use_plasma_view plasma_path
    path post_process remove_bpe quiet model_overrides results_path
    distributed_world_size distributed_num_procs distributed_rank distributed_backend distributed_init_method
    distributed_port device_id local_rank distributed_no_spawn ddp_backend ddp_comm_hook bucket_cap_mb
    fix_batches_to_gpus find_unused_parameters gradient_as_bucket_view fast_stat_sync heartbeat_timeout
    broadcast_buffers distributed_wrapper slowmo_momentum slowmo_algorithm slowmo_base_algorithm localsgd_frequency
    nprocs_per_node pipeline_model_parallel pipeline_balance pipeline_devices pipeline_chunks
    pipeline_encoder_balance pipeline_encoder_devices pipeline_decoder_balance pipeline_decoder_devices
    pipeline_checkpoint zero_sharding no_reshard_after_forward fp32_reduce_scatter cpu_offload use_sharded_state
    not_fsdp_flatten_parameters
    num_workers skip_invalid_size_inputs_valid_test max_tokens max_sentences batch_size required_batch_size_multiple
    required_seq_len_multiple dataset_impl data_buffer_size train_subset valid_subset combine_valid_subsets
    ignore_unused_valid_subsets validate_interval validate_interval_updates validate_after_updates
    fixed_validation_seed disable_validation max_tokens_valid max_sentences_valid batch_size_valid max_valid_steps
    curriculum gen_subset num_shards shard_id grouped_shuffling update_epoch_batch_itr
    update_ordered_indices_seed
    max_epoch max_update stop_time_hours clip_norm sentence_avg update_freq lr min_lr stop_min_lr use_bmuf
    skip_remainder_batch debug_param_names
    save_dir restore_file continue_once finetune_from_model reset_dataloader reset_lr_scheduler reset_meters
    reset_optimizer optimizer_overrides save_interval save_interval_updates keep_interval_updates
    keep_interval_updates_pattern keep_last_epochs keep_best_checkpoints no_save no_epoch_checkpoints
    no_last_checkpoints no_save_optimizer_state best_checkpoint_metric maximize_best_checkpoint_metric patience
    checkpoint_suffix checkpoint_shard_count load_checkpoint_on_all_dp_ranks write_checkpoints_asynchronously
    block_lr block_momentum global_sync_iter warmup_iterations use_nbm average_sync
    task criterion optimizer lr_scheduler tokenizer bpe scoring simul_type
    adam_betas adam_eps weight_decay use_old_adam fp16_adam_stats momentum
    warmup_updates warmup_init_lr force_anneal end_learning_rate power total_num_update phase_ratio init_lr_scale
    final_lr_scale warmup_steps hold_steps decay_steps max_lr lr_shrink lr_period_updates t_mult lr_patience
    lr_threshold
    data labels normalize enable_padding max_sample_size min_sample_size num_batch_buckets precompute_mask_indices
    inferred_w2v_config tpu binarized_dataset label_dir pad_audio random_crop single_target fine_tuning
    text_compression_level eval_wer eval_wer_config eval_wer_tokenizer eval_wer_post_process eval_bleu
    autoregressive
    infonce loss_weights log_keys pred_masked_weight pred_nomask_weight zero_infinity wer_args wer_kenlm_model
    wer_lexicon wer_lm_weight wer_word_score wer_sil_weight label_smoothing
    store_ema ema_decay ema_start_update ema_seed_model ema_update_freq ema_fp32
    no_seed_provided
"""
TRAINING_OPTIONS = frozenset(_NAMES.split())
"""Without ``sample_rate`` and ``label_rate``, which say what the model is for."""


def without_training(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments without those of the training, in the namespaces within them too (``w2v_args``)."""
    return {
        name: without_training(value) if isinstance(value, Mapping) else value
        for name, value in arguments.items()
        if name not in TRAINING_OPTIONS
    }
