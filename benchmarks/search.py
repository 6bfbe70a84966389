"""What a search through ten million configs takes, and its frontiers beside brute force.

`w2v-explore search` is a process of its own with one worker for each core; its memory is that of all of its processes
together, looked at ten times a second. The frontiers are of a million configs each: `find_designs` finds them chunk by
chunk, and plain Python goes through the figures of all configs in order.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import product
from typing import Any, NamedTuple

import psutil

from w2v_explore import Workload, analyze, analyze_many, load_preset
from w2v_explore.analysis.figures import Figures
from w2v_explore.search.find import find_designs

_LARGE = {
    "encoder_num_layers": "1..28",
    "encoder_embed_dim": "256..1024:64",
    "encoder_ff_interm_features": "512..4096:64",
    "encoder_pos_conv_kernel": "32..160",
    "encoder_layer_norm_first": "false,true",
    "extractor_mode": "group_norm,layer_norm",
}
"""Ten million configs around base, whose heads move along with the width."""

_SMALL = {
    "encoder_num_layers": list(range(1, 25)),
    "encoder_ff_interm_features": list(range(512, 4097, 64)),
    "encoder_num_heads": [4, 8, 12, 16],
    "encoder_embed_dim": list(range(192, 1153, 48)),
}
"""Of each family; kernels and norms make a million of them."""

_FAMILIES = ("base", "wavlm_base", "w2v_bert_2")
_MINIMIZED, _MAXIMIZED = "macs", "parameters"
_ONE_BY_ONE = 200

_SECTION = """\
## Searching

`python -m benchmarks.search`: `w2v-explore search base` for the frontier of MACs and parameters, {workers} workers:

| | figure | aim |
| :--- | ---: | :--- |
| combinations in the space | {size:,} | 10⁷ |
| configs among them, all worked out | {evaluated:,} | |
| designs on the frontier | {designs:,} | |
| seconds, the start and all designs analysed included | {seconds:,.0f} | minutes |
| configs a second | {per_second:,.0f} | |
| peak memory of all processes | {memory_mb:,.0f} MB | < 500 MB |

The frontier of a million configs of three families, by chunks and by brute force; the figures of {one_by_one} random
configs of each equal those of `analyze`:

| configs like | configs | on the frontier, by chunks | by brute force | the same |
| :--- | ---: | ---: | ---: | :--- |
{rows}
"""


class Run(NamedTuple):
    """What a whole search took."""

    size: int
    evaluated: int
    designs: int
    seconds: float
    peak_bytes: int


def run_large(workers: int) -> Run:
    """The search through ten million configs, as a process."""
    import json

    free = [text for field, values in _LARGE.items() for text in ("--free", f"{field}={values}")]
    command = [
        sys.executable, "-m", "w2v_explore", "search", "base", *free, "--minimize", _MINIMIZED, "--maximize",
        _MAXIMIZED, "--workers", str(workers), "--format", "json",
    ]  # fmt: skip
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONHASHSEED": "0"})
    parent, peak = psutil.Process(process.pid), 0
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    output = b""
    while process.poll() is None:
        peak = max(peak, _memory(parent))
        output += process.stdout.read() or b""
        time.sleep(0.1)
    output += process.stdout.read() or b""
    seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"search exited with {process.returncode}")
    document = json.loads(output)
    space = document["space"]
    assert space["evaluated"] + space["pruned"] + space["invalid"] == space["size"]
    return Run(space["size"], space["evaluated"], len(document["front"]), seconds, peak)


def _memory(parent: psutil.Process) -> int:
    """What a process and those that it started take by themselves."""
    total = 0
    try:
        for process in (parent, *parent.children(recursive=True)):
            total += process.memory_full_info().uss
    except psutil.NoSuchProcess:
        pass
    return total


class Fronts(NamedTuple):
    """How many designs two ways find, and whether they are the same."""

    size: int
    by_chunks: int
    by_force: int
    are_same: bool


def fronts_of(preset: str) -> Fronts:
    """The frontier of a million configs near a preset, both ways."""
    config = load_preset(preset)
    workload = Workload.of(config)
    fields: dict[str, list[Any]] = {**_SMALL, **_further(config.model)}
    answer = find_designs(
        config, fields, workload, minimize=[_MINIMIZED], maximize=[_MAXIMIZED], workers=os.cpu_count()
    )
    found = {(design.figures[_MINIMIZED], design.figures[_MAXIMIZED]) for design in answer.designs}
    every = list(product(*fields.values()))
    columns = dict(zip(fields, map(list, zip(*every, strict=True)), strict=True))
    many = analyze_many(config, columns, workload, [_MINIMIZED, _MAXIMIZED])
    _check_some(many, workload)
    points = {
        (macs, parameters)
        for macs, parameters, valid in zip(
            many[_MINIMIZED].tolist(), many[_MAXIMIZED].tolist(), many.valid.tolist(), strict=True
        )
        if valid
    }
    forced, most = set(), -1
    for macs, parameters in sorted(points, key=lambda point: (point[0], -point[1])):
        if parameters > most:
            forced.add((macs, parameters))
            most = parameters
    return Fronts(len(every), len(found), len(forced), found == forced)


def _further(model: Any) -> dict[str, list[Any]]:
    """What makes the configs of a family a million: kernels of a convolution that it has."""
    name = "encoder_pos_conv_kernel" if "encoder_pos_conv_kernel" in model.FIELDS else "encoder_conv_kernel"
    return {name: list(range(15, 32, 2)) if name == "encoder_conv_kernel" else list(range(32, 161, 16))}


def _check_some(many: Any, workload: Workload) -> None:
    step = len(many) // _ONE_BY_ONE
    for number in range(0, len(many), step):
        if many.valid[number]:
            figures = Figures(analyze(many.member(number), workload))
            assert [many[name][number] for name in many.figures] == [figures[name] for name in many.figures]


def section() -> str:
    """A section of docs/performance.md."""
    workers = os.cpu_count() or 1
    run = run_large(workers)
    rows = []
    for preset in _FAMILIES:
        fronts = fronts_of(preset)
        rows.append(
            f"| {preset} | {fronts.size:,} | {fronts.by_chunks} | {fronts.by_force} "
            f"| {'yes' if fronts.are_same else 'NO'} |"
        )
    return _SECTION.format(
        workers=workers,
        size=run.size,
        evaluated=run.evaluated,
        designs=run.designs,
        seconds=run.seconds,
        per_second=run.evaluated / run.seconds,
        memory_mb=run.peak_bytes / 1e6,
        one_by_one=_ONE_BY_ONE,
        rows="\n".join(rows),
    )


if __name__ == "__main__":
    print(section(), end="")
