"""From a config to the tree of a HuBERT in pre-training; names are those of torchaudio's ``hubert_pretrain_model``.

The encoder lies below ``wav2vec2``, which is never called itself: its parts are, with the mask in between.
"""

from w2v_explore.families.hubert_pretrain.fields import HuBERTPretrainConfig
from w2v_explore.families.hubert_pretrain.operations import (
    ClassLogits,
    FeaturePenalty,
    MaskGenerator,
    Masking,
    SelectFrames,
)
from w2v_explore.families.wav2vec2 import tree as wav2vec2
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.layer import Layer, Step
from w2v_explore.tree.operations import Linear
from w2v_explore.tree.parts import part

_EXTRACTOR = "wav2vec2.feature_extractor"


def build(config: HuBERTPretrainConfig) -> Layer:
    """The tree of layers of a config. Its size does not grow with ``encoder_num_layers``."""
    encoder = wav2vec2.build(config)  # type: ignore[arg-type]  # it has all fields that are read, and no head
    children = (
        encoder._replace(name="wav2vec2", takes=None),
        Layer("feature_penalty", "FeaturePenalty", FeaturePenalty()),
        part(build_mask_generator, config),
        part(build_logit_generator, config),
    )
    schedule = (
        _EXTRACTOR,
        Step("feature_penalty", (_EXTRACTOR,)),
        Step("wav2vec2.encoder.feature_projection", (_EXTRACTOR,)),
        "mask_generator",
        "wav2vec2.encoder.transformer",
        "logit_generator",
    )
    parts = int(not config.skip_masked) + int(not config.skip_nomask)
    logits = ("logit_generator", "logit_generator.1")[:parts]
    multiplier = config.feature_grad_mult
    return Layer(
        "",
        "HuBERTPretrainModel",
        None,
        children,
        schedule,
        gives=(*logits, "feature_penalty"),
        options=(("feature_grad_mult", 1.0 if multiplier is None else multiplier),),
        takes=Waveforms(frames_at=_EXTRACTOR),
    )


def build_mask_generator(config: HuBERTPretrainConfig) -> Layer:
    """What puts the learned vector into masked frames, and zeros into masked channels."""
    channels = Masking(
        config.mask_channel_prob,
        config.mask_channel_selection,
        config.mask_channel_other,
        config.mask_channel_length,
        config.no_mask_channel_overlap,
        config.mask_channel_min_space,
    )
    operation = MaskGenerator(config.encoder_embed_dim, _masking(config), channels)
    return Layer("mask_generator", "MaskGenerator", operation)


def _masking(config: HuBERTPretrainConfig) -> Masking:
    return Masking(
        config.mask_prob,
        config.mask_selection,
        config.mask_other,
        config.mask_length,
        config.no_mask_overlap,
        config.mask_min_space,
    )


def build_logit_generator(config: HuBERTPretrainConfig) -> Layer:
    """The projection of all frames, and the logits of masked and of other frames."""
    width, classes, masking = config.final_dim, config.num_classes, _masking(config)
    children = (
        Layer("final_proj", "FinalProjection", Linear(config.encoder_embed_dim, width)),
        Layer("masked", "SelectFrames", SelectFrames(masking, masked=True), sources=("final_proj",)),
        Layer("label", "ClassLogits", ClassLogits(classes, width, owns=True), sources=("masked",), lent=True),
        Layer("unmasked", "SelectFrames", SelectFrames(masking, masked=False), sources=("final_proj",)),
        Layer(
            "unmasked_label",
            "ClassLogits",
            ClassLogits(classes, width, owns=False),
            sources=("unmasked",),
            shares=("label.embeddings",),
        ),
    )
    steps = ["final_proj"]
    gives = []
    if not config.skip_masked:
        steps += ["masked", "label"]
        gives.append("label")
    if not config.skip_nomask:
        steps += ["unmasked", "unmasked_label"]
        gives.append("unmasked_label")
    options = (("skip_masked", config.skip_masked), ("skip_nomask", config.skip_nomask))
    return Layer("logit_generator", "LogitGenerator", None, children, tuple(steps), gives=tuple(gives), options=options)
