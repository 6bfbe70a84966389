"""Measures every figure of docs/performance.md and prints the page."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version

from benchmarks import checkpoints, search, surface
from benchmarks.linter import LinterFigures, compare_linters
from benchmarks.process import SUMMARY_BASE, SUMMARY_XLSR_2B, TORCHINFO, Pair, compare_processes

_PAGE = """\
# Performance

Made by `python -m benchmarks > docs/performance.md`, in an environment with the extra `dev`. Run it to see the
figures of your machine. Absolute times differ from machine to machine and from hour to hour; each ratio is the
median over pairs of runs that took turns, so that a drift of the machine meets both sides.

Measured with {cores} cores ({machine}), Python {python}, torch {torch}, torchaudio {torchaudio},
torchinfo {torchinfo}.

## Whole processes

`w2v-explore summary base.yaml` against a minimal torchinfo script on the same model (`benchmarks/torchinfo_peer.py`,
which gets one second of audio: the least work it can do), {slow_pairs} pairs:

| | summary base.yaml | torchinfo | ratio | aim |
| :--- | ---: | ---: | ---: | ---: |
| wall time | {a_ms:.0f} ms | {b_ms:.0f} ms | {time_ratio:.3f} | ≤ 0.12 |
| peak memory | {a_mb:.1f} MB | {b_mb:.1f} MB | {memory_ratio:.3f} | ≤ 0.08 |

A model of 2.2 billion parameters costs no more than one of 94 million, {fast_pairs} pairs:

| | summary xlsr_2b | summary base.yaml | ratio | aim |
| :--- | ---: | ---: | ---: | ---: |
| wall time | {xlsr_ms:.0f} ms | {base_ms:.0f} ms | {xlsr_ratio:.3f} | ≤ 1.15 |

## The linter

`w2v-explore lint`, every rule on, against yamllint with its default rules and check-jsonschema with our schema, whole
processes:

| | ours | theirs | times as fast | aim |
| :--- | ---: | ---: | ---: | ---: |
| one file of 16 keys, yamllint | {one_ms:.0f} ms | {one_yamllint_ms:.0f} ms | {one_speed:.2f} | ≥ 0.77 |
| 1,000 files, yamllint | {many_ms:.0f} ms | {yamllint_ms:.0f} ms | {yamllint_speed:.1f} | ≥ 8 |
| 1,000 files, check-jsonschema | {many_ms:.0f} ms | {check_ms:.0f} ms | {check_speed:.1f} | ≥ 8 |

Its peak memory for 1,000 files is {many_mb:.1f} MB, for 10 files {few_mb:.1f} MB.

## In one process

| | figure | aim |
| :--- | ---: | ---: |
| random configs analysed a second (parameters, MACs, bytes), one core | {per_second:,.0f} | ≥ 3,000 |
| 2,000 encoder layers over 2, time of the analyses | {depth_ratio:.2f} | 1 |
"""

_SLOW_PAIRS = 7
_FAST_PAIRS = 25


def main() -> None:
    """Measure everything, processes first: nothing may have loaded torch by then."""
    _say("summary base against torchinfo")
    peer = compare_processes(SUMMARY_BASE, TORCHINFO, _SLOW_PAIRS)
    _say("summary xlsr_2b against summary base")
    sizes = compare_processes(SUMMARY_XLSR_2B, SUMMARY_BASE, _FAST_PAIRS)
    _say("the linter against yamllint and check-jsonschema")
    linters = compare_linters()
    _say("checkpoints")
    sections = [checkpoints.section()]
    _say("pages, tabs and saves")
    sections.append(surface.section())
    _say("whole spaces")
    sections.append(search.section())
    _say("analyses")
    from benchmarks.analyses import configs_per_second, depth_ratio

    per_second, deep = configs_per_second(), depth_ratio()
    from benchmarks import inference, ledger, many, noise, plan, prediction, sampling, verdicts

    for benchmark in (many, sampling, inference, ledger, noise, verdicts, prediction, plan):
        _say(benchmark.__name__.partition(".")[2])
        sections.append(benchmark.section())
    print(
        _PAGE.format(
            cores=os.cpu_count(),
            machine=platform.machine(),
            python=platform.python_version(),
            **{package: version(package) for package in ("torch", "torchaudio", "torchinfo")},
            slow_pairs=_SLOW_PAIRS,
            fast_pairs=_FAST_PAIRS,
            **_pair(peer),
            xlsr_ms=1e3 * sizes.a.seconds,
            base_ms=1e3 * sizes.b.seconds,
            xlsr_ratio=sizes.time_ratio,
            **_linters(linters),
            per_second=per_second,
            depth_ratio=deep,
        ),
        *sections,
        sep="\n",
        end="",
    )


def _pair(pair: Pair) -> dict[str, float]:
    return {
        "a_ms": 1e3 * pair.a.seconds,
        "b_ms": 1e3 * pair.b.seconds,
        "time_ratio": pair.time_ratio,
        "a_mb": pair.a.peak_bytes / 1e6,
        "b_mb": pair.b.peak_bytes / 1e6,
        "memory_ratio": pair.memory_ratio,
    }


def _linters(figures: LinterFigures) -> dict[str, float]:
    return {
        "one_ms": 1e3 * figures.one_file.a.seconds,
        "one_yamllint_ms": 1e3 * figures.one_file.b.seconds,
        "one_speed": 1 / figures.one_file.time_ratio,
        "many_ms": 1e3 * figures.yamllint.a.seconds,
        "yamllint_ms": 1e3 * figures.yamllint.b.seconds,
        "yamllint_speed": 1 / figures.yamllint.time_ratio,
        "check_ms": 1e3 * figures.check_jsonschema.b.seconds,
        "check_speed": 1 / figures.check_jsonschema.time_ratio,
        "many_mb": figures.few_files.a.peak_bytes / 1e6,
        "few_mb": figures.few_files.b.peak_bytes / 1e6,
    }


def _say(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr)


if __name__ == "__main__":
    main()
