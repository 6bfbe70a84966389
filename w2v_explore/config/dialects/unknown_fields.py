"""Fields of which nothing is known: whether they leave the architecture as it is, by how their names look."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache

import yaml

from w2v_explore.config.dialects.programs import DIALECTS
from w2v_explore.config.dialects.section import is_on
from w2v_explore.config.entries import plain_value

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
    "conv_*", "extractor_*", "*_emb_*",
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

# What a mapping that describes a model says.
_OF_A_MODEL = OTHER_SIZES | {*CLASS_KEYS, "_name", "model_type", "architectures", "type", "name"}


@cache
def ignored_group(dialect: str, name: str) -> str | None:
    """What an ignored field of a dialect is about; None for one that is not known."""
    for group, patterns in DIALECTS[dialect].ignored.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return group
    return None


def is_harmless(name: str, node: yaml.Node, is_flat: bool) -> bool:
    """Whether a field of which nothing is known leaves the architecture as it is: by its value, or by its name.

    Args:
        name: Its name.
        node: Its value.
        is_flat: Whether text and labels say nothing of layers where it stands.
    """
    if not is_on(node):
        return True
    if name in INHERITING:
        return False
    value = plain_value(node)
    if isinstance(value, str) and (is_flat or matches(name, HARMLESS_TEXTS)):
        return True
    if is_flat and isinstance(node, yaml.MappingNode) and _are_labels(node):
        return True
    return matches(name, HARMLESS) and not matches(name, NOT_HARMLESS)


def _are_labels(node: yaml.MappingNode) -> bool:
    """Whether a mapping is a table between labels and their numbers, or texts for names; none of a model of its own."""
    if not _OF_A_MODEL.isdisjoint(str(key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
        return False
    values = [plain_value(value) for _, value in node.value]
    return all(isinstance(value, str) for value in values) or sorted(map(repr, values)) == sorted(
        map(repr, range(len(values)))
    )


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name looks as one of some patterns says."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
