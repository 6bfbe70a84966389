"""The model of transformers that a data2vec audio config stands for."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ModelConfig
from w2v_explore.config.dialects.huggingface import to_huggingface


class Reference(nn.Module):
    """A model of transformers as ours are: a head lies in it, and it gives tuples; it takes no lengths here."""

    def __init__(self, original: Any) -> None:
        super().__init__()
        backbone = getattr(original, original.base_model_prefix, original)
        for name, child in backbone.named_children():
            self.add_module(name, child)
        if backbone is not original:
            self.lm_head = original.lm_head
        # In a tuple, so that its modules are not registered a second time.
        self.original = (original,)

    def forward(self, waveforms: Tensor, lengths: None = None) -> tuple[Tensor, None]:
        output = self.original[0](waveforms)
        return output.logits if hasattr(self, "lm_head") else output.last_hidden_state, None

    def extract_features(
        self, waveforms: Tensor, lengths: None = None, num_layers: None = None
    ) -> tuple[list[Tensor], None]:
        # The first is what the first layer takes.
        return list(self.original[0](waveforms, output_hidden_states=True).hidden_states[1:]), None


def transformers_model(config: ModelConfig, attention: str = "sdpa", **options: Any) -> Any:
    """The model of transformers that our ``config.json`` makes, on torch's default device."""
    # transformers looks for torchaudio as it is imported.
    import_torchaudio_models()
    import transformers

    values = to_huggingface(config)
    [name] = values["architectures"]
    made = transformers.Data2VecAudioConfig(**{**values, **options, "attn_implementation": attention})
    return getattr(transformers, name)(made)


def reference(config: ModelConfig) -> nn.Module:
    """The same, as the tests of all families call it."""
    return Reference(transformers_model(config))
