"""From a config to the tree of a WavLM model; names are those of ``torchaudio.models.wavlm_model`` 2.11.

The first layer makes the bias by distance and hands it on; each layer gates it by what its queries are.
"""

from w2v_explore.families.wav2vec2.tree import build_layer_with, build_with_layers
from w2v_explore.families.wavlm.fields import WavLMConfig
from w2v_explore.families.wavlm.operations import GateProjection, PositionBias, PositionGate
from w2v_explore.tree.layer import PREVIOUS, Layer, Source
from w2v_explore.tree.operations import Add, Linear, Multiply, ScaledDotProductAttention
from w2v_explore.tree.parts import part

_NUM_GATES = 8
_GATED = Layer("gated", "Multiply", Multiply())
_MASKED = Layer("masked", "Add", Add())


def build(config: WavLMConfig) -> Layer:
    """The tree of layers of a config. Its size does not grow with ``encoder_num_layers``."""
    table = PositionBias(config.encoder_num_buckets, config.encoder_num_heads, config.encoder_max_distance)
    first = build_layer_with(_self_attention(config, Layer("rel_attn_embed", "PositionBias", table)), config)
    last = first.in_order()[-1].name
    layers = [first._replace(gives=(last, "attention.1"))]
    if config.encoder_num_layers > 1:
        layers.append(part(build_later_layer, config))
    return build_with_layers(config, tuple(layers))


def build_later_layer(config: WavLMConfig) -> Layer:
    """One transformer layer that takes the bias, for all after the first."""
    layer = build_layer_with(_self_attention(config, None), config)
    return layer._replace(name="1", copies=config.encoder_num_layers - 1, sources=(PREVIOUS, "0.1"))


def _self_attention(config: WavLMConfig, table: Layer | None) -> Layer:
    """Attention that makes the bias with a table, or takes it second."""
    heads, head_dim = config.encoder_num_heads, config.encoder_embed_dim // config.encoder_num_heads
    bias: Source = 1 if table is None else table.name
    projection = GateProjection(head_dim, _NUM_GATES, num_heads=heads)
    children = (
        part(build_packed_attention, config),
        Layer("gru_rel_pos_linear", "Linear", projection, sources=(0,)),
        Layer("gru_rel_pos", "PositionGate", PositionGate(heads), sources=("gru_rel_pos_linear",), lent=True),
        _GATED._replace(sources=("gru_rel_pos", bias)),
        _MASKED,
    )
    # The mask is added where lengths are given.
    schedule = ("gru_rel_pos_linear", "gru_rel_pos", "gated", "attention")
    if table is None:
        return Layer("attention", "WavLMSelfAttention", None, children, schedule, (PREVIOUS, 1))
    gives = ("attention", table.name)
    return Layer("attention", "WavLMSelfAttention", None, (table, *children), (table.name, *schedule), gives=gives)


def build_packed_attention(config: WavLMConfig) -> Layer:
    """Attention with one projection for queries, keys and values: a part where the layer around it is none."""
    width = config.encoder_embed_dim
    product = ScaledDotProductAttention(config.encoder_num_heads, config.encoder_attention_dropout, packed=True)
    children = (
        Layer("out_proj", "Linear", Linear(width, width)),
        Layer("in_proj", "PackedProjection", Linear(width, 3 * width), sources=(0,), lent=True),
        Layer("product", "ScaledDotProductAttention", product, sources=("in_proj", 1)),
    )
    return Layer("attention", "PackedAttention", None, children, ("in_proj", "product", "out_proj"), (0, "gated"))
