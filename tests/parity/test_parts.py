"""The parts of a model, called by themselves as programs do, held against torchaudio's."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.parity.test_model import LENGTHS, POST_NORM, PRE_NORM, ignore_jit_deprecation, waveforms
from w2v_explore import build_model

# By path: what torchaudio calls of a part beside its forward().
METHODS = {
    "": ("extract_features",),
    "feature_extractor": (),
    "feature_extractor.conv_layers.0": (),
    "encoder": ("extract_features", "_preprocess"),
    "encoder.feature_projection": (),
    "encoder.transformer": ("get_intermediate_outputs", "_preprocess"),
    "encoder.transformer.pos_conv_embed": ("__prepare_scriptable__",),
    "encoder.transformer.layers.0": (),
    "encoder.transformer.layers.0.attention": (),
    "encoder.transformer.layers.0.feed_forward": (),
}
X = torch.randn(3, 11, 48, generator=torch.Generator().manual_seed(2))
FEATURES = torch.randn(3, 11, 20, generator=torch.Generator().manual_seed(3))
FRAMES = torch.tensor([11, 0, 5])
MASK = torch.randn(3, 1, 11, 11, generator=torch.Generator().manual_seed(4))
CALLS: dict[str, Callable[[Any], object]] = {
    "extractor": lambda model: model.feature_extractor(waveforms(), None),
    "extractor with lengths": lambda model: model.feature_extractor(x=waveforms(), length=LENGTHS),
    "first convolution": lambda model: model.feature_extractor.conv_layers[0](waveforms()[:, None], length=LENGTHS),
    "projection": lambda model: model.encoder.feature_projection(FEATURES),
    "encoder": lambda model: model.encoder(FEATURES),
    "encoder with lengths": lambda model: model.encoder(FEATURES, lengths=FRAMES),
    "encoder's layers": lambda model: model.encoder.extract_features(FEATURES),
    "encoder's first layers": lambda model: model.encoder.extract_features(FEATURES, FRAMES, num_layers=2),
    "encoder's preparation": lambda model: model.encoder._preprocess(FEATURES, FRAMES),
    "transformer": lambda model: model.encoder.transformer(X),
    "transformer with a mask": lambda model: model.encoder.transformer(X, attention_mask=MASK, position_bias=None),
    "transformer's preparation": lambda model: model.encoder.transformer._preprocess(X),
    "transformer's layers": lambda model: model.encoder.transformer.get_intermediate_outputs(X),
    "transformer's first layers": lambda model: model.encoder.transformer.get_intermediate_outputs(X, MASK, 2),
    "positions": lambda model: model.encoder.transformer.pos_conv_embed(X),
    "layer": lambda model: model.encoder.transformer.layers[0](X),
    "layer with a mask": lambda model: model.encoder.transformer.layers[1](X, MASK, position_bias=None),
    # torchaudio's layer hands a position bias to its attention, which gives None in its place.
    "layer with a bias": lambda model: model.encoder.transformer.layers[1](X, MASK, MASK, key_padding_mask=MASK),
    "attention": lambda model: model.encoder.transformer.layers[0].attention(X),
    "attention with a mask": lambda model: model.encoder.transformer.layers[0].attention(X, attention_mask=MASK),
    "feed-forward": lambda model: model.encoder.transformer.layers[0].feed_forward(X),
}


@pytest.fixture(params=[POST_NORM, PRE_NORM], ids=["post_norm", "pre_norm"])
def models(request: pytest.FixtureRequest, torchaudio_models: ModuleType) -> tuple[nn.Module, nn.Module]:
    """Ours and torchaudio's, with the same weights."""
    ours: nn.Module = build_model(request.param)
    theirs: nn.Module = torchaudio_models.wav2vec2_model(**request.param.to_mapping())
    ours.load_state_dict(theirs.state_dict())
    return ours.eval(), theirs.eval()


def assert_same_results(result: Any, expected: Any) -> None:
    assert type(result) is type(expected)
    if isinstance(expected, tuple | list):
        for one, other in zip(result, expected, strict=True):
            assert_same_results(one, other)
    elif isinstance(expected, Tensor):
        torch.testing.assert_close(result, expected, rtol=1e-5, atol=1e-5)
    else:
        assert result is expected is None


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@torch.no_grad()
def test_parts_give_what_torchaudios_give(
    models: tuple[nn.Module, nn.Module], call: Callable[[nn.Module], object]
) -> None:
    ours, theirs = models
    assert_same_results(call(ours), call(theirs))


@pytest.mark.parametrize(("path", "methods"), METHODS.items())
def test_parts_take_what_torchaudios_take(
    models: tuple[nn.Module, nn.Module], path: str, methods: tuple[str, ...]
) -> None:
    for method in ("forward", *methods):
        ours, theirs = (inspect.signature(getattr(model.get_submodule(path), method)).parameters for model in models)
        assert [(p.name, p.kind, p.default) for p in ours.values()] == [
            (p.name, p.kind, p.default) for p in theirs.values()
        ]


@pytest.mark.parametrize("lengths", [None, torch.tensor([4000, 3000, 3999])], ids=["all_valid", "with_lengths"])
def test_torchaudios_pretraining_takes_our_encoder(
    models: tuple[nn.Module, nn.Module], torchaudio_models: ModuleType, lengths: Tensor | None
) -> None:
    ours, theirs = models
    parts = torchaudio_models.wav2vec2.components
    mask = parts.MaskGenerator(48, 0.8, "static", 0.0, 2, False, 1, 0.0, "static", 0.0, 2, False, 1)
    logits = parts.LogitGenerator(48, 7, 6, False, False)
    for model in models:
        del model.aux
        model.register_module("aux", None)
    frames = theirs(waveforms())[0].shape[1]
    labels = torch.randint(7, (3, frames), generator=torch.Generator().manual_seed(5))
    results = []
    for model in (ours, theirs):
        torch.manual_seed(0)
        pretraining = torchaudio_models.HuBERTPretrainModel(model, mask, logits, feature_grad_mult=None)
        results.append(pretraining(waveforms(), labels, lengths))
    assert_same_results(*results)


@ignore_jit_deprecation
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
@torch.no_grad()
def test_quantised_models_are_scripted_as_torchaudios_are(models: tuple[nn.Module, nn.Module]) -> None:
    results = []
    for model in models:
        positions: Any = model.get_submodule("encoder.transformer.pos_conv_embed")
        assert positions.__prepare_scriptable__() is positions
        quantised: Any = torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)  # type: ignore[no-untyped-call]
        assert str(quantised) != str(model)
        scripted = torch.jit.script(quantised)
        assert_same_results(scripted(waveforms(), LENGTHS), quantised(waveforms(), LENGTHS))
        results.append(scripted(waveforms(), LENGTHS))
    assert_same_results(*results)


@ignore_jit_deprecation
def test_scripting_leaves_weight_norm_in_place(models: tuple[nn.Module, nn.Module]) -> None:
    ours, _ = models
    keys = list(ours.state_dict())
    ours.get_submodule("encoder.transformer.pos_conv_embed").__prepare_scriptable__()  # type: ignore[operator]
    assert list(torch.jit.script(ours).state_dict()) == list(ours.state_dict()) == keys
