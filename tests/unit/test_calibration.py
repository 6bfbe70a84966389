"""The record of a calibration and its file: what is kept, what is found again, and what does not count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.calibrations import keep, make_calibration
from w2v_explore import host
from w2v_explore.analysis.latency.calibration import (
    encode_calibration,
    find_calibration,
    read_calibration,
    require_calibration,
)
from w2v_explore.errors import CalibrationError


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The machine that `make_calibration` calibrates, with an empty cache."""
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path))
    monkeypatch.setattr(host, "cpu_name", lambda: "Abacus 2")
    monkeypatch.setattr(host, "torch_version", lambda: "2.99.0")
    return tmp_path


def test_what_is_kept_is_found_again() -> None:
    calibration = make_calibration()
    path = keep(calibration)
    assert path.name == "cpu-Abacus_2-float32-4_threads-torch_2.99.0.json"
    assert read_calibration(path) == calibration
    assert find_calibration("cpu", "float32") == calibration
    assert find_calibration("cpu:0", "float32", 4, "Abacus 2") == calibration


@pytest.mark.parametrize(
    "changes",
    [
        {"torch_version": "2.98.0"},
        {"device_name": "Abacus 1"},
        {"dtype": "bfloat16"},
        {"device": "cuda"},
        {"threads": 1, "is_default_threads": False},
    ],
    ids=str,
)
def test_what_was_made_for_another_is_not_used(changes: dict[str, Any]) -> None:
    keep(make_calibration(**changes))
    assert find_calibration("cpu", "float32") is None


def test_threads_are_torchs_own_unless_they_are_given() -> None:
    default = make_calibration()
    single = make_calibration(threads=1, is_default_threads=False)
    keep(default)
    keep(single)
    assert find_calibration("cpu", "float32") == default
    assert find_calibration("cpu", "float32", 1) == single
    assert find_calibration("cpu", "float32", 2) is None


def test_another_device_has_no_threads_and_its_name_is_held_where_it_is_known() -> None:
    gpu = make_calibration(device="cuda:1", device_name="Loom", threads=None)
    keep(gpu)
    assert find_calibration("cuda:1", "float32") == gpu
    assert find_calibration("cuda:1", "float32", 8, "Loom") == gpu
    assert find_calibration("cuda:1", "float32", 8, "Jenny") is None
    assert find_calibration("cuda", "float32") is None


def test_the_message_has_the_command_and_why_others_do_not_count() -> None:
    keep(make_calibration(torch_version="2.98.0"))
    keep(make_calibration(device_name="Abacus 1"))
    keep(make_calibration(threads=1, is_default_threads=False))
    with pytest.raises(CalibrationError) as raised:
        require_calibration("cpu", "float32")
    assert str(raised.value).splitlines() == [
        "no calibration to predict from for float32 on cpu: run `w2v-explore calibrate`",
        "cpu-Abacus_1-float32-4_threads-torch_2.99.0.json does not count: "
        "it was made on Abacus 1, and this is Abacus 2",
        "cpu-Abacus_2-float32-1_threads-torch_2.99.0.json does not count: it is for --threads 1",
        "cpu-Abacus_2-float32-4_threads-torch_2.98.0.json does not count: "
        "it was made with torch 2.98.0, and 2.99.0 is installed",
    ]
    with pytest.raises(CalibrationError, match="run `w2v-explore calibrate --device cuda --dtype bfloat16`"):
        require_calibration("cuda", "bfloat16")
    with pytest.raises(CalibrationError, match=r"on cpu with 2 threads: run `w2v-explore calibrate --threads 2`"):
        require_calibration("cpu", "float32", 2)


def _without(name: str) -> bytes:
    document = json.loads(encode_calibration(make_calibration()))
    del document[name]
    return json.dumps(document).encode()


def _with(**values: Any) -> bytes:
    return json.dumps(json.loads(encode_calibration(make_calibration())) | values).encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is no JSON: Expecting value (line 1, column 1)"),
        (encode_calibration(make_calibration())[:500], "(line 1, column"),
        (b"\xff{", "it is no UTF-8 (byte 0)"),
        (b"[1, 2]", "the document: a list of 2; an object is wanted"),
        (b"[" * 100_000, "it is nested too deep"),
        (b'{"schema_version": 2, "schema_version": 2}', "schema_version stands in it twice"),
        (_without("roofs"), "roofs: it is missing"),
        (_without("schema_version"), "schema_version: it is missing"),
        (_with(schema_version="1"), 'schema_version: "1"; a whole number'),
        (_with(schema_version=True), "schema_version: true; a whole number"),
        (_with(schema_version=None), "schema_version: null; a whole number"),
        (_with(device=None), "device: null; a text is wanted"),
        (_with(dtype="int8"), 'dtype: "int8"; float32 or'),
        (_with(threads=4.0), "threads: 4.0; a whole number of at least 1 is wanted"),
        (_with(is_default_threads=1), "is_default_threads: 1; true or false is wanted"),
        (_with(created=20260102), "created: 20260102; a text is wanted"),
        (_without("noise"), "noise: it is missing"),
        (_with(noise=[{"name": "load"}]), "noise[0].found: it is missing"),
        (_with(roofs=[1.0, 1.0]), "roofs: a list of 2; an object is wanted"),
        (_with(roofs={"macs_per_s": 0.0, "bytes_per_s": 1.0}), "roofs.macs_per_s: 0.0; a number from 1 to"),
        (_with(roofs={"macs_per_s": 1.0}), "roofs.bytes_per_s: it is missing"),
        (_with(samples=[[0, "linear", 1, 1, 1.0]]), "samples: none is of the kind between"),
        (_with(samples=[[0, "linear", 1, 1, float("nan")]]), "samples[0][4]: NaN; a number from"),
        (_with(samples=[[0, "linear", 1, 0, 1.0]]), "samples[0][3]: 0; a whole number from 1 to"),
        (_with(samples=[[0, "linear", 10**399, 1, 1.0]]), "samples[0][2]: Infinity; a whole number from 0 to"),
        (_with(samples=[[99, "linear", 1, 1, 1.0]]), "samples[0][0]: 99; a whole number from 0 to 8 is wanted"),
        (_with(samples=[[0, "linear", 1]]), "samples[0]: a list of 3; a list of 5 is wanted"),
        (_with(samples={}), "samples: an object; a list is wanted"),
        (_with(references=[]), "references: a list of 0; at least one is wanted"),
    ],
)
def test_a_damaged_file_gives_one_clear_message(content: bytes, reason: str) -> None:
    path = keep(make_calibration())
    path.write_bytes(content)
    with pytest.raises(CalibrationError) as raised:
        find_calibration("cpu", "float32")
    message = str(raised.value)
    assert message.startswith(f"{path} is no calibration (")
    assert message.endswith("delete it and calibrate again")
    assert reason in message
    assert "\n" not in message


@pytest.mark.parametrize("version", [1, 3])
def test_a_file_of_another_version_does_not_count(version: int) -> None:
    path = keep(make_calibration())
    path.write_bytes(_with(schema_version=version))
    with pytest.raises(CalibrationError) as raised:
        require_calibration("cpu", "float32")
    assert str(raised.value).splitlines() == [
        "no calibration to predict from for float32 on cpu: run `w2v-explore calibrate`",
        f"{path.name} does not count: it was made by another version of this program",
    ]
    assert find_calibration("cpu", "float32") is None
    with pytest.raises(CalibrationError, match=f"{path} is of schema_version {version}, and this program reads 2"):
        read_calibration(path)
    assert keep(make_calibration()) == path
    assert find_calibration("cpu", "float32") == make_calibration()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="No such file"):
        read_calibration(tmp_path / "absent.json")
