"""What transformers computes again with gradient checkpointing, against a plan of a Trainer's arguments."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from w2v_explore import TrainingPlan, Workload, analyze, load_config, plan
from w2v_explore.analysis.memory.step_macs import training_macs
from w2v_explore.analysis.memory.step_peak import TrainingTimeline
from w2v_explore.analysis.plan.work import checkpointed_analysis
from w2v_explore.measure.tracking import track_step
from w2v_explore.model.build import modules_of


def planned(path: Path, **arguments: object) -> TrainingPlan:
    fixed = {"per_device_train_batch_size": 8, "max_duration_in_seconds": 10, "max_steps": 9, "bf16": True}
    path.write_text(json.dumps({"model_name_or_path": "facebook/wav2vec2-base", **fixed, **arguments}))
    return plan(str(path), card="a100")


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing_enable` is deprecated:FutureWarning")
def test_the_layers_of_the_extractor_are_computed_again(tmp_path: Path, torchaudio_models: ModuleType) -> None:
    import transformers  # once torchaudio's stand-in is there: transformers looks for it

    settings = planned(tmp_path / "args.json", gradient_checkpointing=True, freeze_feature_encoder=False).settings
    analysis = analyze(load_config("base", {"encoder_num_layers": 2}), Workload(samples=9_000, batch=2))
    lives = checkpointed_analysis(analysis, settings).lives(training=True)
    work = training_macs(lives.calls, 2, lives.needs)
    config = transformers.Wav2Vec2Config(
        num_hidden_layers=2, layerdrop=0.0, mask_time_prob=0.0, attn_implementation="eager"
    )

    def flops(checkpointing: bool) -> int:
        with torch.device("meta"), FlopCounterMode(display=False) as counter:
            model = transformers.Wav2Vec2Model(config).train()
            if checkpointing:
                model.gradient_checkpointing_enable({"use_reentrant": False})
            model(torch.empty(2, 9_000)).last_hidden_state.sum().backward()
        found: int = counter.get_total_flops()
        return found

    assert 2 * (work.checkpointed.greatest - work.plain.greatest) == flops(True) - flops(False)


def test_their_activations_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "args.json"
    checkpointed = planned(path, gradient_checkpointing=True, freeze_feature_encoder=False)
    whole = planned(path, freeze_feature_encoder=False)
    frozen = planned(path, gradient_checkpointing=True, freeze_feature_encoder=True)
    what = "checkpoints of the extractor"
    assert [what in {each.what for each in found.assumptions} for found in (checkpointed, whole, frozen)] == [1, 0, 0]
    analysis = checkpointed_analysis(whole.analysis, checkpointed.settings)
    costs = analysis.training_in("amp-bfloat16"), whole.analysis.training_in("amp-bfloat16")
    assert checkpointed.need.memory.total == costs[0].peak_bytes(checkpointing=True)
    assert whole.need.memory.total == costs[1].peak_bytes(checkpointing=False)
    assert costs[0].checkpointed_bytes.greatest < costs[1].checkpointed_bytes.greatest
    assert checkpointed.macs > costs[1].checkpointed_macs.expected / costs[1].macs.expected * whole.macs


def test_what_is_held_then_is_what_torch_tracks(tmp_path: Path) -> None:
    settings = planned(tmp_path / "args.json", freeze_feature_encoder=False).settings
    sizes = {"embed_dim": 24, "ff_interm_features": 40, "num_heads": 2, "pos_conv_groups": 2, "num_layers": 2}
    config = load_config("base", {f"encoder_{name}": value for name, value in sizes.items()})
    analysis = checkpointed_analysis(analyze(config, Workload(samples=3_000, batch=2)), settings)
    timeline = TrainingTimeline(analysis.calls, checkpointing=True, in_place=False)
    assert timeline.peak(analysis.workload, analysis.takes.flow(3_000)).bytes == track_step(
        analysis.tree, modules_of(config.model), analysis.workload, checkpointing=True
    )
