"""Memory per device by strategy: what follows by arithmetic, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from w2v_explore import analyze
from w2v_explore.analysis.plan.strategies import (
    STRATEGIES,
    ElementBytes,
    activations_by_stage,
    device_memory,
    units,
)
from w2v_explore.errors import ArgumentError
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Linear

TREE = analyze("base").tree
FLOAT32 = ElementBytes(weight=4, gradient=4, moments=8)
PARAMETERS = TREE.parameters


def memory(strategy: str, devices: Any = 8, activations: Any = 10**9, **options: Any) -> Any:
    return device_memory(TREE, strategy, devices, options.pop("element", FLOAT32), activations, **options)


def test_one_device_keeps_what_training_keeps() -> None:
    alone = memory("ddp", 1)
    assert alone[:3] == (4 * PARAMETERS, 4 * PARAMETERS, 8 * PARAMETERS)
    assert alone.gathered == 0
    assert alone.total == 16 * PARAMETERS + 10**9


def test_fairseqs_half_precision_copy_is_divided_with_the_moments() -> None:
    element = ElementBytes(weight=2, gradient=2, moments=8, master=4)
    assert memory("ddp", element=element)[:3] == (2 * PARAMETERS, 2 * PARAMETERS, 12 * PARAMETERS)
    assert memory("zero1", element=element).optimizer == pytest.approx(12 * PARAMETERS / 8, rel=0.02)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_total_is_the_sum_where_earlier_gradients_stay(strategy: str) -> None:
    held = memory(strategy, accumulate=2)
    assert held.total == sum(held[:5])
    made = memory(strategy)
    assert made.total <= sum(made[:5])
    assert made[:4] == held[:4]


@pytest.mark.parametrize("strategy", ["zero2", "zero3", "fsdp", "fsdp-hybrid"])
def test_shares_are_an_eighth_and_padding(strategy: str) -> None:
    shared = memory(strategy)
    for part, size in zip(shared[:3], (4, 4, 8), strict=True):
        assert 0 <= part - size * PARAMETERS / 8 < 0.001 * part


def test_whole_gradients_wait_for_the_last_batch() -> None:
    element = FLOAT32._replace(gathered=2, reduced=4)
    for strategy, size in (("ddp", 4), ("zero2", 2), ("zero3", 2), ("fsdp", 4)):
        whole = memory(strategy, element=element, accumulate=4, reduces_each=False)
        assert whole.gradients == size * PARAMETERS


def test_more_nodes_hold_no_less_each() -> None:
    assert memory("fsdp-hybrid", 64) == memory("fsdp-hybrid", 8)
    assert memory("fsdp", 64).parameters < memory("fsdp", 8).parameters


def test_each_parameter_goes_to_the_device_that_has_least() -> None:
    """Of 50, 40, 30 and 10 elements: 50 + 10, 40 + 30."""
    layers = [Linear(in_features=size - 1, out_features=1) for size in (30, 10, 50, 40)]
    tree = Layer("", "Model", children=tuple(Layer(str(n), "Linear", layer) for n, layer in enumerate(layers)))
    assert [layer.parameters for layer in layers] == [30, 10, 50, 40]
    shares = device_memory(tree, "zero1", 2, FLOAT32, 0).optimizer // 8
    # Weights of 49, 39, 29 and 9, and four biases of 1: 49 + 9 + 2 … 39 + 29.
    assert shares == 68


def test_what_is_frozen_has_neither_gradients_nor_states() -> None:
    trained = sum(layer.parameters * layer.copies for layer in TREE.children if layer.name != "feature_extractor")
    frozen = memory("ddp", trains=lambda name: not name.startswith("feature_extractor."))
    assert frozen[:3] == (4 * PARAMETERS, 4 * trained, 8 * trained)
    assert frozen.gathered == 4 * trained


def test_stages_are_those_of_the_layers_and_of_what_is_round_them() -> None:
    analysis = analyze("base")
    parts = units(TREE)
    assert [unit.path for unit in parts] == ["", *[f"encoder.transformer.layers.{number}" for number in range(12)]]
    training = analysis.training
    kept = int(training.kept_bytes.greatest)
    stages = activations_by_stage(TREE, kept, training.kept_by_layer)
    assert stages[0] == kept
    assert stages == sorted(stages, reverse=True)
    assert memory("fsdp", activations=stages).total < memory("fsdp", activations=kept).total


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"strategy": "zero4"}, "unknown strategy zero4; give one of ddp, zero1, zero2, zero3, fsdp, fsdp-hybrid"),
        ({"devices": 0}, "0 devices are given; give a number from 1 to 65536"),
        ({"devices": -8}, "-8 devices are given"),
        ({"devices": 10**9}, "1000000000 devices are given"),
        ({"devices": 1}, "one device divides nothing, as fsdp would; give more devices, or the strategy ddp"),
        ({"strategy": "fsdp-hybrid", "devices": 12}, "12 devices are no whole nodes; give a multiple of 8"),
        ({"strategy": "fsdp-hybrid", "per_node": 1}, "a node of one device divides nothing"),
        ({"accumulate": 0}, "0 batches to accumulate are given"),
        ({"activations": [1, 2]}, "activations of 2 stages are given; the model has 13"),
    ],
)
def test_what_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        memory(**{"strategy": "fsdp", **options})
    assert says in str(refused.value)


def test_devices_are_a_whole_number() -> None:
    with pytest.raises(TypeError, match="devices are given as an object of the type float; give a whole number"):
        memory("ddp", 2.5)
