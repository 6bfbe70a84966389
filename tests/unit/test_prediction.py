"""Predictions from a made-up calibration: the numbers are exact then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calibrations import ROOFS, make_calibration
from tests.strategies import configs
from w2v_explore import Analysis, Config, ModelConfig, Workload, analyze, load_config
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.latency.calibration import Sample
from w2v_explore.analysis.latency.interval import find_interval
from w2v_explore.analysis.latency.prediction import Neighbours, predict, work_between
from w2v_explore.analysis.latency.roofline import Roofs, Work, trace_work
from w2v_explore.analysis.receptive_field import minimum_samples

CALIBRATION = make_calibration(slow_down=2.0)


def analysis_of(preset: str, seconds: float = 5.0, layers: int | None = None, batch: int = 1) -> Analysis:
    overrides = [] if layers is None else [f"encoder_num_layers={layers}"]
    return analyze(load_config(preset, overrides), Workload.of_seconds(seconds, batch=batch))


@pytest.mark.parametrize(
    "analysis",
    [
        *[analysis_of(preset) for preset in ("base", "large_lv60k", "xlsr_2b", "lighthubert_small_subnet")],
        # A module of its adapter runs twice.
        analyze(load_config("w2v_bert_2", {"add_adapter": True})),
    ],
    ids=lambda analysis: analysis.config.name,
)
def test_where_every_operation_takes_twice_its_least_time_so_does_the_model(analysis: Analysis) -> None:
    prediction = predict(analysis, CALIBRATION)
    works = trace_work(analysis)
    least = sum(work.copies * ROOFS.least_seconds(work.macs, work.bytes) for work in works)
    between = work_between(works).bytes / ROOFS.bytes_per_s
    assert prediction.layers[""] == pytest.approx(2 * least)
    assert prediction.unattributed_s == pytest.approx(2 * between)
    assert prediction.seconds == pytest.approx(2 * (least + between))


def test_layers_add_up_and_equal_ones_take_as_long() -> None:
    analysis = analysis_of("base")
    prediction = predict(analysis, CALIBRATION)
    leaves = [row for row in unfold(analysis.layers) if row.operation is not None]
    inside = "encoder.transformer.pos_conv_embed.conv.parametrizations.weight"
    total = sum(prediction.layer_seconds(analysis, row.path) for row in leaves if row.path != inside)
    assert total == pytest.approx(prediction.layers[""])
    first, last = (f"encoder.transformer.layers.{number}" for number in (0, 11))
    assert prediction.layer_seconds(analysis, last) == prediction.layer_seconds(analysis, first)
    assert prediction.layer_seconds(analysis, "encoder.transformer.layers") == pytest.approx(
        12 * prediction.layer_seconds(analysis, first)
    )


@given(
    config=configs(),
    batch=st.integers(1, 3),
    extra=st.integers(0, 4000),
)
@settings(max_examples=30)
def test_more_layers_and_more_utterances_take_longer(config: ModelConfig, batch: int, extra: int) -> None:
    samples = minimum_samples(config, 1) + extra

    def seconds(model: ModelConfig, batch: int) -> float:
        analysis = analyze(Config(name="c", origin="test", model=model), Workload(samples=samples, batch=batch))
        return predict(analysis, CALIBRATION).seconds

    deeper = replace(config, encoder_num_layers=config.encoder_num_layers + 1)
    assert seconds(config, batch) < seconds(deeper, batch)
    assert seconds(config, batch) < seconds(config, batch + 1)


def sample(macs: int, size: int, slow_down: float) -> Sample:
    return Sample(0, "linear", macs, size, slow_down * ROOFS.least_seconds(macs, size))


def work(macs: int, size: int) -> Work:
    return Work("", "linear", macs, size, 1)


def test_an_operation_that_was_measured_is_predicted_as_it_was() -> None:
    neighbours = Neighbours([sample(10**9, 10**6, 3.0), sample(10**12, 10**9, 5.0)], ROOFS)
    assert neighbours.seconds(work(10**9, 10**6)) == pytest.approx(3 * 1e9 / 1e11)
    assert neighbours.seconds(work(10**12, 10**9)) == pytest.approx(5 * 1e12 / 1e11)


def test_an_operation_of_a_kind_that_was_not_measured_is_like_those_of_its_size() -> None:
    small, large = sample(10**9, 10**6, 3.0), sample(10**12, 10**9, 5.0)
    neighbours = Neighbours([small, large._replace(kind="add")], ROOFS)
    unknown = Work("", "glu", 10**12, 10**9, 1)
    assert neighbours.seconds(unknown) == pytest.approx(5 * 1e12 / 1e11)
    assert not neighbours.surround(unknown)


def test_between_two_sizes_lies_their_geometric_mean_and_beyond_them_the_nearer() -> None:
    neighbours = Neighbours([sample(2**30, 2**20, 2.0), sample(2**32, 2**22, 8.0)], ROOFS)
    assert neighbours.seconds(work(2**31, 2**21)) == pytest.approx(4 * 2**31 / 1e11)
    assert neighbours.seconds(work(2**50, 2**40)) == pytest.approx(8 * 2**50 / 1e11)


def test_sizes_beyond_those_that_were_measured_are_told() -> None:
    assert predict(analysis_of("base", seconds=5.0), CALIBRATION).beyond_share == 0
    assert predict(analysis_of("base", seconds=600.0), CALIBRATION).beyond_share > 0.5
    neighbours = Neighbours([sample(10**9, 10**6, 1.0), sample(10**10, 10**7, 1.0)], ROOFS)
    assert [neighbours.surround(work(n * 10**8, n * 10**5)) for n in (6, 7, 149, 151)] == [False, True, True, False]


def test_the_interval_is_the_error_that_four_in_five_stay_below() -> None:
    interval = predict(analysis_of("base"), CALIBRATION).interval
    assert (interval.within, interval.of) == (8, 9)
    assert interval.factor == pytest.approx(1.10)


@pytest.mark.parametrize(
    ("errors", "within", "factor"), [((1.3,), 1, 1.3), ((1.1, 0.5), 2, 2.0), ((1.1, 1.2, 1.3, 1.4, 1.5), 5, 1.5)]
)
def test_of_few_references_the_worst_counts(errors: tuple[float, ...], within: int, factor: float) -> None:
    interval = find_interval(errors)
    assert (interval.within, interval.of) == (within, len(errors))
    assert interval.factor == pytest.approx(factor)


def test_low_and_high_lie_around_the_prediction() -> None:
    prediction = predict(analysis_of("base"), CALIBRATION)
    assert prediction.low_s == pytest.approx(prediction.seconds / 1.1)
    assert prediction.high_s == pytest.approx(prediction.seconds * 1.1)


def test_a_faster_device_is_faster() -> None:
    analysis = analysis_of("base")
    faster = Roofs(2 * ROOFS.macs_per_s, 2 * ROOFS.bytes_per_s)
    samples = tuple(one._replace(seconds=one.seconds / 2) for one in CALIBRATION.samples)
    twice = replace(CALIBRATION, roofs=faster, samples=samples)
    assert predict(analysis, twice).seconds == pytest.approx(predict(analysis, CALIBRATION).seconds / 2)
