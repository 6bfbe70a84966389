"""Low-rank adapters in the tree, against those that peft puts into the model."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from w2v_explore import Workload, analyze, build_model, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.setup import TrainingSetup, set_up
from w2v_explore.errors import ArgumentError
from w2v_explore.measure import tracking
from w2v_explore.measure.from_tree import input_shape
from w2v_explore.measure.tracking import use_accelerator_dropout
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.lora import Lora, with_lora
from w2v_explore.tree.operations import Linear, PlainLinear

SMALL = {"encoder_num_layers": 2}
PRESETS = ("base", "wavlm_base", "wav2vec2_conformer_rope_large", "w2v_bert_2", "data2vec_audio_base")


@pytest.fixture(scope="module")
def peft(torchaudio_models: ModuleType) -> ModuleType:
    """Imported once torchaudio's stand-in is there: transformers, which it imports, looks for it."""
    import peft

    return peft


def with_theirs(peft: ModuleType, analysis: Analysis, lora: Lora) -> nn.Module:
    model = build_model(analysis.config, device="meta")
    config = peft.LoraConfig(r=lora.rank, target_modules=list(lora.targets))
    return peft.inject_adapter_in_model(config, model)


def names(layer: Layer, path: str = "") -> list[str]:
    """The paths of all linear layers that can be adapted, folded ones as the first."""
    here = [path] if type(layer.operation) in (Linear, PlainLinear) and not layer.lent else []
    return here + [each for child in layer.children for each in names(child, f"{path}.{child.name}".lstrip("."))]


@pytest.mark.parametrize("preset", PRESETS)
@given(data=st.data())
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_adapters_are_those_of_peft(peft: ModuleType, preset: str, data: st.DataObject) -> None:
    analysis = analyze(load_config(preset, overrides=SMALL))
    paths = data.draw(st.lists(st.sampled_from(names(analysis.tree)), min_size=1, max_size=4, unique=True))
    targets = [".".join(path.split(".")[-data.draw(st.integers(1, 4)) :]) for path in paths]
    targets = [target for target in targets if not target.isdecimal()] or ["out_proj"]
    lora = Lora(data.draw(st.integers(1, 9)), tuple(targets))
    tree = with_lora(analysis.tree, lora)
    theirs = with_theirs(peft, analysis, lora)
    assert list(tree.state_dict_shapes()) == [(name, tuple(each.shape)) for name, each in theirs.state_dict().items()]
    with FlopCounterMode(display=False) as counter:
        theirs.eval()(torch.empty(input_shape(analysis.tree, analysis.workload), device="meta"))
    ours = Analysis(config=analysis.config, workload=analysis.workload, tree=tree)
    assert 2 * ours.macs.total == counter.get_total_flops()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q_proj", "'q_proj' is no adaptation; write the rank and the names of linear layers, as r=16:q_proj,v_proj"),
        ("r=0:q_proj", "the rank 0 cannot be computed"),
        ("r=8:q_proj,,v_proj", "is no adaptation"),
        (f"r={'9' * 5000}:q_proj", "cannot be computed"),
    ],
)
def test_an_adaptation_written_otherwise_is_one_message(text: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Lora.parse(text)


def test_a_name_of_no_linear_layer_is_told_with_those_that_there_are() -> None:
    tree = analyze(load_config("base")).tree
    with pytest.raises(ArgumentError, match="named 'query'; those that there are: projection, k_proj, v_proj, q_proj"):
        with_lora(tree, Lora.parse("r=4:query"))


@pytest.mark.parametrize("train", [None, "head", "not-extractor"])
@pytest.mark.parametrize(
    ("preset", "precision"),
    [("asr_base_960h", "float32"), ("asr_large_lv60k_960h", "float32"), ("asr_large_lv60k_960h", "amp-bfloat16")],
)
def test_training_the_adapters_keeps_what_torch_keeps(
    peft: ModuleType, preset: str, precision: str, train: str | None
) -> None:
    changes = {**SMALL, "encoder_layer_drop": 0.0, "encoder_attention_dropout": 0.0}  # a CPU's kernel drops nothing
    analysis = analyze(load_config(preset, overrides=changes), Workload(samples=8_000))
    lora = Lora(4, ("q_proj", "out_proj", "output_dense"))
    ours = set_up(analysis, TrainingSetup(train, lora)).training_in(precision)
    model = build_model(analysis.config).train()
    if train == "not-extractor":
        model.feature_extractor.requires_grad_(False)
    elif train == "head":
        model.requires_grad_(False)
        model.aux.requires_grad_(True)
    trained = [each for each in model.parameters() if each.requires_grad] if train else []
    model = peft.inject_adapter_in_model(peft.LoraConfig(r=4, target_modules=list(lora.targets)), model)
    for each in trained:
        each.requires_grad_(True)  # peft freezes all but its own
    use_accelerator_dropout(model)
    lower = torch.bfloat16 if precision == "amp-bfloat16" else None
    kept, casts, _ = tracking._track_training(model, (), lambda: torch.zeros(1, 8_000), lower)
    assert (int(ours.kept_bytes.greatest), int(ours.cast_weight_bytes.greatest)) == (kept - casts, casts)
    assert ours.learned == sum(each.numel() for each in model.parameters() if each.requires_grad)
