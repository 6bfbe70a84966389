"""Memory per device by strategy, held against torch's own classes in groups of processes, and its trackers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import pytest

from tests.families.contract import analysis_of
from tests.process_groups import Case, PeakCase, States, peaks_of, states_of
from w2v_explore import ModelConfig, Workload, build_architecture, build_model, load_config
from w2v_explore.analysis.plan.strategies import (
    DeviceMemory,
    ElementBytes,
    Unit,
    activations_by_stage,
    device_memory,
    units,
)

FLOAT32 = ElementBytes(weight=4, gradient=4, moments=8)


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
    "zero1, frozen": Case(BASE, "zero1", 4, frozen=frozen_extractor(BASE)),
    "zero2": Case(small("hubert_pretrain_base"), "zero2", 4),
    "zero3": Case(small("w2v_bert_2", adapter_num_layers=1), "zero3", 3),
    "zero3, frozen": Case(BASE, "zero3", 3, frozen=frozen_extractor(BASE)),
    "fsdp": Case(small("wavlm_base"), "fsdp", 3),
    "fsdp, frozen": Case(BASE, "fsdp", 4, frozen=frozen_extractor(BASE)),
    "fsdp-hybrid": Case(small("data2vec_audio_base"), "fsdp-hybrid", 4),
}


@pytest.mark.slow
def test_states_are_what_processes_have() -> None:
    """All cases in one test, since processes are started once."""
    expected = {}
    for name, case in STATE_CASES.items():
        memory = memory_of(case)
        buckets = memory.gathered if case.strategy in ("ddp", "zero1") else 0
        expected[name] = States(memory.parameters, memory.gradients, memory.optimizer, buckets)
    assert dict(zip(STATE_CASES, states_of([*STATE_CASES.values()]), strict=True)) == expected


def memory_of(case: Case) -> DeviceMemory:
    return device_memory(
        build_architecture(case.config),
        case.strategy,
        case.devices,
        FLOAT32,
        0,
        per_node=case.per_node,
        trains=lambda name: name not in case.frozen,
    )


# A CPU keeps other masks of dropouts than an accelerator, and scores where attention has one.
NO_DROPOUTS = dict.fromkeys(
    ("encoder_attention_dropout", "encoder_dropout", "encoder_ff_interm_dropout", "encoder_projection_dropout"), 0.0
)
WIDER = small(
    "asr_base_100h",
    encoder_embed_dim=190,
    encoder_ff_interm_features=760,
    encoder_num_layers=3,
    encoder_layer_norm_first=True,
    **NO_DROPOUTS,
)
PEAK_CASES = {
    "fsdp": PeakCase(WIDER, "fsdp", 8),
    "fsdp-hybrid, bfloat16, whole gradients": PeakCase(
        WIDER, "fsdp-hybrid", 16, steps=2, reduces_each=False, gathered="bfloat16"
    ),
    "zero2, little else than weights": PeakCase(WIDER, "zero2", 3, samples=300, batch=1),
    "zero3, accumulated": PeakCase(WIDER, "zero3", 3, steps=2),
}


@pytest.mark.slow
def test_peaks_are_what_torch_tracks() -> None:
    """Within 3 %: activations are known by stage, and not at the moment in it when most else is alive.

    Where layers' weights and gradients are most of all there is, that makes 6 %.
    """
    for (name, case), peak in zip(PEAK_CASES.items(), peaks_of([*PEAK_CASES.values()]), strict=True):
        excess = memory_in_step(case, peak.stages).total / peak.total - 1
        assert -0.001 < excess < (0.06 if case.samples < 1_000 else 0.03), name
        assert memory_in_step(case, max(peak.stages)).total >= peak.total - peak.inputs, name
        if case.gathered == "float32":
            assert memory_in_step(case, 0, trains=lambda _: False).gathered == peak.weights, name
            # What is before the layers frees more than it keeps: what of the peak no layer keeps is counted with it.
            stages = stages_of(case, max(peak.stages))
            assert stages[1:-1] == peak.stages[1:-1], name
            assert peak.stages[-1] <= stages[-1] < stages[-2], name
        if case.strategy == "fsdp":
            # The tracker takes the gradients of what is behind the layers for temporary until they are reduced.
            behind = sum(prod(shape) for shape in units(build_architecture(case.config))[-1].parameters.values())
            assert memory_in_step(case, 0).gathered == peak.communicated + 4 * behind, name


def memory_in_step(
    case: PeakCase, activations: int | list[int], trains: Callable[[str], bool] | None = None
) -> DeviceMemory:
    size = {"float32": 4, "bfloat16": 2}
    return device_memory(
        build_architecture(case.config),
        case.strategy,
        case.devices,
        ElementBytes(4, 4, moments=0, gathered=size[case.gathered], reduced=size[case.reduced]),
        activations,
        per_node=case.per_node,
        accumulate=case.steps,
        reduces_each=case.reduces_each,
        trains=trains,
    )


def stages_of(case: PeakCase, activations: int) -> list[int]:
    analysis = analysis_of(case.config, Workload(samples=case.samples, batch=case.batch))
    return activations_by_stage(analysis.tree, activations, analysis.training.kept_by_layer)
