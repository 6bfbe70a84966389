"""Conditions on figures."""

from __future__ import annotations

import re

import pytest

from w2v_explore import ConditionError, Workload, analyze, compare, load_config
from w2v_explore.analysis.comparing.conditions import parse_condition
from w2v_explore.analysis.figures import ALIASES, known_names, measured_names
from w2v_explore.config.family import default_family

BEFORE = {"parameters": 100, "macs": 0, "stride_ms": 10.1}


@pytest.mark.parametrize(
    ("text", "figures", "holds"),
    [
        ("parameters > +5%", {"parameters": 106}, True),
        ("parameters > +5%", {"parameters": 105}, False),
        ("parameters >= +5%", {"parameters": 105}, True),
        ("parameters < -1%", {"parameters": 98}, True),
        ("parameters < -1%", {"parameters": 99}, False),
        ("parameters<=−1%", {"parameters": 99}, True),
        ("parameters > +5", {"parameters": 106}, True),
        ("parameters > +0.005k", {"parameters": 105}, False),
        ("parameters > +0%", {"parameters": 100}, False),
        ("parameters > 100", {"parameters": 100}, False),
        ("parameters >= 100", {"parameters": 100}, True),
        ("parameters > 0.1k", {"parameters": 101}, True),
        ("parameters == 106", {"parameters": 106}, True),
        ("parameters==106", {"parameters": 106.5}, False),
        ("parameters == 0.106k", {"parameters": 106}, True),
        ("macs == 1000000000001", {"macs": 10**12}, False),
        ("stride_ms == 14.51247166", {"stride_ms": 1000 * 320 / 22_050}, True),
        ("stride_ms == 14.5125", {"stride_ms": 1000 * 320 / 22_050}, False),
        ("stride_ms == +10", {"stride_ms": 20.1}, True),
        ("parameters == +6%", {"parameters": 106}, True),
        ("parameters == -6", {"parameters": 94}, True),
        ("macs == +0%", {"macs": 0}, True),
        ("macs > +5%", {"macs": 1}, True),
        ("macs > +5%", {"macs": 0}, False),
    ],
)
def test_conditions(text: str, figures: dict[str, int], holds: bool) -> None:
    condition = parse_condition(text)
    assert condition.holds(condition.value(figures, BEFORE)) is holds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("parameters", "is no condition; write 'parameters > \\+5%' of a change"),
        ("parameters > ", "is no condition"),
        ("parameters = 5", "is no condition; write .* or 'stride == 320'"),
        ("parameters === 5", "'= 5' is no quantity"),
        ("frame_rate == 50", "there is no figure frame_rate; did you mean extractor.frame_rate_hz?"),
        ("parameters > +-5%", "is no condition"),
        ("> 5", "is no condition"),
        ("parameter > 5", "there is no figure parameter; did you mean parameters?"),
        ("latency.median_s > 5", "there is no figure latency.median_s; did you mean latency"),
        ("parameters > 5%", "a percentage is a change; write \\+5% or -5%"),
        ("parameters > 5X", "'5X' is no quantity"),
        ("memory.training_bytes > 24", "24 would be 24 bytes; write 24GiB"),
        ("peak_memory_bytes > 24", "24 would be 24 bytes; write 24GiB"),
        ("memory.training_bytes > +100", "100 would be 100 bytes; write 100GiB"),
        ("parameters > 1B", "'1B' is a number of bytes, and the figure is none; write 1G"),
        ("parameters > +lots%", "'lots' is no quantity"),
    ],
)
def test_no_conditions(text: str, message: str) -> None:
    with pytest.raises(ConditionError, match=message):
        parse_condition(text)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("memory.training_bytes > 24 gb", 24e9),
        ("memory.training_bytes > 24GiB", 24 * 2**30),
        ("memory.training_bytes > +5%", 5),
        ("memory.training_bytes > +0", 0),
        ("memory.training_bytes > +1 mib", 2**20),
    ],
)
def test_conditions_on_sizes_of_memory(text: str, limit: float) -> None:
    assert parse_condition(text).limit == limit


def test_every_figure_that_is_compared_can_be_held() -> None:
    base = analyze(load_config("base"), Workload.of_seconds(1))
    components = default_family().components
    known, measured = known_names(components), measured_names(components)
    assert set(compare([base, base]).metrics) == set(known)
    assert all(parse_condition(f"{name} > 1G").metric == name for name in (*known, *measured, *ALIASES))
    assert [name for name in (*known, *measured) if parse_condition(f"{name} > 1G").is_measured] == [*measured]


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("frames", "did you mean extractor.frames?"),
        ("frame_rate", "did you mean extractor.frame_rate_hz?"),
        ("peak_activation", "did you mean memory.peak_activation_bytes?"),
        ("Parameters", "did you mean parameters?"),
        ("real_time_factor", "did you mean latency.real_time_factor?"),
        ("accuracy", "write parameters, macs, peak_memory_bytes or receptive_field, or another "),
    ],
)
def test_figures_meant(name: str, instead: str) -> None:
    with pytest.raises(ConditionError, match=re.escape(f"there is no figure {name}; {instead}")):
        parse_condition(f"{name} > 1")


def test_conditions_say_what_option_they_were_given_for() -> None:
    with pytest.raises(ConditionError, match=r"^--require 'parameters > 5%': a percentage is a change"):
        parse_condition("parameters > 5%", "--require")
