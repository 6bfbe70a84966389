"""The torch model held against torchaudio's: weights, outputs, lengths, errors, and what torch does with models."""

from __future__ import annotations

import copy
import inspect
import io
import json
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils import parametrize

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
# Enough for a graph of any length: with each convolution torch's formulas of lengths grow, and its work on them.
TWO_CONVOLUTIONS = [[16, 10, 5], [20, 4, 4]]

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
@settings(max_examples=25)
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


@ignore_jit_deprecation
@pytest.mark.parametrize("layer_drop", [0.0, 0.5, 1.0])
def test_training_draws_the_same_random_numbers(
    config: ModelConfig, torchaudio_models: ModuleType, layer_drop: float
) -> None:
    values = {**config.to_mapping(), "encoder_layer_drop": layer_drop}
    ours, theirs = wav2vec2_model(**values), torchaudio_models.wav2vec2_model(**values)
    ours.load_state_dict(theirs.state_dict())
    torch.manual_seed(3)
    expected, _ = theirs.train()(waveforms(), LENGTHS)
    state = torch.get_rng_state()
    # TorchScript draws otherwise once it has optimised the choice, of torchaudio's model too.
    for model in (ours, torch.jit.script(ours)) if layer_drop == 0 else (ours,):
        torch.manual_seed(3)
        output, _ = model.train()(waveforms(), LENGTHS)
        torch.testing.assert_close(output, expected)
        assert torch.equal(torch.get_rng_state(), state)


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


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_default_dtype_and_device(config: ModelConfig, torchaudio_models: ModuleType, dtype: torch.dtype) -> None:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        states = []
        for make in (wav2vec2_model, torchaudio_models.wav2vec2_model):
            torch.manual_seed(0)
            states.append(make(**config.to_mapping()).state_dict())
        factory = w2v_explore.wav2vec2_base(aux_num_out=3)
    finally:
        torch.set_default_dtype(before)
    for key, weight in states[1].items():
        assert weight.dtype is dtype
        assert torch.equal(states[0][key], weight), key
    assert {weight.dtype for weight in factory.state_dict().values()} == {dtype}


@pytest.mark.parametrize("name", FACTORIES)
def test_default_device(name: str) -> None:
    with torch.device("meta"):
        assert all(weight.is_meta for weight in getattr(w2v_explore, name)().parameters())
    torch.set_default_device("meta")
    try:
        assert all(weight.is_meta for weight in wav2vec2_model(**PRE_NORM.to_mapping()).parameters())
        assert not any(weight.is_meta for weight in build_model(POST_NORM, device="cpu").parameters())
    finally:
        torch.set_default_device(None)


def test_numbers_of_numpy(torchaudio_models: ModuleType) -> None:
    values = POST_NORM.to_mapping()
    of_numpy = {
        name: numpy.int64(value) if type(value) is int else numpy.float32(value) if type(value) is float else value
        for name, value in values.items()
    }
    lists = [
        [[numpy.int32(number) for number in layer] for layer in values["extractor_conv_layer_config"]],
        numpy.array(values["extractor_conv_layer_config"]),
        [torch.Size(layer) for layer in values["extractor_conv_layer_config"]],
    ]
    flags = {"encoder_layer_norm_first": numpy.bool_(False), "extractor_conv_bias": numpy.bool_(False)}
    for layers in lists:
        arguments = {**of_numpy, **flags, "extractor_conv_layer_config": layers}
        config = ModelConfig(**arguments)
        assert json.loads(json.dumps(config.to_mapping())) == ModelConfig.from_mapping(config.to_mapping()).to_mapping()
        assert config.to_mapping() == {**values, **{
            name: float(numpy.float32(value)) for name, value in values.items() if type(value) is float
        }}  # fmt: skip
        assert load_config("base", arguments).model == config
        theirs = torchaudio_models.wav2vec2_model(**arguments)
        assert list(wav2vec2_model(**arguments).state_dict()) == list(theirs.state_dict())
    built = w2v_explore.wav2vec2_base(numpy.float64(0.5), aux_num_out=numpy.int16(3))
    assert built.aux is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("encoder_num_layers", numpy.bool_(True)),
        ("encoder_num_layers", numpy.float64(3)),
        ("encoder_num_layers", numpy.array([3])),
        ("encoder_layer_norm_first", numpy.int64(1)),
        ("encoder_dropout", numpy.float32("nan")),
        ("extractor_conv_layer_config", numpy.array([[16, 10], [24, 3]])),
        ("extractor_conv_layer_config", [[16, numpy.bool_(True), 5]]),
    ],
)
def test_wrong_numbers_of_numpy(field: str, value: object) -> None:
    with pytest.raises(w2v_explore.ConfigError, match=field):
        wav2vec2_model(**{**POST_NORM.to_mapping(), field: value})


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


@ignore_jit_deprecation
def test_weight_norm_is_removed_from_one_model(ours: Wav2Vec2Model, theirs: torch.nn.Module) -> None:
    ours.load_state_dict(theirs.state_dict())
    expected, duplicate = ours(waveforms(), LENGTHS)[0], copy.deepcopy(ours)
    for model in (ours, theirs):
        conv = model.encoder.transformer.pos_conv_embed.conv
        assert parametrize.is_parametrized(conv, "weight")
        assert parametrize.type_before_parametrizations(conv) is torch.nn.Conv1d
        with pytest.raises(ValueError, match="sequence of tensors"):
            parametrize.remove_parametrizations(conv, "weight", leave_parametrized=False)
        with pytest.raises(ValueError, match="weight_norm of 'weight' not found"):
            torch.nn.utils.remove_weight_norm(conv)
        assert parametrize.remove_parametrizations(conv, "weight") is conv
        assert type(conv) is torch.nn.Conv1d
        assert not parametrize.is_parametrized(conv)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, weight in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[key], weight), key
    plain = [copy.deepcopy(ours), pickle.loads(pickle.dumps(ours)), torch.jit.script(ours), ours]
    for model in (*plain, duplicate, torch.jit.script(duplicate)):
        assert torch.equal(model(waveforms(), LENGTHS)[0], expected)
    # The other model has its weight-norm still, and gives it up as well.
    conv = duplicate.encoder.transformer.pos_conv_embed.conv
    assert parametrize.is_parametrized(conv)
    parametrize.remove_parametrizations(conv, "weight")
    assert torch.equal(duplicate(waveforms(), LENGTHS)[0], expected)
    build_model(POST_NORM)


class Doubled(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x

    def right_inverse(self, x: torch.Tensor) -> torch.Tensor:
        return x / 2


def positional_conv(model: torch.nn.Module) -> torch.nn.Conv1d:
    conv = model.encoder.transformer.pos_conv_embed.conv
    assert isinstance(conv, torch.nn.Conv1d)
    return conv


def transfer(conv: torch.nn.Conv1d) -> None:
    plain = torch.nn.Conv1d(conv.in_channels, conv.out_channels, conv.kernel_size, groups=conv.groups)
    parametrize.transfer_parametrizations_and_params(conv, plain)
    conv.weight = plain.weight + 1


PARAMETRIZED: dict[str, Callable[[torch.nn.Conv1d], object]] = {
    "weight again": lambda conv: parametrize.register_parametrization(conv, "weight", Doubled()),
    "spectral norm": torch.nn.utils.parametrizations.spectral_norm,
    "bias": lambda conv: parametrize.register_parametrization(conv, "bias", Doubled()),
    "assigned": lambda conv: setattr(conv, "weight", torch.ones_like(conv.weight)),
    "transferred": transfer,
}


@pytest.mark.parametrize("change", PARAMETRIZED.values(), ids=PARAMETRIZED.keys())
def test_the_positional_convolution_is_parametrized_as_torchaudios(
    ours: Wav2Vec2Model, theirs: torch.nn.Module, change: Callable[[torch.nn.Conv1d], object]
) -> None:
    ours.load_state_dict(theirs.state_dict())
    untouched, expected = copy.deepcopy(ours), ours(waveforms(), LENGTHS)[0]
    for model in (ours, theirs):
        torch.manual_seed(0)
        change(positional_conv(model))
    duplicate = copy.deepcopy(ours)
    for is_parametrized in (True, False):
        if not is_parametrized:
            for model in (ours, theirs, duplicate):
                parametrize.remove_parametrizations(positional_conv(model), "weight")
        assert list(ours.state_dict()) == list(theirs.state_dict())
        for key, value in theirs.state_dict().items():
            assert torch.equal(ours.state_dict()[key], value), key
        with parametrize.cached():
            assert positional_conv(ours).weight is positional_conv(ours).weight
            assert_outputs_equal(ours, theirs, waveforms(), LENGTHS)
        assert_outputs_equal(duplicate, theirs, waveforms(), LENGTHS)
    # Nothing of this reaches the other models.
    assert torch.equal(untouched(waveforms(), LENGTHS)[0], expected)
    assert torch.equal(copy.deepcopy(untouched)(waveforms(), LENGTHS)[0], expected)
    build_model(POST_NORM)(waveforms())


@ignore_jit_deprecation
def test_a_second_parametrization_is_pickled_and_not_scripted(ours: Wav2Vec2Model) -> None:
    conv = positional_conv(ours)
    for name in ("weight", "bias"):
        parametrize.register_parametrization(conv, name, Doubled())
    expected = ours(waveforms(), LENGTHS)[0]
    assert torch.equal(pickle.loads(pickle.dumps(ours))(waveforms(), LENGTHS)[0], expected)
    parametrize.remove_parametrizations(conv, "bias")
    with pytest.raises(torch.jit.Error, match="more parametrizations than weight-norm"):
        torch.jit.script(ours)(waveforms(), LENGTHS)
    parametrize.remove_parametrizations(conv, "weight")
    assert torch.equal(torch.jit.script(ours)(waveforms(), LENGTHS)[0], expected)


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


@ignore_jit_deprecation
@pytest.mark.parametrize("probability", [0, 1])
def test_script_of_probabilities_that_are_whole_numbers(probability: int) -> None:
    fields = [name for name, value in POST_NORM.to_mapping().items() if type(value) is float]
    model = build_model(ModelConfig.from_mapping({**POST_NORM.to_mapping(), **dict.fromkeys(fields, probability)}))
    assert len(fields) == 5
    assert torch.jit.script(model.train())(waveforms())[0].shape == model(waveforms())[0].shape


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_dynamic_quantization(ours: Wav2Vec2Model, theirs: torch.nn.Module) -> None:
    quantized = [
        torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8) for model in (ours, theirs)
    ]
    assert "quantized" in type(quantized[0].encoder.transformer.layers[0].attention.k_proj).__module__
    assert_outputs_equal(*quantized, waveforms(), LENGTHS)


def compile_afresh(model: torch.nn.Module, backend: str) -> Any:
    """Without what torch compiled of other models, of which it takes a few before it gives up."""
    torch.compiler.reset()
    return torch.compile(model, backend=backend, fullgraph=True)


@pytest.mark.parametrize(("config", "backend"), [(POST_NORM, "aot_eager"), (PRE_NORM, "inductor")])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compile_without_a_graph_break(ours: Wav2Vec2Model, backend: str) -> None:
    """Both orders of norms are traced whole; what inductor makes of a graph, it makes of either."""
    if backend == "inductor" and not shutil.which("g++"):
        pytest.skip("inductor compiles C++, and there is no g++ here")
    compiled = compile_afresh(ours, backend)
    for lengths in (None, LENGTHS):
        torch.testing.assert_close(
            compiled(waveforms(), lengths)[0], ours(waveforms(), lengths)[0], rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize(("config", "layer_drop"), [(POST_NORM, 0.0), (PRE_NORM, 1.0)])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_graph_of_training_where_no_layer_is_dropped_by_chance(config: ModelConfig, layer_drop: float) -> None:
    dropouts = ("encoder_projection_dropout", "encoder_ff_interm_dropout", "encoder_dropout")
    without = dict.fromkeys((*dropouts, "encoder_attention_dropout"), 0.0)
    model = build_model(replace(config, **without, encoder_layer_drop=layer_drop)).train()
    expected = model(waveforms(), LENGTHS)[0]
    compiled = compile_afresh(model, "aot_eager")
    exported = torch.export.export(model, (waveforms(), LENGTHS)).module()
    for graph in (compiled, exported):
        torch.testing.assert_close(graph(waveforms(), LENGTHS)[0], expected)


def test_a_layer_that_is_never_dropped(config: ModelConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where 0 is drawn; torchaudio then drops it."""
    model = build_model(replace(config, encoder_layer_drop=0.0)).train()
    called: list[torch.nn.Module] = []
    for layer in model.encoder.transformer.layers:
        layer.register_forward_hook(lambda layer, inputs, output: called.append(layer))
    monkeypatch.setattr(torch, "rand", torch.zeros)
    model(waveforms())
    assert called == list(model.encoder.transformer.layers)


@pytest.mark.parametrize("config", [PRE_NORM])  # tests/cli/test_export.py has the other order of norms
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
