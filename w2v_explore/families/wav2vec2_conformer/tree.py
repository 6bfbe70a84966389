"""From a config to the tree of a wav2vec 2.0 Conformer; names are those of transformers' class 5.24.

That is ``Wav2Vec2ConformerModel``; a head is named as that of ``Wav2Vec2ConformerForCTC``. The parts of a conformer
layer are built from the config of any family that has their fields.
"""

from functools import lru_cache

from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import ConvLayer
from w2v_explore.families.wav2vec2 import tree as wav2vec2
from w2v_explore.families.wav2vec2_conformer.fields import Wav2Vec2ConformerConfig
from w2v_explore.families.wav2vec2_conformer.operations import (
    DistanceBias,
    DistanceScores,
    QueryBias,
    RelativePositions,
    RotaryPositions,
    Rotation,
    ScaledAdd,
)
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.layer import PREVIOUS, Layer, Source
from w2v_explore.tree.operations import (
    GELU,
    GLU,
    Add,
    BatchNorm,
    Conv1d,
    Dropout,
    LayerNorm,
    Linear,
    PaddingMask,
    PlainLinear,
    ScaledDotProductAttention,
    SiLU,
)
from w2v_explore.tree.parts import part

_ACTIVATIONS = {"swish": Layer("activation", "SiLU", SiLU()), "gelu": Layer("activation", "GELU", GELU())}
_HALF_ADD = ScaledAdd(0.5)
_MASKED = Layer("masked", "Add", Add())
_PADDING_MASK = Layer("padding_mask", "PaddingMask", PaddingMask())

_ORDER = (
    "ffn1_layer_norm", "ffn1", "ffn1_residual",
    "self_attn_layer_norm", "self_attn", "self_attn_dropout", "self_attn_residual",
    "conv_module", "conv_residual",
    "ffn2_layer_norm", "ffn2", "ffn2_residual", "final_layer_norm",
)  # fmt: skip


def build(config: Wav2Vec2ConformerConfig) -> Layer:
    """The tree of layers of a config. Its size does not grow with ``encoder_num_layers``."""
    children = [
        part(build_feature_extractor, config),
        part(wav2vec2.build_feature_projection, config),
        _PADDING_MASK,
        _encoder(config),
    ]
    if config.aux_num_out is not None:
        children.append(part(build_head, config, config.aux_num_out))
    return Layer("", "Wav2Vec2ConformerModel", children=tuple(children), takes=Waveforms(frames_at="feature_extractor"))


def build_feature_extractor(config: Wav2Vec2ConformerConfig) -> Layer:
    """The convolutions that turn waveforms into frames; each is registered before its norm."""
    return _feature_extractor(config.extractor_mode, config.extractor_conv_bias, config.conv_layers)


@lru_cache(maxsize=64)
def _feature_extractor(mode: str, bias: bool, conv_layers: tuple[ConvLayer, ...]) -> Layer:
    # Most configs have the same convolutions, and a tree is never changed.
    blocks = []
    in_channels = 1
    for number, (channels, kernel, stride) in enumerate(conv_layers):
        conv = Conv1d(in_channels, channels, kernel, stride, bias=bias)
        children = [
            Layer("conv", "Conv1d", conv, channels_first=True),
            Layer("activation", "GELU", GELU(), channels_first=True),
        ]
        norm = wav2vec2.extractor_norm(mode, number, channels)
        if norm is not None:
            children.insert(1, norm)
        blocks.append(Layer(str(number), "ConformerConvLayer", None, tuple(children), channels_first=True))
        in_channels = channels
    layers = Layer("conv_layers", "ModuleList", None, tuple(blocks), channels_first=True)
    return Layer("feature_extractor", "FeatureExtractor", None, (layers,))


def _encoder(config: Wav2Vec2ConformerConfig) -> Layer:
    """Positions, the layers and the norm; and the positional convolution, which is there and never runs."""
    # No part: a part is taken to need gradients where what it takes does, and positions never do.
    positions = build_positions(config) if config.encoder_positions != "none" else None
    children = [
        part(wav2vec2.build_positional_convolution, config),
        Layer("layer_norm", "LayerNorm", LayerNorm(config.encoder_embed_dim)),
        Layer("dropout", "Dropout", Dropout(config.encoder_dropout)),
        Layer("layers", "ModuleList", None, (part(build_encoder_layer, config),)),
    ]
    norm_last = config.encoder_layer_norm_first
    schedule = ["dropout", "layers", "layer_norm"] if norm_last else ["layer_norm", "dropout", "layers"]
    if positions is not None:
        children.insert(0, positions)
        # They are made for the frames that the first layer takes.
        schedule.insert(schedule.index("layers"), "embed_positions")
        children[-1] = children[-1]._replace(sources=("dropout", "embed_positions"))
    options = (("norm_last", norm_last), ("layer_drop", config.encoder_layer_drop))
    return Layer("encoder", "ConformerEncoder", None, tuple(children), tuple(schedule), options=options)


def build_positions(config: ModelConfig) -> Layer:
    """The table of positions that all layers take."""
    if config.encoder_positions == "relative":
        return Layer("embed_positions", "RelativePositions", RelativePositions(config.encoder_embed_dim))
    head_dim = config.encoder_embed_dim // config.encoder_num_heads
    return Layer("embed_positions", "RotaryPositions", RotaryPositions(head_dim))


def build_encoder_layer(config: ModelConfig) -> Layer:
    """One conformer layer, for all of them."""
    layer = build_layer_with(build_self_attention(config), build_conv_module(config), config)
    return layer._replace(copies=config.encoder_num_layers)


def build_layer_with(attention: Layer, conv_module: Layer, config: ModelConfig) -> Layer:
    """A conformer layer with an attention, which takes positions second, and a convolution module of its own."""
    width = config.encoder_embed_dim
    children = (
        _layer_norm("ffn1_layer_norm", width),
        build_feed_forward(config, "ffn1"),
        Layer("ffn1_residual", "ScaledAdd", _HALF_ADD, sources=(0, "ffn1")),
        _layer_norm("self_attn_layer_norm", width),
        Layer("self_attn_dropout", "Dropout", Dropout(config.encoder_attention_dropout)),
        attention,
        Layer("self_attn_residual", "Add", Add(), sources=("ffn1_residual", "self_attn_dropout")),
        conv_module,
        Layer("conv_residual", "Add", Add(), sources=("self_attn_residual", "conv_module")),
        _layer_norm("ffn2_layer_norm", width),
        build_feed_forward(config, "ffn2"),
        Layer("ffn2_residual", "ScaledAdd", _HALF_ADD, sources=("conv_residual", "ffn2")),
        _layer_norm("final_layer_norm", width),
    )
    drop = config.encoder_layer_drop
    positions: tuple[Source, ...] = () if len(attention.sources) < 2 else (PREVIOUS, 1)
    return Layer("0", "ConformerLayer", None, children, _ORDER, positions, stacked=True, drop=drop)


def build_feed_forward(config: ModelConfig, name: str) -> Layer:
    """One of the two feed-forward blocks of a layer, whose output counts half."""
    feed_forward = wav2vec2.build_feed_forward(config)
    return feed_forward.with_child("activation", _ACTIVATIONS[config.encoder_activation])._replace(name=name)


def build_self_attention(config: ModelConfig) -> Layer:
    """Attention with the positions that the config has; it takes them second."""
    width, heads, positions = config.encoder_embed_dim, config.encoder_num_heads, config.encoder_positions
    product = Layer(
        "product", "ScaledDotProductAttention", ScaledDotProductAttention(heads, config.encoder_attention_dropout)
    )
    if positions == "relative":
        return _relative_attention(width, heads, product)
    rotated: Source = 0 if positions == "none" else "rotation"
    children = (
        *_projections(width, queries_of=rotated),
        Layer("rotation", "Rotation", Rotation(heads), sources=(0, 1)),
        product._replace(sources=("linear_q", "linear_k", "linear_v")),
    )
    schedule = ("linear_q", "linear_k", "linear_v", "product", "linear_out")
    if positions == "none":
        return Layer("self_attn", "ConformerAttention", None, (*children[:4], children[-1]), schedule)
    return Layer("self_attn", "RotaryAttention", None, children, ("rotation", *schedule), (PREVIOUS, 1))


def _relative_attention(width: int, heads: int, product: Layer) -> Layer:
    """Attention whose scores have a term for the distance of frames, with a projection of its own."""
    head_dim = width // heads
    children = (
        *_projections(width, queries_of=0),
        Layer("linear_pos", "PlainLinear", PlainLinear(width, width), sources=(1,)),
        # By these names the parent holds pos_bias_u and pos_bias_v.
        Layer("pos_bias", "QueryBias", QueryBias(heads, head_dim, "u"), sources=("linear_q",), lent=True),
        Layer("pos", "QueryBias", QueryBias(heads, head_dim, "bias_v"), sources=("linear_q",), lent=True),
        Layer("distance_scores", "DistanceScores", DistanceScores(heads), sources=("pos", "linear_pos")),
        Layer("distance_bias", "DistanceBias", DistanceBias(head_dim)),
        _MASKED,
        product._replace(sources=("pos_bias", "linear_k", "linear_v", "distance_bias")),
    )
    # The mask is added where lengths are given.
    schedule = (
        "linear_q", "pos", "linear_pos", "distance_scores", "distance_bias",
        "pos_bias", "linear_k", "linear_v", "product", "linear_out",
    )  # fmt: skip
    return Layer("self_attn", "RelativeAttention", None, children, schedule, (PREVIOUS, 1))


def _projections(width: int, queries_of: Source) -> tuple[Layer, ...]:
    """From what attention takes to queries, keys and values, and from what it gives."""
    return (
        Layer("linear_q", "Linear", Linear(width, width), sources=(queries_of,)),
        Layer("linear_k", "Linear", Linear(width, width), sources=(queries_of,)),
        Layer("linear_v", "Linear", Linear(width, width), sources=(0,)),
        Layer("linear_out", "Linear", Linear(width, width), sources=("product",)),
    )


def build_conv_module(config: ModelConfig) -> Layer:
    """The convolution module: a gate, a depthwise convolution over time, a batch norm."""
    width, kernel = config.encoder_embed_dim, config.encoder_conv_kernel
    depthwise = Conv1d(width, width, kernel, padding=(kernel - 1) // 2, groups=width, bias=False)
    children = (
        _layer_norm("layer_norm", width),
        Layer("pointwise_conv1", "Conv1d", Conv1d(width, 2 * width, 1, bias=False), channels_first=True),
        Layer("glu", "GLU", GLU(), channels_first=True),
        Layer("depthwise_conv", "Conv1d", depthwise, channels_first=True),
        Layer("batch_norm", "BatchNorm", BatchNorm(width), channels_first=True),
        _ACTIVATIONS[config.encoder_activation]._replace(channels_first=True),
        Layer("pointwise_conv2", "Conv1d", Conv1d(width, width, 1, bias=False), channels_first=True),
        Layer("dropout", "Dropout", Dropout(config.encoder_conv_dropout), channels_first=True),
    )
    return Layer("conv_module", "ConvolutionModule", None, children)


def build_head(config: Wav2Vec2ConformerConfig, num_outputs: int) -> Layer:
    """The linear head on the encoder."""
    return Layer("lm_head", "Linear", Linear(config.encoder_embed_dim, num_outputs))


def _layer_norm(name: str, width: int) -> Layer:
    return Layer(name, "LayerNorm", LayerNorm(width))
