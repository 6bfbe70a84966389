"""How much of a pass the ledger attributes, and what its hooks cost: the base model on 10 s, on the CPU."""

from __future__ import annotations

from w2v_explore import Workload, analyze, load_config
from w2v_explore.measure.latency import Plan, measure_latency
from w2v_explore.measure.ledger import Ledger

_RUNS = 30


def measure_ledger() -> Ledger:
    """The ledger of the base model at 10 s, float32."""
    analysis = analyze(load_config("base"), Workload.of_seconds(10.0))
    ledger = measure_latency(analysis, plan=Plan(runs=_RUNS))[0].ledger
    assert ledger is not None
    return ledger


def section() -> str:
    """A section of docs/performance.md."""
    ledger = measure_ledger()
    own_ns = sum(layer.own_ns for layer in ledger.layers.values())
    return f"""\
## The ledger

`python -m benchmarks.ledger`: the base model on 10 s of audio, eager, fp32, on the CPU.

| | figure | aim |
| :--- | ---: | ---: |
| end to end of the hooked pass, ns | {ledger.end_to_end_ns:,} | |
| self times of all layers + not attributed, ns | {own_ns + ledger.unattributed_ns:,} | the same |
| not attributed | {ledger.unattributed_share:.2%} | ≤ 5 % |
| hooked over plain passes | {ledger.ratio.ratio:.3f} ({ledger.ratio.low:.3f}–{ledger.ratio.high:.3f}) | ≤ 1.05 |
"""


if __name__ == "__main__":
    print(section(), end="")
