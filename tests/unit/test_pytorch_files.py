"""PyTorch files: both formats, wherever trainers put the weights; and what wants more than weights is refused unrun."""

from __future__ import annotations

import collections
import os
import pickle
import subprocess
import sys
import tarfile
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from tests.checkpoint_files import SMALL, model_shapes
from tests.program import Runner
from w2v_explore import CheckpointError
from w2v_explore.checkpoint.listing import TensorInfo
from w2v_explore.checkpoint.read import read_checkpoint

WEIGHTS = {"a.weight": torch.zeros(3, 2), "b": torch.ones(2, dtype=torch.bfloat16), "scalar": torch.tensor(1)}
TENSORS = (
    TensorInfo("a.weight", "float32", (3, 2)),
    TensorInfo("b", "bfloat16", (2,)),
    TensorInfo("scalar", "int64", ()),
)

FORMATS = pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])


def save(path: Path, content: Any, is_zip: bool) -> str:
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)
    return str(path)


@FORMATS
@pytest.mark.parametrize(
    "content",
    [
        WEIGHTS,
        collections.OrderedDict(WEIGHTS),
        {
            name: torch.nn.Parameter(tensor) if tensor.is_floating_point() else tensor
            for name, tensor in WEIGHTS.items()
        },
        {"model": WEIGHTS, "args": None, "best_loss": 0.5},
        {"state_dict": WEIGHTS, "epoch": 3, "hyper_parameters": {"lr": 0.1}},
        {"model_state_dict": WEIGHTS, "optimizer_state_dict": {"state": {}}},
        {**WEIGHTS, "version": "2"},
    ],
    ids=["dict", "OrderedDict", "parameters", "fairseq", "Lightning", "the tutorial's", "with more beside"],
)
def test_the_tensors_are_found(content: Any, is_zip: bool, tmp_path: Path) -> None:
    checkpoint = read_checkpoint(save(tmp_path / "model.pt", content, is_zip))
    assert checkpoint.tensors == TENSORS
    assert checkpoint.format == f"PyTorch ({'zip' if is_zip else 'legacy'})"
    assert checkpoint.config is None


@FORMATS
def test_a_name_without_a_suffix_is_no_hindrance(is_zip: bool, tmp_path: Path) -> None:
    assert read_checkpoint(save(tmp_path / "weights", WEIGHTS, is_zip)).tensors == TENSORS


@FORMATS
def test_tensors_that_share_their_data_are_both_there(is_zip: bool, tmp_path: Path) -> None:
    rows = torch.zeros(1000, 4)
    checkpoint = read_checkpoint(save(tmp_path / "model.pt", {"a": rows, "b": rows, "c": rows[:2]}, is_zip))
    assert [tensor.shape for tensor in checkpoint.tensors] == [(1000, 4), (1000, 4), (2, 4)]


@FORMATS
def test_fairseqs_plain_config_is_the_one_inside(is_zip: bool, tmp_path: Path) -> None:
    config = {"_name": None, "model": {"_name": "wav2vec2", "encoder_layers": 2}}
    checkpoint = read_checkpoint(save(tmp_path / "model.pt", {"model": WEIGHTS, "cfg": config}, is_zip))
    assert checkpoint.config is not None
    assert checkpoint.config.values == config
    assert checkpoint.config.origin == f"{tmp_path / 'model.pt'} (cfg)"


class RunsAProgram:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


@FORMATS
def test_a_pickle_that_would_run_a_program_is_refused_by_name_and_runs_nothing(
    is_zip: bool, tmp_path: Path, run: Runner
) -> None:
    proof = tmp_path / "ran"
    path = save(tmp_path / "model.pt", {"model": WEIGHTS, "x": RunsAProgram(proof)}, is_zip)
    for command in (["inspect", path], ["summary", path], ["check", path, "base"]):
        code, out, err = run(*command)
        assert (code, out) == (2, "")
        assert f"{os.system.__module__}.system, which is more than weights, and it was not unpickled" in err
        assert err.count("\n") == 1
    assert not proof.exists()


@FORMATS
@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (uuid.UUID(int=1), "uuid.UUID"),
        (torch.nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
        (Path("x"), "pathlib."),
    ],
    ids=["a class", "a module", "a path"],
)
def test_what_a_pickle_wants_beyond_weights_is_named(wanted: Any, name: str, is_zip: bool, tmp_path: Path) -> None:
    path = save(tmp_path / "model.pt", {"model": WEIGHTS, "args": wanted}, is_zip)
    with pytest.raises(CheckpointError, match=f"its pickle wants {name}"):
        read_checkpoint(path)


@FORMATS
@pytest.mark.parametrize("part", [0.001, 0.3, 0.9, 0.999])
def test_a_file_that_was_cut_off_gets_one_message(part: float, is_zip: bool, tmp_path: Path, run: Runner) -> None:
    path = save(tmp_path / "model.pt", {"a": torch.zeros(10_000)}, is_zip)
    os.truncate(path, int(part * os.path.getsize(path)))
    code, out, err = run("inspect", path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: cannot read {path}")


@FORMATS
@pytest.mark.parametrize(
    "content", [torch.zeros(2), [torch.zeros(2)], {}, {"model": {}}, {"lr": 0.1}, {1: torch.zeros(1)}]
)
def test_a_file_without_tensors_by_name_says_so(content: Any, is_zip: bool, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="it holds no tensors by name"):
        read_checkpoint(save(tmp_path / "model.pt", content, is_zip))


def test_plain_pickles_are_refused_and_newer_protocols_are_read(tmp_path: Path, run: Runner) -> None:
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(RunsAProgram(tmp_path / "ran")))
    assert (
        "it is neither a safetensors file nor one that torch.save wrote"
        in run("inspect", str(tmp_path / "plain.pt")).err
    )
    torch.save(WEIGHTS, tmp_path / "new.pt", pickle_protocol=4)
    assert read_checkpoint(str(tmp_path / "new.pt")).tensors == TENSORS
    assert not (tmp_path / "ran").exists()


def test_a_script_program_is_refused_by_what_it_is(tmp_path: Path) -> None:
    torch.save({"constants": 1}, tmp_path / "other.pt")
    with zipfile.ZipFile(tmp_path / "script.pt", "w") as archive:
        archive.writestr("script/constants.pkl", b"")
        archive.writestr("script/data.pkl", b"")
    with pytest.raises(CheckpointError, match="it is a TorchScript program"):
        read_checkpoint(str(tmp_path / "script.pt"))


def test_zip_bombs_and_other_archives_are_refused_before_torch_sees_them(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", b"\0" * 10_000_000)
    with pytest.raises(CheckpointError, match=r"model/data\.pkl is compressed, which torch never does"):
        read_checkpoint(str(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", b"\0" * (64 * 1024 * 1024 + 1))
    with pytest.raises(CheckpointError, match=r"model/data\.pkl has 67,108,865 bytes; the most allowed is 67,108,864"):
        read_checkpoint(str(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", b"")
    with pytest.raises(CheckpointError, match=r"it is a zip archive, and none that torch\.save wrote"):
        read_checkpoint(str(path))


def test_tensors_larger_than_their_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save({"a": torch.zeros(1000)}, path)
    with zipfile.ZipFile(path) as archive:
        records = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in records.items():
            archive.writestr(name, b"" if name.endswith("/data/0") else content)
    with pytest.raises(CheckpointError, match=r"a takes 4,000 bytes, and the file has 0 for it"):
        read_checkpoint(str(path))


def test_a_legacy_file_that_is_a_tar_archive_too_is_refused_before_torch_sees_it(tmp_path: Path) -> None:
    torch.save(WEIGHTS, tmp_path / "legacy.pt", _use_new_zipfile_serialization=False)
    start = (tmp_path / "legacy.pt").read_bytes()[:20]
    path = tmp_path / "model.pt"
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo(start.decode("utf-8", "surrogateescape")))
    assert path.read_bytes().startswith(start)
    with pytest.raises(CheckpointError, match="it is a tar archive"):
        read_checkpoint(str(path))


@FORMATS
def test_no_torch_is_needed(is_zip: bool, tmp_path: Path) -> None:
    weights = {name: torch.zeros(shape) for name, shape in model_shapes().items()}
    path = save(tmp_path / "model.pt", weights, is_zip)
    (tmp_path / "model.yaml").write_text(yaml.safe_dump(SMALL))
    for command in ("inspect", "summary"):
        code = (
            "import sys; sys.modules['torch'] = None\n"
            f"sys.argv = ['w2v-explore', {command!r}, {path!r}]\n"
            "from w2v_explore.cli import main; main()"
        )
        finished = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
        )
        assert (finished.returncode, finished.stderr) == (0, "")
        assert "model" in finished.stdout
