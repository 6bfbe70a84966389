"""The 16 fields of a config, stated once: type, limits, meaning, and their names in fairseq and Hugging Face.

Validation, the JSON Schema, ``explain`` and docs/config.md are all made from `FIELDS`.
"""

from typing import NamedTuple

from w2v_explore.config import codes
from w2v_explore.diagnostics import Rule

# torch holds sizes in 64-bit integers; with factors below 2^31 no product of two of them overflows.
MAX_SIZE = 2**31 - 1
# The extractor's receptive field and stride, to which all its layers multiply: whatever is worked out from them is a
# float, which ends at 2^1024, and can be printed.
MAX_FIELD = 2**1000
# Far above any published encoder (48 layers), low enough that a report which unfolds every layer still ends.
MAX_ENCODER_LAYERS = 10_000
MAX_CONV_LAYERS = 1_000

ConvLayer = tuple[int, int, int]

STANDARD_CONV_LAYERS: tuple[ConvLayer, ...] = (
    (512, 10, 5),
    (512, 3, 2),
    (512, 3, 2),
    (512, 3, 2),
    (512, 3, 2),
    (512, 2, 2),
    (512, 2, 2),
)
"""What ``extractor_conv_layer_config: null`` stands for: 400 samples wide, one frame every 320."""


class Choice(NamedTuple):
    """One of a few words. ``synonyms`` maps other programs' words to ours."""

    values: tuple[str, ...]
    synonyms: dict[str, str]
    rule: Rule


class Flag:
    """``true`` or ``false``."""


class Integer(NamedTuple):
    """A whole number from 1 to ``maximum``; ``rule`` is broken by 0 and below; ``optional`` allows null."""

    rule: Rule
    maximum: int = MAX_SIZE
    optional: bool = False


class Probability:
    """A number from 0 to 1."""


class ConvLayers:
    """A list of ``[channels, kernel, stride]``, or null for `STANDARD_CONV_LAYERS`."""


Kind = Choice | Flag | Integer | Probability | ConvLayers


class Field(NamedTuple):
    """One argument of ``torchaudio.models.wav2vec2_model``.

    Attributes:
        kind: Its type and limits.
        summary: What it is.
        effect: What it does to parameters, MACs and behaviour.
        fairseq: Its name in a fairseq config.
        huggingface: Its name (or names) in a Hugging Face ``config.json``.
    """

    kind: Kind
    summary: str
    effect: str
    fairseq: str
    huggingface: str


FIELDS: dict[str, Field] = {
    "extractor_mode": Field(
        kind=Choice(
            values=("group_norm", "layer_norm"),
            synonyms={"default": "group_norm", "group": "group_norm", "layer": "layer_norm"},
            rule=codes.EXTRACTOR_MODE,
        ),
        summary="How the convolutional feature extractor normalises: group_norm after its first layer only, "
        "or layer_norm after every layer.",
        effect="Two parameters per normalised channel; no MACs. group_norm takes its statistics over the whole "
        "utterance, so every frame depends on every sample, padding included.",
        fairseq="extractor_mode (default | layer_norm)",
        huggingface="feat_extract_norm (group | layer)",
    ),
    "extractor_conv_layer_config": Field(
        kind=ConvLayers(),
        summary="The feature extractor's convolutions, first to last, each [channels, kernel, stride]; "
        "null for the seven of the paper.",
        effect="Sets the receptive field, the stride and so the number of frames that everything after it computes. "
        "A layer costs channels_in × channels_out × kernel MACs for each frame it puts out; early layers put out most.",
        fairseq="conv_feature_layers",
        huggingface="conv_dim, conv_kernel, conv_stride",
    ),
    "extractor_conv_bias": Field(
        kind=Flag(),
        summary="Whether the feature extractor's convolutions have a bias.",
        effect="One parameter per output channel; no MACs.",
        fairseq="conv_bias",
        huggingface="conv_bias",
    ),
    "encoder_embed_dim": Field(
        kind=Integer(rule=codes.EMBED_POSITIVE),
        summary="The width of the transformer: features per frame.",
        effect="Attention's four projections grow with its square, the feed-forward block in proportion, "
        "the positional convolution with its square over the number of groups.",
        fairseq="encoder_embed_dim",
        huggingface="hidden_size",
    ),
    "encoder_projection_dropout": Field(
        kind=Probability(),
        summary="Dropout on the features once they are projected to the transformer's width.",
        effect="Training only; no parameters, no MACs.",
        fairseq="dropout_input",
        huggingface="feat_proj_dropout",
    ),
    "encoder_pos_conv_kernel": Field(
        kind=Integer(rule=codes.POS_KERNEL),
        summary="The kernel of the convolution that stands in for positional embeddings, in frames.",
        effect="Parameters and MACs in proportion. An even kernel computes one frame more than it keeps.",
        fairseq="conv_pos",
        huggingface="num_conv_pos_embeddings",
    ),
    "encoder_pos_conv_groups": Field(
        kind=Integer(rule=codes.POS_GROUPS_DIVIDE),
        summary="The groups of the positional convolution; they divide encoder_embed_dim.",
        effect="Divides the positional convolution's parameters and MACs: with 1, base gains 71 M parameters.",
        fairseq="conv_pos_groups",
        huggingface="num_conv_pos_embedding_groups",
    ),
    "encoder_num_layers": Field(
        kind=Integer(rule=codes.LAYERS_POSITIVE, maximum=MAX_ENCODER_LAYERS),
        summary="The number of transformer layers.",
        effect="The transformer's parameters and MACs in proportion.",
        fairseq="encoder_layers",
        huggingface="num_hidden_layers",
    ),
    "encoder_num_heads": Field(
        kind=Integer(rule=codes.HEADS_POSITIVE),
        summary="The attention heads of each transformer layer; they divide encoder_embed_dim.",
        effect="None on parameters or MACs; a small head (embed_dim / heads) makes attention slower.",
        fairseq="encoder_attention_heads",
        huggingface="num_attention_heads",
    ),
    "encoder_attention_dropout": Field(
        kind=Probability(),
        summary="Dropout on the attention weights, after the softmax.",
        effect="Training only; no parameters, no MACs.",
        fairseq="attention_dropout",
        huggingface="attention_dropout",
    ),
    "encoder_ff_interm_features": Field(
        kind=Integer(rule=codes.FF_POSITIVE),
        summary="The inner width of each transformer layer's feed-forward block.",
        effect="The block's two linear layers in proportion: 2 × encoder_embed_dim MACs per frame for each feature.",
        fairseq="encoder_ffn_embed_dim",
        huggingface="intermediate_size",
    ),
    "encoder_ff_interm_dropout": Field(
        kind=Probability(),
        summary="Dropout inside the feed-forward block, after its activation.",
        effect="Training only; no parameters, no MACs.",
        fairseq="activation_dropout",
        huggingface="activation_dropout",
    ),
    "encoder_dropout": Field(
        kind=Probability(),
        summary="Dropout on the output of attention and of the feed-forward block, and before the first layer.",
        effect="Training only; no parameters, no MACs.",
        fairseq="dropout",
        huggingface="hidden_dropout",
    ),
    "encoder_layer_norm_first": Field(
        kind=Flag(),
        summary="Whether a transformer layer normalises its input (true, pre-norm) or its output (false, post-norm).",
        effect="None on parameters or MACs. Large and deep models train with true; published models pair it "
        "with extractor_mode layer_norm.",
        fairseq="layer_norm_first",
        huggingface="do_stable_layer_norm",
    ),
    "encoder_layer_drop": Field(
        kind=Probability(),
        summary="The probability that a transformer layer is skipped in a training step (LayerDrop).",
        effect="Training only: expected cost falls in proportion; inference runs every layer.",
        fairseq="encoder_layerdrop (pre-training), layerdrop (fine-tuning)",
        huggingface="layerdrop",
    ),
    "aux_num_out": Field(
        kind=Integer(rule=codes.AUX_POSITIVE, optional=True),
        summary="The outputs of a linear head on the transformer (the CTC vocabulary); null for none.",
        effect="encoder_embed_dim + 1 parameters and encoder_embed_dim MACs per frame for each output.",
        fairseq="the size of the target dictionary (not in the config)",
        huggingface="vocab_size (in *ForCTC only)",
    ),
}
