"""The torch model held against torchaudio's: weights, outputs, lengths, errors, and what torch does with models."""

from __future__ import annotations

import copy
import inspect
import io
import pickle
import shutil
from collections.abc import Iterator
from types import ModuleType

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import w2v_explore
from tests.strategies import configs
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ModelConfig, Wav2Vec2Model, build_model, load_config, wav2vec2_model
from w2v_explore.analysis.receptive_field import minimum_samples

FACTORIES = (
    "wav2vec2_base",
    "wav2vec2_large",
    "wav2vec2_large_lv60k",
    "wav2vec2_xlsr_300m",
    "wav2vec2_xlsr_1b",
    "wav2vec2_xlsr_2b",
    "hubert_base",
    "hubert_large",
    "hubert_xlarge",
)
SMALL = (
    "encoder_embed_dim=48",
    "encoder_num_heads=4",
    "encoder_pos_conv_groups=4",
    "encoder_ff_interm_features=64",
    "encoder_num_layers=3",
    "extractor_conv_layer_config=[[16, 10, 5], [24, 3, 2], [20, 2, 2]]",
)
POST_NORM = load_config("base", [*SMALL, "aux_num_out=5"]).model
PRE_NORM = load_config("xlsr_300m", [*SMALL, "encoder_pos_conv_kernel=7"]).model
LENGTHS = torch.tensor([4000, 0, 1777])

ignore_jit_deprecation = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


@pytest.fixture(params=[POST_NORM, PRE_NORM], ids=["post_norm", "pre_norm"])
def config(request: pytest.FixtureRequest) -> ModelConfig:
    return request.param


@pytest.fixture
def ours(config: ModelConfig) -> Iterator[Wav2Vec2Model]:
    torch.manual_seed(0)
    with torch.no_grad():
        yield build_model(config).eval()


@pytest.fixture
def theirs(config: ModelConfig, torchaudio_models: ModuleType) -> torch.nn.Module:
    torch.manual_seed(0)
    return torchaudio_models.wav2vec2_model(**config.to_mapping()).eval()


def waveforms(batch: int = 3, samples: int = 4000, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(batch, samples, generator=torch.Generator().manual_seed(1)).to(dtype)


def assert_outputs_equal(
    ours: torch.nn.Module,
    theirs: torch.nn.Module,
    x: torch.Tensor,
    lengths: torch.Tensor | None,
    tolerance: float = 1e-5,
) -> None:
    output, frames = ours(x, lengths)
    expected, expected_frames = theirs(x, lengths)
    torch.testing.assert_close(output, expected, rtol=tolerance, atol=tolerance)
    if lengths is None:
        assert frames is expected_frames is None
    else:
        assert torch.equal(frames, expected_frames)
    features, _ = ours.extract_features(x, lengths, None)
    expected_features, _ = theirs.extract_features(x, lengths, None)
    assert len(features) == len(expected_features)
    for feature, expected_feature in zip(features, expected_features, strict=True):
        torch.testing.assert_close(feature, expected_feature, rtol=tolerance, atol=tolerance)


@given(config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 2000), data=st.data())
@settings(max_examples=60)
def test_same_seed_same_weights_same_outputs(config: ModelConfig, batch: int, extra: int, data: st.DataObject) -> None:
    torch.manual_seed(0)
    ours = build_model(config).eval()
    torch.manual_seed(0)
    theirs = import_torchaudio_models().wav2vec2_model(**config.to_mapping()).eval()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, weight in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[key], weight), key
    samples = minimum_samples(config, batch) + extra
    lengths = data.draw(st.none() | st.lists(st.integers(0, samples), min_size=batch, max_size=batch).map(torch.tensor))
    with torch.no_grad():
        assert_outputs_equal(ours, theirs, waveforms(batch, samples), lengths)


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["all_valid", "with_lengths"])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12), (torch.bfloat16, 1e-5)]
)
def test_dtypes(
    ours: Wav2Vec2Model,
    theirs: torch.nn.Module,
    lengths: torch.Tensor | None,
    dtype: torch.dtype,
    tolerance: float,
) -> None:
    ours.load_state_dict(theirs.state_dict())
    assert_outputs_equal(ours.to(dtype), theirs.to(dtype), waveforms(dtype=dtype), lengths, tolerance)


def test_base_at_full_size(torchaudio_models: ModuleType) -> None:
    theirs = torchaudio_models.wav2vec2_base(aux_num_out=29).eval()
    ours = w2v_explore.wav2vec2_base(aux_num_out=29).eval()
    ours.load_state_dict(theirs.state_dict())
    with torch.no_grad():
        assert_outputs_equal(ours, theirs, waveforms(2, 16_000), torch.tensor([16_000, 9_000]))


def test_an_utterance_without_samples_gives_finite_output(ours: Wav2Vec2Model) -> None:
    output, frames = ours(waveforms(), LENGTHS)
    assert frames is not None
    assert frames.tolist()[1] == 0
    assert output.isfinite().all()


def test_training_draws_the_same_random_numbers(ours: Wav2Vec2Model, theirs: torch.nn.Module) -> None:
    torch.manual_seed(3)
    output, _ = ours.train()(waveforms(), LENGTHS)
    torch.manual_seed(3)
    expected, _ = theirs.train()(waveforms(), LENGTHS)
    torch.testing.assert_close(output, expected)


def test_gradients(config: ModelConfig, theirs: torch.nn.Module) -> None:
    ours = build_model(config).eval()
    ours.load_state_dict(theirs.state_dict())
    for model in (ours, theirs):
        model(waveforms(), LENGTHS)[0].pow(2).sum().backward()
    expected = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name].grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_extract_features_stops_early(ours: Wav2Vec2Model, theirs: torch.nn.Module, num_layers: int) -> None:
    features, _ = ours.extract_features(waveforms(), None, num_layers)
    expected, _ = theirs.extract_features(waveforms(), None, num_layers)
    assert len(features) == len(expected) == num_layers
    torch.testing.assert_close(features[-1], expected[-1])


@pytest.mark.parametrize("num_layers", [0, 4, -1])
def test_num_layers_out_of_range(ours: Wav2Vec2Model, theirs: torch.nn.Module, num_layers: int) -> None:
    for model in (ours, theirs):
        with pytest.raises(ValueError, match="num_layers"):
            model.extract_features(waveforms(), None, num_layers)


@pytest.mark.parametrize("shape", [(4000,), (1, 1, 4000)])
def test_waveforms_of_the_wrong_shape(ours: Wav2Vec2Model, theirs: torch.nn.Module, shape: tuple[int, ...]) -> None:
    for model in (ours, theirs):
        with pytest.raises(ValueError, match=str(list(shape)).replace("[", r"\[").replace("]", r"\]")):
            model(torch.zeros(shape))


@pytest.mark.parametrize("name", FACTORIES)
def test_factories_have_torchaudios_signatures(torchaudio_models: ModuleType, name: str) -> None:
    ours, theirs = getattr(w2v_explore, name), getattr(torchaudio_models, name)

    def parameters(function: object) -> list[tuple[str, object, object]]:
        return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]  # type: ignore[arg-type]

    assert parameters(ours) == parameters(theirs)


@pytest.mark.parametrize("name", FACTORIES)
def test_factories_take_arguments_by_position_and_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v_explore.model import factories

    monkeypatch.setattr(factories, "build_model", lambda config: config)
    built = getattr(w2v_explore, name)(0.25, aux_num_out=7)
    assert (built.encoder_projection_dropout, built.aux_num_out) == (0.25, 7)


def test_wav2vec2_model_has_torchaudios_arguments(torchaudio_models: ModuleType) -> None:
    theirs = inspect.signature(torchaudio_models.wav2vec2_model).parameters
    assert list(inspect.signature(wav2vec2_model).parameters) == list(theirs)
    model = wav2vec2_model(**PRE_NORM.to_mapping())
    assert list(model.state_dict()) == list(torchaudio_models.wav2vec2_model(**PRE_NORM.to_mapping()).state_dict())


def test_wrong_arguments_are_reported_together() -> None:
    with pytest.raises(w2v_explore.ConfigError) as raised:
        wav2vec2_model(**{**POST_NORM.to_mapping(), "encoder_num_heads": 7, "encoder_dropout": 2.0})
    assert [problem.rule.code for problem in raised.value.problems] == ["E240", "E234"]


def test_old_weight_norm_names_load(ours: Wav2Vec2Model, theirs: torch.nn.Module) -> None:
    new = "encoder.transformer.pos_conv_embed.conv.parametrizations.weight.original"
    old = {f"{new}0": "weight_g", f"{new}1": "weight_v"}
    torch.manual_seed(9)
    weights = {key: torch.randn_like(value) for key, value in theirs.state_dict().items()}
    renamed = {key if key not in old else key.rpartition(".parametrizations")[0] + f".{old[key]}": value
               for key, value in weights.items()}  # fmt: skip
    assert set(renamed) != set(weights)
    ours.load_state_dict(renamed)
    for key, value in ours.state_dict().items():
        assert torch.equal(value, weights[key]), key


def test_positional_weight_is_what_the_convolution_uses(ours: Wav2Vec2Model, theirs: torch.nn.Module) -> None:
    torch.testing.assert_close(
        ours.encoder.transformer.pos_conv_embed.conv.weight, theirs.encoder.transformer.pos_conv_embed.conv.weight
    )


def test_copies(ours: Wav2Vec2Model) -> None:
    expected = ours(waveforms(), LENGTHS)[0]
    buffer = io.BytesIO()
    torch.save(ours, buffer)
    buffer.seek(0)
    for duplicate in (
        copy.deepcopy(ours),
        pickle.loads(pickle.dumps(ours)),
        torch.load(buffer, weights_only=False),
    ):
        assert torch.equal(duplicate(waveforms(), LENGTHS)[0], expected)


@ignore_jit_deprecation
def test_script_before_and_after_a_deep_copy(ours: Wav2Vec2Model) -> None:
    expected, frames = ours(waveforms(), LENGTHS)
    duplicate = copy.deepcopy(ours)
    for model in (duplicate, ours):
        scripted = torch.jit.script(model)
        output, scripted_frames = scripted(waveforms(), LENGTHS)
        torch.testing.assert_close(output, expected)
        assert torch.equal(scripted_frames, frames)
        assert len(scripted.extract_features(waveforms(), None, 2)[0]) == 2
        assert list(scripted.state_dict()) == list(ours.state_dict())
        # Scripting the copy must leave both models whole.
        assert torch.equal(ours(waveforms(), LENGTHS)[0], expected)
        assert torch.equal(duplicate(waveforms(), LENGTHS)[0], expected)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_dynamic_quantization(ours: Wav2Vec2Model, theirs: torch.nn.Module) -> None:
    quantized = [
        torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8) for model in (ours, theirs)
    ]
    assert "quantized" in type(quantized[0].encoder.transformer.layers[0].attention.k_proj).__module__
    assert_outputs_equal(*quantized, waveforms(), LENGTHS)


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compile_without_a_graph_break(ours: Wav2Vec2Model, backend: str) -> None:
    if backend == "inductor" and not shutil.which("g++"):
        pytest.skip("inductor compiles C++, and there is no g++ here")
    compiled = torch.compile(ours, backend=backend, fullgraph=True)
    for lengths in (None, LENGTHS):
        torch.testing.assert_close(
            compiled(waveforms(), lengths)[0], ours(waveforms(), lengths)[0], rtol=1e-4, atol=1e-4
        )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_export_with_dynamic_batch_and_length(ours: Wav2Vec2Model) -> None:
    batch, samples = torch.export.Dim("batch", max=64), torch.export.Dim("samples", min=400, max=1_000_000)
    program = torch.export.export(
        ours,
        (waveforms(), LENGTHS),
        dynamic_shapes={"waveforms": {0: batch, 1: samples}, "lengths": {0: batch}},
    ).module()
    for size, count in ((2, 2345), (5, 9000)):
        x, lengths = waveforms(size, count), torch.full((size,), count // 2)
        output, frames = program(x, lengths)
        expected, expected_frames = ours(x, lengths)
        torch.testing.assert_close(output, expected, rtol=1e-4, atol=1e-5)
        assert torch.equal(frames, expected_frames)
