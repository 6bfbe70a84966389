"""From a config to the tree of a wav2vec 2.0 model with adapters.

Names are torchaudio's for what ``torchaudio.models.Wav2Vec2Model`` has, and for the adapters those of transformers'
``Wav2Vec2Model``.
"""

from w2v_explore.families.wav2vec2 import tree as wav2vec2
from w2v_explore.families.wav2vec2_adapters.fields import ADAPTER_PADDING, Wav2Vec2AdaptersConfig
from w2v_explore.families.wav2vec2_adapters.operations import Contiguous
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import GLU, Add, Conv1d, LayerNorm, Linear, ReLU
from w2v_explore.tree.parts import part

_GLU = Layer("glu", "GLU", GLU(), channels_first=True)


def build(config: Wav2Vec2AdaptersConfig) -> Layer:
    """The tree of layers of a config. Its size does not grow with ``encoder_num_layers``."""
    layers = (part(build_encoder_layer, config),)
    children = [part(wav2vec2.build_feature_extractor, config), wav2vec2.build_encoder_with(config, layers)]
    if config.add_adapter:
        children.append(part(build_adapter, config))
    if config.aux_num_out is not None:
        children.append(part(build_aux, config, config.aux_num_out))
    takes = Waveforms(frames_at="feature_extractor")
    return Layer("", "AdaptedWav2Vec2Model", None, tuple(children), takes=takes)


def build_aux(config: Wav2Vec2AdaptersConfig, num_outputs: int) -> Layer:
    """The linear head, on the adapter where there is one."""
    return Layer("aux", "Linear", Linear(config.output_dim, num_outputs))


def build_encoder_layer(config: Wav2Vec2AdaptersConfig) -> Layer:
    """One transformer layer, for all of them, with an adapter behind its feed-forward block if it has one."""
    layer = wav2vec2.build_encoder_layer(config)
    features = config.layer_adapter_features
    if features is None:
        return layer
    last = layer.schedule[-1]
    own = (
        part(build_layer_adapter, config, features),
        Layer("adapter_residual", "Add", Add(), sources=(str(last), "adapter_layer")),
    )
    return layer._replace(
        kind="AdaptedEncoderLayer",
        children=(*layer.children, *own),
        schedule=(*layer.schedule, *[child.name for child in own]),
    )


def build_layer_adapter(config: Wav2Vec2AdaptersConfig, features: int) -> Layer:
    """The bottleneck in a transformer layer."""
    width = config.encoder_embed_dim
    children = (
        Layer("norm", "LayerNorm", LayerNorm(width)),
        Layer("linear_1", "Linear", Linear(width, features)),
        Layer("act_fn", "ReLU", ReLU()),
        Layer("linear_2", "Linear", Linear(features, width)),
    )
    return Layer("adapter_layer", "LayerAdapter", None, children)


def build_adapter(config: Wav2Vec2AdaptersConfig) -> Layer:
    """The convolutions behind the encoder."""
    width = config.output_dim
    # Each gives fewer frames than it takes: none stands for another.
    blocks = tuple([_adapter_layer(config, number) for number in range(config.adapter_num_layers)])
    children = [
        Layer("layers", "ModuleList", None, blocks, channels_first=True),
        Layer("contiguous", "Contiguous", Contiguous()),
    ]
    if width != config.encoder_embed_dim:
        children.insert(0, Layer("proj", "Linear", Linear(config.encoder_embed_dim, width)))
        children.insert(1, Layer("proj_layer_norm", "LayerNorm", LayerNorm(width)))
    return Layer("adapter", "Adapter", None, tuple(children))


def _adapter_layer(config: Wav2Vec2AdaptersConfig, number: int) -> Layer:
    width = config.output_dim
    conv = Conv1d(width, 2 * width, config.adapter_kernel, config.adapter_stride, padding=ADAPTER_PADDING)
    children = (Layer("conv", "Conv1d", conv, channels_first=True), _GLU)
    return Layer(str(number), "AdapterLayer", None, children, channels_first=True)
