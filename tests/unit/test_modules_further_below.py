"""Models that run modules further below, give numbers wider than activations, and have products that none counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch

from w2v_explore.analysis.memory.liveness import Lives
from w2v_explore.analysis.memory.step_peak import TrainingTimeline
from w2v_explore.analysis.memory.training import training_cost
from w2v_explore.analysis.workload import Workload
from w2v_explore.measure.meta_pass import first_tensor
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import GELU, Flow, Linear
from w2v_explore.tree.run import run


@dataclass(frozen=True, slots=True)
class Cosine(GELU):
    """As many products as numbers that it takes, in float32."""

    gives_statistics: ClassVar[bool] = True

    def uncounted_products(self, batch: int, *taken: Flow) -> int:
        return taken[0].elements(batch)


def tree() -> Layer:
    inner = Layer("inner", "Inner", None, (Layer("linear", "Linear", Linear(3, 4)), Layer("act", "GELU", GELU())))
    children = (Layer("never", "GELU", GELU()), Layer("cosine", "Cosine", Cosine()), inner)
    return Layer("", "Model", None, children, ("inner.linear", "cosine"))


def test_a_module_comes_where_one_below_it_first_runs() -> None:
    assert [child.name for child in tree().in_order()] == ["inner", "cosine", "never"]


@pytest.mark.parametrize(("dtype", "width"), [("float32", 4), ("bfloat16", 4), ("float64", 8)])
def test_products_that_nothing_counts_are_named(dtype: str, width: int) -> None:
    taken = Flow(5, 3)
    calls, workload = run(tree(), taken), Workload(samples=5, batch=2, dtype=dtype)
    trace = Lives(calls, training=True).trace(workload, taken)
    cost = training_cost(tree(), trace, None, lambda _: TrainingTimeline(calls).peak(workload, taken))
    assert cost.uncounted == {"cosine": 2 * 5 * 4}
    assert trace.tensor_bytes[2] == 2 * 5 * 4 * width


def test_the_first_tensor_of_what_a_module_gives() -> None:
    tensor = torch.empty(1)
    assert first_tensor(tensor) is first_tensor((None, tensor, None)) is tensor
    assert first_tensor((None, None)) is None
