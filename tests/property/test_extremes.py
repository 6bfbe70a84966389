"""The largest configs and workloads that there may be: every figure can be worked out, compared and printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.program import Runner
from w2v_explore.analysis.workload import MAX_BATCH, MAX_SAMPLES
from w2v_explore.config.kinds import MAX_ENCODER_LAYERS, MAX_SIZE

SIZES = st.sampled_from([1, 2, MAX_SIZE // 2, MAX_SIZE - 1, MAX_SIZE])
LAYERS = st.one_of(
    st.none(),
    st.lists(st.tuples(SIZES, st.sampled_from([1, 2, MAX_SIZE]), SIZES), min_size=1, max_size=4),
    st.integers(1, 40).map(lambda count: [(1, 1, MAX_SIZE)] * count),
    st.integers(995, 1000).map(lambda count: [(1, 1, 2)] * count),
    st.integers(995, 1000).map(lambda count: [(MAX_SIZE, 2, 2)] * count),
)
BUDGETS = {"parameters": {"min": "1T"}, "macs": 1, "stride_ms": {"min": 1, "max": 2}, "peak_memory_bytes": "1GB"}
VALUES = st.fixed_dictionaries(
    {
        "extractor_mode": st.sampled_from(["group_norm", "layer_norm"]),
        "extractor_conv_layer_config": LAYERS,
        "encoder_embed_dim": SIZES,
        "encoder_pos_conv_kernel": SIZES,
        "encoder_pos_conv_groups": st.just(1),
        "encoder_num_layers": st.sampled_from([1, 12]),
        "encoder_num_heads": st.just(1),
        "encoder_ff_interm_features": SIZES,
        "aux_num_out": st.one_of(st.none(), SIZES),
        "sample_rate": st.sampled_from([1, 16_000, 10_000_000]),
        "budgets": st.just(BUDGETS),
    }
)
COMMANDS = (
    ("lint", "--select", "E,W,A"),
    ("lint", "--select", "E,W,A", "--seconds", "1e-300"),
    ("lint", "--select", "E,W,A", "--seconds", "100000", "--format", "json"),
    ("summary",),
    ("summary", "--full"),
    ("summary", "--format", "json"),
    ("compare", "base"),
    ("compare", "base", "--format", "json"),
    ("compare", "base", "--format", "csv"),
    ("memory", "--fit", "24GiB"),
    ("memory", "--format", "json"),
    ("identify",),
    ("convert", "--to", "w2v"),
)
# All that may be large at once; each of 10,000 layers takes its time, so no other example has them.
LARGEST = {
    "extractor_mode": "layer_norm",
    "extractor_conv_layer_config": [(MAX_SIZE, 2, 1)] * 1000,
    "encoder_embed_dim": MAX_SIZE,
    "encoder_pos_conv_kernel": MAX_SIZE,
    "encoder_pos_conv_groups": 1,
    "encoder_num_layers": MAX_ENCODER_LAYERS,
    "encoder_num_heads": 1,
    "encoder_ff_interm_features": MAX_SIZE,
    "aux_num_out": MAX_SIZE,
    "sample_rate": 1,
    "budgets": BUDGETS,
}
WORKLOADS = st.sampled_from([(1, 160_000), (MAX_BATCH, MAX_SAMPLES), (1, MAX_SAMPLES)])


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@given(values=VALUES, size=WORKLOADS)
@example(values=LARGEST, size=(MAX_BATCH, MAX_SAMPLES))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_figure_is_worked_out_and_printed(
    run: Runner, tmp_path: Path, command: tuple[str, ...], values: dict[str, Any], size: tuple[int, int]
) -> None:
    if (command[-1] == "json" and command[0] in ("compare", "memory")) or "--fit" in command:
        # One document, that of summary, lists as many layers as there may be, and each layer of a step has its moment.
        values = {**values, "encoder_num_layers": min(values["encoder_num_layers"], 100)}
    path = tmp_path / "extreme.yaml"
    lines = [f"{key}: {json.dumps(value)}" for key, value in {"extends": "base", **values}.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    workload = ("--batch", str(size[0]), "--samples", str(size[1]))
    is_of_a_workload = command[0] in ("summary", "compare", "memory")
    finished = run(*command, str(path), *(workload if is_of_a_workload else ()), columns=200)
    assert finished.code in (0, 1, 2), finished.err
    assert all(len(line) < 1_000 for line in finished.err.splitlines())
    if finished.code < 2 and "json" in command:
        assert json.loads(finished.out)


@pytest.mark.parametrize("layers", [[(1, 1, MAX_SIZE)] * 34, [(1, 1, MAX_SIZE)] * 40, [(1, MAX_SIZE, 2)] * 1_000])
def test_convolutions_that_come_to_more_than_a_float_are_refused_at_the_one_that_is_too_many(
    run: Runner, tmp_path: Path, layers: list[tuple[int, int, int]]
) -> None:
    path = tmp_path / "wide.yaml"
    path.write_text(f"extends: base\nextractor_conv_layer_config: {json.dumps(layers)}\n", encoding="utf-8")
    for command in (("lint",), ("summary",), ("compare", "base"), ("sensitivity",)):
        finished = run(*command, str(path))
        assert finished.code == (1 if command == ("lint",) else 2)
        text = finished.out + finished.err
        assert "E214 int-too-big: with the " in text
        assert "samples; the most allowed is 2^1000" in text


@pytest.mark.parametrize("layers", [[(1, 1, 2)] * 6, [(1, 1, MAX_SIZE)] * 3])
def test_a_step_from_an_extreme_config(run: Runner, tmp_path: Path, layers: list[tuple[int, int, int]]) -> None:
    path = tmp_path / "wide.yaml"
    path.write_text(
        f"extends: base\nextractor_mode: layer_norm\nextractor_conv_layer_config: {json.dumps(layers)}\n",
        encoding="utf-8",
    )
    for format in ("table", "json", "csv", "markdown"):
        assert run("sensitivity", str(path), "--format", format, "--samples", str(MAX_SAMPLES)).code == 0
