"""The most that a training step holds at once, forward and backward, against the storages that torch tracks."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.families.contract import analysis_of
from tests.families.wav2vec2_adapters.model import BOTH
from tests.families.wav2vec2_bert.reference import SMALL as SMALL_BERT
from tests.families.wav2vec2_bert.reference import samples_of
from tests.interpreter import Model, modules_of_tree
from tests.parity.test_attention_kernels import Eager, Mathematics
from tests.parity.test_trees import analysis_of as analysis_of_tree
from tests.strategies import trees
from w2v_explore import Config, Workload, analyze, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.setup import TrainingSetup, set_up
from w2v_explore.analysis.memory.stacks import Stacks
from w2v_explore.analysis.memory.step_peak import TrainingTimeline
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.families.wav2vec2_adapters.fields import Wav2Vec2AdaptersConfig
from w2v_explore.families.wav2vec2_bert.fields import Wav2Vec2BertConfig
from w2v_explore.measure import tracking
from w2v_explore.measure.tracking import track_step
from w2v_explore.measure.verify import has_convolution_of_one_frame
from w2v_explore.model.build import modules_of
from w2v_explore.model.materialize import Modules
from w2v_explore.model.modules import ScaledDotProductAttention
from w2v_explore.tree.attention import AttentionKernel, calls_in_kernel
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.lora import Lora

CONFIGS = {
    "wav2vec2": "tests.strategies.configs",
    "data2vec_audio": "tests.families.data2vec_audio.strategies.data2vec_configs",
    "distilhubert": "tests.families.distilhubert.model.distilhubert_configs",
    "hubert_pretrain": "tests.families.hubert_pretrain.strategies.pretrain_configs",
    "omniasr": "tests.families.omniasr.strategies.omniasr_configs",
    "pruned_wav2vec2": "tests.families.pruned_wav2vec2.model.pruned_configs",
    "wav2vec2_adapters": "tests.families.wav2vec2_adapters.strategies.adapters_configs",
    "wav2vec2_bert": "tests.families.wav2vec2_bert.strategies.bert_configs",
    "wav2vec2_conformer": "tests.families.wav2vec2_conformer.strategies.conformer_configs",
    "wav2vec2_pretrain": "tests.families.wav2vec2_pretrain.strategies.pretrain_configs",
    "wavlm": "tests.families.wavlm.strategies.wavlm_configs",
}


def both(analysis: Analysis, modules: Modules, *, checkpointing: bool, lower: bool = False) -> tuple[int, int]:
    """Ours, where something watches autograd, and what is tracked."""
    timeline = TrainingTimeline(analysis.calls, autocast=lower, checkpointing=checkpointing, in_place=False)
    peak = timeline.peak(analysis.workload, analysis.takes.flow(analysis.workload.samples))
    tracked = track_step(
        analysis.tree,
        modules,
        analysis.workload,
        checkpointing=checkpointing,
        lower=torch.bfloat16 if lower else None,
    )
    return peak.bytes, tracked


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("family", CONFIGS)
@given(data=st.data())
@settings(max_examples=1, derandomize=True, phases=[Phase.explicit, Phase.generate])
def test_every_family(family: str, checkpointing: bool, data: st.DataObject) -> None:
    """Each family with and without checkpoints, each time of another config, and under autocast once."""
    module, _, configs = CONFIGS[family].rpartition(".")
    # The draws begin alike whether there are checkpoints or not.
    config = [data.draw(getattr(import_module(module), configs)()) for _ in range(2)][checkpointing]
    lower = checkpointing == (family in list(CONFIGS)[::2])
    batch, extra = data.draw(st.integers(1, 3)), data.draw(st.integers(100, 2000))
    analysis = analysis_of(config, Workload(samples=minimum_samples(config, batch) + extra, batch=batch))
    assume(not has_convolution_of_one_frame(analysis))
    ours, tracked = both(analysis, modules_of(config), checkpointing=checkpointing, lower=lower)
    assert tracked == ours


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("frames", [40, 96, 97])
def test_what_shifts_scores_by_distance_makes_a_larger_gradient(frames: int, batch: int, checkpointing: bool) -> None:
    """Of 40 frames rows of the bias' gradient are longer, and no bias is copied; of 97 it is copied."""
    config = Wav2Vec2BertConfig.from_mapping({**SMALL_BERT, "encoder_positions": "relative"})
    analysis = analysis_of(config, Workload(samples=samples_of(frames), batch=batch))
    ours, tracked = both(analysis, modules_of(config), checkpointing=checkpointing)
    assert tracked == ours


@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_layer_norm_orders_the_gradient_that_a_convolution_has_transposed(checkpointing: bool) -> None:
    config = Wav2Vec2AdaptersConfig.from_mapping(BOTH)
    analysis = analysis_of(config, Workload(samples=5_000, batch=2))
    ours, tracked = both(analysis, modules_of(config), checkpointing=checkpointing)
    assert tracked == ours


@pytest.mark.parametrize("width", [1, 6])
@pytest.mark.parametrize("groups", [1, 2])
def test_a_single_codebook_is_given_the_gradient_of_its_vectors(groups: int, width: int) -> None:
    changes = {"num_codevector_groups": groups, "codevector_dim": groups * width, "num_codevectors_per_group": 20}
    sizes = {"encoder_embed_dim": 12, "encoder_num_heads": 3, "encoder_ff_interm_features": 5, "encoder_num_layers": 1}
    conv = {"extractor_conv_layer_config": [[2, 2, 2]], "encoder_pos_conv_kernel": 3, "encoder_pos_conv_groups": 1}
    analysis = analyze(
        load_config("wav2vec2_pretrain_base", overrides={**sizes, **conv, **changes}), Workload(samples=725, batch=2)
    )
    ours, tracked = both(analysis, modules_of(analysis.config.model), checkpointing=False)
    assert tracked == ours


class All(Model):
    """Gives all of its results, so that the backward pass comes by all."""

    def give(self, results: tuple[Tensor, ...]) -> Any:
        return results


def computes_for_nothing_in_layers(analysis: Analysis) -> bool:
    lives = analysis.lives(training=True)
    at = Stacks(lives.calls, lives.needs).at
    return any(
        call.operation is not None and needs is None and number >= 0
        for call, needs, number in zip(lives.calls, lives.needs, at, strict=True)
    )


@given(tree=trees(), batch=st.integers(1, 3), extra=st.integers(0, 60), checkpointing=st.booleans())
@settings(max_examples=10, derandomize=True, phases=[Phase.explicit, Phase.generate])
def test_trees_made_by_hand(tree: Layer, batch: int, extra: int, checkpointing: bool) -> None:
    analysis = analysis_of_tree(tree, batch, extra)
    assume(not has_convolution_of_one_frame(analysis))
    # What a layer computes for nothing is computed again with it, which no model does and is not counted.
    assume(not (checkpointing and computes_for_nothing_in_layers(analysis)))
    modules = {**modules_of_tree(tree), tree.kind: partial(All, tree)}
    ours, tracked = both(analysis, modules, checkpointing=checkpointing)
    assert tracked == ours


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize(("batch", "dropout"), [(1, 0.0), (2, 0.0), (2, 0.1), (2, 1.0)])
@pytest.mark.parametrize("kernel", ["eager", "math"])
def test_attention_that_holds_the_scores(
    kernel: AttentionKernel, batch: int, dropout: float, checkpointing: bool
) -> None:
    analysis = analyze(small(encoder_attention_dropout=dropout), Workload(samples=1000, batch=batch))
    calls = calls_in_kernel(analysis.calls, kernel, is_half=False)
    timeline = TrainingTimeline(calls, checkpointing=checkpointing, in_place=False)
    peak = timeline.peak(analysis.workload, analysis.takes.flow(1000))
    assert peak.path.endswith("attention.product")
    assert peak.bytes == track_step(
        analysis.tree,
        modules_of(analysis.config.model),
        analysis.workload,
        checkpointing=checkpointing,
        use_attention=partial(use_attention, Eager if kernel == "eager" else Mathematics, dropout),
    )


def small(preset: str = "base", **changes: Any) -> Config:
    sizes = {"embed_dim": 12, "num_heads": 3, "ff_interm_features": 8, "pos_conv_kernel": 3, "pos_conv_groups": 1}
    plain = dict.fromkeys(("projection_dropout", "ff_interm_dropout", "dropout"), 0.0)
    changes = {f"encoder_{name}": value for name, value in (sizes | plain).items()} | changes
    return load_config(
        preset, overrides={"extractor_conv_layer_config": [[4, 10, 10]], "encoder_num_layers": 2, **changes}
    )


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize(("batch", "dropout"), [(1, 0.0), (2, 0.0), (2, 0.1)])
def test_eager_attention_under_autocast(batch: int, dropout: float, checkpointing: bool) -> None:
    analysis = analyze(small(encoder_attention_dropout=dropout), Workload(samples=1000, batch=batch))
    calls = calls_in_kernel(analysis.calls, "eager", is_half=False, autocast=True)
    timeline = TrainingTimeline(calls, autocast=True, checkpointing=checkpointing, in_place=False)
    peak = timeline.peak(analysis.workload, analysis.takes.flow(1000))
    assert peak.path.endswith("attention.product")
    assert peak.bytes == track_step(
        analysis.tree,
        modules_of(analysis.config.model),
        analysis.workload,
        checkpointing=checkpointing,
        lower=torch.bfloat16,
        use_attention=partial(use_attention, Eager, dropout),
    )


class WithoutBias(nn.Module):
    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        self.attention = attention

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        attended: Tensor = self.attention(q, k, v)
        return attended


def use_attention(written: type[Eager], dropout: float, model: nn.Module, lower: torch.dtype | None) -> None:
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, ScaledDotProductAttention):
                setattr(module, name, WithoutBias(written(child.num_heads, dropout, packed=False)))


@pytest.mark.parametrize("checkpointing", [False, True])
def test_gradients_that_are_there_from_the_start(checkpointing: bool) -> None:
    analysis = analyze(small(encoder_dropout=0.1), Workload(samples=1000, batch=2))
    timeline = TrainingTimeline(analysis.calls, checkpointing=checkpointing, gradients_stay=True, in_place=False)
    peak = timeline.peak(analysis.workload, analysis.takes.flow(1000)).bytes
    assert peak == track_step(
        analysis.tree,
        modules_of(analysis.config.model),
        analysis.workload,
        checkpointing=checkpointing,
        gradients_stay=True,
    )
    assert (
        peak
        > TrainingTimeline(analysis.calls, checkpointing=checkpointing)
        .peak(analysis.workload, analysis.takes.flow(1000))
        .bytes
    )


def test_autograd_adds_up_in_place_where_nothing_watches() -> None:
    """Of two gradients of one tensor the second is added to the first, in whose memory the sum is."""
    x = torch.ones(1000, requires_grad=True)
    once = x * 2
    output = torch.cos(once) * 3 + torch.sin(once) * 5
    with torch.profiler.profile(profile_memory=True) as profile:
        torch.autograd.backward(output, torch.ones(1000))
    additions = [event.name for event in profile.events() if event.name.startswith("aten::add")]
    assert additions == ["aten::add_"]


@pytest.mark.parametrize(
    ("preset", "targets"), [("base", ("q_proj", "v_proj")), ("wavlm_base", ("out_proj", "intermediate_dense"))]
)
def test_adapters_and_frozen_weights_under_autocast(
    preset: str, targets: tuple[str, ...], torchaudio_models: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Casts of frozen weights are made each time, and peft holds what it casts for an adapter while that runs."""
    import peft  # once torchaudio's stand-in is there: transformers, which it imports, looks for it

    plain = analyze(small(preset), Workload(samples=1000, batch=2))
    analysis = set_up(plain, TrainingSetup(lora=Lora(4, targets)))
    lora = peft.LoraConfig(r=4, target_modules=list(targets))
    made = tracking.materialize
    monkeypatch.setattr(
        tracking, "materialize", lambda *tree, **how: peft.inject_adapter_in_model(lora, made(*tree, **how))
    )
    timeline = TrainingTimeline(analysis.calls, trained=analysis.trained, autocast=True, in_place=False)
    peak = timeline.peak(analysis.workload, analysis.takes.flow(1000))
    modules = modules_of(plain.config.model)
    assert peak.bytes == track_step(plain.tree, modules, plain.workload, checkpointing=False, lower=torch.bfloat16)
