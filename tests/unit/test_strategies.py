"""Memory per device by strategy: what follows by arithmetic, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any

import pytest

from w2v_explore import Workload, analyze, load_config
from w2v_explore.analysis.memory.optimizers import OPTIMIZERS
from w2v_explore.analysis.memory.recipe import PRECISIONS
from w2v_explore.analysis.memory.trained import select_trained
from w2v_explore.analysis.plan.cards import card_named
from w2v_explore.analysis.plan.gathering import ElementBytes
from w2v_explore.analysis.plan.needs import Needs
from w2v_explore.analysis.plan.stages import StepStages
from w2v_explore.analysis.plan.strategies import STRATEGIES, DeviceMemory, device_memory, divide
from w2v_explore.analysis.plan.units import units
from w2v_explore.errors import ArgumentError
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Conv1d, Linear

BASE = analyze("base")
TREE, PARTS = BASE.tree, units(BASE.tree)
FLOAT32 = ElementBytes(weight=4, gradient=4)
HALF = ElementBytes(weight=2, gradient=2, master=4)
PARAMETERS = TREE.parameters
STEP = StepStages(BASE.calls, PARTS)
STAGES = STEP.of(BASE.workload, BASE.takes.flow(BASE.workload.samples), checkpointing=False)


def memory(strategy: str, devices: Any = 8, **options: Any) -> DeviceMemory:
    element = options.pop("element", FLOAT32)
    dividing = {name: options.pop(name) for name in ("per_node", "trains") if name in options}
    division = divide(TREE, PARTS, strategy, devices, element, **dividing)
    return device_memory(division, element, STAGES, **options)


def test_one_device_keeps_what_training_keeps() -> None:
    alone = memory("ddp", 1)
    assert alone[:3] == (4 * PARAMETERS, 4 * PARAMETERS, 8 * PARAMETERS)
    assert alone.gathered == 0
    assert alone.total == BASE.training.peak_bytes(checkpointing=False)
    assert memory("ddp").total == alone.total + 4 * PARAMETERS


def test_fairseqs_half_precision_copy_is_divided_with_the_moments() -> None:
    assert memory("ddp", element=HALF)[:3] == (2 * PARAMETERS, 2 * PARAMETERS, 12 * PARAMETERS)
    assert memory("zero1", element=HALF).optimizer == pytest.approx(12 * PARAMETERS / 8, rel=0.02)


@pytest.mark.parametrize(
    "preset",
    [
        "base", "wavlm_base", "distilhubert", "hubert_pretrain_base", "wav2vec2_pretrain_base",
        "data2vec_audio_base", "omniasr_300m", "hubert_base_prunable", "wav2vec2_conformer_rel_pos_large", "w2v_bert_2",
    ],
)  # fmt: skip
def test_one_device_needs_the_peak_of_memory(preset: str) -> None:
    analysis, card = analyze(preset, Workload(samples=20_000, batch=2)), card_named("a100")
    for accumulate in (1, 2):
        needs = Needs([analysis], card, 1, accumulate=accumulate, teacher=True, optimizer="adamw-8bit")
        alone = replace(analysis, accumulates=accumulate > 1, teacher=True, optimizer="adamw-8bit")
        for precision in PRECISIONS:
            for checkpointing in (False, True):
                peak = alone.training_in(precision).peak_bytes(checkpointing)
                assert needs.of("ddp", precision, checkpointing).memory.total == peak, (precision, checkpointing)


@pytest.mark.parametrize("strategy", ["zero2", "zero3"])
def test_what_one_precision_needs_does_not_depend_on_what_was_asked_before(strategy: str) -> None:
    """A flat parameter with frozen ones in it has other gaps where numbers have 2 bytes than where they have 4."""
    odd = load_config("base", {"encoder_embed_dim": 700, "encoder_num_heads": 7, "encoder_pos_conv_groups": 7})
    analysis = analyze(odd, Workload(samples=20_000, batch=2))
    selection = select_trained(analysis.tree, analysis.config.model.family.roles, "not-extractor")
    frozen = replace(analysis, tree=selection.tree, trained=selection.trained)

    def needs() -> Needs:
        return Needs([frozen], card_named("a100"), 7)

    asked_before = needs()
    for precision in PRECISIONS:
        assert asked_before.of(strategy, precision, False) == needs().of(strategy, precision, False)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_total_is_at_most_the_sum_and_more_where_earlier_gradients_stay(strategy: str) -> None:
    held, made = memory(strategy, accumulate=2), memory(strategy)
    assert made.total <= sum(made[:5])
    assert made.total <= held.total
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


def linear_layers(*sizes: int) -> Layer:
    layers = [Linear(in_features=size - 1, out_features=1) for size in sizes]
    assert [layer.parameters for layer in layers] == [*sizes]
    return Layer("", "Model", children=tuple(Layer(str(n), "Linear", layer) for n, layer in enumerate(layers)))


def test_each_parameter_goes_to_the_device_that_has_least() -> None:
    """Of 50, 40, 30 and 10 elements: 50 + 10, 40 + 30."""
    tree = linear_layers(30, 10, 50, 40)
    # Weights of 49, 39, 29 and 9, and four biases of 1: 49 + 9 + 2 … 39 + 29.
    assert divide(tree, units(tree), "zero1", 2, FLOAT32).optimized == 68


def test_what_is_frozen_has_neither_gradients_nor_states() -> None:
    trained = sum(layer.parameters * layer.copies for layer in TREE.children if layer.name != "feature_extractor")
    frozen = memory("ddp", trains=lambda name: not name.startswith("feature_extractor."))
    assert frozen[:3] == (4 * PARAMETERS, 4 * trained, 8 * trained)
    assert frozen.gathered == 4 * trained


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_keeps_what_memory_says_and_a_share_of_it(optimizer: str) -> None:
    whole = memory("ddp", optimizer=optimizer).optimizer
    assert whole == replace(BASE, optimizer=optimizer).training.optimizer_bytes
    for strategy in STRATEGIES[1:]:
        shared = memory(strategy, optimizer=optimizer)
        # Flat shares have no rows and columns.
        is_whole_moment = optimizer == "adafactor" and strategy in ("zero2", "zero3")
        assert shared.optimizer == shared.gradients if is_whole_moment else whole / 9 < shared.optimizer or not whole
        assert shared.optimizer <= whole or is_whole_moment


def test_a_share_of_few_elements_keeps_moments_of_32_bits() -> None:
    """Of 9,001 rows in two devices: 4,501 and 4,500, in blocks of 256; in four each has fewer than 4,096."""
    tree = Layer("", "Conv1d", Conv1d(in_channels=1, out_channels=9_001, kernel=1, bias=False))

    def states(strategy: str, devices: int) -> int:
        division = divide(tree, units(tree), strategy, devices, FLOAT32)
        return device_memory(division, FLOAT32, STAGES, optimizer="adamw-8bit").optimizer

    quantiles = 2 * 256 * 4
    assert states("ddp", 2) == states("zero1", 2) == 2 * (9_001 + 4 * ceil(9_001 / 256)) + quantiles
    assert states("fsdp", 2) == states("zero3", 2) == 2 * (4_501 + 4 * ceil(4_501 / 256)) + quantiles
    assert states("fsdp", 4) == states("zero2", 4) == 2 * 4 * 2_251


def test_the_device_whose_states_are_most_is_not_the_one_of_most_elements() -> None:
    """Of 8,191 rows one device has 4,096, whose moments are of a byte each, and the other 4,095 of 32 bits."""
    tree = Layer("", "Conv1d", Conv1d(in_channels=1, out_channels=8_191, kernel=1, bias=False))
    division = divide(tree, units(tree), "fsdp", 2, FLOAT32)
    assert device_memory(division, FLOAT32, STAGES, optimizer="adamw-8bit").optimizer == 2 * 4 * 4_095


TWO_SORTS = {"encoder_ff_interm_features": [3072] * 5 + [512] * 7}


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("autocast", [False, True])
@pytest.mark.parametrize(
    ("preset", "changes"),
    [("wavlm_base", {}), ("wav2vec2_conformer_rel_pos_large", {}), ("hubert_base_prunable", TWO_SORTS)],
)
def test_layers_that_are_not_written_down_hold_what_they_would(
    preset: str, changes: dict[str, Any], autocast: bool, checkpointing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(preset, changes)
    # Of 100 frames a bias is copied, of 96 it is not.
    analyses = [analyze(config, Workload(samples=samples, batch=2)) for samples in (32_080, 30_800)]

    def stages() -> list[Any]:
        step = StepStages(analyses[0].calls, units(analyses[0].tree), autocast=autocast)
        return [
            step.of(each.workload, each.takes.flow(each.workload.samples), checkpointing=checkpointing)
            for each in analyses
        ]

    few = stages()
    monkeypatch.setattr("w2v_explore.analysis.plan.stages._WRITTEN", 99)
    assert few == stages()


def test_stages_hold_less_and_less() -> None:
    assert [unit.path for unit in PARTS] == ["", *[f"encoder.transformer.layers.{number}" for number in range(12)]]
    assert [len(each) for each in STAGES[:6]] == [13] * 6
    assert [*STAGES.within[:12]] == sorted(STAGES.within[:12], reverse=True)
    assert [*STAGES.begins[1:]] == [*STAGES.ends[:-1]]
    assert STAGES.most < STAGES.peak < STAGES.most + 4 * PARAMETERS


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
    ],
)
def test_what_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        memory(**{"strategy": "fsdp", **options})
    assert says in str(refused.value)


def test_devices_are_a_whole_number() -> None:
    with pytest.raises(TypeError, match="devices are given as an object of the type float; give a whole number"):
        memory("ddp", 2.5)
