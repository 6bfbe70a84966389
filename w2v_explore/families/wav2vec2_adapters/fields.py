"""The 22 fields of a config of wav2vec 2.0 with adapters: torchaudio's 16, and six of transformers' Wav2Vec2Config."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from w2v_explore.config import codes
from w2v_explore.config.kinds import MAX_FIELD, STANDARD_CONV_LAYERS, Agreement, Fault, Field, Flag, Integer
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import fields as wav2vec2

ADAPTER_FEATURES_POSITIVE = Rule("E241", "adapter-features-positive")
ADAPTER_LAYERS_POSITIVE = Rule("E242", "adapter-layers-positive")
ADAPTER_CONV_POSITIVE = Rule("E243", "adapter-conv-positive")
ADAPTER_WIDTH_POSITIVE = Rule("E244", "adapter-width-positive")
ADAPTER_FRAMES = Rule("W340", "adapter-frames")
ADAPTER_UNUSED = Rule("W346", "adapter-unused")
ADAPTER_KERNEL = Rule("W347", "adapter-kernel")
ADAPTER_LAYER_DROP = Rule("A440", "adapter-layer-drop")

_MAX_ADAPTER_LAYERS = 100

ADAPTER_PADDING = 1
"""Of the adapter's convolutions, on both sides, whatever their kernel."""

_OWN = {
    "encoder_adapter_features": Field(
        kind=Integer(rule=ADAPTER_FEATURES_POSITIVE, optional="no adapters in the layers"),
        summary="The inner width of an adapter after the feed-forward block of each transformer layer, as in MMS; null "
        "for none. Layers that normalise their output (encoder_layer_norm_first: false) have none in transformers, and "
        "none here.",
        effect="2 × encoder_embed_dim MACs per frame and as many parameters in each layer for each feature.",
    ),
    "add_adapter": Field(
        kind=Flag(),
        summary="Whether convolutions behind the encoder shorten the sequence of frames; the head reads their output.",
        effect="Parameters and MACs of all adapter_num_layers convolutions, and with a stride of 2 and three layers an "
        "eighth of the frames. With false the next four fields have no effect.",
    ),
    "adapter_num_layers": Field(
        kind=Integer(rule=ADAPTER_LAYERS_POSITIVE, maximum=_MAX_ADAPTER_LAYERS),
        summary="The number of convolutions behind the encoder, each followed by a gated linear unit.",
        effect="The adapter's parameters in proportion; each divides the number of frames by adapter_stride.",
    ),
    "adapter_kernel": Field(
        kind=Integer(rule=ADAPTER_CONV_POSITIVE),
        summary="The kernel of these convolutions, in frames; one frame of padding lies on each side whatever it is.",
        effect="The adapter's parameters and MACs in proportion. Beyond 3 each convolution loses frames at the ends.",
    ),
    "adapter_stride": Field(
        kind=Integer(rule=ADAPTER_CONV_POSITIVE),
        summary="The stride of these convolutions, in frames.",
        effect="Divides the frames that each convolution puts out, and its MACs; no parameters.",
    ),
    "adapter_embed_dim": Field(
        kind=Integer(rule=ADAPTER_WIDTH_POSITIVE, optional="the width of the encoder"),
        summary="The width of the adapter's output; null for encoder_embed_dim. Where it differs from "
        "encoder_embed_dim, a projection and a layer norm come first.",
        effect="The convolutions' parameters and MACs grow with its square, the projection's in proportion.",
    ),
}


def _fields() -> dict[str, Field]:
    """torchaudio's, the adapters' before those of the head."""
    fields = dict(wav2vec2.FIELDS)
    head = fields.pop("aux_num_out")
    return {**fields, **_OWN, "aux_num_out": head}


FIELDS = _fields()

_SIZES = ("extractor_conv_layer_config", "add_adapter", "adapter_num_layers", "adapter_kernel", "adapter_stride")


def _frames_for_one(values: Mapping[str, Any]) -> int:
    """The frames that the extractor must make for the adapter to give one."""
    frames, kernel, stride = 1, values["adapter_kernel"], values["adapter_stride"]
    for _ in range(values["adapter_num_layers"] if values["add_adapter"] else 0):
        frames = max((frames - 1) * stride + kernel - 2 * ADAPTER_PADDING, 1)
    return frames


def _is_in_reach(values: Mapping[str, Any]) -> bool:
    """Whether what a frame that comes out needs, and the samples to the next, are numbers that the rest can count."""
    jump = prod(stride for _, _, stride in values["extractor_conv_layer_config"] or STANDARD_CONV_LAYERS)
    shortened = values["adapter_stride"] ** values["adapter_num_layers"] if values["add_adapter"] else 1
    return jump * max(_frames_for_one(values), shortened) <= MAX_FIELD


def _out_of_reach(values: Mapping[str, Any]) -> Fault:
    message = "with these convolutions behind the encoder a frame needs more than 2^1000 samples, the most allowed"
    return Fault(codes.INT_TOO_BIG, "adapter_num_layers", (), message)


AGREEMENTS = (*wav2vec2.AGREEMENTS, Agreement(_SIZES, _is_in_reach, _out_of_reach))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wav2Vec2AdaptersConfig(wav2vec2.Wav2Vec2Config):
    """wav2vec 2.0 with an adapter in each layer, or behind the encoder; `FIELDS` has what each field is."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    encoder_adapter_features: int | None
    add_adapter: bool
    adapter_num_layers: int
    adapter_kernel: int
    adapter_stride: int
    adapter_embed_dim: int | None

    @property
    def layer_adapter_features(self) -> int | None:
        """The inner width of the adapter that a layer has; None where it has none, as layers that norm last."""
        return self.encoder_adapter_features if self.encoder_layer_norm_first else None

    @property
    def output_dim(self) -> int:
        """The width of what the head reads."""
        if not self.add_adapter or self.adapter_embed_dim is None:
            return self.encoder_embed_dim
        return self.adapter_embed_dim

    @property
    def fewest_frames(self) -> int:
        """The frames that the extractor must make for the adapter to give one."""
        return _frames_for_one({name: getattr(self, name) for name in _SIZES})
