"""A baseline or a calibration of which a member was changed: read as it stands, or refused by the member's path."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.calibrations import make_calibration
from w2v_explore import Workload, analyze, load_config
from w2v_explore.analysis.comparing.baseline import Baseline, load_baseline
from w2v_explore.analysis.comparing.compare import compare
from w2v_explore.analysis.latency.calibration import encode_calibration, read_calibration
from w2v_explore.analysis.latency.prediction import predict
from w2v_explore.encoding import dump_json, printable
from w2v_explore.errors import CalibrationError, SourceError

_GONE = object()
_ANALYSIS = analyze(load_config("base", ["encoder_num_layers=1"]), Workload.of_seconds(1))
_SUMMARY = json.dumps(_ANALYSIS.to_dict())
_CALIBRATION = make_calibration()
_CALIBRATION_TEXT = encode_calibration(_CALIBRATION).decode()

# As texts: what Python's encoder cannot write may stand in a file too.
_HOSTILE = st.sampled_from([
    "null", "true", "false", "0", "-1", "1", "1.0", "160000.0", "1e400", "-1e400", "1e-320", "NaN", "Infinity",
    "9" * 99, "9" * 400, "9" * 5000, "-" + "9" * 400, '""', '"1"', '"\\u001b[31m\\n"', '"\\ud800"', "[]", "{}", "[[]]",
    "[null]", '{"": null}', "[" * 50 + "]" * 50, "[" * 5000 + "]" * 5000, '{"a": 1, "a": 2}',
])  # fmt: skip


def _ways(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The ways to all members; of a long list to the first, the last and one between."""
    if way:
        yield way
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _ways(inner, (*way, name))
    elif isinstance(value, list):
        for number in sorted({0, len(value) // 2, len(value) - 1} & set(range(len(value)))):
            yield from _ways(value[number], (*way, number))


def _changed(text: str, way: tuple[str | int, ...], put: str | object) -> bytes:
    document = json.loads(text)
    inner = document
    for part in way[:-1]:
        inner = inner[part]
    if put is _GONE:
        del inner[way[-1]]
        return json.dumps(document).encode()
    inner[way[-1]] = "HERE"
    return json.dumps(document).replace('"HERE"', str(put), 1).encode()


def _paths(way: tuple[str | int, ...]) -> list[str]:
    """How a message may name the member or what is around it: ``samples``, ``samples[3]``, ``samples[3][1]``."""
    path, paths = "", []
    for part in way:
        path += f"[{part}]" if isinstance(part, int) else f"{'.' if path else ''}{part}"
        paths.append(path)
    return paths


def _read(read: Callable[[Path], Any], file: Path) -> tuple[Any, str]:
    """What was read, or None and the message."""
    try:
        return read(file), ""
    except (SourceError, CalibrationError) as error:
        return None, str(error)


def _check_message(message: str, way: tuple[str | int, ...]) -> None:
    names_it = any(path in message for path in _paths(way))
    assert names_it or "stands in it twice" in message or "nested too deep" in message
    assert printable(message) == message
    assert len(message) < 500


_BASELINE_WAYS = list(_ways(json.loads(_SUMMARY)))
_CALIBRATION_WAYS = list(_ways(json.loads(_CALIBRATION_TEXT)))
_SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def _whole_baseline() -> Baseline:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "base.json"
        file.write_text(_SUMMARY)
        return load_baseline(file)


@_SETTINGS
@given(way=st.sampled_from(_BASELINE_WAYS), put=_HOSTILE | st.just(_GONE))
def test_a_baseline(tmp_path: Path, way: tuple[str | int, ...], put: str | object) -> None:
    file = tmp_path / "base.json"
    whole = _whole_baseline()
    file.write_bytes(_changed(_SUMMARY, way, put))
    baseline, message = _read(load_baseline, file)
    if baseline is None:
        _check_message(message, way)
        return
    others = [name for name, value in whole.figures.items() if baseline.figures.get(name) != value]
    # A layer may be a component with two figures, and `totals` has eight.
    assert len(others) <= 8
    assert len(set(whole.layers.items()) ^ set(baseline.layers.items())) <= 2
    if baseline.workload == whole.workload:
        dump_json(compare([_ANALYSIS], baseline=baseline).to_dict())


@_SETTINGS
@given(way=st.sampled_from(_CALIBRATION_WAYS), put=_HOSTILE | st.just(_GONE))
def test_a_calibration(tmp_path: Path, way: tuple[str | int, ...], put: str | object) -> None:
    file = tmp_path / "cpu.json"
    file.write_bytes(_changed(_CALIBRATION_TEXT, way, put))
    calibration, message = _read(read_calibration, file)
    if calibration is None:
        _check_message(message, way)
        return
    names = [name for name in _CALIBRATION.__slots__ if getattr(calibration, name) != getattr(_CALIBRATION, name)]
    assert names in ([], [way[0]])
    if calibration.dtype == _ANALYSIS.workload.dtype:
        dump_json(predict(_ANALYSIS, calibration).to_dict())


@pytest.mark.parametrize(
    "content", ["null", "[]", "3", '"a"', "{}", "", "\0", "\ufeff{}", "NaN", "[" * 9999], ids=ascii
)
@pytest.mark.parametrize(("read", "error"), [(load_baseline, SourceError), (read_calibration, CalibrationError)])
def test_no_document(tmp_path: Path, read: Callable[[Path], object], error: type[Exception], content: str) -> None:
    file = tmp_path / "file.json"
    file.write_bytes(content.encode())
    with pytest.raises(error, match=r"is no (baseline|calibration)"):
        read(file)
