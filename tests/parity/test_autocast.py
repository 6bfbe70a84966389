"""What training keeps under autocast, against torch's own; of presets by `test_audit`, of families by their tests."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from tests.interpreter import modules_of_tree
from tests.parity.test_trees import EXTRAS, analysis_of
from tests.strategies import trees
from w2v_explore import Workload, analyze, load_config
from w2v_explore.analysis.memory.autocast import AutocastTypes
from w2v_explore.analysis.memory.kept import kept_activations
from w2v_explore.analysis.memory.liveness import Lives
from w2v_explore.analysis.memory.recipe import PRECISIONS
from w2v_explore.analysis.memory.training import TrainingCost
from w2v_explore.measure import cuda_autocast as lists
from w2v_explore.measure import tracking
from w2v_explore.measure.cuda_autocast import cuda_autocast
from w2v_explore.measure.from_tree import input_shape
from w2v_explore.measure.known_differences import find_known_difference
from w2v_explore.measure.meta_pass import first_tensor
from w2v_explore.measure.tracking import TrackedAutocast, track_autocast
from w2v_explore.model.build import modules_of
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.run import Call, apart

LARGE = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
    "conv_bias": True,
}
NO_DROPOUTS = dict.fromkeys(
    (
        "encoder_projection_dropout", "encoder_attention_dropout", "encoder_ff_interm_dropout", "encoder_dropout",
        "encoder_layer_drop",
    ),
    0,
)  # fmt: skip


@pytest.fixture(scope="module")
def transformers(torchaudio_models: ModuleType) -> ModuleType:
    import transformers

    return transformers


def without_dropouts(preset: str, precision: str, batch: int = 1) -> TrainingCost:
    """Of 4 s."""
    return analyze(load_config(preset, NO_DROPOUTS), Workload.of_seconds(4, batch=batch)).training_in(precision)


@pytest.mark.parametrize(
    ("preset", "options", "precision"), [("base", {}, "amp-bfloat16"), ("large_lv60k", LARGE, "amp-float16")]
)
def test_a_model_of_transformers_keeps_as_much(
    transformers: ModuleType, preset: str, options: dict[str, Any], precision: str
) -> None:
    off = dict.fromkeys(
        ("hidden_dropout", "attention_dropout", "activation_dropout", "feat_proj_dropout", "layerdrop"), 0.0
    )
    config = transformers.Wav2Vec2Config(**options, **off, apply_spec_augment=False, attn_implementation="sdpa")
    with torch.device("meta"):
        made = transformers.Wav2Vec2Model(config)
    with FakeTensorMode():
        model = made._apply(lambda tensor: torch.empty(tensor.shape, dtype=tensor.dtype)).train()
        lower = getattr(torch, PRECISIONS[precision].autocast)
        kept, casts, _ = tracking._track_training(model, (), lambda: torch.empty(2, 64_000), lower)
    ours = without_dropouts(preset, precision, batch=2)
    assert (ours.kept_bytes.greatest, ours.cast_weight_bytes.greatest) == (kept - casts, casts)


@pytest.mark.parametrize(("preset", "more"), [("base", 31), ("large_lv60k", 36)])
def test_autocast_keeps_more_than_mixed_precision(preset: str, more: int) -> None:
    autocast, mixed = (without_dropouts(preset, precision) for precision in ("amp-bfloat16", "bfloat16"))
    assert round(100 * (autocast.kept_bytes.greatest / mixed.kept_bytes.greatest - 1)) == more
    parameters = autocast.weight_bytes // 4
    states = autocast.weight_bytes + autocast.gradient_bytes + autocast.optimizer_bytes
    assert 17.8 < (states + autocast.cast_weight_bytes.greatest) / parameters < 18


@given(tree=trees(), batch=st.integers(1, 3), extra=EXTRAS)
@settings(max_examples=15, deadline=None)
def test_trees_made_by_hand(tree: Layer, batch: int, extra: int) -> None:
    if any(gives_what_nobody_takes(layer) for layer in tree.children):
        return
    analysis = analysis_of(tree, batch, extra)
    cost = analysis.training_in("amp-bfloat16")
    known = find_known_difference("autocast.kept_bytes", analysis)
    kept = int(cost.kept_bytes.greatest) + (known.amount(analysis) if known else 0)
    tracked = track_autocast(tree, modules_of_tree(tree), analysis.workload, torch.bfloat16)
    assert (tracked.kept, tracked.cast_weights) == (kept, cost.cast_weight_bytes.greatest)


@pytest.mark.parametrize("trained", ["aux", "encoder", "q_proj", "bias"])
@pytest.mark.parametrize("preset", ["base", "large_lv60k"])
def test_what_is_frozen_is_cast_and_kept_only_where_something_before_it_is_trained(preset: str, trained: str) -> None:
    config = load_config(preset, ["encoder_num_layers=3", "aux_num_out=9"])
    analysis = analyze(config, Workload.of_seconds(1, batch=2))
    names = [key for key, _ in analysis.tree.state_dict_shapes() if trained in key.split(".")]
    by_module: dict[str, set[str]] = {}
    for name in names:
        path, _, parameter = name.rpartition(".")
        by_module.setdefault(analysis.tree.folded_path(path), set()).add(parameter)
    lives = Lives(apart(analysis.calls), training=True, trained=by_module, autocast=True)
    kept = kept_activations(lives.trace(analysis.workload, analysis.takes.flow(analysis.workload.samples)))
    tracked = track_autocast(analysis.tree, modules_of(analysis.config.model), analysis.workload, torch.bfloat16, names)
    assert tracked == TrackedAutocast(
        kept=kept.plain.greatest,
        cast_weights=kept.plain_and_weights.greatest - kept.plain.greatest,
        checkpointed=kept.checkpointed_and_weights.greatest,
    )


def gives_what_nobody_takes(layer: Layer) -> bool:
    """Whether folded layers all take the same: what all but the last keep is gone with what they give."""
    return (layer.copies > 1 and not layer.follows_itself) or any(map(gives_what_nobody_takes, layer.children))


@pytest.mark.parametrize(
    "preset",
    [
        "base", "wavlm_base", "data2vec_audio_base", "distilhubert", "hubert_pretrain_base", "mms_1b_all",
        "omniasr_300m", "w2v_bert_2", "wav2vec2_conformer_rel_pos_large", "wav2vec2_conformer_rope_large",
        "wav2vec2_pretrain_base",
    ],
)  # fmt: skip
def test_what_each_module_gives_is_of_the_type_that_its_operation_says(preset: str) -> None:
    """Where nothing is kept, no figure of memory says whether a type is right."""
    analysis = analyze(load_config(preset, ["encoder_num_layers=2"]), Workload.of_seconds(1, batch=2))
    calls = analysis.lives(training=True, autocast=True).calls
    lower = AutocastTypes(calls).lower
    ours = {path_of(call): position in lower for position, call in enumerate(calls) if call.operation is not None}
    theirs: dict[str, bool] = {}

    def note(path: str, module: object, taken: object, given: Tensor | tuple[Tensor, ...]) -> None:
        tensor = first_tensor(given)
        if tensor is not None and path in ours:
            theirs[path] = tensor.dtype == torch.bfloat16

    with FakeTensorMode():
        model = tracking._fake_model(analysis.tree, modules_of(analysis.config.model), torch.float32).train()
        tracking._use_accelerator_attention(model, torch.bfloat16)
        tracking.use_accelerator_dropout(model)
        tracking.keep_every_layer(model, analysis.tree)
        for path, module in model.named_modules():
            module.register_forward_hook(partial(note, path))
        with cuda_autocast(torch.bfloat16):
            model(torch.empty(input_shape(analysis.tree, analysis.workload)))
    assert len(theirs) > 20
    assert theirs == {path: is_lower for path, is_lower in ours.items() if path in theirs}


def path_of(call: Call) -> str:
    """Of folded layers after the first, whose types may be others, that of the second."""
    if not call.after_first:
        return call.path
    parent, _, number = call.after_first.rpartition(".")
    return f"{parent}.{int(number) + 1}{call.path[len(call.after_first) :]}"


def test_the_lists_are_those_of_torch() -> None:
    header = Path(torch.__file__).parent / "include/ATen/autocast_mode.h"
    _, *rest = re.split(r"#define AT_FORALL_(\w+)\(_\)", header.read_text())
    listed = {
        name: set(re.findall(r"_\((\w+(?:, \w+)?)\)", text.split("\n\n")[0]))
        for name, text in zip(rest[::2], rest[1::2], strict=True)
    }
    for names, where in ((lists._TO_FLOAT32, "FP32"), (lists._IN_FLOAT32, "FP32_SET_OPT_DTYPE")):
        assert {name.replace(".", ", ") for name in names} <= listed[where]
    # What a CPU's autocast casts already.
    one, row = torch.ones(1, 1, 1), torch.ones(1, 1, 1, 1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        made = {
            "conv1d": torch.conv1d(one, one), "linear": torch.nn.functional.linear(one, one[0]),
            "bmm": torch.bmm(one, one), "matmul": torch.matmul(one, one), "mm": torch.mm(one[0], one[0]),
            "addmm": torch.addmm(one[0], one[0], one[0]),
            "scaled_dot_product_attention": torch.nn.functional.scaled_dot_product_attention(row, row, row),
        }  # fmt: skip
    assert {tensor.dtype for tensor in made.values()} == {torch.bfloat16}
    assert set(made) <= listed["LOWER_PRECISION_FP"]
