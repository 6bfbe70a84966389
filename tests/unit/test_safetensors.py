"""Headers of safetensors files that are wrong, each with its one message; and what is read of those that are right."""

from __future__ import annotations

import json
import os
import struct
import tracemalloc
from pathlib import Path

import pytest

from tests.checkpoint_files import safetensors_bytes
from tests.program import Runner
from w2v_explore import CheckpointError, SourceError
from w2v_explore.checkpoint.listing import TensorInfo
from w2v_explore.checkpoint.read import read_checkpoint
from w2v_explore.checkpoint.safetensors import MAX_HEADER_BYTES


def with_length(length: int, rest: bytes = b"") -> bytes:
    return struct.pack("<Q", length) + rest


def header(text: str, data_bytes: int = 0) -> bytes:
    content = text.encode()
    return with_length(len(content), content + b"\0" * data_bytes)


def tensor(dtype: str = '"U8"', shape: str = "[2]", offsets: str = "[0, 2]", name: str = "a") -> str:
    return f'"{name}": {{"dtype": {dtype}, "shape": {shape}, "data_offsets": {offsets}}}'


HOSTILE = {
    "empty": (b"", "the file is empty"),
    "five bytes": (b"\x01\0\0\0\0", "the file ends after 5 bytes"),
    "length of 2^63": (with_length(2**63, b"{}"), "should be 9,223,372,036,854,775,808 bytes long"),
    "length of 2^64 - 1": (with_length(2**64 - 1, b"{}"), "only 2 follow"),
    "truncated header": (with_length(100, b'{"a"'), "only 4 follow"),
    "no header": (with_length(0), "it is no JSON"),
    "no JSON": (header("{'a'}"), "it is no JSON"),
    "no UTF-8": (with_length(4, b'{"\xff"'), "it is no UTF-8"),
    "UTF-16": (with_length(4, "{}".encode("utf-16-le")), "it is no JSON"),
    "a list": (header("{}").replace(b"{}", b"[]"), "no JSON object"),
    "nested": (header('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"), "nested too deep"),
    "NaN": (header("{" + tensor(shape="[NaN]") + "}", 2), "NaN is no whole number"),
    "infinity": (header("{" + tensor(shape="[1e999]") + "}", 2), "1e999 is no whole number"),
    "thousands of digits": (header("{" + tensor(shape=f"[{'9' * 5000}]") + "}", 2), "is no size"),
    "negative size": (header("{" + tensor(shape="[-2]") + "}", 2), "-2 is no size"),
    "fractional size": (header("{" + tensor(shape="[2.0]") + "}", 2), "2.0 is no whole number"),
    "true for a size": (header("{" + tensor(shape="[true, 2]") + "}", 2), "the shape of a is no list of whole numbers"),
    "text for a shape": (header("{" + tensor(shape='"2"') + "}", 2), "the shape of a is no list of whole numbers"),
    "three offsets": (header("{" + tensor(offsets="[0, 1, 2]") + "}", 2), "data_offsets of a are not two"),
    "reversed offsets": (header("{" + tensor(offsets="[2, 0]") + "}", 2), "data_offsets [2, 0] give it -2"),
    "size unlike shape": (header("{" + tensor(shape="[3]") + "}", 2), "takes 3 bytes, and its data_offsets [0, 2]"),
    "unknown dtype": (header("{" + tensor('"F128"') + "}", 2), "has the dtype 'F128'"),
    "number for a dtype": (header("{" + tensor("8") + "}", 2), "has the dtype 8"),
    "overflow": (header("{" + tensor(shape=f"[{2**63}, {2**63}]") + "}", 2), "too large for any memory"),
    "overflow before a zero": (header("{" + tensor(shape=f"[{2**63}, 4, 0]") + "}"), "too large for any memory"),
    "a size past 64 bits": (header("{" + tensor(shape=f"[{2**64}]") + "}"), "the shape of a is no list"),
    "a million dimensions": (header("{" + tensor(shape=str([1] * 1_000_000)) + "}", 1), "has 1,000,000 dimensions"),
    "overlap": (header("{" + tensor() + "," + tensor(offsets="[1, 3]", name="b") + "}", 3), "b overlap with"),
    "a hole": (header("{" + tensor(offsets="[1, 3]") + "}", 3), "a leave a hole after the header"),
    "past the end": (header("{" + tensor() + "}", 1), "take 2 bytes, and only 1 follow"),
    "bytes of nobody": (header("{" + tensor() + "}", 5), "3 bytes follow the last tensor"),
    "twice": (header("{" + tensor() + "," + tensor() + "}", 2), "a stands in it twice"),
    "another key": (header('{"a": {"dtype": "U8", "shape": [], "x": 0, "data_offsets": [0, 1]}}', 1), "a is not"),
    "no entry": (header('{"a": 1}'), "a is not described by"),
    "half a surrogate pair": (header('{"\\ud800": 1}'), r"\ud800 is no text"),
    "metadata of numbers": (header('{"__metadata__": {"a": 1}}'), "__metadata__ is no object of texts"),
    "control characters": (header('{"\\u001b[2J\\n": 1}'), r"\x1b[2J\n is not described by"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_wrong_header_gets_one_message(name: str, tmp_path: Path, run: Runner) -> None:
    content, message = HOSTILE[name]
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as raised:
        read_checkpoint(str(path))
    assert message in str(raised.value)
    assert str(path) in str(raised.value)
    for command in (["inspect", str(path)], ["summary", str(path)], ["check", str(path), "base"]):
        code, out, err = run(*command)
        assert (code, out, err) == (2, "", f"error: {raised.value}\n")
        assert len(err) < 500


@pytest.mark.parametrize("header_bytes", [MAX_HEADER_BYTES + 1, 100_000_000])
def test_a_large_header_is_refused_unread(header_bytes: int, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(with_length(header_bytes, b"{"))
    os.truncate(path, 2 * header_bytes)
    tracemalloc.start()
    with pytest.raises(CheckpointError, match=f"the header is {header_bytes:,} bytes long; the most allowed is"):
        read_checkpoint(str(path))
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_the_header_alone_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    content = safetensors_bytes({"a": (1_000_000_000,), "b": (2, 3), "scalar": ()}, {"format": "pt"}, data=False)
    path.write_bytes(content)
    os.truncate(path, len(content) + 4 * (1_000_000_000 + 6 + 1))
    tracemalloc.start()
    checkpoint = read_checkpoint(str(path))
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert checkpoint.tensors == (
        TensorInfo("a", "float32", (1_000_000_000,)),
        TensorInfo("b", "float32", (2, 3)),
        TensorInfo("scalar", "float32", ()),
    )
    assert checkpoint.dtypes == {"float32": 1_000_000_007}
    assert checkpoint.metadata == {"format": "pt"}


def test_a_folder_without_weights_and_a_fifo_are_refused(tmp_path: Path, run: Runner) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(SourceError, match="it is no regular file"):
        read_checkpoint(str(tmp_path / "pipe.safetensors"))
    with pytest.raises(CheckpointError, match=r"it holds none of model\.safetensors, "):
        read_checkpoint(str(tmp_path))
    with pytest.raises(SourceError, match="No such file"):
        read_checkpoint(str(tmp_path / "absent.safetensors"))
    assert run("inspect", str(tmp_path / "absent.pt")).code == 2
    assert run("inspect", "a\0b").code == 2


def shard(folder: Path, weight_map: object, **shards: bytes) -> str:
    for name, content in shards.items():
        (folder / f"{name}.safetensors").write_bytes(content)
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}))
    return str(path)


A, B = safetensors_bytes({"a": (2,)}), safetensors_bytes({"b": (3,)})


def test_an_index_leads_to_the_tensors_of_all_its_shards(tmp_path: Path) -> None:
    path = shard(tmp_path, {"b": "two.safetensors", "a": "one.safetensors"}, one=A, two=B)
    checkpoint = read_checkpoint(path)
    assert checkpoint.format == "safetensors, 2 shards"
    assert {info.name: info.shape for info in checkpoint.tensors} == {"a": (2,), "b": (3,)}
    assert read_checkpoint(str(tmp_path)).tensors == checkpoint.tensors


@pytest.mark.parametrize(
    ("weight_map", "message"),
    [
        (None, "it has no weight_map"),
        ({}, "it has no weight_map"),
        ([], "it has no weight_map"),
        ({"a": 1}, "the shard of a is 1, no file beside the index"),
        ({"a": "../one.safetensors"}, "no file beside the index"),
        ({"a": "/etc/passwd"}, "no file beside the index"),
        ({"a": "..\\one.safetensors"}, "no file beside the index"),
        ({"a": "c:one.safetensors"}, "no file beside the index"),
        ({"a": ".."}, "no file beside the index"),
        ({"a": ""}, "no file beside the index"),
        ({"a": "one\0.safetensors"}, "no file beside the index"),
        ({"a": "model.safetensors.index.json"}, "no file beside the index"),
        ({"a": "three.safetensors", "b": "four.safetensors"}, "its shard four.safetensors and 1 more is missing"),
        ({"b": "one.safetensors"}, "it says nothing of a, which lies in one.safetensors"),
        ({"a": "one.safetensors", "c": "one.safetensors"}, "it puts c into one.safetensors, which has none"),
        ({"a": "one.safetensors", "b": "again.safetensors"}, "a lies in two shards"),
    ],
)  # fmt: skip
def test_an_index_that_is_wrong_gets_one_message(weight_map: object, message: str, tmp_path: Path) -> None:
    path = shard(tmp_path, weight_map, one=A, two=B, again=A)
    with pytest.raises(CheckpointError) as raised:
        read_checkpoint(path)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("../one.safetensors", "its shard one.safetensors is a link out of the folder"),
        ("../other/one.safetensors", "its shard one.safetensors is a link out of the folder"),
        ("/etc/passwd", "its shard one.safetensors is a link out of the folder"),
        ("/dev/zero", "its shard one.safetensors is a link out of the folder"),
        ("up/one.safetensors", "its shard one.safetensors is a link out of the folder"),
        ("one.safetensors", "its shard one.safetensors is missing"),
        ("nowhere", "its shard one.safetensors is missing"),
        ("pipe", "it is no regular file"),
        (".", "it is a folder"),
    ],
)
def test_a_shard_that_is_a_link_lies_beside_the_index(target: str, message: str, tmp_path: Path) -> None:
    for name in ("model", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "one.safetensors").write_bytes(A)
    (tmp_path / "other/one.safetensors").write_bytes(A)
    folder = tmp_path / "model"
    os.mkfifo(folder / "pipe")
    (folder / "up").symlink_to("..")
    (folder / "one.safetensors").symlink_to(target)
    with pytest.raises((CheckpointError, SourceError)) as raised:
        read_checkpoint(shard(folder, {"a": "one.safetensors"}))
    assert message in str(raised.value)


def test_a_shard_may_be_a_link_within_the_folder_and_the_folder_one_itself(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "parts").mkdir(parents=True)
    (folder / "parts/a").write_bytes(A)
    (folder / "one.safetensors").symlink_to("parts/a")
    (tmp_path / "link").symlink_to(folder)
    shard(folder, {"a": "one.safetensors"})
    assert [info.name for info in read_checkpoint(str(tmp_path / "link")).tensors] == ["a"]


def cached(folder: Path, repository: str = "models--org--name", blobs: str = "blobs") -> Path:
    """A snapshot as huggingface_hub lays it out: links to files that are named by their hashes."""
    snapshot = folder / repository / "snapshots/5d4c1a"
    snapshot.mkdir(parents=True)
    (snapshot / "../.." / blobs).mkdir()
    names = {"one.safetensors": "aa11", "two.safetensors": "bb22", "model.safetensors.index.json": "cc33"}
    shard(snapshot, {"a": "one.safetensors", "b": "two.safetensors"}, one=A, two=B)
    for name, blob in names.items():
        (snapshot / name).rename(snapshot / "../.." / blobs / blob)
        (snapshot / name).symlink_to(f"../../{blobs}/{blob}")
    return snapshot


def test_the_cache_of_hugging_face_links_to_its_blobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = cached(tmp_path / "hub")
    assert len(read_checkpoint(str(snapshot)).tensors) == 2
    (tmp_path / "moved").symlink_to(tmp_path / "hub")
    assert len(read_checkpoint(str(tmp_path / "moved" / snapshot.relative_to(tmp_path / "hub"))).tensors) == 2
    monkeypatch.chdir(snapshot)
    assert len(read_checkpoint("model.safetensors.index.json").tensors) == 2


@pytest.mark.parametrize("kind", ["another folder", "no cache", "another repository", "out of the blobs", "index"])
def test_what_only_looks_like_that_cache_is_refused(kind: str, tmp_path: Path) -> None:
    snapshot = cached(
        tmp_path,
        "org--name" if kind == "no cache" else "models--org--name",
        "files" if kind == "another folder" else "blobs",
    )
    elsewhere = tmp_path / "models--org--other/blobs"
    elsewhere.mkdir(parents=True)
    (elsewhere / "aa11").write_bytes(A)
    (elsewhere / "cc33").write_bytes((snapshot / "model.safetensors.index.json").read_bytes())
    blobs = snapshot / "../../blobs"
    if kind == "another repository":
        (snapshot / "one.safetensors").unlink()
        (snapshot / "one.safetensors").symlink_to("../../../models--org--other/blobs/aa11")
    elif kind in ("out of the blobs", "index"):
        blob = "cc33" if kind == "index" else "aa11"
        (blobs / blob).unlink()
        (blobs / blob).symlink_to(elsewhere / blob)
    with pytest.raises(CheckpointError, match=r"is a link out of the folder|is a link to an index elsewhere"):
        read_checkpoint(str(snapshot))


def test_an_index_that_is_no_json_or_too_large_gets_one_message(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors.index.json"
    path.write_text("{")
    with pytest.raises(CheckpointError, match="it is no JSON"):
        read_checkpoint(str(path))
    os.truncate(path, 10**8)
    with pytest.raises(SourceError, match="it has 100,000,000 bytes; the most allowed is"):
        read_checkpoint(str(path))
