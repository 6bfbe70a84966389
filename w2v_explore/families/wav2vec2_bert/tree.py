"""From a config to the tree of a w2v-BERT 2.0 model; names are those of transformers' class 5.24.

That is ``Wav2Vec2BertModel``; a head is named as that of ``Wav2Vec2BertForCTC``.
"""

from w2v_explore.families.wav2vec2_bert.fields import Wav2Vec2BertConfig
from w2v_explore.families.wav2vec2_bert.operations import (
    Angles,
    CausalConv1d,
    DistanceEmbedding,
    DistanceProducts,
    FramesFirst,
)
from w2v_explore.families.wav2vec2_conformer import tree as conformer
from w2v_explore.families.wav2vec2_conformer.operations import ScaledAdd
from w2v_explore.tree.inputs import Features
from w2v_explore.tree.layer import PREVIOUS, Layer, Source, Step
from w2v_explore.tree.operations import (
    GELU,
    GLU,
    Add,
    Conv1d,
    Dropout,
    LayerNorm,
    Linear,
    Operation,
    PaddingMask,
    ReLU,
    ScaledDotProductAttention,
    SiLU,
)
from w2v_explore.tree.parts import part

WINDOW_SAMPLES, HOP_SAMPLES, JOINED = 400, 160, 2
"""The filterbank's: 25 ms every 10 ms at 16 kHz, two of which are a frame."""

_ACTIVATIONS: dict[str, Operation] = {"relu": ReLU(), "gelu": GELU(), "swish": SiLU()}
_PADDING_MASK = Layer("padding_mask", "PaddingMask", PaddingMask())
_HALF_ADD = ScaledAdd(0.5)
_MASKED = Layer("masked", "Add", Add())
_FRAMES_FIRST = Layer("frames_first", "FramesFirst", FramesFirst())


def build(config: Wav2Vec2BertConfig) -> Layer:
    """The tree of layers of a config. Its size does not grow with ``encoder_num_layers``."""
    children = [part(build_feature_projection, config), _PADDING_MASK, _encoder(config)]
    schedule = ["feature_projection", "padding_mask", "encoder"]
    width = config.encoder_embed_dim
    if config.add_adapter:
        children.append(part(build_adapter, config))
        if config.adapter_embed_dim is not None:
            width = config.adapter_embed_dim
    if config.adapter_intermediate_ffn:
        children.append(part(build_intermediate_ffn, config))
        children.append(Layer("intermediate_residual", "ScaledAdd", _HALF_ADD, sources=("encoder", "intermediate_ffn")))
        schedule += ["intermediate_ffn", "intermediate_residual"]
    if config.add_adapter:
        schedule.append("adapter")
    if config.aux_num_out is not None:
        children.append(part(build_head, config, width, config.aux_num_out))
        schedule.append("lm_head")
    takes = Features("feature_projection", config.feature_channels, WINDOW_SAMPLES, HOP_SAMPLES, JOINED)
    return Layer("", "Wav2Vec2BertModel", None, tuple(children), tuple(schedule), takes=takes)


def build_feature_projection(config: Wav2Vec2BertConfig) -> Layer:
    """From the features to the encoder's width."""
    channels = config.feature_channels
    children = (
        _layer_norm("layer_norm", channels),
        Layer("projection", "Linear", Linear(channels, config.encoder_embed_dim)),
        Layer("dropout", "Dropout", Dropout(config.encoder_projection_dropout)),
    )
    return Layer("feature_projection", "FeatureProjection", None, children)


def _encoder(config: Wav2Vec2BertConfig) -> Layer:
    """Positions, where they are made for all layers, and the layers."""
    dropout = Layer("dropout", "Dropout", Dropout(config.encoder_dropout))
    layers = Layer("layers", "ModuleList", None, (part(build_encoder_layer, config),))
    options = (("layer_drop", config.encoder_layer_drop),)
    if config.encoder_positions not in ("relative", "rotary"):
        return Layer("encoder", "BertEncoder", None, (dropout, layers), options=options)
    # No part: a part is taken to need gradients where what it takes does, and positions never do.
    children = (build_positions(config), dropout, layers._replace(sources=("dropout", "embed_positions")))
    return Layer("encoder", "BertEncoder", None, children, ("dropout", "embed_positions", "layers"), options=options)


def build_positions(config: Wav2Vec2BertConfig) -> Layer:
    """The table of positions that all layers take."""
    if config.encoder_positions == "relative":
        return conformer.build_positions(config)
    angles = Angles(config.encoder_embed_dim // config.encoder_num_heads)
    return Layer("embed_positions", "Angles", angles)


def build_encoder_layer(config: Wav2Vec2BertConfig) -> Layer:
    """One conformer layer, for all of them."""
    by_key = config.encoder_positions == "relative_key"
    attention = _relative_key_attention(config) if by_key else conformer.build_self_attention(config)
    layer = conformer.build_layer_with(attention, _conv_module(config), config)
    return layer._replace(kind="BertLayer", copies=config.encoder_num_layers)


def _relative_key_attention(config: Wav2Vec2BertConfig) -> Layer:
    """Attention whose scores have a term for the distance of frames, from a table in each layer."""
    width, heads = config.encoder_embed_dim, config.encoder_num_heads
    table = DistanceEmbedding(config.encoder_max_left, config.encoder_max_right, width // heads)
    product = ScaledDotProductAttention(heads, config.encoder_attention_dropout)
    taken: tuple[Source, ...] = ("linear_q", "linear_k", "linear_v", "distance_products")
    children = (
        *_projections(width),
        Layer("distance_embedding", "DistanceEmbedding", table, sources=("linear_q",)),
        Layer(
            "distance_products",
            "DistanceProducts",
            DistanceProducts(heads),
            sources=("linear_q", "distance_embedding"),
        ),
        _MASKED,
        Layer("product", "ScaledDotProductAttention", product, sources=taken),
    )
    # The mask is added where lengths are given.
    schedule = (
        "linear_q", "distance_embedding", "distance_products", "linear_k", "linear_v", "product", "linear_out",
    )  # fmt: skip
    return Layer("self_attn", "RelativeKeyAttention", None, children, schedule)


def _projections(width: int) -> tuple[Layer, ...]:
    """From what attention takes to queries, keys and values, and from what it gives."""
    return (
        Layer("linear_q", "Linear", Linear(width, width), sources=(0,)),
        Layer("linear_k", "Linear", Linear(width, width), sources=(0,)),
        Layer("linear_v", "Linear", Linear(width, width), sources=(0,)),
        Layer("linear_out", "Linear", Linear(width, width), sources=("product",)),
    )


def _conv_module(config: Wav2Vec2BertConfig) -> Layer:
    """The convolution module: a gate, a causal depthwise convolution over time, a layer norm."""
    width, kernel = config.encoder_embed_dim, config.encoder_conv_kernel
    activation = _ACTIVATIONS[config.encoder_activation]
    depthwise = CausalConv1d(width, width, kernel, groups=width, bias=False)
    children = (
        _layer_norm("layer_norm", width),
        Layer("pointwise_conv1", "Conv1d", Conv1d(width, 2 * width, 1, bias=False), channels_first=True),
        Layer("glu", "GLU", GLU(), channels_first=True),
        Layer("depthwise_conv", "CausalConv1d", depthwise, channels_first=True),
        _layer_norm("depthwise_layer_norm", width)._replace(channels_first=True),
        Layer("activation", type(activation).__name__, activation, channels_first=True),
        Layer("pointwise_conv2", "Conv1d", Conv1d(width, width, 1, bias=False), channels_first=True),
        Layer("dropout", "Dropout", Dropout(config.encoder_conv_dropout), channels_first=True),
    )
    return Layer("conv_module", "CausalConvolutionModule", None, children)


def build_intermediate_ffn(config: Wav2Vec2BertConfig) -> Layer:
    """The feed-forward block between encoder and adapter."""
    return _feed_forward(config, "intermediate_ffn", config.encoder_embed_dim, "relu")


def _feed_forward(config: Wav2Vec2BertConfig, name: str, width: int, activation: str) -> Layer:
    inner, operation = config.encoder_ff_interm_features, _ACTIVATIONS[activation]
    children = (
        Layer("intermediate_dense", "Linear", Linear(width, inner)),
        Layer("activation", type(operation).__name__, operation),
        Layer("intermediate_dropout", "Dropout", Dropout(config.encoder_ff_interm_dropout)),
        Layer("output_dense", "Linear", Linear(inner, width)),
        Layer("output_dropout", "Dropout", Dropout(config.encoder_dropout)),
    )
    return Layer(name, "FeedForward", None, children)


def build_adapter(config: Wav2Vec2BertConfig) -> Layer:
    """Strided convolutions with attention, behind the encoder; each layer gives fewer frames than it takes."""
    width = config.encoder_embed_dim if config.adapter_embed_dim is None else config.adapter_embed_dim
    children: list[Layer] = []
    if width != config.encoder_embed_dim:
        children.append(Layer("proj", "Linear", Linear(config.encoder_embed_dim, width)))
        children.append(_layer_norm("proj_layer_norm", width))
    layer = _adapter_layer(config, width)
    layers = [layer._replace(name=str(number)) for number in range(config.adapter_num_layers)]
    children.append(Layer("layers", "ModuleList", None, tuple(layers)))
    options = (("kernel", config.adapter_kernel), ("stride", config.adapter_stride))
    return Layer("adapter", "BertAdapter", None, tuple(children), options=options)


def _adapter_layer(config: Wav2Vec2BertConfig, width: int) -> Layer:
    """A layer of the adapter: a residual and attention, each behind a strided convolution, and a feed-forward block."""
    stride, heads = config.adapter_stride, config.encoder_num_heads
    conv = Conv1d(width, 2 * width, config.adapter_kernel, stride, padding=stride // 2)
    product = ScaledDotProductAttention(heads, config.encoder_attention_dropout)
    taken: tuple[Source, ...] = ("linear_q", "linear_k", "linear_v")
    inside = (
        *_projections(width),
        Layer("product", "ScaledDotProductAttention", product, sources=taken),
    )
    attention = Layer("self_attn", "ConformerAttention", None, inside, (*taken, "product", "linear_out"))  # type: ignore[arg-type]
    children = (
        _layer_norm("residual_layer_norm", width)._replace(sources=(0,)),
        Layer("residual_conv", "Conv1d", conv, channels_first=True),
        Layer("activation", "GLU", GLU(), channels_first=True),
        _layer_norm("self_attn_layer_norm", width)._replace(sources=(0,)),
        Layer("self_attn_conv", "Conv1d", conv, channels_first=True),
        _FRAMES_FIRST,
        attention,
        Layer("self_attn_dropout", "Dropout", Dropout(config.encoder_conv_dropout)),
        Layer("self_attn_residual", "Add", Add(), sources=("self_attn_dropout", "residual")),
        _layer_norm("ffn_layer_norm", width),
        _feed_forward(config, "ffn", width, config.adapter_activation),
        Layer("ffn_residual", "Add", Add(), sources=("ffn", "self_attn_residual")),
    )
    schedule = (
        "residual_layer_norm", "residual_conv", Step("activation", result="residual"),
        "self_attn_layer_norm", "self_attn_conv", Step("activation", result="gated"), "frames_first",
        "self_attn", "self_attn_dropout", "self_attn_residual", "ffn_layer_norm", "ffn", "ffn_residual",
    )  # fmt: skip
    return Layer("0", "BertAdapterLayer", None, children, schedule, (PREVIOUS,))


def build_head(config: Wav2Vec2BertConfig, width: int, num_outputs: int) -> Layer:
    """The linear head on the encoder, or on the adapter."""
    return Layer("lm_head", "Linear", Linear(width, num_outputs))


def _layer_norm(name: str, width: int) -> Layer:
    return Layer(name, "LayerNorm", LayerNorm(width))
