"""Tables of keys of a made-up family: packed tensors, buffers, and which of several families names are of."""

from __future__ import annotations

from typing import Any

import pytest

from w2v_explore import build_architecture, load_config
from w2v_explore.checkpoint.fit import Misshapen, Missing, WeightsFit, describe_misfit, fit_weights
from w2v_explore.checkpoint.key_table import BATCH_NORM_BUFFERS, Dialect, Extra, KeyTable, Module, Packed, Parameter
from w2v_explore.checkpoint.keys import Part, keys_in_dialect, translate_keys
from w2v_explore.checkpoint.listing import TensorInfo
from w2v_explore.checkpoint.shapes import Axis, Count, infer_from_shapes, optional, size
from w2v_explore.config.dialects.programs import column_of
from w2v_explore.config.family import FAMILIES, family_named

LAYER, THEIRS = "transformer.layers.{i}", "encoder.layers.{i}"


def packed(parameter: str) -> Packed:
    return Packed(
        f"{LAYER}.attention.in_proj_{parameter}",
        huggingface=tuple(f"{THEIRS}.attention.{part}_proj.{parameter}" for part in "qkv"),
        fairseq=tuple(f"{THEIRS}.self_attn.{part}_proj.{parameter}" for part in "qkv"),
    )


TABLE = KeyTable(
    family="made_up",
    own="torchaudio",
    tensors=(
        Module("stem", "stem", "post_extract_proj"),
        packed("weight"),
        packed("bias"),
        Parameter(f"{LAYER}.attention.gate", f"{THEIRS}.attention.gate", f"{THEIRS}.self_attn.grep_a"),
        Module(f"{LAYER}.norm", f"{THEIRS}.norm", f"{THEIRS}.batch_norm", buffers=BATCH_NORM_BUFFERS),
        Parameter("positions", "positions", None, is_buffer=True),
    ),
    head=Module("aux", "lm_head", "proj"),
    prefixes={"huggingface": ("made_up.",), "torchaudio": ("model.",), "fairseq": ("w2v_model.",)},
    found_by="stem.weight",
    extras={"huggingface": {"adapter": Extra("adapter", changes_outputs=True)}, "torchaudio": {}, "fairseq": {}},
    told={
        "width": size(Axis("stem.weight", 0, 2)),
        "layers": Count("transformer.layers"),
        "outputs": optional("aux", Axis("aux.weight", 0, 2)),
    },
    conv_weight=None,
)
SPLIT = TABLE.with_modules(
    *(Module(f"{LAYER}.attention.{part}_proj", f"{THEIRS}.attention.{part}_proj", None) for part in "qkv"),
    without=(f"{LAYER}.attention",),
    family="split",
    told={"heads": size(Axis("transformer.layers.0.attention.gate", 0, 1))},
)


def shapes(num_layers: int = 2) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {"stem.weight": (4, 3), "stem.bias": (4,)}
    for number in range(num_layers):
        layer = f"transformer.layers.{number}"
        found |= {f"{layer}.attention.in_proj_weight": (12, 4), f"{layer}.attention.in_proj_bias": (12,)}
        found |= {f"{layer}.attention.gate": (1, 2, 1), f"{layer}.norm.weight": (4,), f"{layer}.norm.bias": (4,)}
        found |= {f"{layer}.norm.running_mean": (4,), f"{layer}.norm.running_var": (4,)}
        found[f"{layer}.norm.num_batches_tracked"] = ()
    return found | {"aux.weight": (5, 4), "aux.bias": (5,)}


def theirs(dialect: Dialect, prefix: str = "") -> dict[str, Part]:
    return keys_in_dialect(shapes(), TABLE, dialect, prefix=prefix)


def fit(changes: dict[str, Any], dialect: Dialect = "huggingface") -> WeightsFit:
    """The fit of a whole checkpoint in which some tensors have another shape, dtype, or are not there (None)."""
    tensors = []
    for name, part in theirs(dialect).items():
        dtype = "int64" if name.endswith("num_batches_tracked") else "bfloat16"
        change = changes.get(name, part.shape(shapes()[part.name]))
        if isinstance(change, str):
            dtype, change = change, part.shape(shapes()[part.name])
        if change is not None:
            tensors.append(TensorInfo(name, dtype, change))
    return fit_weights(tensors, translate_keys([tensor.name for tensor in tensors], [TABLE]), shapes())


@pytest.mark.parametrize("dialect", ["torchaudio", "huggingface", "fairseq"])
@pytest.mark.parametrize("has_head", [False, True])
def test_names_come_back_with_the_part_that_each_is(dialect: Dialect, has_head: bool) -> None:
    prefix = f"module.{TABLE.prefixes[dialect][0]}" if has_head else ""
    names = theirs(dialect, prefix)
    read = translate_keys(names, [TABLE])
    assert (read.dialect, read.prefix, read.ours, read.unknown) == (dialect, prefix, names, ())
    assert read.shapes((name, part.shape(shapes()[part.name])) for name, part in names.items()) == shapes()
    assert {names[name].name for name in read.buffers} == {
        name for name in shapes() if "running" in name or "num_b" in name
    }


def test_a_packed_tensor_has_its_parts_in_the_order_of_its_rows() -> None:
    name = "transformer.layers.1.attention.in_proj_weight"
    parts = [f"encoder.layers.1.self_attn.{part}_proj.weight" for part in "qkv"]
    assert keys_in_dialect([name], TABLE, "fairseq") == {theirs: Part(name, i, 3) for i, theirs in enumerate(parts)}
    assert keys_in_dialect([name], TABLE, "torchaudio") == {name: Part(name)}


def test_whole_weights_fit_whatever_floating_point_numbers_they_are() -> None:
    for dialect in TABLE.prefixes:
        found = fit({}, dialect)
        assert found.fits
        assert found.matched == found.expected == len(shapes())


def test_the_missing_third_is_named() -> None:
    found = fit({"encoder.layers.1.attention.k_proj.weight": None})
    name = "transformer.layers.1.attention.in_proj_weight"
    assert found.missing == (Missing(name, (4, 4), "k_proj.weight"),)
    assert found.matched == found.expected - 1
    assert describe_misfit(found) == [f"missing: {name} (k_proj.weight)"]


def test_where_all_parts_are_missing_the_tensor_is() -> None:
    found = fit({f"encoder.layers.{number}.attention.{part}_proj.bias": None for number in (0, 1) for part in "qkv"})
    assert [lacking.part for lacking in found.missing] == [None, None]
    assert describe_misfit(found) == ["missing: transformer.layers.0-1.attention.in_proj_bias"]


def test_a_part_of_another_shape_is_named() -> None:
    found = fit({"encoder.layers.0.attention.v_proj.weight": (4, 5)})
    name = "transformer.layers.0.attention.in_proj_weight"
    assert found.misshapen == (Misshapen(name, (4, 4), (4, 5), "v_proj.weight"),)
    assert describe_misfit(found) == [f"misshapen: {name} (v_proj.weight) is [4, 5], where [4, 4] is wanted"]


def test_whole_numbers_are_no_weights_but_for_counts_of_batches() -> None:
    found = fit({"encoder.layers.0.attention.q_proj.weight": "int8"})
    assert [tensor.name for tensor in found.not_floating] == ["encoder.layers.0.attention.q_proj.weight"]
    assert found.matched == found.expected - 1
    assert fit({"encoder.layers.0.norm.running_mean": "int64"}).not_floating


def test_the_family_is_that_whose_table_explains_most() -> None:
    for tables in ([TABLE, SPLIT], [SPLIT, TABLE]):
        for table, parts in ((TABLE, ["in_proj_weight", "gate"]), (SPLIT, ["q_proj.weight", "k_proj.bias"])):
            names = ["stem.weight", *(f"transformer.layers.0.attention.{part}" for part in parts)]
            read = translate_keys(names, tables)
            assert (read.table, read.dialect, read.unknown) == (table, "torchaudio", ())


def test_a_table_after_one_that_explains_everything_is_not_asked_for() -> None:
    def tables() -> Any:
        yield TABLE
        pytest.fail("the next table was asked for")

    assert translate_keys(["stem.weight", "stem.bias"], tables()).table is TABLE


def test_names_of_no_family_are_all_unknown() -> None:
    read = translate_keys(["bert.weight"], [TABLE, SPLIT])
    assert (read.table, read.dialect, read.unknown) == (None, None, ("bert.weight",))


def test_a_program_without_a_tensor_has_no_name_for_it() -> None:
    with pytest.raises(KeyError):
        keys_in_dialect(["positions"], TABLE, "fairseq")
    assert translate_keys(["stem.weight", "positions"], [TABLE]).buffers == {"positions"}


def test_shapes_tell_the_fields_of_the_table() -> None:
    found = infer_from_shapes(shapes(), SPLIT.told, None)
    assert found.values == {"width": 4, "layers": 2, "outputs": 5}
    assert infer_from_shapes({}, TABLE.told, None).values == {"outputs": None}


@pytest.mark.parametrize("name", FAMILIES)
def test_what_a_program_leaves_out_is_in_the_familys_models(name: str) -> None:
    family = family_named(name)
    ours = {key for key, _ in build_architecture(load_config(family.reference).model).state_dict_shapes()}
    absences = family.part("keys").KEYS.absences
    for absent in absences.values():
        assert ours.issuperset(absent)
    # Of fairseq's models data2vec's alone have a projection whatever its widths.
    assert column_of(name, "fairseq") is None or (name == "data2vec_audio") == ("fairseq" not in absences)
