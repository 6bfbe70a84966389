"""Odd weights get one verdict: `check`, `inspect`, `summary` and its like, `export`, and `load_checkpoint` agree."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from tests.checkpoint_files import SMALL, model_shapes, named, safetensors_bytes, settings
from tests.program import Runner
from tests.small import FIELDS
from w2v_explore import (
    CheckpointError,
    ConfigError,
    build_model,
    check_checkpoint,
    convert,
    inspect_checkpoint,
    load_checkpoint,
    load_config,
)
from w2v_explore.checkpoint.key_table import Dialect
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.kinds import PerLayer

Shapes = dict[str, tuple[int, ...]]
Change = Callable[[Shapes], Shapes]

LAYER = {"torchaudio": "encoder.transformer.layers", "huggingface": "encoder.layers", "fairseq": "encoder.layers"}
CONV = {
    "torchaudio": "encoder.transformer.pos_conv_embed.conv",
    "huggingface": "encoder.pos_conv_embed.conv",
    "fairseq": "encoder.pos_conv.0",
}
DIALECTS = ("torchaudio", "huggingface", "fairseq")


def weights(dialect: Dialect, prefix: str = "", fields: dict[str, Any] = SMALL) -> Shapes:
    return named(model_shapes(fields), dialect, prefix=prefix, weight_norm="weight_g")


def add(more: Shapes) -> Change:
    return lambda shapes: {**shapes, **more}


def drop(*parts: str) -> Change:
    return lambda shapes: {name: shape for name, shape in shapes.items() if not any(part in name for part in parts)}


def both(first: Change, second: Change) -> Change:
    return lambda shapes: second(first(shapes))


# What is odd, whose names, the change, the dtypes of some, and what every refusal says; None where nothing is refused.
CASES: dict[str, tuple[Dialect, Change, dict[str, str], str | None]] = {
    "plain, torchaudio's": ("torchaudio", add({}), {}, None),
    "plain, Hugging Face's": ("huggingface", add({}), {}, None),
    "plain, fairseq's": ("fairseq", add({}), {}, None),
    "adapters, fairseq's": (
        "fairseq", add({"encoder.layers.0.adapter_layer.W_a": (1, 4, 8)}), {}, "adapter_layer.W_a (adapter)",
    ),
    "batch norm before the positional convolution": (
        "huggingface",
        both(drop("pos_conv_embed.conv.weight"), add({
            "encoder.pos_conv_embed.conv.weight": (8, 4, 5),
            "encoder.pos_conv_embed.batch_norm.weight": (8,), "encoder.pos_conv_embed.batch_norm.bias": (8,),
            "encoder.pos_conv_embed.batch_norm.running_mean": (8,),
            "encoder.pos_conv_embed.batch_norm.running_var": (8,),
        })),
        {}, "(batch norm before the positional convolution)",
    ),
    "batch norm, fairseq's": (
        "fairseq",
        both(drop("pos_conv"), add({
            "encoder.pos_conv.0.weight": (8,), "encoder.pos_conv.0.bias": (8,), "encoder.pos_conv.0.running_mean": (8,),
            "encoder.pos_conv.1.weight": (8, 4, 5), "encoder.pos_conv.1.bias": (8,),
        })),
        {}, "(batch norm before the positional convolution)",
    ),
    "batch norm beside weight norm": (
        "huggingface", add({"encoder.pos_conv_embed.batch_norm.weight": (8,)}), {},
        "(batch norm before the positional convolution)",
    ),
    "Conformer": (
        "huggingface",
        both(drop(".feed_forward.", ".attention."), add({
            "encoder.layers.0.conv_module.pointwise_conv1.weight": (16, 8, 1),
            "encoder.layers.0.self_attn.linear_q.weight": (8, 8),
            "encoder.layers.0.ffn1.intermediate_dense.weight": (12, 8),
        })),
        {}, "(part of a Conformer layer)",
    ),
    "a layer is missing": (
        "huggingface", drop("encoder.layers.1."), {}, "missing: encoder.transformer.layers.1.attention.k_proj.weight",
    ),
    "one layer is narrower": (
        "huggingface",
        add({
            "encoder.layers.1.feed_forward.intermediate_dense.weight": (6, 8),
            "encoder.layers.1.feed_forward.intermediate_dense.bias": (6,),
            "encoder.layers.1.feed_forward.output_dense.weight": (8, 6),
        }),
        {}, "layers.1.feed_forward.intermediate_dense.weight is [6, 8], where [12, 8] is wanted",
    ),
    "fewer heads' worth of queries in a layer": (
        "huggingface",
        add({
            f"encoder.layers.2.attention.{part}_proj.{kind}": shape
            for part in "qkv" for kind, shape in (("weight", (6, 8)), ("bias", (6,)))
        }),
        {}, "layers.2.attention.k_proj.weight is [6, 8], where [8, 8] is wanted",
    ),
    "no biases in attention": (
        "huggingface", drop("k_proj.bias"), {}, "missing: encoder.transformer.layers.0-2.attention.k_proj.bias",
    ),
    "int8 weights": (
        "huggingface", add({}), {"encoder.layers.0.attention.k_proj.weight": "I8"},
        "encoder.layers.0.attention.k_proj.weight is int8, and no floating-point number",
    ),
    "int8 weights with their scales": (
        "huggingface", add({"encoder.layers.0.attention.k_proj.weight_scale": (1,)}),
        {"encoder.layers.0.attention.k_proj.weight": "I8"}, "attention.k_proj.weight_scale",
    ),
    "half precision": ("huggingface", add({}), {"encoder.layer_norm.weight": "F16"}, None),
    "bfloat16": ("fairseq", add({}), {"encoder.layer_norm.weight": "BF16"}, None),
    "complex numbers": (
        "huggingface", add({}), {"encoder.layer_norm.weight": "C64"}, "is complex64, and no floating-point number",
    ),
    "no magnitude of the weight norm": ("huggingface", drop("weight_g"), {}, "parametrizations.weight.original0"),
    "no direction of the weight norm": ("huggingface", drop("weight_v"), {}, "parametrizations.weight.original1"),
    **{
        f"weight norm was fused, {dialect}": (
            dialect, both(drop("weight_g", "weight_v"), add({f"{CONV[dialect]}.weight": (8, 4, 5)})), {},
            "(a positional convolution without weight norm)",
        )
        for dialect in DIALECTS
    },
    "both spellings of weight norm": (
        "huggingface", add({"encoder.pos_conv_embed.conv.parametrizations.weight.original0": (1, 1, 5)}), {},
        "unexpected: encoder.pos_conv_embed.conv.parametrizations.weight.original0",
    ),
    "no bias of the head": ("huggingface", drop("lm_head.bias"), {}, "missing: aux.bias"),
    "no weight of the head": ("huggingface", drop("lm_head.weight"), {}, "missing: aux.weight"),
    "the head's bias is longer": ("huggingface", add({"lm_head.bias": (9,)}), {}, "aux.bias is [9], where [7]"),
    "a head of another width": (
        "huggingface", add({"lm_head.weight": (7, 16)}), {}, "aux.weight is [7, 16], where [7, 8] is wanted",
    ),
    "two heads": ("huggingface", add({"lm_head_2.weight": (7, 8)}), {}, "unexpected: lm_head_2.weight"),
    "what pre-training needs": (
        "huggingface",
        add({
            "masked_spec_embed": (8,), "quantizer.codevectors": (1, 4, 2), "project_q.weight": (4, 4),
            "project_hid.bias": (4,),
        }),
        {}, None,
    ),
    "HuBERT's labels": ("fairseq", add({"label_embs_concat": (20, 8), "final_proj.weight": (8, 8)}), {}, None),
    "a classifier": ("huggingface", add({"projector.weight": (4, 8), "classifier.bias": (2,)}), {}, None),
    "a quantised input": ("fairseq", add({"input_quantizer.vars": (1, 4, 2)}), {}, "(quantises the transformer's"),
    "no projection": (
        "fairseq", drop("post_extract_proj"), {},
        "(fairseq has no projection where the last convolution is as wide as the encoder; ours has one always)",
    ),
    "LoRA": (
        "huggingface", add({"encoder.layers.0.attention.q_proj.lora_A.default.weight": (2, 8)}), {},
        "unexpected: encoder.layers.0.attention.q_proj.lora_A.default.weight",
    ),
    "a tensor of nothing": ("huggingface", add({"surprise": ()}), {}, "unexpected: surprise"),
    "a second model": (
        "huggingface", lambda shapes: {**shapes, **{f"teacher.{name}": shape for name, shape in shapes.items()}}, {},
        "unexpected: teacher.",
    ),
    "a scalar in the place of a weight": (
        "huggingface", add({"encoder.layer_norm.weight": ()}), {}, "layer_norm.weight is [], where [8] is wanted",
    ),
    "a norm between the convolutions": (
        "huggingface", drop("conv_layers.2.layer_norm"), {},
        "missing: feature_extractor.conv_layers.2.layer_norm.weight",
    ),
    "a convolution of other inputs": (
        "huggingface", add({"feature_extractor.conv_layers.1.conv.weight": (6, 5, 3)}), {},
        "feature_extractor.conv_layers.1.conv.weight is [6, 5, 3], where [6, 6, 3] is wanted",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("dialect", "change", "dtypes", "refusal"), CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("is_beside", [True, False], ids=["config beside", "config elsewhere"])
def test_all_commands_agree_on_odd_weights(
    dialect: Dialect, change: Change, dtypes: dict[str, str], refusal: str | None, is_beside: bool,
    tmp_path: Path, run: Runner,
) -> None:  # fmt: skip
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors_bytes(change(weights(dialect)), dtypes=dtypes))
    config = tmp_path / ("model.yaml" if is_beside else "small.yml")
    config.write_text(yaml.safe_dump(SMALL))
    model = load_config(str(config)).model

    checked = run("check", str(path), str(config))
    inspected = run("inspect", str(path))
    assert (checked.code, inspected.code) == ((0, 0) if refusal is None else (1, 1))
    assert checked.err == inspected.err == ""
    loads: dict[str, Callable[[], object]] = {"load_checkpoint": lambda: load_checkpoint(str(path), model)}
    if is_beside:
        loads["load_config"] = lambda: load_config(str(path))
        for command in ("summary {}", "compare {} base", "memory {}", "identify {}", "convert {} --to w2v"):
            answer = run(*command.format(path).split())
            assert answer.code == (0 if refusal is None else 2), command
            if refusal is not None:
                assert answer.out == ""
                assert "the 16 fields cannot say the model of these weights" in answer.err
                assert refusal in answer.err
        answer = run("export", str(path), "--to", "safetensors", "-o", str(tmp_path / "written.safetensors"))
        assert answer.code == (0 if refusal is None else 2)
        assert (tmp_path / "written.safetensors").exists() is (refusal is None)
    for load in loads.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if refusal is None:
                load()
            else:
                with pytest.raises((CheckpointError, ConfigError)) as raised:
                    load()
                assert refusal in str(raised.value)


def test_what_no_output_depends_on_is_named_by_every_command(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "model.safetensors"
    more = {"wav2vec2.masked_spec_embed": (8,), "quantizer.codevectors": (1, 4, 2), "project_q.weight": (4, 4)}
    path.write_bytes(safetensors_bytes({**weights("huggingface", "wav2vec2."), **more}))
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(SMALL))
    listed = "quantizer.codevectors, project_q.weight (part of the pre-training loss)"
    for command in ("summary", "memory", "identify", "sensitivity"):
        code, _, err = run(command, str(path))
        assert code == 0
        assert err.count("\n") == 1
        assert f"{path}: warning W282" in err
        assert listed in err
    assert listed.split(",")[0] in run("inspect", str(path)).out
    code, _, err = run("export", str(path), "--to", "safetensors", "-o", str(tmp_path / "x.safetensors"))
    assert code == 0
    assert err.count(listed) == 1


def test_a_layer_after_a_hole_is_told_without_a_config_too(tmp_path: Path, run: Runner) -> None:
    shapes = weights("huggingface")
    shapes |= {name.replace("rs.2.", "rs.4."): shape for name, shape in shapes.items() if "encoder.layers.2." in name}
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors_bytes(shapes))
    code, out, err = run("inspect", str(path))
    assert (code, err) == (1, "")
    assert "the 16 fields cannot say the model of these weights" in out
    code, out, err = run("summary", str(path), *settings(), "--set", "encoder_num_layers=3")
    assert (code, out) == (2, "")
    assert "missing: encoder.transformer.layers.3.attention.k_proj.weight" in err


def test_nothing_is_written_for_weights_that_no_config_says(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors_bytes({**weights("fairseq"), "encoder.layers.0.adapter_layer.W_a": (1, 4, 8)}))
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(SMALL))
    code, out, err = run("inspect", str(path), "--write", str(tmp_path / "written.yml"))
    assert (code, out) == (2, "")
    assert "encoder.layers.0.adapter_layer.W_a (adapter)" in err
    assert not (tmp_path / "written.yml").exists()


def test_quantised_tensors_of_torch_are_no_weights(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "model.pt"
    tensors = {name: torch.zeros(shape) for name, shape in weights("torchaudio").items()}
    name = "encoder.transformer.layers.0.attention.k_proj.weight"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensors[name] = torch.quantize_per_tensor(tensors[name], 0.1, 0, torch.qint8)
        torch.save(tensors, path)
    (tmp_path / "model.yaml").write_text(yaml.safe_dump(SMALL))
    for command in (["summary", str(path)], ["check", str(path), str(tmp_path / "model.yaml")], ["inspect", str(path)]):
        code, out, err = run(*command)
        assert code == (2 if command[0] == "summary" else 1)
        assert "qint8" in out + err


@pytest.mark.parametrize("name", FAMILIES)
def test_weights_by_our_own_names_are_of_the_config_beside_them(name: str, tmp_path: Path) -> None:
    """A small model of every family, saved as any program saves a state_dict."""
    family = family_named(name)
    values = {
        field: [1, 2] if isinstance(family.config.FIELDS[field].kind, PerLayer) else value
        for field, value in FIELDS.items()
        if field in family.config.FIELDS
    }
    for field, stated in family.config.FIELDS.items():
        if isinstance(stated.kind, PerLayer):
            values.setdefault(field, [True, True])
    config = load_config(family.reference, values)
    model, path = build_model(config.model), tmp_path / "model.pt"
    torch.save(model.state_dict(), path)
    (tmp_path / "model.yaml").write_text(convert(config, "w2v").text)
    inspection, check = inspect_checkpoint(path), check_checkpoint(path, config)
    assert (inspection.conflicts, inspection.fit.fits, check.conflicts, check.fit.fits) == ((), True, (), True)
    assert load_config(path).model == config.model
    loaded = load_checkpoint(path).state_dict()
    assert {**loaded}.keys() == {**model.state_dict()}.keys()
    assert all(torch.equal(loaded[key], weight) for key, weight in model.state_dict().items())
