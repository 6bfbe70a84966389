"""Memory per device by strategy, held against torch's own classes in groups of processes, and its trackers."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import pytest

from tests.families.contract import analysis_of
from tests.process_groups import Case, PeakCase, States, peaks_of, states_of
from w2v_explore import ModelConfig, Workload, build_architecture, build_model, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.trained import select_trained
from w2v_explore.analysis.plan.gathering import ElementBytes
from w2v_explore.analysis.plan.stages import StepStages
from w2v_explore.analysis.plan.strategies import DeviceMemory, Division, device_memory, divide, held_by_strategy
from w2v_explore.analysis.plan.units import Unit, units

FLOAT32 = ElementBytes(weight=4, gradient=4)


def small(preset: str, **fields: object) -> ModelConfig:
    """Few sizes of which are divided by 3 or 4."""
    config = load_config(preset).model
    names = {
        "extractor_conv_layer_config": ((10, 10, 5), (9, 3, 2)),
        "encoder_embed_dim": 28,
        "encoder_num_heads": 2,
        "encoder_pos_conv_groups": 2,
        "encoder_pos_conv_kernel": 5,
        "encoder_ff_interm_features": 37,
        "encoder_num_layers": 2,
        **fields,
    }
    return replace(config, **{name: value for name, value in names.items() if hasattr(config, name)})


def frozen_extractor(config: ModelConfig) -> frozenset[str]:
    return frozenset([name for name in names_of(config) if "extractor" in name])


def names_of(config: ModelConfig) -> list[str]:
    return [full_name(unit, name) for unit in units(build_architecture(config)) for name in unit.parameters]


def full_name(unit: Unit, name: str) -> str:
    return f"{unit.path}.{name}" if unit.path else name


@pytest.mark.parametrize(
    "preset", ["base", "wavlm_base", "w2v_bert_2", "wav2vec2_conformer_rel_pos_large", "mms_1b_all"]
)
def test_units_have_the_parameters_of_the_model(preset: str) -> None:
    config = load_config(preset).model
    shapes = {
        full_name(unit, name): shape
        for unit in units(build_architecture(config))
        for name, shape in unit.parameters.items()
    }
    model = build_model(config, device="meta")
    assert shapes == {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}


BASE = small("base")
STATE_CASES = {
    "ddp, many buckets": Case(small("base", extractor_conv_layer_config=None), "ddp", 2, bucket_megabytes=1),
    "ddp, frozen": Case(BASE, "ddp", 3, frozen=frozen_extractor(BASE)),
    "zero1": Case(small("wavlm_base"), "zero1", 3),
    "zero1, frozen": Case(BASE, "zero1", 4, frozen=frozen_extractor(BASE), optimizer="adafactor"),
    "zero2": Case(small("hubert_pretrain_base"), "zero2", 4, optimizer="adafactor"),
    "zero3": Case(small("w2v_bert_2", adapter_num_layers=1), "zero3", 3),
    "zero3, frozen": Case(BASE, "zero3", 3, frozen=frozen_extractor(BASE), optimizer="adafactor"),
    "fsdp": Case(small("wavlm_base"), "fsdp", 3, optimizer="sgd"),
    "fsdp, frozen": Case(BASE, "fsdp", 4, frozen=frozen_extractor(BASE)),
    "fsdp-hybrid": Case(small("data2vec_audio_base"), "fsdp-hybrid", 4),
}


@pytest.mark.slow
def test_states_are_what_processes_have() -> None:
    """All cases in one test, since processes are started once."""
    expected = {}
    for name, case in STATE_CASES.items():
        memory = memory_in_step(case, analysis_of(case.config, Workload(samples=20_000, batch=2)), 1, True)
        buckets = memory.gathered if case.strategy in ("ddp", "zero1") else 0
        expected[name] = States(memory.parameters, memory.gradients, memory.optimizer, buckets)
    assert dict(zip(STATE_CASES, states_of([*STATE_CASES.values()]), strict=True)) == expected


WIDER = small(
    "asr_base_100h",
    encoder_embed_dim=190,
    encoder_ff_interm_features=760,
    encoder_num_layers=3,
    encoder_layer_norm_first=True,
)
PEAK_CASES = {
    "fsdp": PeakCase(WIDER, "fsdp", 8),
    "fsdp, frozen, checkpoints": PeakCase(WIDER, "fsdp", 3, frozen=frozen_extractor(WIDER), checkpointing=True),
    "fsdp-hybrid, bfloat16, whole gradients": PeakCase(
        WIDER, "fsdp-hybrid", 16, steps=2, reduces_each=False, gathered="bfloat16"
    ),
    "zero2, little else than weights": PeakCase(WIDER, "zero2", 3, samples=300, batch=1),
    "zero3, accumulated, checkpoints": PeakCase(WIDER, "zero3", 3, steps=2, checkpointing=True),
}


@pytest.mark.slow
def test_peaks_are_what_torch_tracks() -> None:
    """Within 0.5 %, that of a tensor or two that hooks hold."""
    for (name, case), peak in zip(PEAK_CASES.items(), peaks_of([*PEAK_CASES.values()]), strict=True):
        memory = peak_memory(case)
        assert memory.total == pytest.approx(peak.total, rel=0.005), name
        tree = build_architecture(case.config)
        untrained = divide(
            tree, units(tree), case.strategy, case.devices, FLOAT32, per_node=case.per_node, trains=lambda _: False
        )
        if case.gathered == "float32":
            assert taken_stock_of(untrained) == peak.weights, name
        if case.strategy == "fsdp" and not case.frozen:
            # The tracker takes the gradients of what is behind the layers for temporary until they are reduced.
            behind = sum(prod(shape) for shape in units(tree)[-1].parameters.values())
            trained = divide(tree, units(tree), case.strategy, case.devices, FLOAT32)
            assert taken_stock_of(trained) == peak.communicated + 4 * behind, name


def taken_stock_of(division: Division) -> int:
    """What is gathered where torch's tracker takes stock, which is not while weights are copied for the first time."""
    moments = held_by_strategy(division, FLOAT32, "none").moments
    return max(moment.gathered for moment in moments if moment.at != "enters")


def peak_memory(case: PeakCase) -> DeviceMemory:
    """What is held of a step beside optimizers, as where something watches autograd."""
    workload = Workload(samples=case.samples, batch=case.batch, dtype=case.gathered)
    analysis = analysis_of(case.config, workload)
    if case.frozen:
        selection = select_trained(analysis.tree, case.config.family.roles, "not-extractor")
        analysis = replace(analysis, tree=selection.tree, trained=selection.trained)
    return memory_in_step(case, analysis, case.steps, case.reduces_each)


def memory_in_step(case: Case | PeakCase, analysis: Analysis, steps: int, reduces_each: bool) -> DeviceMemory:
    element, optimizer, checkpointing = FLOAT32, "none", False
    if isinstance(case, PeakCase):
        size, checkpointing = {"float32": 4, "bfloat16": 2}, case.checkpointing
        element = ElementBytes(4, 4, gathered=size[case.gathered], reduced=size[case.reduced])
    else:
        optimizer = case.optimizer
    parts = units(analysis.tree)
    step = StepStages(analysis.calls, parts, trained=analysis.trained, in_place=False)
    division = divide(
        analysis.tree,
        parts,
        case.strategy,
        case.devices,
        element,
        per_node=case.per_node,
        trains=lambda name: name not in case.frozen,
    )
    stages = step.of(analysis.workload, analysis.takes.flow(analysis.workload.samples), checkpointing=checkpointing)
    return device_memory(division, element, stages, optimizer=optimizer, accumulate=steps, reduces_each=reduces_each)
