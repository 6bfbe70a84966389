"""From a config to the tree of an omniASR model; names are those of transformers' ``OmniASRAudioModel`` 5.24.

Its CTC model holds the encoder two levels down; here the head, which keeps its name, lies beside the encoder's modules.
"""

from functools import lru_cache

from w2v_explore.config.kinds import ConvLayer
from w2v_explore.families.omniasr.fields import OmniASRConfig
from w2v_explore.families.wav2vec2.tree import build_feed_forward, build_self_attention
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import GELU, Add, Conv1d, Dropout, LayerNorm, Linear, PaddingMask, SamePad
from w2v_explore.tree.parts import part

_CONV_ACTIVATION = Layer("activation", "GELU", GELU(), channels_first=True)
_SAME_PAD = Layer("same_pad", "SamePad", SamePad(), channels_first=True)
_PADDING_MASK = Layer("padding_mask", "PaddingMask", PaddingMask())
_POSITIONAL_RESIDUAL = Layer("residual", "Add", Add(), sources=(0, "activation"))
_ATTENTION_RESIDUAL = Layer("attention_residual", "Add", Add(), sources=(0, "dropout"))
_FEED_FORWARD_RESIDUAL = Layer(
    "feed_forward_residual", "Add", Add(), sources=("attention_residual", "feed_forward_dropout")
)
_LAYER = (
    "layer_norm", "attention", "dropout", "attention_residual",
    "final_layer_norm", "feed_forward", "feed_forward_dropout", "feed_forward_residual",
)  # fmt: skip
_ENCODER = ("subsampling", "padding_mask", "encode_positions", "layers", "layer_norm", "dropout")


def build(config: OmniASRConfig) -> Layer:
    """The tree of layers of a config. Its size does not grow with ``encoder_num_layers``."""
    children: tuple[Layer, ...] = (
        _subsampling(config),
        _PADDING_MASK,
        part(build_positions, config),
        Layer("layers", "ModuleList", None, (part(build_encoder_layer, config),)),
        Layer("layer_norm", "LayerNorm", LayerNorm(config.encoder_embed_dim)),
        Layer("dropout", "Dropout", Dropout(config.encoder_dropout)),
    )
    schedule: tuple[str, ...] = _ENCODER
    if config.aux_num_out is not None:
        # transformers registers the head first.
        children = (part(build_head, config, config.aux_num_out), *children)
        schedule = (*_ENCODER, "ctc_head")
    options = (("layer_drop", config.encoder_layer_drop),)
    takes = Waveforms(frames_at="subsampling.conv_layers")
    return Layer("", "OmniASRModel", None, children, schedule, options=options, takes=takes)


def build_head(config: OmniASRConfig, num_outputs: int) -> Layer:
    """The linear head on the encoder."""
    return Layer("ctc_head", "Linear", Linear(config.encoder_embed_dim, num_outputs))


def _subsampling(config: OmniASRConfig) -> Layer:
    """From waveforms to frames of the encoder's width."""
    channels = config.conv_layers[-1][0]
    children = (
        part(build_conv_layers, config),
        Layer("layer_norm", "LayerNorm", LayerNorm(channels)),
        Layer("projection", "Linear", Linear(channels, config.encoder_embed_dim)),
    )
    return Layer("subsampling", "OmniASRSubsampling", None, children)


def build_conv_layers(config: OmniASRConfig) -> Layer:
    """The convolutions that turn waveforms into frames."""
    return _conv_layers(config.extractor_conv_bias, config.conv_layers)


@lru_cache(maxsize=64)
def _conv_layers(bias: bool, conv_layers: tuple[ConvLayer, ...]) -> Layer:
    # Most configs have the same convolutions, and a tree is never changed.
    in_channels = (1, *[channels for channels, _, _ in conv_layers])
    blocks = [
        _conv_layer(bias, number, channels, conv_layer)
        for number, (channels, conv_layer) in enumerate(zip(in_channels, conv_layers, strict=False))
    ]
    return Layer("conv_layers", "OmniASRConvLayers", None, tuple(blocks))


def _conv_layer(bias: bool, number: int, in_channels: int, conv_layer: ConvLayer) -> Layer:
    out_channels, kernel, stride = conv_layer
    children = (
        Layer("conv", "Conv1d", Conv1d(in_channels, out_channels, kernel, stride, bias=bias), channels_first=True),
        Layer("layer_norm", "LayerNorm", LayerNorm(out_channels), channels_first=True),
        _CONV_ACTIVATION,
    )
    return Layer(str(number), "OmniASRConvLayer", None, children, channels_first=True)


def build_positions(config: OmniASRConfig) -> Layer:
    """The convolution that stands in for positional embeddings, and its residual addition."""
    kernel, channels = config.encoder_pos_conv_kernel, config.encoder_embed_dim
    conv = Conv1d(channels, channels, kernel, padding=kernel // 2, groups=config.encoder_pos_conv_groups)
    children = (Layer("conv", "Conv1d", conv, channels_first=True), _SAME_PAD, _CONV_ACTIVATION, _POSITIONAL_RESIDUAL)
    return Layer("encode_positions", "OmniASRPositions", None, children)


def build_encoder_layer(config: OmniASRConfig) -> Layer:
    """One transformer layer, for all of them."""
    width, dropout = config.encoder_embed_dim, Dropout(config.encoder_dropout)
    children = (
        build_self_attention(config),
        Layer("dropout", "Dropout", dropout),
        _ATTENTION_RESIDUAL,
        Layer("layer_norm", "LayerNorm", LayerNorm(width)),
        build_feed_forward(config),
        # transformers runs its one dropout a second time, behind that of the feed-forward block.
        Layer("feed_forward_dropout", "Dropout", dropout),
        _FEED_FORWARD_RESIDUAL,
        Layer("final_layer_norm", "LayerNorm", LayerNorm(width)),
    )
    return Layer(
        "0",
        "OmniASREncoderLayer",
        None,
        children,
        _LAYER,
        copies=config.encoder_num_layers,
        stacked=True,
        drop=config.encoder_layer_drop,
    )
