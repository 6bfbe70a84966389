"""Models built as fairseq builds them, made ours: the outputs are theirs, and so are torchaudio's importer's."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from tests import fairseq_models
from tests.small import overrides
from tests.strategies import configs
from w2v_explore import (
    CheckpointError,
    ModelConfig,
    UnusedWeightsWarning,
    Wav2Vec2Model,
    import_fairseq_model,
    load_config,
)
from w2v_explore.analysis.receptive_field import minimum_samples

SMALL = overrides()
BASE = load_config("base", [*SMALL]).model
LARGE = load_config("xlsr_300m", [*SMALL, "encoder_pos_conv_kernel=5"]).model
BASE_CTC = load_config("base", [*SMALL, "aux_num_out=5"]).model
LARGE_CTC = load_config("xlsr_300m", [*SMALL, "aux_num_out=5"]).model

# torch's first weight_norm, which fairseq uses, is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")

MODELS: list[tuple[type[nn.Module], ModelConfig]] = [
    (fairseq_models.Wav2Vec2Model, BASE),
    (fairseq_models.Wav2Vec2Model, LARGE),
    (fairseq_models.HubertModel, LARGE),
    (fairseq_models.Wav2VecEncoder, BASE_CTC),
    (fairseq_models.HubertEncoder, LARGE_CTC),
]


def imported(original: nn.Module) -> Wav2Vec2Model:
    with pytest.warns(UnusedWeightsWarning, match="mask_emb"):
        return import_fairseq_model(original)


def waveforms(samples: int = 800) -> torch.Tensor:
    return torch.randn(2, samples, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def torchaudio_importer(torchaudio_models: ModuleType) -> Callable[[nn.Module], nn.Module]:
    return importlib.import_module("torchaudio.models.wav2vec2.utils").import_fairseq_model


@pytest.mark.parametrize(("model", "config"), MODELS)
def test_outputs_are_fairseqs_and_those_of_torchaudios_importer(
    model: type[nn.Module], config: ModelConfig, torchaudio_importer: Callable[[nn.Module], nn.Module]
) -> None:
    original = model(config).eval()
    ours = imported(original)
    theirs = torchaudio_importer(original)
    assert ours.training is theirs.training is True
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, weight in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[key], weight), key
    assert str(ours.encoder.transformer.layer_drop) == str(theirs.encoder.transformer.layer_drop)
    with torch.no_grad():
        output, _ = ours.eval()(waveforms())
        torch.testing.assert_close(output, original(waveforms()), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(output, theirs.eval()(waveforms())[0], rtol=1e-5, atol=1e-5)


@given(config=configs(), extra=st.integers(0, 500))
@settings(max_examples=15)
def test_any_config_survives_the_way_over_fairseqs_modules(config: ModelConfig, extra: int) -> None:
    assume(config.conv_layers[-1][0] != config.encoder_embed_dim)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model = fairseq_models.Wav2Vec2Model if config.aux_num_out is None else fairseq_models.HubertEncoder
        original = model(config).eval()
        ours = imported(original).eval()
    samples = minimum_samples(config, 2) + extra
    with torch.no_grad():
        torch.testing.assert_close(ours(waveforms(samples))[0], original(waveforms(samples)), rtol=1e-5, atol=1e-5)


def test_the_whole_ctc_model_is_taken_too() -> None:
    original = fairseq_models.Wav2VecCtc(BASE_CTC).eval()
    ours = imported(original).eval()
    with torch.no_grad():
        torch.testing.assert_close(ours(waveforms())[0], original(waveforms()), rtol=1e-5, atol=1e-5)


def test_the_copy_shares_no_weights() -> None:
    original = fairseq_models.Wav2Vec2Model(BASE)
    ours = imported(original)
    before = ours.encoder.transformer.layer_norm.weight.clone()
    with torch.no_grad():
        original.encoder.layer_norm.weight.add_(1)
    assert torch.equal(ours.encoder.transformer.layer_norm.weight, before)


def test_a_model_without_a_projection_is_refused() -> None:
    config = load_config("base", [*SMALL, "extractor_conv_layer_config=[[24, 10, 5]]"]).model
    with pytest.raises(CheckpointError, match="no projection where the last convolution is as wide as the encoder"):
        import_fairseq_model(fairseq_models.Wav2Vec2Model(config))


def test_another_activation_is_refused() -> None:
    original = fairseq_models.Wav2Vec2Model(BASE)
    for layer in original.encoder.layers:
        layer.activation_fn = torch.nn.functional.relu
    with pytest.raises(CheckpointError, match="activation relu; ours have gelu"):
        import_fairseq_model(original)


def test_what_changes_outputs_is_refused() -> None:
    original = fairseq_models.Wav2Vec2Model(BASE)
    original.encoder.layers[1].adapter_layer = nn.Linear(24, 24)
    with pytest.raises(CheckpointError, match=r"layers\.1\.adapter_layer\.weight \(adapter\), without which the model"):
        import_fairseq_model(original)


@pytest.mark.parametrize("original", [nn.Linear(2, 2), nn.Module()])
def test_what_is_no_fairseq_model_is_refused(original: nn.Module) -> None:
    with pytest.raises(ValueError, match="is not built as fairseq's Wav2Vec2Model"):
        import_fairseq_model(original)
