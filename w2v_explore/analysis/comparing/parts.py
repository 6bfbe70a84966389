"""The parts of a model, each with the fields that its figures depend on: what an attribution adds up.

A figure of the whole model is the sum of its parts' (for the peak of memory, the greatest), and no part depends on
more than a few fields. So configs that differ in all of them cost some dozens of small evaluations, not 2^16 large
ones.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.memory.liveness import Lives
from w2v_explore.analysis.memory.training import training_macs as count_training_macs
from w2v_explore.analysis.workload import DTYPE_BYTES, Workload
from w2v_explore.config.model_config import ModelConfig
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Flow
from w2v_explore.tree.run import run

WORKLOAD = "sample_rate"
"""Beside the fields: the length of the utterances, which follows the config's ``sample_rate``."""

_FRAMES = ("extractor_conv_layer_config", WORKLOAD)
_WIDTH = (*_FRAMES, "encoder_embed_dim")

PARTS = {
    "feature_extractor": ("extractor_mode", "extractor_conv_bias", *_FRAMES),
    "feature_projection": _WIDTH,
    "transformer": (*_WIDTH, "encoder_pos_conv_kernel", "encoder_pos_conv_groups", "encoder_layer_norm_first"),
    "encoder_layer": (*_WIDTH, "encoder_num_heads", "encoder_ff_interm_features", "encoder_layer_norm_first"),
    "aux": (*_WIDTH, "aux_num_out"),
}
"""The parts and the fields that they depend on, dropouts left out: ``transformer`` is what it has beside its layers,
``encoder_layer`` one of these."""

MASKS = {
    "encoder_projection_dropout": _WIDTH,
    "encoder_dropout": (*_WIDTH, "encoder_num_layers"),
    "encoder_ff_interm_dropout": (*_FRAMES, "encoder_ff_interm_features", "encoder_num_layers"),
}
"""The dropouts, and the fields that the sizes of their masks depend on. A dropout changes nothing else in what is kept:
what follows it keeps a tensor of the same size with and without. Attention's is inside a fused kernel."""

_NO_DROPOUT = dict.fromkeys((*MASKS, "encoder_attention_dropout"), 0.0)


class PartFigures(NamedTuple):
    """What a part adds to the figures of a model.

    Attributes:
        parameters: Elements of its parameters.
        macs: Of the forward pass.
        training_macs: Of the forward and the backward pass.
        kept_bytes: Activations that the backward pass keeps, the masks of dropout left out.
        peak_bytes: The most that is alive while it runs in inference, the rest of the model's tensors included.
    """

    parameters: int
    macs: Macs
    training_macs: int
    kept_bytes: int
    peak_bytes: int


def part_figures(name: str, values: Mapping[str, Any], workload: Workload, frames: int) -> PartFigures:
    """The figures of one of `PARTS`.

    Args:
        name: The part.
        values: The fields; those that the part does not depend on may be anything.
        workload: The model's.
        frames: That the extractor makes of its samples.
    """
    config = ModelConfig.from_checked({**values, **_NO_DROPOUT})
    tree = config.family.part("tree")
    batch = workload.batch
    channels, width = config.conv_layers[-1][0], config.encoder_embed_dim
    size = batch * DTYPE_BYTES[workload.dtype]
    waveforms, features, projected = size * workload.samples, size * frames * channels, size * frames * width
    match name:
        case "feature_extractor":
            layer, taken, held_bytes = tree.build_feature_extractor(config), (workload.samples, 1), 0
        case "feature_projection":
            layer, taken, held_bytes = tree.build_feature_projection(config), (frames, channels), waveforms
        case "transformer":
            layer, taken, held_bytes = _without_layers(config), (frames, width), waveforms + features
        case "encoder_layer":
            layer, taken = tree.build_encoder_layer(config), (frames, width)
            held_bytes = waveforms + features + projected
        case _ if config.aux_num_out is None:
            return PartFigures(0, Macs(), 0, 0, 0)
        case _:
            layer, taken, held_bytes = tree.build_aux(config, config.aux_num_out), (frames, width), waveforms
    calls = run(layer, Flow(*taken))
    trace = Lives(calls, training=True).trace(workload, Flow(*taken), held_bytes=held_bytes)
    # Nobody needs the gradient of the waveforms.
    training_macs = count_training_macs(calls, batch, taken_needs=name != "feature_extractor")
    return PartFigures(
        layer.parameters,
        training_macs.forward,
        training_macs.forward.total + training_macs.backward.total,
        sum(trace.kept_bytes),
        trace.peak_bytes,
    )


def mask_bytes(dropout: str, values: Mapping[str, Any], workload: Workload, frames: int) -> int:
    """The masks that one of `MASKS` makes, a byte per element; a zero for each where its probability is 1."""
    if not values[dropout]:
        return 0
    match dropout:
        case "encoder_projection_dropout":
            features, masks = values["encoder_embed_dim"], 1
        case "encoder_dropout":
            # Before the layers, and in each after attention and after the feed-forward block.
            features, masks = values["encoder_embed_dim"], 1 + 2 * values["encoder_num_layers"]
        case _:
            features, masks = values["encoder_ff_interm_features"], values["encoder_num_layers"]
    if values[dropout] == 1:
        return int(masks * DTYPE_BYTES[workload.dtype])
    return int(masks * workload.batch * frames * features)


def _without_layers(config: ModelConfig) -> Layer:
    transformer: Layer = config.family.part("tree").build_transformer(config)
    return transformer._replace(
        children=tuple([child for child in transformer.children if child.name != "layers"]),
        schedule=tuple([name for name in transformer.schedule if name != "layers"]),
    )
