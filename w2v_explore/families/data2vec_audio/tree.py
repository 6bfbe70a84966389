"""From a config to the tree of a data2vec audio model; names are those of transformers' ``Data2VecAudioModel`` 5.24.

A head is named as that of ``Data2VecAudioForCTC``. What transformers calls as a function, or has as a module that is
never called, is as in wav2vec 2.0's tree.
"""

from functools import lru_cache

from w2v_explore.config.kinds import ConvLayer
from w2v_explore.families.data2vec_audio.fields import Data2VecAudioConfig
from w2v_explore.families.data2vec_audio.operations import PlainLayerNorm
from w2v_explore.families.wav2vec2 import tree as wav2vec2
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import GELU, Add, Conv1d, Dropout, LayerNorm, Linear, PaddingMask, SamePad
from w2v_explore.tree.parts import part

_CONV_ACTIVATION = Layer("activation", "GELU", GELU(), channels_first=True)
_SAME_PAD = Layer("same_pad", "SamePad", SamePad(), channels_first=True)
_PADDING_MASK = Layer("padding_mask", "PaddingMask", PaddingMask())
_POSITIONAL_RESIDUAL = Layer("residual", "Add", Add(), sources=(0, "pos_conv_embed"))


def build(config: Data2VecAudioConfig) -> Layer:
    """The tree of layers of a config. Its size does not grow with the numbers of convolutions and layers."""
    children = [
        part(build_feature_extractor, config),
        part(wav2vec2.build_feature_projection, config),
        _PADDING_MASK,
        _encoder(config),
    ]
    if config.aux_num_out is not None:
        children.append(part(build_head, config, config.aux_num_out))
    return Layer("", "Data2VecAudioModel", children=tuple(children), takes=Waveforms(frames_at="feature_extractor"))


def build_feature_extractor(config: Data2VecAudioConfig) -> Layer:
    """The convolutions that turn waveforms into frames."""
    return _feature_extractor(config.extractor_conv_bias, config.conv_layers)


@lru_cache(maxsize=64)
def _feature_extractor(bias: bool, conv_layers: tuple[ConvLayer, ...]) -> Layer:
    blocks = []
    in_channels = 1
    for number, (channels, kernel, stride) in enumerate(conv_layers):
        conv = Conv1d(in_channels, channels, kernel, stride, bias=bias)
        children = (
            Layer("conv", "Conv1d", conv, channels_first=True),
            Layer("layer_norm", "LayerNorm", LayerNorm(channels), channels_first=True),
            _CONV_ACTIVATION,
        )
        blocks.append(Layer(str(number), "Data2VecAudioConvLayer", None, children, channels_first=True))
        in_channels = channels
    layers = Layer("conv_layers", "ModuleList", None, tuple(blocks), channels_first=True)
    return Layer("feature_extractor", "FeatureExtractor", None, (layers,))


def _encoder(config: Data2VecAudioConfig) -> Layer:
    """The positional convolutions, the norm and the layers."""
    children = (
        _positional_convolutions(config),
        _POSITIONAL_RESIDUAL,
        Layer("layer_norm", "LayerNorm", LayerNorm(config.encoder_embed_dim)),
        Layer("dropout", "Dropout", Dropout(config.encoder_dropout)),
        Layer("layers", "ModuleList", None, (part(wav2vec2.build_encoder_layer, config),)),
    )
    options = (("layer_norm_first", True), ("layer_drop", config.encoder_layer_drop))
    return Layer("encoder", "Transformer", None, children, options=options)


def _positional_convolutions(config: Data2VecAudioConfig) -> Layer:
    """The convolutions that stand in for positional embeddings, one behind the other."""
    layers = Layer("layers", "ModuleList", None, (part(build_positional_convolution, config),), channels_first=True)
    return Layer("pos_conv_embed", "Data2VecAudioPositionalConvEmbedding", None, (layers,))


def build_positional_convolution(config: Data2VecAudioConfig) -> Layer:
    """One positional convolution with its norm and activation, for all of them."""
    kernel, channels = config.encoder_pos_conv_kernel, config.encoder_embed_dim
    conv = Conv1d(channels, channels, kernel, padding=kernel // 2, groups=config.encoder_pos_conv_groups)
    children = [
        Layer("conv", "Conv1d", conv, channels_first=True),
        Layer("layer_norm", "PlainLayerNorm", PlainLayerNorm(channels), channels_first=True),
        _CONV_ACTIVATION,
    ]
    if kernel % 2 == 0:
        children.insert(1, _SAME_PAD)
    kind, copies = "Data2VecAudioPositionalConvLayer", config.encoder_pos_conv_depth
    return Layer("0", kind, None, tuple(children), channels_first=True, copies=copies)


def build_head(config: Data2VecAudioConfig, num_outputs: int) -> Layer:
    """The linear head on the encoder."""
    return Layer("lm_head", "Linear", Linear(config.encoder_embed_dim, num_outputs))
