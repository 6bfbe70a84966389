"""Models of transformers made ours; the library is not imported."""

from __future__ import annotations

from torch import nn

from w2v_explore.config.load import config_from_mapping
from w2v_explore.errors import CheckpointError
from w2v_explore.model.modules import SpeechEncoder
from w2v_explore.model.weights import model_with_weights


def import_huggingface_model(original: nn.Module) -> SpeechEncoder:
    """A model of transformers made ours, with its weights; in training mode, on the CPU, in float32.

    The counterpart of ``torchaudio.models.wav2vec2.utils.import_huggingface_model``, which knows no head but that of
    ``Wav2Vec2ForCTC``.

    Args:
        original: Any class whose ``model_type`` is one of those that docs/dialects.md lists. The CTC head of a
            ``*ForCTC`` becomes the head; other heads are left out, with a warning.

    Raises:
        CheckpointError: It is no model of transformers, or its weights are not those of its config.
        ConfigError: Its config says what changes the architecture, as another activation, and has no place in ours.

    Warns:
        UnusedWeightsWarning: Some weights have no place in the model.
    """
    name = type(original).__name__
    config = getattr(original, "config", None)
    to_dict = getattr(config, "to_dict", None)
    if to_dict is None:
        raise CheckpointError(f"{name} is no model of transformers: it has no config")
    # A model of the user's own that is made of one has the head too; a language model's is called as some heads are.
    head = "ForCTC" if any(made_of.__name__.endswith("ForCTC") for made_of in type(original).__mro__) else "Model"
    values = {**to_dict(), "architectures": [f"{type(config).__name__.removesuffix('Config')}{head}"]}
    model = config_from_mapping(values, f"{name}.config", "huggingface").model
    return model_with_weights(model, original.state_dict(), name)
