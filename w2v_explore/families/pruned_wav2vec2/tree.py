"""From a config to the tree of a pruned wav2vec 2.0; names are those of ``wav2vec2_model`` in DPHuBERT's repository.

These are torchaudio's. A layer that lacks attention or the feed-forward block has both norms all the same: of layers
that normalise their outputs both run, of those that normalise their inputs the ones whose block is there.
"""

from collections.abc import Iterator
from itertools import groupby

from w2v_explore.families.pruned_wav2vec2.fields import PrunedConfig
from w2v_explore.families.pruned_wav2vec2.operations import Bypass, ChannelScale
from w2v_explore.families.wav2vec2 import tree as wav2vec2
from w2v_explore.tree.layer import Layer, Source
from w2v_explore.tree.operations import GELU, Add, Dropout, LayerNorm, Linear, ScaledDotProductAttention
from w2v_explore.tree.parts import part

_ATTENTION = ("attention", "dropout", "attention_residual")
_FEED_FORWARD = ("feed_forward", "feed_forward_residual")
_ATTENTION_RESIDUAL = Layer("attention_residual", "Add", Add(), sources=(0, "dropout"))
_ACTIVATION = Layer("activation", "GELU", GELU())
_BYPASS = Layer("bypass", "Bypass", Bypass())


def build(config: PrunedConfig) -> Layer:
    """The tree of layers of a config. It grows with the number of unlike layers in a row."""
    layers = [part(build_encoder_layer, config, *run) for run in _runs(config)]
    tree = wav2vec2.build_with_layers(config, tuple(layers))
    if config.extractor_channel_scale:
        tree = tree.with_child("feature_extractor", part(build_scaled_extractor, config))
    return tree


def _runs(config: PrunedConfig) -> Iterator[tuple[int, int, int, int]]:
    """Equal layers in a row: the first's number, how many, and their heads and inner width, 0 for a lost block."""
    heads = [
        heads if has else 0 for has, heads in zip(config.encoder_use_attention, config.encoder_num_heads, strict=True)
    ]
    inner = [
        inner if has else 0
        for has, inner in zip(config.encoder_use_feed_forward, config.encoder_ff_interm_features, strict=True)
    ]
    first = 0
    for _, equal in groupby(zip(heads, inner, strict=True), _folding):
        (num_heads, features), *others = equal
        copies = 1 + len(others)
        yield first, copies, num_heads, features
        first += copies


def _folding(widths: tuple[int, int]) -> object:
    """What layers have alike that are folded. Widths that are formulas (docs/architecture.md) are not asked for that.

    Each way to be equal would be another tree, and there are exponentially many; layers that stand apart are one.
    """
    return widths if all(width.__class__ is int for width in widths) else object()


def build_scaled_extractor(config: PrunedConfig) -> Layer:
    """The convolutions that turn waveforms into frames, and a scale for each channel behind them."""
    plain = wav2vec2.build_feature_extractor(config)
    scale = Layer("dummy", "ChannelScale", ChannelScale(config.conv_layers[-1][0]), lent=True)
    return plain._replace(kind="ScaledExtractor", children=(*plain.children, scale))


def build_encoder_layer(config: PrunedConfig, first: int, copies: int, num_heads: int, features: int) -> Layer:
    """Equal transformer layers in a row, with so many heads and inner features; 0 for a block that they lack."""
    embed_dim, pre_norm = config.encoder_embed_dim, config.encoder_layer_norm_first
    norms = [Layer(name, "LayerNorm", LayerNorm(embed_dim)) for name in ("layer_norm", "final_layer_norm")]
    dropout = Layer("dropout", "Dropout", Dropout(config.encoder_dropout))
    attention = (_attention(config, num_heads),) if num_heads else ()
    residual = (_ATTENTION_RESIDUAL,) if num_heads else ()
    feed_forward = _feed_forward(config, features, _bypassed(pre_norm, num_heads)) if features else ()
    children = (*attention, dropout, *residual, norms[0], *feed_forward, norms[1])
    runs = (*_ATTENTION, "layer_norm") if num_heads else ("layer_norm",)
    schedule = (*runs, *(_FEED_FORWARD if features else ()), "final_layer_norm")
    if pre_norm:
        # A norm stands before its block, and runs only where that is there.
        schedule = (
            *(("layer_norm", *_ATTENTION) if num_heads else ()),
            *(("final_layer_norm", *_FEED_FORWARD) if features else ()),
        )
    if not schedule:
        children, schedule = (*children, _BYPASS), ("bypass",)
    return Layer(
        str(first),
        "PrunedEncoderLayer",
        None,
        children,
        schedule,
        options=(("layer_norm_first", pre_norm),),
        copies=copies,
        stacked=True,
        drop=config.encoder_layer_drop,
    )


def _bypassed(pre_norm: bool, num_heads: int) -> Source:
    """What the feed-forward block's residual addition bypasses it with."""
    if not pre_norm:
        return "layer_norm"
    return "attention_residual" if num_heads else 0


def _attention(config: PrunedConfig, num_heads: int) -> Layer:
    embed_dim, width = config.encoder_embed_dim, num_heads * config.encoder_head_dim
    product = ScaledDotProductAttention(num_heads, config.encoder_attention_dropout)
    inwards = [Layer(name, "Linear", Linear(embed_dim, width), sources=(0,)) for name in ("k_proj", "v_proj", "q_proj")]
    children = (
        *inwards,
        Layer("product", "ScaledDotProductAttention", product, sources=("q_proj", "k_proj", "v_proj")),
        Layer("out_proj", "Linear", Linear(width, embed_dim)),
    )
    return Layer("attention", "SelfAttention", None, children, ("q_proj", "k_proj", "v_proj", "product", "out_proj"))


def _feed_forward(config: PrunedConfig, features: int, bypassed: Source) -> tuple[Layer, Layer]:
    children = (
        Layer("intermediate_dense", "Linear", Linear(config.encoder_embed_dim, features)),
        _ACTIVATION,
        Layer("intermediate_dropout", "Dropout", Dropout(config.encoder_ff_interm_dropout)),
        Layer("output_dense", "Linear", Linear(features, config.encoder_embed_dim)),
        Layer("output_dropout", "Dropout", Dropout(config.encoder_dropout)),
    )
    block = Layer("feed_forward", "FeedForward", None, children)
    return block, Layer("feed_forward_residual", "Add", Add(), sources=(bypassed, "feed_forward"))
