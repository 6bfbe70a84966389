"""What transformers calls its models, and what stands beside their architecture in a ``config.json``."""

from w2v_explore.config.dialects.columns import Guard
from w2v_explore.config.dialects.program import Program

HUGGINGFACE = Program(
    title="Hugging Face",
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

HUGGINGFACE_REFUSED = {
    "sew": "SEW squeezes the sequence of frames",
    "sew-d": "SEW-D squeezes the sequence of frames, and its attention is disentangled",
    "mctct": "it takes spectrograms",
    "speech-encoder-decoder": "it has a text decoder, and no config of an encoder",
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
"""How names in ``architectures`` begin, and the ``model_type`` in `HUGGINGFACE_REFUSED` that each is of; the longer
beginnings first. Classes of a family are found by its ``model_type``."""

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
