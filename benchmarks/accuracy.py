"""Other tools' counts against the closed form; ``python -m benchmarks.accuracy > docs/accuracy.md`` makes the page."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers.catalogue import PEER_REQUIREMENTS, PEERS, Peer
from benchmarks.peers.environment import TIMEOUT_S, Run, install, installed_versions, run
from benchmarks.peers.terms import LABELS, Terms, closed_form_terms
from w2v_explore import Analysis, Workload, analyze, load_config, preset_names

_MODELS = ("base", "large", "xlsr_2b")
_SECONDS = (1, 10, 30)
_OURS = "w2v-explore"

_HEAD = """\
# Accuracy

Made by `python -m benchmarks.accuracy > docs/accuracy.md`, which installs the tools below in an environment of
their own and gives each the same model: torchaudio's, built from the preset's fields, in eval mode and without
gradients, with a batch of one utterance at 16 kHz. Every figure is of one whole process, from the start of Python to
its end, one at a time and each run once. Counts are exact; the CPU time, of all threads together, is of this machine
and good for orders of magnitude. A tool gets {timeout} s.

Differences are from the closed form, in MACs of convolutions, linear layers and attention's two products. The closed
form is no witness for itself: torch's counter on meta tensors and DeepSpeed's profiler, which know nothing of it, are.

{versions}
"""

_MODEL = """
## {name}

{parameters:,} parameters; MACs: {macs}.

| tool | parameters off by | {headings} |
| :--- | ---: |{rules}
"""

_WHY = """
## Why they differ

Each cause is a claim that the runs test: the sum of closed-form terms that a tool leaves out or adds is compared with
the difference of its count, to the integer.
"""


class Case(NamedTuple):
    """One model for one duration."""

    model: str
    seconds: int
    analysis: Analysis
    terms: Terms


class Result(NamedTuple):
    """What one tool said of one case; ``parameters`` and ``macs`` are None where it said nothing."""

    run: Run
    parameters: int | None
    macs: int | None


Results = dict[tuple[str, str, int], Result]


def main(arguments: Sequence[str] | None = None) -> None:
    """Install, run every tool on every case, print the page."""
    options = _parse(arguments)
    cases = [_case(model, seconds) for model in options.models for seconds in options.seconds]
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.environment or Path(temporary)
        _say(f"installing in {folder}")
        python = install(folder)
        versions = installed_versions(python)
        results = _run_all(cases, python)
    print(_page(cases, results, versions), end="")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--models", nargs="+", choices=preset_names(), default=_MODELS, metavar="PRESET")
    parser.add_argument("--seconds", nargs="+", type=int, default=_SECONDS)
    parser.add_argument("--environment", type=Path, help="keep the tools' environment here, and use it again")
    return parser.parse_args(arguments)


def _case(model: str, seconds: int) -> Case:
    analysis = analyze(load_config(model), Workload.of_seconds(seconds))
    return Case(model, seconds, analysis, closed_form_terms(analysis))


def _run_all(cases: Sequence[Case], python: str) -> Results:
    results: Results = {}
    for case in cases:
        _say(f"{_OURS} on {case.model}, {case.seconds} s")
        results[_OURS, case.model, case.seconds] = _run_ours(case)
        for peer in PEERS:
            _say(f"{peer.name} on {case.model}, {case.seconds} s")
            results[peer.name, case.model, case.seconds] = _run_peer(peer, case, python)
    return results


def _run_ours(case: Case) -> Result:
    command = ("summary", case.model, "--seconds", str(case.seconds), "--format", "json")
    ours = run((sys.executable, "-m", "w2v_explore", *command))
    if ours.failure:
        return Result(ours, None, None)
    totals = json.loads(ours.printed)["totals"]
    return Result(ours, totals["parameters"], totals["macs"])


def _run_peer(peer: Peer, case: Case, python: str) -> Result:
    script, *arguments = peer.command
    question = {"fields": case.analysis.config.model.to_mapping(), "samples": case.analysis.workload.samples}
    theirs = run((python, "-m", f"benchmarks.peers.{script}", *arguments), question)
    if theirs.failure:
        _say(f"  failed: {theirs.failure}")
        return Result(theirs, None, None)
    # Some print on import; the script prints its line last.
    counts = json.loads(theirs.printed.splitlines()[-1])
    return Result(theirs, counts["parameters"], counts["macs"])


def _page(cases: Sequence[Case], results: Results, versions: dict[str, str]) -> str:
    names = ["torch", "torchaudio", *(requirement.partition("==")[0] for requirement in PEER_REQUIREMENTS)]
    made_with = ", ".join((f"Python {platform.python_version()}", *(f"{name} {versions[name]}" for name in names)))
    machine = f"Measured with {os.cpu_count()} cores ({platform.machine()}), {made_with}."
    head = _HEAD.format(timeout=TIMEOUT_S, versions=_wrapped(machine))
    models = list(dict.fromkeys(case.model for case in cases))
    tables = [_model_section([case for case in cases if case.model == model], results) for model in models]
    causes = [_cause(peer, cases, results) for peer in PEERS]
    return head + "".join(tables) + _WHY + "\n" + "".join(causes)


def _model_section(cases: Sequence[Case], results: Results) -> str:
    analysis = cases[0].analysis
    section = _MODEL.format(
        name=cases[0].model,
        parameters=analysis.parameters,
        macs=", ".join(f"{case.analysis.macs.total:,} for {case.seconds} s" for case in cases),
        headings=" | ".join(f"MACs, {case.seconds} s | CPU time, peak memory" for case in cases),
        rules=" ---: | ---: |" * len(cases),
    )
    failures = []
    for name in (_OURS, *(peer.name for peer in PEERS)):
        runs = [(case, results[name, case.model, case.seconds]) for case in cases]
        cells = [cell for case, result in runs for cell in _cells(case, result)]
        section += f"| {' | '.join((name, _parameters_off(analysis, [result for _, result in runs]), *cells))} |\n"
        failures += [
            f"- {name}, {case.seconds} s: `{result.run.failure}`\n" for case, result in runs if result.run.failure
        ]
    if failures:
        section += "\nFailed:\n\n" + "".join(failures)
    return section


def _parameters_off(analysis: Analysis, results: Sequence[Result]) -> str:
    said = {result.parameters for result in results if result.parameters is not None}
    if not said:
        return "not counted"
    return ", ".join(_signed(parameters - analysis.parameters) for parameters in sorted(said))


def _cells(case: Case, result: Result) -> tuple[str, str]:
    cost = f"{result.run.cpu_seconds:.1f} s, {result.run.peak_bytes / 1e6:,.0f} MB"
    if result.macs is None:
        return "failed", cost
    off = result.macs - case.analysis.macs.total
    difference = f"{100 * off / case.analysis.macs.total:+.2f} %".replace("-", "−") if off else "exact"
    if (case.model, case.seconds) == (_MODELS[0], _SECONDS[0]):
        return f"{result.macs:,} ({difference})", cost
    return difference, cost


def _cause(peer: Peer, cases: Sequence[Case], results: Results) -> str:
    runs = [(case, results[peer.name, case.model, case.seconds]) for case in cases]
    counted = [(case, result.macs) for case, result in runs if result.macs is not None]
    kept = [(case, result.parameters) for case, result in runs if result.parameters is not None]
    macs = _claim(
        "The MACs' difference",
        peer.difference,
        [(case, said - case.analysis.macs.total) for case, said in counted],
    )
    parameters = _claim(
        "The parameters' difference",
        peer.parameters_difference,
        [(case, said - case.analysis.parameters) for case, said in kept],
    )
    return _wrapped(f"- **{peer.name}**. Taken: {peer.taken}. {peer.cause}{macs}{parameters}", indent="  ") + "\n"


def _claim(what: str, multiples: tuple[tuple[int, str], ...], measured: Sequence[tuple[Case, int]]) -> str:
    """A sentence that says what a difference should be and in how many runs it is; nothing where there is no run."""
    if not measured:
        return ""
    holds = sum(case.terms.total(multiples) == off for case, off in measured)
    first, off = measured[0]
    if not multiples:
        return f" {what} is 0 in {holds} of {len(measured)} runs."
    sentence = " ".join(_multiple(times, LABELS[name]) for times, name in multiples)
    # A term of nothing (a bias that this model has not) would only puzzle.
    values = (times * first.terms.value(name) for times, name in multiples)
    terms = " ".join(_signed(value) for value in values if value)
    return (
        f" {what} is {sentence}: so in {holds} of {len(measured)} runs ({first.model}, {first.seconds} s: "
        f"{terms}; measured {_signed(off)})."
    )


def _multiple(times: int, label: str) -> str:
    sign = "minus" if times < 0 else "plus"
    return f"{sign} {label}" if abs(times) == 1 else f"{sign} {abs(times)} times {label}"


def _signed(number: int) -> str:
    return f"{'−' if number < 0 else '+'}{abs(number):,}" if number else "0"


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
