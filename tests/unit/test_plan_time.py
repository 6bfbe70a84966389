"""The law of utilisation: by hand, fitted again, left-out and held-out runs, and its interval."""

from __future__ import annotations

from math import log2, sqrt
from pathlib import Path

import pytest

from benchmarks import plan
from w2v_explore import ArgumentError, Config, Workload, analyze, load_config
from w2v_explore.analysis.plan.cards import TYPE_OF_PRECISION, card_named, known_cards
from w2v_explore.analysis.plan.fill import by_max_tokens, utterances_of
from w2v_explore.analysis.plan.fit import Judged, estimate_of, fit, held_out, leave_one_out, observations, spread_of
from w2v_explore.analysis.plan.runs import Run, published, runs_that
from w2v_explore.analysis.plan.step import most_that_run, step_macs
from w2v_explore.analysis.plan.utilisation import (
    FIT_SPREAD,
    LAW,
    OPERATIONS_SPREAD,
    SEEN,
    SEEN_BATCH_FLOPS,
    SEEN_PARAMETERS,
    Law,
    TimeEstimate,
    estimate_time,
)
from w2v_explore.config.family import FAMILIES, family_named

_ROOT = Path(__file__).parents[2]
_V100, _A100, _H100 = (known_cards()[name] for name in ("v100-32gb", "a100-80gb", "h100-80gb"))


@pytest.fixture(scope="module")
def left_out() -> list[Judged]:
    """Each observation by the law of the others."""
    return leave_one_out(observations())


def test_the_law_by_hand() -> None:
    law = Law(bytes_per_flop=0.04, older=2.0, wide=1.5, compiled=0.75, waiting=0.03, seconds_per_parameter=3e-10)
    plain = sqrt((1e13 / 312e12) ** 2 + (0.04e13 / 2039e9) ** 2)
    assert law.work_seconds(1e13, _A100, "amp-bfloat16", compiled=False) == pytest.approx(plain)
    compiled = sqrt((1e13 / 312e12) ** 2 + (0.03e13 / 2039e9) ** 2)
    assert law.work_seconds(1e13, _A100, "amp-bfloat16", compiled=True) == pytest.approx(compiled)
    older = sqrt((1e13 / 15.7e12) ** 2 + (0.04e13 * 2 * 1.5 / 900e9) ** 2)
    assert law.work_seconds(1e13, _V100, "float32", compiled=False) == pytest.approx(older)
    assert law.together_seconds(0.2, 100_000_000, "float16", 1) == 0.2
    assert law.together_seconds(0.2, 100_000_000, "float16", 8) == pytest.approx(0.2 * (1 + 0.03 * log2(8)) + 0.03)
    assert law.together_seconds(0.2, 100_000_000, "tf32", 8) == pytest.approx(0.2 * (1 + 0.03 * log2(8)) + 0.045)


def test_the_law_is_what_is_fitted() -> None:
    assert fit(observations()) == pytest.approx(LAW, rel=1e-4)


def test_the_fit_finds_the_law_that_made_its_rows() -> None:
    law = Law(bytes_per_flop=0.03, older=1.5, wide=1.4, compiled=0.8, waiting=0.02, seconds_per_parameter=2e-10)
    rows = [row._replace(observed=row.predicted(law)) for row in observations()]
    assert fit(rows) == pytest.approx(law, rel=1e-5)
    assert max(abs(each.error) for each in leave_one_out(rows)) < 1e-4


def test_left_out_v100_runs_are_within_five_percent(left_out: list[Judged]) -> None:
    judged = [each for each in left_out if "v100" in each.observation.name]
    assert len(judged) == 5
    assert max(abs(each.error) for each in judged) <= 0.05


def test_left_out_spidr_runs_are_within_fifteen_percent(left_out: list[Judged]) -> None:
    judged = [each for each in left_out if "SpidR" in each.observation.name]
    assert len(judged) == 4
    assert max(abs(each.error) for each in judged) <= 0.15


def test_left_out_scaling_from_one_device_to_eight_is_within_five_percent(left_out: list[Judged]) -> None:
    judged = [each for each in left_out if "1 → 8" in each.observation.name]
    assert len(judged) == 4
    assert max(abs(each.error) for each in judged) <= 0.05


def test_no_run_helps_to_predict_one_of_the_same_rate(left_out: list[Judged]) -> None:
    first, second = (each for each in left_out if "HuBERT" in each.observation.name)
    rows = [row for row in observations() if "HuBERT" not in row.name]
    law = fit(rows)
    assert first.predicted == first.observation.predicted(law)
    assert second.predicted == second.observation.predicted(law)


def test_the_spread_of_fitted_runs(left_out: list[Judged]) -> None:
    runs = [each for each in left_out if each.observation.kind == "run"]
    assert spread_of(runs) == pytest.approx(FIT_SPREAD, abs=0.005)


def test_held_out_runs_of_other_laboratories_and_numbers_of_devices() -> None:
    errors = {row.name: row.error(LAW) for row in held_out()}
    assert len(errors) == 12
    assert max(map(abs, errors.values())) < 0.1


@pytest.mark.parametrize("run", [*runs_that("fit"), *runs_that("held-out")], ids=lambda run: run.name)
def test_the_interval_holds_published_runs(run: Run) -> None:
    estimate = estimate_of(run)
    times = estimate.seconds_per_update
    assert times.low < run.seconds_per_update < times.high
    # An interval that says nothing holds everything.
    assert times.high / times.low < (1.7 if not estimate.unlike else 2.2)


def test_what_was_seen_is_what_was_fitted() -> None:
    fitted = runs_that("fit")
    for kind, seen in SEEN.items():
        runs = [run for run in fitted if run.card is not None and run.card.startswith(kind)]
        rows = [row for row in published().throughput if row.card.startswith(kind)]
        assert seen.runs == len(runs)
        assert seen.compiled == any(run.compiled for run in runs)
        types = {TYPE_OF_PRECISION[each.precision] for each in (*runs, *rows) if each.precision}
        assert set(seen.types) == types
        counts = [each.devices for each in (*runs, *rows) if each.devices]
        assert seen.devices == (min(counts), max(counts))
    sizes = [run.step().parameters for run in fitted]
    assert SEEN_PARAMETERS[0] <= min(sizes)
    assert max(sizes) <= SEEN_PARAMETERS[1]
    steps = [(run.step().total, (run.devices or 1) * (run.accumulate or 1)) for run in fitted]
    assert min(2 * macs / batches for macs, batches in steps) == pytest.approx(SEEN_BATCH_FLOPS, rel=0.02)


def _moved(config: Config) -> dict[type, int]:
    """The numbers that each kind of operation takes and gives in a forward pass over 10 s."""
    moved: dict[type, int] = {}
    for call in analyze(config, Workload.of(config, seconds=10.0)).lives(training=True).calls:
        if call.operation is not None:
            numbers = sum(flow.elements(1) for flow in (*call.takes, call.gives))
            moved[type(call.operation)] = moved.get(type(call.operation), 0) + call.copies * numbers
    return moved


@pytest.fixture(scope="module")
def timed_operations() -> set[type]:
    """The kinds of operations of the fitted runs' models."""
    works = [run.work or {} for run in runs_that("fit")]
    return {kind for work in works for kind in _moved(load_config(work["config"], work.get("overrides", ())))}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_timed_where_fitted_runs_had_its_operations(name: str, timed_operations: set[type]) -> None:
    """All but what moves less than a hundredth of the numbers."""
    family = family_named(name)
    moved = _moved(load_config(family.reference))
    others = sum(numbers for kind, numbers in moved.items() if kind not in timed_operations)
    assert family.is_timed == (others < 0.01 * sum(moved.values()))


def _estimate(card: str = "a100-80gb", precision: str = "amp-bfloat16", **changes: object) -> TimeEstimate:
    arguments: dict[str, object] = {"updates": 400_000, "devices": 8, "lengths_known": True, **changes}
    parameters = arguments.pop("parameters", 95_000_000)
    return estimate_time(113e12, parameters, known_cards()[card], precision, **arguments)  # type: ignore[arg-type]


def test_the_interval_grows_with_what_was_not_seen() -> None:
    usual = _estimate().seconds_per_update
    for changes in (
        {"lengths_known": False},
        {"devices": 64},
        {"parameters": 1_000_000_000},
        {"fine_tuning": True},
        {"family": family_named("wavlm")},
        {"batches": 8 * 20},
        {"precision": "float16"},
    ):
        wider = _estimate(**changes).seconds_per_update  # type: ignore[arg-type]
        assert wider.high / wider.low > usual.high / usual.low
    for changes in ({"compiled": True, "devices": 32}, {"precision": "float32", "devices": 32}):
        estimate = _estimate("v100-32gb", **{"precision": "float16", **changes})  # type: ignore[arg-type]
        assert estimate.unlike


def test_what_launches_of_kernels_take_is_not_known() -> None:
    small, least = (_estimate(batches=8 * number) for number in (1000, 20))
    assert "all batches of a device were more than twice as much work" in small.unlike
    assert small.seconds_per_update.estimate == least.seconds_per_update.estimate
    assert small.seconds_per_update.high > 3 * least.seconds_per_update.high
    assert not _estimate(batches=8 * 10).unlike


def test_a_model_whose_operations_no_run_had_is_named() -> None:
    estimate = _estimate(family=family_named("wavlm"))
    assert estimate.unlike == ("no model had all operations of WavLM",)
    assert estimate.seconds_per_update.estimate == _estimate().seconds_per_update.estimate
    assert _estimate(family=family_named("data2vec_audio")) == _estimate()


def test_a_card_of_no_run_spans_what_all_cards_reached() -> None:
    for name, precision in (
        ("l4", "amp-bfloat16"),
        ("rtx4090", "amp-bfloat16"),
        ("mi300x", "bfloat16"),
        ("t4", "float16"),
    ):
        estimate = _estimate(name, precision)
        times = estimate.seconds_per_update
        assert estimate.unlike == ("none was on this card",)
        assert estimate.utilisation.basis.startswith("No published run is like this one: none was on this card.")
        assert times.high / times.low > 1.8 * 1.6
        assert times.low < times.estimate < times.high


def test_no_interval_is_faster_than_the_peak() -> None:
    estimate = _estimate("a100-80gb", "float32")
    assert estimate.utilisation.high == pytest.approx(1.0)
    assert estimate.utilisation.low < estimate.utilisation.value < 1.0


@pytest.mark.parametrize("name", known_cards())
def test_every_card_has_an_estimate_in_each_of_its_precisions(name: str) -> None:
    for precision, kind in TYPE_OF_PRECISION.items():
        if kind in known_cards()[name].flops:
            for devices in (1, 3, 1000):
                estimate = _estimate(name, precision, devices=devices)
                times, utilisation = estimate.seconds_per_update, estimate.utilisation
                assert 0 < times.low <= times.estimate < times.high
                assert 0 < utilisation.low < utilisation.value <= utilisation.high <= 1 + 1e-9


def test_the_figures_of_an_estimate() -> None:
    estimate = _estimate()
    times, utilisation = estimate.seconds_per_update, estimate.utilisation
    assert estimate.hours.estimate == pytest.approx(400_000 * times.estimate / 3600)
    assert estimate.hours.high == pytest.approx(400_000 * times.high / 3600)
    assert estimate.device_days.estimate == pytest.approx(8 * estimate.hours.estimate / 24)
    assert estimate.cost(1.8).low == pytest.approx(1.8 * 8 * estimate.hours.low)
    assert utilisation.value == pytest.approx(2 * 113e12 / 8 / 312e12 / times.estimate)
    assert utilisation.low == pytest.approx(2 * 113e12 / 8 / 312e12 / times.high)
    assert utilisation.basis.startswith("It rests on 2 published runs: SpidR on 16 A100, compiled and not; ")
    assert "of 2020 and 2021" in _estimate("v100-16gb", "amp-float16").utilisation.basis


def test_a_measured_card_says_so() -> None:
    card = _H100.with_roofs("bfloat16", 700e12, 2.9e12, "measured here")
    slower = estimate_time(113e12, 95_000_000, card, "bfloat16", updates=1, devices=8)
    faster = estimate_time(113e12, 95_000_000, _H100, "bfloat16", updates=1, devices=8)
    assert slower.seconds_per_update.estimate > faster.seconds_per_update.estimate
    assert slower.utilisation.basis.endswith("Peak and bandwidth are measured here, and not the datasheet's.")


@pytest.mark.parametrize("wrong", [{"updates": 0}, {"devices": -1}, {"parameters": 0}, {"updates": float("nan")}])
def test_wrong_numbers(wrong: dict[str, float]) -> None:
    with pytest.raises(ArgumentError, match="give a positive number"):
        _estimate(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("price", [-1.0, float("nan"), 1e9])
def test_wrong_prices(price: float) -> None:
    with pytest.raises(ArgumentError, match=r"is no price of a device and hour; give one as 1\.80"):
        _estimate().cost(price)


def test_a_card_without_the_precision() -> None:
    with pytest.raises(ArgumentError, match="v100-32gb has no bfloat16"):
        _estimate("v100-32gb", "amp-bfloat16")


def test_the_page_has_the_law_and_its_errors(left_out: list[Judged]) -> None:
    text = " ".join((_ROOT / "docs/plan.md").read_text(encoding="utf-8").split())
    assert f"({LAW.bytes_per_flop:.4f} bytes × FLOPs ÷ bandwidth)²" in text
    assert f"(1 + {LAW.waiting:.4f} × log₂ devices) + {1e9 * LAW.seconds_per_parameter:.3f} ns × parameters" in text
    for row, factor in (("before Ampere", LAW.older), ("compiled", LAW.compiled), ("float32, TF32", LAW.wide)):
        assert f"| {row} | × {factor:.3g} |" in text
    for part, row in (
        ("v100", "five trainings on V100, 32 to 128 devices"),
        ("SpidR", "four trainings on 16 A100 or H100, compiled and not"),
        ("1 → 8", "from one device to eight"),
    ):
        errors = [abs(each.error) for each in left_out if part in each.observation.name]
        assert f"| {row} | {100 * max(errors):.1f} % |" in text
    assert f"| no model had all operations of this one | {OPERATIONS_SPREAD} |" in text
    tried = max(abs(row.error(LAW)) for row in held_out())
    assert f"the largest error is {100 * tried:.1f} %" in text
    assert f"the slowest runs {most_that_run(24, 0.2, 128):.1f} of the 24" in text
    for ceiling, crop in ((87.5, 15.625), (75.0, 20.0)):
        assert f"{by_max_tokens(utterances_of('librispeech'), ceiling, crop).device_seconds:.1f} s" in text


def test_the_figures_of_the_page_of_performance_are_those_of_the_benchmark() -> None:
    assert plan.section() in (_ROOT / "docs/performance.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "run", [run for run in runs_that("fit") if run.model != "SpidR Base"], ids=lambda run: run.name
)
def test_a_recipe_alone_is_enough(run: Run) -> None:
    """With nothing but what a user knows: the ceiling, the crop, and no lengths of utterances."""
    assert run.card
    assert run.device_seconds
    assert run.crop_seconds
    assert run.devices
    assert run.updates
    assert run.hours
    assert run.work
    batch = by_max_tokens(utterances_of("librispeech"), run.device_seconds, run.crop_seconds)
    config = load_config(run.work["config"], run.work.get("overrides", ()))
    analysis = analyze(config, Workload.of(config, seconds=batch.utterance_seconds))
    step = step_macs(analysis, run.devices * batch.device_seconds, devices=run.devices)
    card = card_named(run.card)
    hours = estimate_time(step.total, step.parameters, card, "float16", updates=run.updates, devices=run.devices).hours
    assert hours.low < run.hours < hours.high
    assert hours.estimate == pytest.approx(run.hours, rel=0.1)
