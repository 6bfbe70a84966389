"""Whose config a mapping is, by its content."""

from collections.abc import Collection

from w2v_explore.config.dialects.espnet import names_an_encoder
from w2v_explore.config.dialects.fairseq2 import names_an_architecture
from w2v_explore.config.dialects.hydra import names_a_model
from w2v_explore.config.dialects.relatives import find_relative
from w2v_explore.config.dialects.section import Section
from w2v_explore.config.entries import SHARED_NAMES
from w2v_explore.config.family import ARCHITECTURE, FAMILIES, Family, default_family, family_named, names_in

# What a file of each program alone says; the names that ours or the other's share are left out.
_FAIRSEQ_NAMES = {
    "_name", "arch", "w2v_args", "w2v_path", "conv_feature_layers", "encoder_layers", "encoder_attention_heads",
    "encoder_ffn_embed_dim", "encoder_layerdrop", "dropout_input", "layer_norm_first", "conv_pos", "conv_pos_groups",
    "quantize_targets", "final_dim",
}  # fmt: skip
_FAIRSEQ_SECTIONS = {"model", "task", "common", "optimization", "criterion", "distiller", "common_eval", "hydra"}
_HUGGINGFACE_NAMES = {
    "conv_dim", "conv_kernel", "conv_stride",
    "feat_extract_norm", "num_conv_pos_embeddings", "num_conv_pos_embedding_groups", "do_stable_layer_norm",
    "feat_proj_dropout", "model_type", "architectures",
}  # fmt: skip
WRAPPERS = ("cfg", "config", "args")
"""Levels that tools put around a fairseq config when they print what a checkpoint holds."""

UNILM_LEVEL = "cfg"
"""Under which a checkpoint of unilm's holds the config, beside its weights."""


def recognise(root: Section) -> str | None:
    """``w2v``, ``torchaudio``, ``fairseq``, ``huggingface`` or ``unilm``; None for what looks like none of them."""
    keys = root.pairs.keys()
    if "model_type" in keys and "extends" not in keys:
        return "huggingface"
    if "extends" in keys or keys & (default_family().config.FIELDS.keys() - SHARED_NAMES):
        return "w2v" if "extends" in keys or family_of_arguments(keys) is None else "torchaudio"
    if names_an_encoder(root):
        return "torchaudio"
    if keys & _HUGGINGFACE_NAMES:
        return "huggingface"
    if _is_unilm(root):
        return "unilm"
    if keys & _FAIRSEQ_NAMES or len(keys & _FAIRSEQ_SECTIONS) > 1 or _is_fairseq_section(root) or names_a_model(root):
        # What states no architecture is told what is missing, and gets no defaults.
        return "fairseq"
    if find_relative(root) is not None or names_an_architecture(root):
        # The reader says whose it is.
        return "fairseq"
    # Imported only where nothing at the file's own level tells.
    from w2v_explore.config.dialects.composed import holds_a_model

    return "huggingface" if holds_a_model(root) else None


def family_of_arguments(names: Collection[str]) -> Family | None:
    """The family whose function takes arguments of these names; None where none takes all of them."""
    if ARCHITECTURE not in names:
        for family, known in FAMILIES.items():
            if known.arguments and {*known.arguments} <= {*names}:
                return family_named(family)
    families = map(family_named, FAMILIES)
    return next((family for family in families if family.config.FIELDS.keys() >= set(names)), None)


def _is_unilm(root: Section) -> bool:
    """Whether a mapping, or the config in it, states a field that only unilm's models have, and no model's name."""
    keys = (root.inner(UNILM_LEVEL) or root).pairs.keys()
    return not keys.isdisjoint(names_in("unilm")) and keys.isdisjoint(("_name", "arch"))


def _is_fairseq_section(root: Section) -> bool:
    for name in ("model", "distiller", *WRAPPERS):
        inner = root.inner(name)
        if inner is not None and (inner.pairs.keys() & (_FAIRSEQ_NAMES | {"model", "encoder_embed_dim"})):
            return True
    return False
