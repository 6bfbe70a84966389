"""From a config to the tree of a DistilHuBERT model; names are those of transformers' ``HubertModel`` 5.24.

A head is named as that of ``HubertForCTC``, and lies beside the encoder's modules; the heads that predict layers are
named as s3prl's, where they are from.
"""

from functools import lru_cache

from w2v_explore.config.kinds import ConvLayer
from w2v_explore.families.distilhubert.fields import DistilHubertConfig
from w2v_explore.families.distilhubert.operations import SplitLinear
from w2v_explore.families.wav2vec2 import tree as wav2vec2
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import GELU, Add, Conv1d, Dropout, GroupNorm, LayerNorm, Linear, PaddingMask
from w2v_explore.tree.parts import part

_CONV_ACTIVATION = Layer("activation", "GELU", GELU(), channels_first=True)
_PADDING_MASK = Layer("padding_mask", "PaddingMask", PaddingMask())
_POSITIONAL_RESIDUAL = Layer("residual", "Add", Add(), sources=(0, "pos_conv_embed"))


def build(config: DistilHubertConfig) -> Layer:
    """The tree of layers of a config. Its size does not grow with ``encoder_num_layers``."""
    children = [
        part(build_feature_extractor, config),
        part(build_feature_projection, config),
        _PADDING_MASK,
        _encoder(config),
    ]
    if config.aux_num_out is not None:
        children.append(part(build_head, config, config.aux_num_out))
    if config.prediction_num_heads is not None and config.prediction_dim is not None:
        children.append(part(build_predictions, config, config.prediction_num_heads, config.prediction_dim))
    return Layer("", "DistilHubertModel", children=tuple(children), takes=Waveforms(frames_at="feature_extractor"))


def build_feature_extractor(config: DistilHubertConfig) -> Layer:
    """The convolutions that turn waveforms into frames."""
    return _feature_extractor(config.extractor_mode, config.extractor_conv_bias, config.conv_layers)


@lru_cache(maxsize=64)
def _feature_extractor(mode: str, bias: bool, conv_layers: tuple[ConvLayer, ...]) -> Layer:
    in_channels = (1, *[channels for channels, _, _ in conv_layers])
    blocks = [
        _conv_layer(mode, bias, number, channels, conv_layer)
        for number, (channels, conv_layer) in enumerate(zip(in_channels, conv_layers, strict=False))
    ]
    layers = Layer("conv_layers", "ModuleList", None, tuple(blocks), channels_first=True)
    return Layer("feature_extractor", "FeatureExtractor", None, (layers,))


def _conv_layer(mode: str, bias: bool, number: int, in_channels: int, conv_layer: ConvLayer) -> Layer:
    """One layer of the extractor; unlike in torchaudio's, the convolution is registered before the norm."""
    channels, kernel, stride = conv_layer
    children = [Layer("conv", "Conv1d", Conv1d(in_channels, channels, kernel, stride, bias=bias), channels_first=True)]
    if mode == "layer_norm":
        children.append(Layer("layer_norm", "LayerNorm", LayerNorm(channels), channels_first=True))
    elif number == 0:
        children.append(Layer("layer_norm", "GroupNorm", GroupNorm(channels), channels_first=True))
    return Layer(str(number), "HubertConvLayer", None, (*children, _CONV_ACTIVATION), channels_first=True)


def build_feature_projection(config: DistilHubertConfig) -> Layer:
    """From the extractor's channels to the transformer's width, without a norm before it."""
    children = (
        Layer("projection", "Linear", Linear(config.conv_layers[-1][0], config.encoder_embed_dim)),
        Layer("dropout", "Dropout", Dropout(config.encoder_projection_dropout)),
    )
    return Layer("feature_projection", "PlainProjection", None, children)


def _encoder(config: DistilHubertConfig) -> Layer:
    """The positional convolution, the norm and the layers."""
    children = (
        part(wav2vec2.build_positional_convolution, config),
        _POSITIONAL_RESIDUAL,
        Layer("layer_norm", "LayerNorm", LayerNorm(config.encoder_embed_dim)),
        Layer("dropout", "Dropout", Dropout(config.encoder_dropout)),
        Layer("layers", "ModuleList", None, (part(wav2vec2.build_encoder_layer, config),)),
    )
    pre_norm = config.encoder_layer_norm_first
    norm_and_layers = ("dropout", "layers", "layer_norm") if pre_norm else ("layer_norm", "dropout", "layers")
    options = (("layer_norm_first", not pre_norm), ("layer_drop", config.encoder_layer_drop))
    return Layer(
        "encoder", "Transformer", None, children, ("pos_conv_embed", "residual", *norm_and_layers), options=options
    )


def build_head(config: DistilHubertConfig, num_outputs: int) -> Layer:
    """The linear head on the transformer."""
    return Layer("lm_head", "Linear", Linear(config.encoder_embed_dim, num_outputs))


def build_predictions(config: DistilHubertConfig, num_heads: int, width: int) -> Layer:
    """The heads that predict layers of the teacher: one layer for all, and one for each."""
    embed_dim = config.encoder_embed_dim
    # s3prl has a plain linear layer one level down where there is a single head.
    single = Layer("layer", "Linear", Linear(embed_dim, width))
    last = (
        Layer("2", "SingleHead", None, (single,))
        if num_heads == 1
        else Layer("2", "SplitLinear", SplitLinear(embed_dim, num_heads, width))
    )
    children = (
        Layer("0", "Linear", Linear(embed_dim, num_heads * embed_dim)),
        Layer("1", "GELU", GELU()),
        last,
    )
    return Layer("output_layer", "PredictionHeads", None, children)
