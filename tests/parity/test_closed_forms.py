"""Names, shapes, frames and MACs of the tree, held against torchaudio's model and torch's FLOP counter on meta."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from tests.strategies import configs
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import (
    Config,
    ModelConfig,
    Workload,
    analyze,
    build_architecture,
    build_model,
    load_config,
    preset_names,
)  # fmt: skip
from w2v_explore.analysis.compute import Macs, analyze_layers, unfold
from w2v_explore.analysis.receptive_field import minimum_samples

KINDS = {
    "aten.convolution": "convolution",
    "aten.addmm": "linear",
    "aten.mm": "linear",
    "aten.bmm": "attention",
}


def torchaudio_model(models: ModuleType, config: ModelConfig) -> torch.nn.Module:
    with torch.device("meta"):
        return models.wav2vec2_model(**config.to_mapping()).eval()


def counted_macs(model: torch.nn.Module, waveforms: torch.Tensor) -> tuple[Macs, torch.Tensor]:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output, _ = model(waveforms)
    macs = dict.fromkeys(Macs._fields, 0)
    for operation, flops in counter.get_flop_counts()["Global"].items():
        assert flops % 2 == 0
        macs[KINDS[str(operation)]] += flops // 2
    return Macs(**macs), output


def assert_closed_forms_hold(models: ModuleType, config: ModelConfig, batch: int, samples: int) -> None:
    theirs = torchaudio_model(models, config)
    tree = build_architecture(config)
    rows = analyze_layers(tree, batch, samples)

    expected = [(key, tuple(value.shape)) for key, value in theirs.state_dict().items()]
    assert list(tree.state_dict_shapes()) == expected
    assert rows[0].parameters == tree.parameters == sum(p.numel() for p in theirs.parameters())

    macs, output = counted_macs(theirs, torch.empty(batch, samples, device="meta"))
    assert rows[0].macs == macs
    assert rows[0].output_shape == tuple(output.shape)
    analysis = analyze(Config(name="random", origin="test", model=config), Workload(samples=samples, batch=batch))
    assert analysis.receptive_field.frames == output.shape[1]


@given(config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=150)
def test_random_configs(config: ModelConfig, batch: int, extra: int) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_closed_forms_hold(import_torchaudio_models(), config, batch, samples)


def distinct_presets() -> list[str]:
    """One preset of each set of equal ones."""
    by_config: dict[ModelConfig, str] = {}
    for name in preset_names():
        by_config.setdefault(load_config(name).model, name)
    return sorted(by_config.values())


@pytest.mark.parametrize("name", distinct_presets())
def test_presets(torchaudio_models: ModuleType, name: str) -> None:
    assert_closed_forms_hold(torchaudio_models, load_config(name).model, batch=2, samples=16_000)


def test_reference_figures() -> None:
    """The figures that the project promises for one second of audio."""
    base = analyze_layers(build_architecture(load_config("base").model), 1, 16_000)[0]
    assert base.parameters == 94_370_944
    assert base.macs == Macs(convolution=2_686_053_376, linear=4_181_065_728, attention=44_255_232)
    assert base.macs.total == 6_911_374_336
    xlsr_2b = analyze_layers(build_architecture(load_config("xlsr_2b").model), 1, 16_000)[0]
    assert (xlsr_2b.parameters, xlsr_2b.macs.total) == (2_159_257_728, 108_460_358_656)


@given(config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 500))
@settings(max_examples=60)
def test_layers_run_in_the_order_and_with_the_shapes_of_the_tree(config: ModelConfig, batch: int, extra: int) -> None:
    samples = minimum_samples(config, batch) + extra
    model = build_model(config, device="meta").eval()
    seen: list[tuple[str, tuple[int, ...]]] = []

    def record(path: str) -> Any:
        def hook(module: object, inputs: object, output: Any) -> None:
            tensor = output[0] if isinstance(output, tuple) else output
            seen.append((path, tuple(tensor.shape)))

        return hook

    # What makes the weight of the positional convolution is one row, torch's module for it and the one inside.
    modules = {path: module for path, module in model.named_modules() if not path.endswith("parametrizations.weight.0")}
    for path, module in modules.items():
        module.register_forward_hook(record(path))
    with torch.no_grad():
        model(torch.empty(batch, samples, device="meta"))

    rows = list(unfold(analyze_layers(build_architecture(config), batch, samples)))
    assert {row.path for row in rows} == set(modules)
    # Containers are never called, the padding mask only where lengths are given.
    called = [row for row in rows if row.kind not in {"ModuleList", "ModuleDict", "PaddingMask"}]
    assert dict(seen) == {row.path: row.output_shape for row in called}
    leaves = [row.path for row in called if row.operation is not None and row.kind != "WeightNormConv1d"]
    assert [path for path, _ in seen if path in set(leaves)] == leaves


@given(config=configs(max_layers=6), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=100)
def test_figures_of_the_layers_add_up(config: ModelConfig, batch: int, extra: int) -> None:
    rows = list(unfold(analyze_layers(build_architecture(config), batch, minimum_samples(config, batch) + extra)))
    for row in rows:
        prefix = f"{row.path}." if row.path else ""
        children = [
            other
            for other in rows
            if other.depth == row.depth + 1 and other is not row and other.path.startswith(prefix)
        ]
        if children and row.operation is None:
            assert row.macs.total == sum(child.macs.total for child in children)
            assert row.parameters == sum(child.parameters for child in children)


@given(config=configs(max_layers=2), batch=st.integers(1, 2))
@settings(max_examples=50)
def test_one_sample_less_than_the_minimum_fails_in_torch_too(config: ModelConfig, batch: int) -> None:
    least = minimum_samples(config, batch)
    model = build_model(config).eval()
    with torch.no_grad():
        output, _ = model(torch.randn(batch, least))
        assert output.shape[1] >= 1
        with pytest.raises((RuntimeError, ValueError)):
            model(torch.randn(batch, least - 1))
