"""From a config to the tree of a wav2vec 2.0 model.

The paper is Baevski et al. 2020 (arXiv 2006.11477); module names, and with them the keys of the state_dict, are those
of ``torchaudio.models.Wav2Vec2Model`` 2.11. Modules without parameters are added wherever torchaudio calls a
function that takes time (GELU, the attention product, residual additions), so that a hook can see it.
"""

from functools import lru_cache

from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import ConvLayer
from w2v_explore.families.wav2vec2.fields import Wav2Vec2Config
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.layer import OWN, Layer, Source, Step
from w2v_explore.tree.operations import (
    GELU,
    Add,
    Conv1d,
    Dropout,
    GroupNorm,
    LayerNorm,
    Linear,
    PaddingMask,
    SamePad,
    ScaledDotProductAttention,
    WeightNorm,
)
from w2v_explore.tree.parts import part

_GELU = GELU()
_ADD = Add()

_ACTIVATION = Layer("activation", "GELU", _GELU)
_CONV_ACTIVATION = Layer("activation", "GELU", _GELU, channels_first=True)
_SAME_PAD = Layer("same_pad", "SamePad", SamePad(), channels_first=True)
PADDING_MASK = Layer("padding_mask", "PaddingMask", PaddingMask())
_POSITIONAL_RESIDUAL = Layer("residual", "Add", _ADD, sources=(0, "pos_conv_embed"))
_ATTENTION_RESIDUAL = Layer("attention_residual", "Add", _ADD, sources=(0, "dropout"))

_PRE_NORM_LAYER = (
    "layer_norm", "attention", "dropout", "attention_residual",
    "final_layer_norm", "feed_forward", "feed_forward_residual",
)  # fmt: skip
_POST_NORM_LAYER = (
    "attention", "dropout", "attention_residual", "layer_norm",
    "feed_forward", "feed_forward_residual", "final_layer_norm",
)  # fmt: skip


def build(config: Wav2Vec2Config) -> Layer:
    """The tree of layers of a config. Its size does not grow with ``encoder_num_layers``."""
    return build_with_layers(config, (part(build_encoder_layer, config),))


def build_with_layers(config: Wav2Vec2Config, layers: tuple[Layer, ...]) -> Layer:
    """The tree of a model whose transformer has layers of its own; all else is wav2vec 2.0's."""
    children = [part(build_feature_extractor, config), build_encoder_with(config, layers)]
    if config.aux_num_out is not None:
        children.append(part(build_aux, config, config.aux_num_out))
    return Layer("", "Wav2Vec2Model", children=tuple(children), takes=Waveforms(frames_at="feature_extractor"))


def build_feature_extractor(config: Wav2Vec2Config) -> Layer:
    """The convolutions that turn waveforms into frames."""
    return _feature_extractor(config.extractor_mode, config.extractor_conv_bias, config.conv_layers)


@lru_cache(maxsize=64)
def _feature_extractor(mode: str, bias: bool, conv_layers: tuple[ConvLayer, ...]) -> Layer:
    # Most configs have the same convolutions, and a tree is never changed.
    in_channels = (1, *[channels for channels, _, _ in conv_layers])
    blocks = [
        _conv_block(mode, bias, number, channels, conv_layer)
        for number, (channels, conv_layer) in enumerate(zip(in_channels, conv_layers, strict=False))
    ]
    children = (Layer("conv_layers", "ModuleList", None, tuple(blocks), channels_first=True),)
    return Layer("feature_extractor", "FeatureExtractor", None, children)


def _conv_block(mode: str, bias: bool, number: int, in_channels: int, conv_layer: ConvLayer) -> Layer:
    """One layer of the extractor: its convolution, its norm if it has one, its activation."""
    out_channels, kernel, stride = conv_layer
    conv = Conv1d(in_channels, out_channels, kernel, stride, bias=bias)
    children = [Layer("conv", "Conv1d", conv, channels_first=True), _CONV_ACTIVATION]
    schedule: tuple[str, ...] = ()
    norm = extractor_norm(mode, number, out_channels)
    if norm is not None:
        children.insert(0, norm)
        schedule = ("conv", "layer_norm", "activation")
    return Layer(str(number), "ConvLayerBlock", None, tuple(children), schedule=schedule, channels_first=True)


def extractor_norm(mode: str, number: int, channels: int) -> Layer | None:
    """The norm of one layer of the extractor; None where it has none."""
    if mode == "layer_norm":
        return Layer("layer_norm", "LayerNorm", LayerNorm(channels), channels_first=True)
    if number == 0:
        return Layer("layer_norm", "GroupNorm", GroupNorm(channels), channels_first=True)
    return None


def build_aux(config: Wav2Vec2Config, num_outputs: int) -> Layer:
    """The linear head on the transformer."""
    return _linear("aux", config.encoder_embed_dim, num_outputs)


def build_encoder_with(config: Wav2Vec2Config, layers: tuple[Layer, ...]) -> Layer:
    """The encoder with a transformer of layers of its own; all else is wav2vec 2.0's."""
    children = (part(build_feature_projection, config), PADDING_MASK, build_transformer_with(config, layers))
    return Layer("encoder", "Encoder", None, children)


def build_feature_projection(config: Wav2Vec2Config) -> Layer:
    """From the extractor's channels to the transformer's width."""
    in_channels = config.conv_layers[-1][0]
    children = (
        _layer_norm("layer_norm", in_channels),
        _linear("projection", in_channels, config.encoder_embed_dim),
        _dropout("dropout", config.encoder_projection_dropout),
    )
    return Layer("feature_projection", "FeatureProjection", None, children)


def build_transformer_with(config: Wav2Vec2Config, layers: tuple[Layer, ...]) -> Layer:
    """The positional convolution, the norm and the layers, which may be a family's own."""
    children = (
        part(build_positional_convolution, config),
        _POSITIONAL_RESIDUAL,
        _layer_norm("layer_norm", config.encoder_embed_dim),
        _dropout("dropout", config.encoder_dropout),
        Layer("layers", "ModuleList", None, layers),
    )
    # Layers that normalise their input leave the last output unnormalised: the transformer then does it at its end.
    pre_norm = config.encoder_layer_norm_first
    start = ("pos_conv_embed", "residual")
    schedule = (*start, "dropout", "layers", "layer_norm") if pre_norm else (*start, "layer_norm", "dropout", "layers")
    options = (("layer_norm_first", not pre_norm), ("layer_drop", config.encoder_layer_drop))
    return Layer("transformer", "Transformer", None, children, schedule, options=options)


def build_positional_convolution(config: Wav2Vec2Config) -> Layer:
    """The convolution that stands in for positional embeddings."""
    kernel, channels = config.encoder_pos_conv_kernel, config.encoder_embed_dim
    conv = Conv1d(
        channels, channels, kernel, padding=kernel // 2, groups=config.encoder_pos_conv_groups, weight_norm=True
    )
    weight = Layer("weight", "WeightNorm", WeightNorm(conv.weight_shape), channels_first=True)
    parametrizations = Layer("parametrizations", "ModuleDict", None, (weight,))
    schedule = ("parametrizations", Step(OWN, (0, "parametrizations")))
    children = [Layer("conv", "WeightNormConv1d", conv, (parametrizations,), schedule, channels_first=True)]
    if kernel % 2 == 0:
        children.append(_SAME_PAD)
    children.append(_CONV_ACTIVATION)
    return Layer("pos_conv_embed", "PositionalConv", None, tuple(children))


def build_encoder_layer(config: Wav2Vec2Config) -> Layer:
    """One transformer layer, for all of them."""
    return build_layer_with(build_self_attention(config), config)._replace(copies=config.encoder_num_layers)


def build_layer_with(attention: Layer, config: Wav2Vec2Config) -> Layer:
    """A transformer layer with an attention of its own; all else is wav2vec 2.0's."""
    embed_dim, pre_norm = config.encoder_embed_dim, config.encoder_layer_norm_first
    bypassed = "attention_residual" if pre_norm else "layer_norm"
    children = (
        attention,
        _dropout("dropout", config.encoder_dropout),
        _ATTENTION_RESIDUAL,
        _layer_norm("layer_norm", embed_dim),
        part(build_feed_forward, config),
        Layer("feed_forward_residual", "Add", _ADD, sources=(bypassed, "feed_forward")),
        _layer_norm("final_layer_norm", embed_dim),
    )
    return Layer(
        "0",
        "EncoderLayer",
        None,
        children,
        _PRE_NORM_LAYER if pre_norm else _POST_NORM_LAYER,
        options=(("layer_norm_first", pre_norm),),
        stacked=True,
        drop=config.encoder_layer_drop,
    )


def build_self_attention(config: ModelConfig) -> Layer:
    """Attention with a projection each for queries, keys and values; for any family with its fields."""
    embed_dim = config.encoder_embed_dim
    product = ScaledDotProductAttention(config.encoder_num_heads, config.encoder_attention_dropout)
    children = (
        _linear("k_proj", embed_dim, embed_dim, sources=(0,)),
        _linear("v_proj", embed_dim, embed_dim, sources=(0,)),
        _linear("q_proj", embed_dim, embed_dim, sources=(0,)),
        Layer("product", "ScaledDotProductAttention", product, sources=("q_proj", "k_proj", "v_proj")),
        _linear("out_proj", embed_dim, embed_dim),
    )
    schedule = ("q_proj", "k_proj", "v_proj", "product", "out_proj")
    return Layer("attention", "SelfAttention", None, children, schedule)


def build_feed_forward(config: ModelConfig) -> Layer:
    """The two linear layers behind attention: a part where a layer is none; for any family with its fields."""
    embed_dim, inner = config.encoder_embed_dim, config.encoder_ff_interm_features
    children = (
        _linear("intermediate_dense", embed_dim, inner),
        _ACTIVATION,
        _dropout("intermediate_dropout", config.encoder_ff_interm_dropout),
        _linear("output_dense", inner, embed_dim),
        _dropout("output_dropout", config.encoder_dropout),
    )
    return Layer("feed_forward", "FeedForward", None, children)


def _linear(name: str, in_features: int, out_features: int, sources: tuple[Source, ...] = ()) -> Layer:
    return Layer(name, "Linear", Linear(in_features, out_features), sources=sources)


def _layer_norm(name: str, channels: int) -> Layer:
    return Layer(name, "LayerNorm", LayerNorm(channels))


def _dropout(name: str, p: float) -> Layer:
    return Layer(name, "Dropout", Dropout(p))
