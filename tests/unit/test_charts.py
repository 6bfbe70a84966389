"""Charts on pages: what is drawn lies where its axes say, adds up, and holds no markup of a config."""

from __future__ import annotations

from fractions import Fraction
from math import log10
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from tests.small import overrides
from tests.unit.test_curve import NOISY, QUIET
from w2v_explore import Config, Workload, analyze, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.comparing.compare import compare
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.workload import MAX_BATCH
from w2v_explore.report.html.page import Picture
from w2v_explore.report.html.pictures.axes import WIDTH, spread_out, width_of
from w2v_explore.report.html.pictures.cost_over_duration import cost_pictures
from w2v_explore.report.html.pictures.latency_curve import curve_picture
from w2v_explore.report.html.pictures.ledger import ledger_picture
from w2v_explore.report.html.pictures.waterfall import steps_of, waterfall_pictures
from w2v_explore.report.html.structure import inference_picture, step_picture

_PREFIXES = {"ms": 1e-3, "s": 1.0, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def drawn(picture: Picture) -> Element:
    root = ElementTree.fromstring(picture.svg)
    assert not any("style" in each.attrib for each in root.iter())
    assert "NaN" not in picture.svg
    return root


def ticks(root: Element, along: str) -> list[tuple[float, float]]:
    """Where the numbers of an axis stand, and what they say."""
    anchor = {"x": "middle", "y": "end"}[along]
    found = []
    for each in root.iter("text"):
        number, _, unit = (each.text or "").partition(" ")
        if each.get("class") == "muted" and each.get("text-anchor") == anchor and number.replace(".", "").isdigit():
            found.append((float(each.get(along, "")), float(number) * _PREFIXES[unit.removesuffix("B")]))
    return found


def on_log(root: Element, along: str, place: float) -> float:
    """The value at a place of a logarithmic axis, by its first and its last number."""
    (one, low), *_, (other, high) = ticks(root, along)
    return float(low * (high / low) ** ((place - one) / (other - one)))


def has_room_for_numbers(root: Element) -> bool:
    """Whether the numbers beside an axis that goes up begin within the picture."""
    numbers = [each for each in root.iter("text") if each.get("text-anchor") == "end"]
    return bool(numbers) and all(float(each.get("x", "")) >= width_of(each.text or "") for each in numbers)


def curve(root: Element, number: int) -> list[tuple[float, float]]:
    [line] = [each for each in root.iter("polyline") if each.get("class") == f"k{number} line"]
    points = [point.split(",") for point in line.get("points", "").split()]
    # Numbers of the axis that goes up stand four units below their lines.
    return [(on_log(root, "x", float(x)), on_log(root, "y", float(y) + 4)) for x, y in points]


@pytest.mark.parametrize("seconds", [2.0, 10.0, 500.0])
def test_curves_lie_where_the_axes_say(seconds: float) -> None:
    analysis = analyze("base", Workload.of_seconds(seconds))
    macs, memory = map(drawn, cost_pictures(analysis))
    for root, number, value in (
        (macs, 0, analysis.macs.total),
        (macs, 1, analysis.macs.attention),
        (memory, 1, analysis.training.total_bytes(checkpointing=False)),
        (memory, 2, analysis.inference.total_bytes),
    ):
        x, y = min(curve(root, number), key=lambda point: abs(log10(point[0] / seconds)))
        assert x == pytest.approx(seconds, rel=0.02)
        assert y == pytest.approx(value, rel=0.05)


def test_numbers_of_any_size_have_room_beside_an_axis() -> None:
    analysis = analyze("omniasr_7b", Workload(samples=100_000_000, batch=MAX_BATCH, precision="amp-bfloat16"))
    pictures = [*cost_pictures(analysis), inference_picture(analysis), step_picture(analysis, analysis.training)]
    for picture in pictures:
        assert has_room_for_numbers(drawn(picture))
    assert "e+" in pictures[1].svg


def test_attention_is_drawn_below_the_feed_forward_up_to_where_it_overtakes() -> None:
    picture, _ = cost_pictures(analyze("base"))
    root = drawn(picture)
    for (seconds, attention), (_, feed_forward) in zip(curve(root, 1), curve(root, 2), strict=True):
        if abs(log10(seconds / 61.465)) > 0.05:
            assert (attention > feed_forward) == (seconds > 61.465)
    assert "61.47 s: attention overtakes" in [each.text for each in root.iter("text")]


def test_each_duration_says_its_costs_where_no_script_runs() -> None:
    picture, _ = cost_pictures(analyze("base"))
    titles = [each.findtext("title") for each in drawn(picture).iter("rect")]
    assert "\n".join([
        "10 s", "together: 74.07 G", "attention products: 4.590 G", "feed-forward: 28.25 G", "other linear: 14.32 G",
        "convolution: 26.90 G",
    ]) in titles  # fmt: skip


@pytest.mark.parametrize(
    "names", [("base", "wavlm_large"), ("large", "distilhubert"), ("base", "xlsr_2b", "w2v_bert_2")]
)
def test_a_waterfall_goes_from_one_figure_to_the_other_exactly(names: tuple[str, ...]) -> None:
    comparison = compare(list(names))
    pictures = waterfall_pictures(comparison)
    assert len(pictures) == 4 * (len(names) - 1)
    for number, contributions in enumerate(comparison.attributions, start=1):
        before, after = (Fraction(comparison.metrics["macs"].values[at]) for at in (0, number))
        steps = steps_of(contributions, "macs", before)
        assert len(steps) <= 10
        assert [step.before for step in steps] == [
            before + sum(s.change for s in steps[:at]) for at in range(len(steps))
        ]
        assert steps[-1].before + steps[-1].change == after
    for picture in pictures:
        drawn(picture)


def test_bars_of_a_waterfall_are_as_long_as_the_changes() -> None:
    picture, *_ = waterfall_pictures(compare(["base", "large"]))
    root = drawn(picture)
    bars = [each for each in root.iter("rect") if each.get("class") != "tip hit"]
    first, *changes, last = [float(each.get("width", "")) for each in bars]
    assert first + sum(changes) == pytest.approx(last, abs=0.5)
    assert first / last == pytest.approx(94_370_944 / analyze("large").parameters, rel=0.01)
    assert "0" in [each.text for each in root.iter("text")]


def test_small_changes_are_told_apart_and_the_words_say_so() -> None:
    base = load_config("base")
    other = load_config("base", overrides={"aux_num_out": 32})
    parameters, *_ = waterfall_pictures(compare([base, other]))
    _, change, _ = [
        float(each.get("width", "")) for each in drawn(parameters).iter("rect") if each.get("class") != "tip hit"
    ]
    assert change > 100
    assert parameters.words.endswith("The bars do not begin at 0.")


def test_equal_configs_and_what_is_not_attributed_have_no_waterfall() -> None:
    assert waterfall_pictures(compare(["base", "base"])) == []
    workload = Workload.of_seconds(10, precision="amp-float16")
    titles = [picture.title for picture in waterfall_pictures(compare(["base", "large"], workload=workload))]
    assert titles == [f"What makes the difference in {name}" for name in ("parameters", "MACs", "memory of inference")]


def test_a_hostile_name_is_text() -> None:
    name = '"><script>alert(1)</script>'
    model = load_config("large").model
    for picture in waterfall_pictures(compare(["base", Config(name=name, origin="test", model=model)])):
        root = drawn(picture)
        assert not list(root.iter("script"))
        assert any((each.text or "").startswith('"><script>') for each in root.iter("text"))


def test_names_keep_apart_and_in_their_order() -> None:
    assert spread_out([10, 11, 50], 15, 0, 100) == [10, 25, 50]
    assert spread_out([98, 97], 15, 0, 100) == [100, 85]


def ledger_of(analysis: Analysis, unattributed_ns: int = 500) -> Any:
    """A pass in which each operation takes a microsecond, after the one before, and some time passes at the end."""
    operations: list[str] = []
    for row in unfold(analysis.layers):
        # What is inside an operation, as a weight norm, is a part of its time.
        if row.operation and row.path and not any(row.path.startswith(f"{path}.") for path in operations):
            operations.append(row.path)
    spans = {path: (1_000 * number, 1_000 * (number + 1)) for number, path in enumerate(operations)}
    layers = {
        row.path: SimpleNamespace(
            total_ns=sum(1_000 for path in operations if f"{path}.".startswith(f"{row.path}.") or not row.path)
        )
        for row in unfold(analysis.layers)
    }
    whole_ns = 1_000 * len(operations) + unattributed_ns
    return SimpleNamespace(
        end_to_end_ns=whole_ns, unattributed_ns=unattributed_ns, layers=layers, spans=spans, passes=3
    )


def test_layers_of_a_pass_lie_where_they_ran_above_those_that_they_call() -> None:
    analysis = analyze(load_config("base", overrides=overrides()))
    ledger = ledger_of(analysis)
    boxes = {
        (box.findtext("title") or "").split("\n")[0]: [float(box.get(name, "")) for name in ("x", "y", "width")]
        for box in drawn(ledger_picture(analysis, ledger)).iter("rect")
    }
    assert boxes.keys() >= {"the model", *ledger.spans}
    for path, (began, ended) in ledger.spans.items():
        left, top, width = boxes[path]
        assert left == pytest.approx(WIDTH * began / ledger.end_to_end_ns, abs=0.1)
        assert width == pytest.approx(WIDTH * (ended - began) / ledger.end_to_end_ns, abs=0.1)
        around_left, around_top, around_width = boxes[path.rpartition(".")[0] or "the model"]
        assert around_left - 0.1 <= left
        assert left + width <= around_left + around_width + 0.1
        assert around_top < top


def test_a_measured_curve_has_the_intervals_of_its_first_line_and_marks_what_is_doubtful() -> None:
    picture = curve_picture(NOISY)
    root = drawn(picture)
    assert [value for _, value in curve(root, 0)] == pytest.approx([0.01, 0.05, 0.2], rel=0.05)
    assert [value for _, value in curve(root, 1)] == pytest.approx([0.001, 0.01, 0.08], rel=0.05)
    bars = [each for each in root.iter("line") if each.get("class") == "k0 line"]
    ends = [on_log(root, "y", float(bars[0].get(name, "")) + 4) for name in ("y1", "y2")]
    assert ends == pytest.approx([0.001, 0.1], rel=0.05)
    assert len([each for each in root.iter("path") if each.get("class") == "k5 line"]) == 1
    assert "NOISY" in picture.words
    assert "NOISY" not in curve_picture(QUIET).words
