"""The figures of many configs at once, held against those of each by itself; and the formulas that they rest on."""

from __future__ import annotations

import pickle
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

import w2v_explore
from tests.calibrations import make_calibration
from w2v_explore import (
    ArgumentError,
    Config,
    ConfigError,
    Workload,
    WorkloadError,
    analyze,
    analyze_many,
    load_preset,
    predict,
)
from w2v_explore.analysis.figures import ALIASES, FIGURES, Figures, known_names
from w2v_explore.analysis.formulas.sizes import NeedsValueError, Path, Whole
from w2v_explore.config.family import FAMILIES, ModelConfig, family_named
from w2v_explore.config.kinds import STANDARD_CONV_LAYERS, Choice, ConvLayers, Flag, Integer, Kind, PerLayer, Real
from w2v_explore.errors import CalibrationError, MissingExtraError
from w2v_explore.search.formulas import many as many_module
from w2v_explore.search.formulas.many import Formulas, is_whole
from w2v_explore.search.formulas.members import column
from w2v_explore.search.formulas.paths import Paths
from w2v_explore.search.formulas.tracing import Traced

MEMBERS = 12


def random_value(rng: random.Random, kind: Kind, base: Any) -> Any:
    """A value near a preset's; now and then a wrong one."""
    if isinstance(kind, Choice):
        return rng.choice(kind.values)
    if isinstance(kind, Flag):
        return rng.random() < 0.5
    if isinstance(kind, Integer):
        if kind.optional and rng.random() < 0.3:
            return None
        number = base or 16
        near = [number, 2 * number, number // 2, 3 * number, number + 1, number - 1]
        return rng.choice([*near, rng.randint(0, 20), 8 * rng.randint(1, 64) if number > 16 else 1])
    if isinstance(kind, ConvLayers):
        layers = [list(layer) for layer in base or STANDARD_CONV_LAYERS]
        for _ in range(rng.randint(0, 3)):
            layer, part = rng.choice(layers), rng.randrange(3)
            layer[part] = rng.randint(1, 512) if part == 0 else rng.randint(1, 9)
        return rng.choice([None, layers, layers, layers[1:]])
    if isinstance(kind, PerLayer):
        few = [random_value(rng, kind.each, base[0]) for _ in range(2)]
        return [rng.choice(few) for _ in range(len(base) - (rng.random() < 0.1))]
    if isinstance(kind, Real):
        number = rng.uniform(max(kind.minimum, 0), min(kind.maximum, 20))
        return rng.choice([base, number, None] if kind.optional else [base, number])
    return rng.choice([0.0, 0, 0.1, 1.0, rng.random()])


def random_columns(rng: random.Random, model: ModelConfig) -> dict[str, list[Any]]:
    """A few fields with a few values each."""
    fields = rng.sample(list(model.FIELDS), rng.randint(1, 7))
    few = {
        name: [random_value(rng, model.FIELDS[name].kind, getattr(model, name)) for _ in range(rng.randint(2, 5))]
        for name in fields
    }
    return {name: [rng.choice(values) for _ in range(MEMBERS)] for name, values in few.items()}


def one_by_one(model: ModelConfig, columns: Mapping[str, Sequence[Any]], workload: Workload, number: int) -> Any:
    """The figures of one config by themselves; None where it is none."""
    fields = {name: getattr(model, name) for name in model.FIELDS}
    try:
        config = type(model)(**{**fields, **{name: values[number] for name, values in columns.items()}})
        return Figures(analyze(Config(name="one", origin="test", model=config), workload))
    except (ConfigError, WorkloadError):
        return None


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=2)
@given(rng=st.randoms(use_true_random=False))
def test_figures_of_many_are_those_of_each(family: str, rng: random.Random) -> None:
    model = load_preset(family_named(family).reference).model
    columns = random_columns(rng, model)
    note(f"{columns}")
    workload = Workload(
        samples=rng.choice([400, 800, 16_000, rng.randint(300, 400_000)]),
        batch=rng.choice([1, 2]),
        dtype=rng.choice(["float32", "bfloat16", "float64"]),
        precision=rng.choice([None, None, "amp-bfloat16", "pure-bfloat16"]),
    )
    names = (*known_names(tuple(model.family.components)), *ALIASES) if rng.random() < 0.5 else tuple(FIGURES)
    many = analyze_many(model, columns, workload, figures=names)
    for number in range(MEMBERS):
        one = one_by_one(model, columns, workload, number)
        assert many.valid[number] == (one is not None)
        for name in names:
            # A number with a fraction is the very same as well: each of its steps is.
            expected = one[name] if one is not None else -1 if is_whole(name) else None
            found = many[name][number].item()
            if name == "training.expected_macs" and expected is not None:
                # Equal layers that stand apart here are added one after the other, with the last digit rounded.
                assert found == pytest.approx(expected, rel=1e-14)
            else:
                assert found == expected or (expected is None and found != found), (name, number)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=2)
@given(rng=st.randoms(use_true_random=False))
def test_predicted_latency_of_many_is_that_of_each(family: str, rng: random.Random) -> None:
    model = load_preset(family_named(family).reference).model
    columns = random_columns(rng, model)
    even = make_calibration()
    # Otherwise every operation would be slowed down alike, whichever those like it are.
    uneven = [sample._replace(seconds=sample.seconds * (1 + place % 7)) for place, sample in enumerate(even.samples)]
    calibration = replace(even, samples=tuple(uneven))
    workload = Workload(samples=rng.choice([800, 16_000, rng.randint(400, 400_000)]), batch=rng.choice([1, 2]))
    many = analyze_many(model, columns, workload, ["parameters"], calibration)
    assert tuple(many.figures) == ("parameters", "prediction.seconds")
    for number in np.flatnonzero(many.valid).tolist():
        expected = predict(many.member(number), calibration, workload=workload).seconds
        assert many["prediction.seconds"][number] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(many["prediction.seconds"][~many.valid]).all()
    with pytest.raises(CalibrationError, match="says nothing of bfloat16"):
        analyze_many(model, columns, Workload(samples=800, dtype="bfloat16"), calibration=calibration)


def test_all_figures_are_there_where_none_is_named() -> None:
    many = analyze_many("base", {"encoder_num_layers": range(1, 25)})
    assert tuple(many.figures) == tuple(FIGURES)
    assert repr(many) == f"<Columns: {len(FIGURES)} figures of 24 configs, 24 of them valid>"
    large = analyze(many.member(23), many.workload)
    assert many["parameters"][23] == large.parameters
    assert large.config.model.encoder_num_layers == 24
    assert many.to_numpy()["macs"].tolist() == many["macs"].tolist()
    with pytest.raises(IndexError):
        many.member(24)


def test_a_member_says_what_is_not_counted() -> None:
    config = replace(load_preset("base"), not_counted=("use_rel_pos_enc",))
    member = analyze_many(config, {"aux_num_out": [32]}, figures=["parameters"]).member(0)
    nearest = analyze(member).nearest_preset
    assert (nearest.equals, nearest.not_counted) == ((), ("use_rel_pos_enc",))


def test_numbers_of_any_kind_may_be_given() -> None:
    layers = [[[512, 10, 5], [512, 3, 2]], [[256, 10, 4], [512, 4, 2]]]
    plain = analyze_many("base", {"extractor_conv_layer_config": layers, "aux_num_out": [32, 29]})
    arrays = {"extractor_conv_layer_config": np.array(layers), "aux_num_out": np.array([32, 29], np.int16)}
    assert analyze_many("base", arrays).to_numpy().tolist() == plain.to_numpy().tolist()
    long, masked = np.array([0, 1], np.longdouble), np.ma.array([32, -(10**6)], mask=[False, True])
    odd = analyze_many("base", {"encoder_dropout": long, "aux_num_out": masked})
    assert odd.valid.all()
    assert odd.fields["aux_num_out"] == [32, None]
    assert odd["parameters"].tolist() == analyze_many("base", {"aux_num_out": [32, None]})["parameters"].tolist()
    # What is no whole number is none here either, and a number is no flag.
    wrong = analyze_many(
        "base", {"aux_num_out": [32.0, True, "32", 2**70, {}, 1, None], "extractor_conv_bias": [True] * 5 + [1, False]}
    )
    assert wrong.valid.tolist() == [False] * 6 + [True]
    with pytest.raises(ConfigError, match=r"aux_num_out is 32\.0; write 32"):
        wrong.member(0)


def test_layers_of_widths_by_list_take_no_path_each() -> None:
    """As many ways as there are for neighbours to be equal, which fold."""
    model = load_preset(family_named("pruned_wav2vec2").reference).model
    lists = list(product([8, 4], repeat=model.encoder_num_layers))[:300]
    base = {name: getattr(model, name) for name in model.FIELDS}
    formulas = Formulas(model.family, base, Workload.of_seconds(10), ("macs", "memory.training_bytes"))
    columns = {"encoder_num_heads": np.array(lists), "encoder_use_attention": [[True] * len(lists[0])] * len(lists)}
    _, found = formulas.figures([column(model.family, name, values) for name, values in columns.items()])
    assert formulas.paths == 1
    for number in range(0, 300, 60):
        one = one_by_one(model, columns, Workload.of_seconds(10), number)
        assert {name: figures[number].item() for name, figures in found.items()} == {name: one[name] for name in found}


def test_formulas_that_are_known_hold_for_further_configs() -> None:
    model = load_preset("base").model
    layers, heads = column(model.family, "encoder_num_layers", range(1, 41)), [1, 2, 3, 4] * 10
    columns = [
        layers,
        column(model.family, "encoder_num_heads", heads),
        column(model.family, "encoder_dropout", [0, 0.5] * 20),
    ]
    base = {name: getattr(model, name) for name in model.FIELDS}
    formulas = Formulas(model.family, base, Workload.of_seconds(10), ("macs", "memory.kept_bytes"))
    _, whole = formulas.figures(columns)
    known = formulas.paths
    assert known < 8
    # A part of them, in which little of what varies does so.
    _, part = formulas.figures([each._replace(codes=each.codes[8:10]) for each in columns])
    assert {name: figures.tolist() for name, figures in part.items()} == {
        name: figures[8:10].tolist() for name, figures in whole.items()
    }
    assert formulas.paths == known


def test_no_more_paths_are_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_module, "MOST_PATHS", 3)
    model = load_preset("base").model
    base = {name: getattr(model, name) for name in model.FIELDS}
    formulas = Formulas(model.family, base, Workload.of_seconds(10), ("parameters",))
    extractors = [[[8, 10, 320]] + [[width, 1, 1]] * length for length in range(6) for width in (8, 16)]
    columns = {"extractor_conv_layer_config": extractors}
    _, found = formulas.figures([column(model.family, name, values) for name, values in columns.items()])
    assert formulas.paths <= 4
    ones = [one_by_one(model, columns, Workload.of_seconds(10), number) for number in range(len(extractors))]
    assert found["parameters"].tolist() == [one["parameters"] for one in ones]


def test_no_figure_wraps() -> None:
    wide = {"encoder_embed_dim": [64, 2**28], "encoder_ff_interm_features": [64, 2**27]}
    many = analyze_many(
        "base", {**wide, "encoder_pos_conv_groups": [1, 2**28], "encoder_num_heads": [1, 1]}, figures=["parameters"]
    )
    assert many["parameters"].tolist() == [analyze(many.member(number)).parameters for number in (0, 1)]
    assert many["parameters"][1] > 2**61
    with pytest.raises(
        ArgumentError, match=r"^macs of config 1 is \d\.\d+e\+21, and figures of many configs are whole numbers"
    ) as raised:
        analyze_many("base", {**many.fields}, figures=["macs"])
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


@pytest.mark.parametrize(
    ("columns", "how", "error", "message"),
    [
        ({}, {}, ArgumentError, "columns has none; give the values of at least one field"),
        (5, {}, TypeError, "columns is an object of the type int; give a mapping of fields to values"),
        ({"aux_num_out": 32}, {}, TypeError, "the column aux_num_out is an object of the type int; give a list or"),
        ({"aux_num_out": "32"}, {}, TypeError, "the column aux_num_out is an object of the type str; give"),
        ({"aux_num_out": np.array(32)}, {}, TypeError, "the column aux_num_out is an object of the type ndarray; give"),
        ({("a",): [1]}, {}, ArgumentError, "there is no field ('a',); `w2v-explore explain --architecture wav2vec2` "),
        ({"aux_num_out": [1]}, {"figures": [["macs"]]}, ArgumentError, "there is no figure ['macs']; did you mean"),
        ({"num_layers": [1]}, {}, ArgumentError, "there is no field num_layers; did you mean encoder_num_layers?"),
        (
            {"aux_num_out": [1], "encoder_num_layers": [1, 2]},
            {},
            ArgumentError,
            "columns are of several lengths: aux_num_out 1, encoder_num_layers 2; give each config a value",
        ),
        ({"aux_num_out": [1]}, {"figures": ["params"]}, ArgumentError, "there is no figure params; did you mean"),
        ({"encoder_layers": [1]}, {}, ArgumentError, "encoder_layers is fairseq's name; write encoder_num_layers"),
        (
            {"aux_num_out": [1]},
            {"figures": ["latency.real_time_factor"]},
            ArgumentError,
            "latency.real_time_factor comes from a device, and nothing is run here; give parameters",
        ),
        ({"aux_num_out": [1]}, {"figures": "macs"}, TypeError, "figures is an object of the type str; give a list"),
        ({"aux_num_out": [1]}, {"workload": 10}, TypeError, "workload is an object of the type int; give a Workload"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(columns: Any, how: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        analyze_many("base", columns, **how)
    assert str(caught.value).startswith(message)


def test_numpy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.delitem(sys.modules, "w2v_explore.search.formulas.many")
    monkeypatch.delitem(vars(w2v_explore), "analyze_many", raising=False)
    with pytest.raises(MissingExtraError, match=r"^w2v_explore\.analyze_many needs numpy, .*'\.\[search\]'"):
        _ = w2v_explore.analyze_many


@pytest.mark.parametrize(("method", "package"), [("to_pandas", "pandas"), ("to_arrow", "pyarrow")])
def test_a_package_that_is_not_there_is_named(method: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=f"run pip install {package}$"):
        getattr(analyze_many("base", {"aux_num_out": [32]}), method)()


def test_columns_are_handed_over_with_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    many = analyze_many("base", {"aux_num_out": [32, 0, None]}, figures=["parameters"])
    arrow = ModuleType("pyarrow")
    arrow.array = lambda values, mask: np.ma.array(values, mask=mask).tolist()  # type: ignore[attr-defined]
    arrow.table = dict  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyarrow", arrow)
    parameters = many["parameters"].tolist()
    expected = {"aux_num_out": [32, 0, None], "parameters": [parameters[0], None, parameters[2]]}
    assert many.to_arrow() == expected

    class Series:
        def __init__(self, values: Any, dtype: str) -> None:
            assert dtype == "Int64"
            self.values = values

        def mask(self, where: Any) -> Any:
            return np.ma.array(self.values, mask=where).tolist()

    pandas = ModuleType("pandas")
    pandas.Series, pandas.DataFrame = Series, dict  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    assert many.to_pandas() == expected


# What sizes compute, held against Python's own numbers: formulas at random, which ask and look up at random.

Formula = Callable[[Sequence[Any]], Any]


@st.composite
def formulas(draw: st.DrawFn, depth: int = 4) -> Formula:
    if not depth or draw(st.integers(0, 5)) == 0:
        if draw(st.booleans()):
            number = draw(st.integers(0, 9))
            return lambda fields: number
        place = draw(st.integers(0, 2))
        return lambda fields: fields[place]
    one, other = draw(formulas(depth - 1)), draw(formulas(depth - 1))
    by = draw(st.integers(1, 9))
    return draw(
        st.sampled_from([
            lambda fields: one(fields) + other(fields),
            lambda fields: one(fields) - other(fields),
            lambda fields: one(fields) * other(fields),
            lambda fields: one(fields) // by,
            lambda fields: one(fields) % by,
            lambda fields: by // max(1, other(fields)),
            lambda fields: one(fields) // max(1, other(fields)),
            lambda fields: one(fields) % max(1, other(fields)),
            lambda fields: one(fields) * (other(fields) + 1) // (other(fields) * other(fields) + 1),
            lambda fields: one(fields) * max(1, fields[0]) // max(1, fields[0]),
            lambda fields: one(fields) if other(fields) % 2 else by,
            lambda fields: one(fields) if one(fields) == other(fields) else other(fields) ** 2,
            lambda fields: min(one(fields), other(fields), by * fields[1]),
        ])
    )  # fmt: skip


@given(
    formula=formulas(),
    columns=st.lists(
        st.lists(st.integers(1, 40) | st.integers(1, 2**31 - 1), min_size=6, max_size=6), min_size=3, max_size=3
    ),
)
def test_sizes_compute_as_numbers_do(formula: Formula, columns: list[list[int]]) -> None:
    fields = {number: np.array(values) for number, values in enumerate(columns)}
    plain = list(zip(*columns, strict=True))

    def path_of(place: int) -> Traced:
        path = Path()
        sizes = [path.field(number, value, 1, 2**31 - 1) for number, value in enumerate(plain[place])]
        made = formula(sizes)
        both = path.greatest([made, made - 3, sizes[0] + 1, sizes[1] * 2])
        assert (made if isinstance(made, int) else made.value) == formula(plain[place])
        return Traced(path, {"made": made, "greatest": both})

    seen = []
    for end, places in Paths().lead(fields, np.arange(6), path_of):
        seen += places.tolist()
        assert end.figures is not None
        made, greatest = end.figures({number: values[places] for number, values in fields.items()}, len(places))
        for number, place in enumerate(places.tolist()):
            expected = formula(plain[place])
            first, second, _ = plain[place]
            assert np.broadcast_to(made, places.shape)[number] == expected
            assert np.broadcast_to(greatest, places.shape)[number] == max(expected, first + 1, second * 2)
    assert sorted(seen) == [*range(6)]


@pytest.mark.parametrize(
    "code",
    [
        range,
        hash,
        int,
        lambda size: "x" * size,
        lambda size: {size + 1: 0},
        lambda size: [*range(9)][size],
        lambda size: 2**size,
        lambda size: size**size,
    ],
)
def test_a_value_is_never_taken_without_a_word(code: Callable[[Whole], Any]) -> None:
    path = Path()
    size = path.field(3, 5, 1, 100) * path.field(4, 1, 1, 100)
    with pytest.raises(NeedsValueError) as caught:
        code(size)
    assert caught.value.fields == {3, 4}
