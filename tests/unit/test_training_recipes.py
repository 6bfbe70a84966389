"""What training configs say, with the place of each value: fairseq's published ones, and arguments of Trainer."""

from __future__ import annotations

import ast
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from w2v_explore import ConfigError
from w2v_explore.analysis.plan.batches import Batching, batching_of
from w2v_explore.config.dialects.training import _FAIRSEQ, _TRAINER, Stated, TrainingRecipe, recipe_in
from w2v_explore.config.document import parse_document
from w2v_explore.config.load import read_document
from w2v_explore.config.presets import preset_names
from w2v_explore.config.text.source import Source

DATA = Path(__file__).parent.parent / "data"
PUBLISHED = yaml.safe_load((DATA / "training_configs.yaml").read_text(encoding="utf-8"))

BASE = """\
common:
  fp16: true
task:
  _name: audio_pretraining
  data: ???
  max_sample_size: 250000
  min_sample_size: ${task.least}
  least: 32000
dataset:
  max_tokens: 1_400_000
distributed_training:
  distributed_world_size: 64
  ddp_backend: legacy_ddp
criterion: {_name: wav2vec}
optimization:
  max_update: 4e5
  update_freq: [2, 1]
model:
  _name: wav2vec2
  feature_grad_mult: 0.1
"""


def recipe(content: str | dict[str, Any], name: str = "train.yaml") -> TrainingRecipe | None:
    text = content if isinstance(content, str) else json.dumps(content)
    return recipe_in(parse_document(Source(name, text.encode())))


def said(content: str | dict[str, Any]) -> dict[str, object]:
    """What a config says, without the places."""
    found = recipe(content)
    assert found is not None
    return {field: stated.value for field, stated in found._asdict().items() if isinstance(stated, Stated)}


def test_each_value_has_its_words_and_its_place() -> None:
    found = recipe(BASE)
    assert found is not None
    assert str(found.devices) == "distributed_training.distributed_world_size, line 12"
    assert found.devices is not None
    assert str(found.devices.place) == "train.yaml:12:27"
    assert str(found.min_samples) == "task.min_sample_size, line 7"
    assert said(BASE) == {
        "devices": 64, "max_tokens": 1_400_000, "accumulate": (2, 1), "updates": 400_000, "max_samples": 250_000,
        "min_samples": 32_000, "precision": "float16", "strategy": "ddp", "objective": "contrastive",
        "extractor_frozen": False,
    }  # fmt: skip


# Devices, max_tokens, updates, accumulated batches, objective, whether batches are padded: as the files have them.
@pytest.mark.parametrize(
    ("name", "devices", "max_tokens", "updates", "accumulate", "objective", "pad"),
    [
        ("wav2vec2_base", 64, 1_400_000, 400_000, 1, "contrastive", False),
        ("wav2vec2_large", 128, 1_200_000, 1_000_000, 1, "contrastive", False),
        ("wav2vec2_large_tpu", 8, 1_200_000, 1_000_000, 1, "contrastive", True),
        ("wav2vec2_conformer_base", 64, 1_400_000, 400_000, 1, "contrastive", False),
        ("wav2vec2_conformer_large", 128, 1_200_000, 1_000_000, 1, "contrastive", False),
        ("wav2vec2_base_100h", 2, 3_200_000, 80_000, 4, "ctc", True),
        ("wav2vec2_base_960h", 8, 3_200_000, 320_000, 1, "ctc", True),
        ("wav2vec2_vox_10m", 4, 1_280_000, 13_000, 5, "ctc", True),
        ("wav2vec2_vox_960h", 24, 1_280_000, 320_000, 1, "ctc", True),
        ("wav2vec_u_finetune", 8, 800_000, 80_000, 1, "ctc", True),
        ("xlsr_finetune", 4, 1_280_000, None, 5, "ctc", True),
        ("hubert_base", 32, 1_400_000, 400_000, 1, "masked-prediction", False),
        ("hubert_large", 128, 900_000, 400_000, 1, "masked-prediction", False),
        ("hubert_xlarge", 256, 360_000, 400_000, 1, "masked-prediction", False),
        ("hubert_base_10h", 1, 3_200_000, 25_000, 1, "ctc", False),
        ("mr_hubert_base", 32, 1_000_000, 400_000, 1, "masked-prediction", False),
        ("mr_hubert_large", 128, 300_000, 400_000, 3, "masked-prediction", False),
        ("data2vec_audio_base", 16, 3_800_000, 400_000, 1, "self-distillation", False),
        ("data2vec_2_base", 8, 1_000_000, 400_000, 1, "self-distillation", False),
        ("mms_infer", 1, 2_000_000, None, 1, None, True),
    ],
)
def test_the_published_configs_say_what_they_say(
    name: str, devices: int, max_tokens: int, updates: int | None, accumulate: int, objective: str | None, pad: bool
) -> None:
    text = yaml.safe_dump(PUBLISHED[name])
    found = recipe(text)
    assert found is not None
    batching = batching_of(found, 16_000)
    assert batching is not None
    assert (batching.devices, batching.max_tokens, batching.accumulate) == (devices, max_tokens, accumulate)
    assert batching.pad == pad
    stated = said(text)
    assert (stated.get("updates"), stated.get("objective")) == (updates, objective)
    assert (found.ema is not None) == name.startswith("data2vec")
    assert found.unknown == ()


@pytest.mark.parametrize(
    ("content", "field", "value"),
    [
        ({"common": {"fp16": False}}, "precision", "float32"),
        ({"common": {"amp": True, "fp16": True}}, "precision", "amp-float16"),
        ({"common": {"bf16": True, "fp16": False}}, "precision", "bfloat16"),
        ({"common": {"memory_efficient_bf16": True, "bf16": True}}, "precision", "pure-bfloat16"),
        ({"common": {"memory_efficient_fp16": True}}, "precision", "float16"),
        ({"distributed_training": {"ddp_backend": "fully_sharded"}}, "strategy", "fsdp"),
        ({"distributed_training": {"ddp_backend": "c10d", "zero_sharding": "os"}}, "strategy", "zero1"),
        ({"distributed_training": {"ddp_backend": "c10d", "zero_sharding": "none"}}, "strategy", "ddp"),
        ({"dataset": {"max_sentences": 4}}, "batch_size", 4),
        ({"optimization": {"update_freq": 3}}, "accumulate", (3,)),
        ({"optimization": {"max_update": 0, "max_epoch": 7}}, "epochs", 7),
        ({"optimizer": {"_name": "cpu_adam"}}, "optimizer", "adamw"),
        ({"optimizer": {"_name": "adafactor"}, "common": {}}, "optimizer", "adafactor"),
        ({"task": {"max_keep_size": 500_000}}, "max_kept_samples", 500_000),
        ({"task": {"_name": "audio_pretraining", "labels": "ltr"}}, "pad", True),
        ({"task": {"pad_audio": True}}, "pad", True),
        ({"task": {}, "model": {"feature_grad_mult": 0.0}}, "extractor_frozen", True),
        ({"task": {}, "model": {"checkpoint_activations": True}}, "checkpointing", True),
        ({"task": {}, "model": {"w2v_path": "/models/wav2vec_small.pt"}}, "starts_from", "base"),
        # As older files had them, and as checkpoints hold them.
        ({"arch": "wav2vec2", "max_tokens": 9, "task": "audio_pretraining", "labels": "ltr"}, "pad", True),
        ({"arch": "wav2vec2", "max_tokens": 9, "optimizer": "adam", "criterion": "ctc"}, "optimizer", "adamw"),
        ({"arch": "wav2vec2", "max_tokens": 9, "optimizer": "adam", "criterion": "ctc"}, "objective", "ctc"),
        ({"cfg": {"dataset": {"max_tokens": 9}}}, "max_tokens", 9),
        ({"per_device_train_batch_size": 4}, "batch_size", 4),
        ({"max_steps": 100}, "updates", 100),
        ({"num_train_epochs": 2.5}, "epochs", 2.5),
        ({"max_steps": 1, "bf16": True}, "precision", "amp-bfloat16"),
        ({"max_steps": 1, "bf16": False, "fp16": True}, "precision", "amp-float16"),
        ({"max_steps": 1, "fp16": False}, "precision", "float32"),
        ({"max_steps": 1, "optim": "adamw_bnb_8bit"}, "optimizer", "adamw-8bit"),
        ({"max_steps": 1, "adafactor": True, "optim": "adamw_torch"}, "optimizer", "adafactor"),
        ({"max_steps": 1, "train_sampling_strategy": "group_by_length"}, "group_by_length", True),
        ({"max_steps": 1, "torch_compile": True}, "compiled", True),
        ({"max_steps": 1, "fsdp": "full_shard auto_wrap"}, "strategy", "fsdp"),
        ({"max_steps": 1, "fsdp": ["hybrid_shard"]}, "strategy", "fsdp-hybrid"),
        ({"max_steps": 1, "fsdp": True}, "strategy", "fsdp"),
        ({"max_steps": 1, "deepspeed": {"zero_optimization": {"stage": 2}}}, "strategy", "zero2"),
        ({"max_steps": 1, "model_name_or_path": "facebook/wav2vec2-xls-r-300m"}, "starts_from", "xlsr_300m"),
        ({"max_steps": 1, "freeze_feature_encoder": True}, "extractor_frozen", True),
        ({"training_args": {"gradient_accumulation_steps": 4}}, "accumulate", (4,)),
    ],
)
def test_words_of_others_become_words_here(content: dict[str, Any], field: str, value: object) -> None:
    assert said(content)[field] == value


@pytest.mark.parametrize(
    ("content", "words", "value"),
    [
        ({"max_steps": 1, "optim": "galore_adamw"}, "optim", "text 'galore_adamw'"),
        ({"max_steps": 1, "deepspeed": "ds.json"}, "deepspeed", "text 'ds.json'"),
        ({"dataset": {"max_tokens": 9}, "optimizer": {"_name": "lamb"}}, "optimizer._name", "text 'lamb'"),
        ({"dataset": {"max_tokens": 9}, "distributed_training": {"ddp_backend": "slowmo"}},
         "distributed_training.ddp_backend", "text 'slowmo'"),
    ],
)  # fmt: skip
def test_what_has_no_word_here_is_kept_as_it_stands(content: dict[str, Any], words: str, value: str) -> None:
    found = recipe(content)
    assert found is not None
    [unknown] = found.unknown
    assert (unknown.words, unknown.value) == (words, value)


def test_what_is_wrong_is_named_with_its_place() -> None:
    with pytest.raises(ConfigError) as error:
        recipe("dataset:\n  max_tokens: many\noptimization:\n  update_freq: [2, 0]\ncommon:\n  fp16: 1\n")
    assert str(error.value).split("\n") == [
        "train.yaml:2:15: error E210 int-type: dataset.max_tokens is text 'many'; write a whole number above 0",
        "train.yaml:4:16: error E210 int-type: optimization.update_freq is a list; write a whole number of at least 1, "
        "or a list of them by epoch",
        "train.yaml:6:9: error E211 bool-type: common.fp16 is 1; write true or false",
    ]


@pytest.mark.parametrize("value", [-1, 0.5, True, "x", 10**400, [], {}, float("nan")])
@pytest.mark.parametrize("name", ["per_device_train_batch_size", "gradient_accumulation_steps"])
def test_numbers_that_cannot_be_are_one_message(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"{name} is .*; write a whole number of at least 1"):
        recipe({name: value})


@pytest.mark.parametrize(
    "content",
    ["", "{", "[1]", "extends: base\n", "dataset: {}\n", "dataset:\n  max_tokens: ???\n", "max_tokens: null\n",
     "optimizer: {lr: 1}\n", '{"model_type": "wav2vec2", "gradient_checkpointing": false}'],
)  # fmt: skip
def test_of_what_is_no_training_nothing_is_said(content: str) -> None:
    assert recipe(content) is None


@pytest.mark.parametrize("name", preset_names()[:3])
def test_a_preset_says_nothing_of_training(name: str) -> None:
    assert recipe_in(read_document(name)) is None


@pytest.mark.slow
def test_the_names_of_trainers_arguments_are_its_own() -> None:
    # Importing the class brings in packages that need a torch with CUDA; its fields stand in its source.
    spec = importlib.util.find_spec("transformers")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse((Path(spec.origin).parent / "training_args.py").read_text(encoding="utf-8"))
    [body] = [node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "TrainingArguments"]
    arguments = {ast.unparse(node.target) for node in body if isinstance(node, ast.AnnAssign)}
    assert "learning_rate" in arguments
    gone = {"per_gpu_train_batch_size", "group_by_length", "adafactor"}
    of_scripts = {
        "max_duration_in_seconds", "min_duration_in_seconds", "freeze_feature_encoder", "freeze_feature_extractor",
        "model_name_or_path",
    }  # fmt: skip
    assert {row.words for row in _TRAINER} - arguments <= gone | of_scripts


def test_trainer_batches_by_its_defaults_and_by_what_is_said() -> None:
    plain = recipe({"max_steps": 1})
    assert plain is not None
    assert batching_of(plain, 16_000, devices=4) == Batching(
        batch_size=8, min_samples=1, pad=True, devices=4, order="random"
    )
    full = recipe({
        "per_device_train_batch_size": 2, "gradient_accumulation_steps": 3, "group_by_length": True,
        "max_duration_in_seconds": 20, "min_duration_in_seconds": 1, "dataloader_drop_last": True,
    })  # fmt: skip
    assert full is not None
    assert batching_of(full, 16_000) == Batching(
        batch_size=2, accumulate=3, min_samples=16_001, max_kept_samples=319_999, pad=True, order="grouped",
        drop_last=True,
    )  # fmt: skip


def test_fairseq_batches_by_its_defaults_and_by_what_is_said() -> None:
    assert batching_of(TrainingRecipe("fairseq"), 16_000) is None
    found = recipe(BASE)
    assert found is not None
    assert batching_of(found, 16_000, devices=2) == Batching(
        max_tokens=1_400_000, multiple=8, max_samples=250_000, min_samples=32_000, devices=64, accumulate=1
    )


def test_the_page_names_what_is_read() -> None:
    text = (DATA.parent.parent / "docs/plan.md").read_text(encoding="utf-8")
    table = text.partition("### What a training config says")[2]
    names = {row.words.rpartition(".")[2] for row in (*_FAIRSEQ, *_TRAINER)} - {"_name"}
    assert {name for name in names if name not in table} == {"per_gpu_train_batch_size", "freeze_feature_extractor"}
