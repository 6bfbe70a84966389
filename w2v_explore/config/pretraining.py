"""A model as it is pre-trained: an encoder with the parts that its objective adds, which its config does not have."""

from dataclasses import replace

from w2v_explore.config.document import parse_document
from w2v_explore.config.load import Config, config_of, load_preset
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import read_preset

_PRESETS = {
    "contrastive": ("wav2vec2_pretrain_base", "wav2vec2_pretrain_large_lv60k", "wav2vec2_pretrain_xlsr_1b"),
    "masked-prediction": ("hubert_pretrain_base", "hubert_pretrain_large", "hubert_pretrain_xlarge"),
}
"""Models in pre-training by their objective, the smallest first: parts that are added are as large as theirs."""

# Fields of other programs whose warnings say that these parts are not counted.
_PARTS = ("quantize_targets", "final_proj")
_PARTS_OF_A_CLASS = "ForPreTraining: "

# Up to these widths an encoder is as the first two; wider ones are as the last.
_WIDTHS = (768, 1024)


def in_pretraining(config: Config, objective: str | None) -> tuple[Config, str]:
    """The model with the parts that pre-training adds.

    Args:
        config: The encoder, or a model in pre-training already.
        objective: What it learns; one that adds nothing, or None, leaves the model as it is.

    Returns:
        The model, without warnings of what was added, and in a sentence what that is or what is missing; an empty one
        where nothing is.
    """
    if objective not in _PRESETS:
        return config, ""
    name = _PRESETS[objective][sum(config.model.encoder_embed_dim > width for width in _WIDTHS)]
    preset, fields = load_preset(name).model, config.model.to_mapping()
    if preset.family is config.model.family:
        return config, ""
    # What the model in pre-training has no field for must be absent, as a head is.
    if any(value is not None for field, value in fields.items() if field not in preset.FIELDS):
        return config, f"What {objective} training adds to a model of this architecture is not in the figures."
    shared = {field: value for field, value in fields.items() if field in preset.FIELDS}
    model = config_of(read_config(parse_document(read_preset(name)), shared)).model
    warnings = tuple(
        warning for warning in config.warnings if warning.key not in _PARTS and _PARTS_OF_A_CLASS not in warning.message
    )
    return replace(
        config, model=model, warnings=warnings
    ), f"What {objective} training adds to the encoder is as large as in {name}."
