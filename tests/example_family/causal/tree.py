"""From a config to its tree: wav2vec 2.0's, with other positional convolutions."""

from w2v_explore.families.causal.fields import CausalConfig
from w2v_explore.families.causal.operations import CausalConv1d
from w2v_explore.families.wav2vec2 import tree as wav2vec2
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import GELU, LayerNorm


def build(config: CausalConfig) -> Layer:
    """The tree of layers of a config."""
    return wav2vec2.build(config).with_child("encoder.transformer.pos_conv_embed", _positions(config))


def _positions(config: CausalConfig) -> Layer:
    channels, kernel = config.encoder_embed_dim, config.encoder_pos_conv_kernel
    conv = CausalConv1d(channels, channels, kernel, groups=config.encoder_pos_conv_groups)
    children = (
        Layer("norm", "LayerNorm", LayerNorm(channels), channels_first=True),
        Layer("conv", "CausalConv1d", conv, channels_first=True),
        Layer("activation", "GELU", GELU(), channels_first=True),
    )
    # torch registers the norm first, as the state_dict has it; forward() runs it second.
    schedule = ("conv", "norm", "activation")
    copies = config.encoder_pos_conv_depth
    block = Layer("0", "CausalBlock", None, children, schedule, channels_first=True, copies=copies)
    layers = Layer("layers", "ModuleList", None, (block,), channels_first=True)
    return Layer("pos_conv_embed", "CausalPositions", None, (layers,))
