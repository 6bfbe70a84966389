"""What inspecting a checkpoint takes, as a whole process.

This module must run in a process that has not imported torch, as `benchmarks.process` says.
"""

from __future__ import annotations

import json
import os
import statistics
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.process import Usage, run_process
from w2v_explore.checkpoint.keys import keys_in_dialect
from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.load import load_config
from w2v_explore.families.wav2vec2.keys import KEYS

_PRESET = "xlsr_2b"
_RUNS = 15

_SECTION = """\
## Checkpoints

`python -m benchmarks.checkpoints`: whole processes of `w2v-explore inspect`, medians of {runs} runs. The files are
sparse: their headers are those of {preset} as Hugging Face names its {tensors} tensors, and nobody reads the rest.

| | size | time | peak memory | aim |
| :--- | ---: | ---: | ---: | :--- |
"""


def section() -> str:
    """A section of docs/performance.md."""
    shapes = dict(build_architecture(load_config(_PRESET).model).state_dict_shapes())
    parts = keys_in_dialect(shapes, KEYS, "huggingface", prefix="wav2vec2.")
    tensors = {name: shapes[part.name] for name, part in parts.items()}
    text = _SECTION.format(runs=_RUNS, preset=_PRESET, tensors=len(tensors))
    with tempfile.TemporaryDirectory() as folder:
        for label, path, aim in _files(Path(folder), tensors):
            command = (sys.executable, "-m", "w2v_explore", "inspect", str(path))
            usage = _median([run_process(command) for _ in range(_RUNS + 1)][1:])
            text += (
                f"| {label} | {path.stat().st_size / 1e9:.2f} GB | {1e3 * usage.seconds:.0f} ms "
                f"| {usage.peak_bytes / 1e6:.1f} MB | {aim} |\n"
            )
    return text


def _files(folder: Path, tensors: dict[str, tuple[int, ...]]) -> Iterator[tuple[str, Path, str]]:
    """What is measured: a label, the file and the aim."""
    for label, dtype, element_bytes, aim in (
        ("a byte a number", "F8_E4M3", 1, "< 300 ms, < 50 MB"),
        ("float32", "F32", 4, "as for 2 GB"),
    ):
        path = folder / f"{dtype}.safetensors"
        _write(path, tensors, dtype, element_bytes)
        yield f"{_PRESET}, {label}", path, aim


def _write(path: Path, tensors: dict[str, tuple[int, ...]], dtype: str, element_bytes: int) -> None:
    """A safetensors file whose data are a hole."""
    header: dict[str, object] = {}
    end = 0
    for name, shape in tensors.items():
        start, end = end, end + element_bytes
        for size in shape:
            end = start + (end - start) * size
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    os.truncate(path, 8 + len(text) + end)


def _median(usages: list[Usage]) -> Usage:
    return Usage(
        statistics.median(usage.seconds for usage in usages),
        int(statistics.median(usage.peak_bytes for usage in usages)),
    )


if __name__ == "__main__":
    print(section(), end="")
