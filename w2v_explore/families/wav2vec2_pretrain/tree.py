"""From a config to the tree of a wav2vec 2.0 in pre-training.

Names are torchaudio's for the encoder, which lies below ``wav2vec2`` and is never called itself, and for what follows
it those of transformers' ``Wav2Vec2ForPreTraining``. The quantiser takes the features as the projection's norm gives
them, before any is masked.
"""

from w2v_explore.families.wav2vec2 import tree as wav2vec2
from w2v_explore.families.wav2vec2_pretrain.fields import Wav2Vec2PretrainConfig
from w2v_explore.families.wav2vec2_pretrain.operations import CodeChoice, CodePerplexity, CodeProduct, FrameMask
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.layer import OWN, Layer, Step
from w2v_explore.tree.operations import Dropout, Linear
from w2v_explore.tree.parts import part

_EXTRACTOR = "wav2vec2.feature_extractor"
_PROJECTION = "wav2vec2.encoder.feature_projection"


def build(config: Wav2Vec2PretrainConfig) -> Layer:
    """The tree of layers of a config. Its size does not grow with ``encoder_num_layers``."""
    width, projected = config.encoder_embed_dim, config.proj_codevector_dim
    children = (
        _encoder(config),
        Layer("mask_generator", "FrameMask", FrameMask(width)),
        Layer("dropout_features", "Dropout", Dropout(config.feat_quantizer_dropout)),
        part(build_quantizer, config),
        Layer("project_hid", "Linear", Linear(width, projected)),
        Layer("project_q", "Linear", Linear(config.codevector_dim, projected), sources=("quantizer",)),
    )
    schedule = (
        _EXTRACTOR,
        f"{_PROJECTION}.layer_norm",
        f"{_PROJECTION}.projection",
        f"{_PROJECTION}.dropout",
        "mask_generator",
        "wav2vec2.encoder.transformer",
        "project_hid",
        Step("dropout_features", (f"{_PROJECTION}.layer_norm",)),
        "quantizer",
        "project_q",
    )
    gives = ("project_hid", "project_q", "quantizer.1")
    takes = Waveforms(frames_at=_EXTRACTOR)
    return Layer("", "Wav2Vec2PretrainModel", None, children, schedule, gives=gives, takes=takes)


def _encoder(config: Wav2Vec2PretrainConfig) -> Layer:
    """wav2vec 2.0 without its projection as a part: its modules run by themselves."""
    layers = (part(wav2vec2.build_encoder_layer, config),)
    transformer = wav2vec2.build_transformer_with(config, layers)  # type: ignore[arg-type]  # it has all that is read
    projection = wav2vec2.build_feature_projection(config)  # type: ignore[arg-type]
    encoder = Layer("encoder", "Encoder", None, (projection, wav2vec2.PADDING_MASK, transformer))
    return Layer("wav2vec2", "Wav2Vec2Model", None, (part(wav2vec2.build_feature_extractor, config), encoder))


def build_quantizer(config: Wav2Vec2PretrainConfig) -> Layer:
    """From features to the vectors of the codebooks."""
    groups, vectors = config.num_codevector_groups, config.num_codevectors_per_group
    width = config.codevector_dim // groups
    children = (
        Layer("weight_proj", "Linear", Linear(config.conv_layers[-1][0], groups * vectors), sources=(0,)),
        Layer("choice", "CodeChoice", CodeChoice(groups)),
        Layer("perplexity", "CodePerplexity", CodePerplexity(groups), sources=("weight_proj", "choice")),
    )
    schedule = ("weight_proj", "choice", "perplexity", Step(OWN, ("choice",)))
    options = (("groups", groups), ("vectors", vectors), ("width", width))
    operation = CodeProduct(groups, vectors, width)
    return Layer("quantizer", "Quantizer", operation, children, schedule, gives=(OWN, "perplexity"), options=options)
