"""The checks of the fields' values, the expression that fairseq states convolutions with, and `ModelConfig`."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml

from w2v_explore import ConfigError, ModelConfig, load_config
from w2v_explore.config import codes
from w2v_explore.config.conv_expression import parse_conv_expression
from w2v_explore.config.kinds import (
    STANDARD_CONV_LAYERS,
    Choice,
    Fault,
    Field,
    Flag,
    Integer,
    PerLayer,
    Probability,
    counts,
)
from w2v_explore.config.validate import checks_of, validate
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import FAMILY
from w2v_explore.families.wav2vec2.fields import FIELDS

CONV = "extractor_conv_layer_config"
BASE = load_config("base").model.to_mapping()
LARGEST = 2**31 - 1
LIST = Rule("E299", "list")

INTEGERS = [name for name, field in FIELDS.items() if isinstance(field.kind, Integer)]
PROBABILITIES = [name for name, field in FIELDS.items() if isinstance(field.kind, Probability)]
FLAGS = [name for name, field in FIELDS.items() if isinstance(field.kind, Flag)]
CHOICES = [name for name, field in FIELDS.items() if isinstance(field.kind, Choice)]

POSITIVE = {
    "encoder_embed_dim": "E230",
    "encoder_num_heads": "E231",
    "encoder_pos_conv_kernel": "E232",
    "encoder_pos_conv_groups": "E233",
    "encoder_num_layers": "E235",
    "encoder_ff_interm_features": "E236",
    "aux_num_out": "E237",
}


def faults_of(**values: Any) -> list[Fault]:
    return FAMILY.faults({**BASE, **values})


def fault_of(key: str, value: Any) -> Fault:
    (fault,) = faults_of(**{key: value})
    return fault


# field, value, code, what the message says was found, what it says to write, fix
FAULTS: list[tuple[str, Any, str, str, str, str | None]] = [
    *[(key, "x", "E210", "text 'x'", "a whole number from 1", None) for key in INTEGERS],
    *[(key, True, "E210", "true", "a whole number from 1", None) for key in INTEGERS],
    *[(key, 2.5, "E210", "2.5", "a whole number from 1", None) for key in INTEGERS],
    *[(key, None, "E210", "null", "a whole number from 1", None) for key in INTEGERS if key != "aux_num_out"],
    *[(key, 0, code, "0", "a whole number from 1", None) for key, code in POSITIVE.items()],
    *[(key, -1, code, "-1", "a whole number from 1", None) for key, code in POSITIVE.items()],
    *[(key, LARGEST + 1, "E214", "2147483648", "the largest allowed is", None) for key in INTEGERS],
    ("encoder_num_layers", 10_001, "E214", "10001", "the largest allowed is 10000", None),
    ("encoder_num_layers", 10**18, "E214", "a number of 19 digits", "10000", None),
    ("encoder_embed_dim", -(10**18), "E230", "a number of 19 digits", "a whole number from 1", None),
    ("encoder_num_layers", "6", "E210", "text '6'", "write 6", "6"),
    ("encoder_num_layers", "006", "E210", "text '006'", "write 6", "6"),
    ("encoder_num_layers", 6.0, "E210", "6.0", "write 6", "6"),
    ("encoder_num_layers", "-6", "E210", "text '-6'", "a whole number from 1", None),
    ("encoder_num_layers", "6x", "E210", "text '6x'", "a whole number from 1", None),
    ("encoder_num_layers", "٦", "E210", "text '٦'", "a whole number from 1", None),
    ("encoder_num_layers", 1e18, "E210", "1e+18", "a whole number from 1", None),
    ("encoder_num_layers", math.nan, "E210", "nan", "a whole number from 1", None),
    ("encoder_num_layers", math.inf, "E210", "inf", "a whole number from 1", None),
    ("encoder_num_layers", [], "E210", "a list", "a whole number from 1", None),
    ("encoder_num_layers", {}, "E210", "a mapping", "a whole number from 1", None),
    ("aux_num_out", "none", "E210", "text 'none'", "a whole number from 1 or null", None),
    ("aux_num_out", 0, "E237", "0", "or null for no head", None),
    *[(key, "x", "E211", "text 'x'", "true or false", None) for key in FLAGS],
    *[(key, None, "E211", "null", "true or false", None) for key in FLAGS],
    *[(key, 2, "E211", "2", "true or false", None) for key in FLAGS],
    *[(key, 1.0, "E211", "1.0", "true or false", None) for key in FLAGS],
    *[(key, [], "E211", "a list", "true or false", None) for key in FLAGS],
    *[(key, 0, "E211", "0", "write false", "false") for key in FLAGS],
    *[(key, 1, "E211", "1", "write true", "true") for key in FLAGS],
    ("extractor_conv_bias", "false", "E211", "text 'false'", "write false", "false"),
    ("extractor_conv_bias", "No", "E211", "text 'No'", "write false", "false"),
    ("extractor_conv_bias", "off", "E211", "text 'off'", "write false", "false"),
    ("extractor_conv_bias", "TRUE", "E211", "text 'TRUE'", "write true", "true"),
    ("extractor_conv_bias", "yes", "E211", "text 'yes'", "write true", "true"),
    ("extractor_conv_bias", "on", "E211", "text 'on'", "write true", "true"),
    *[(key, "x", "E212", "text 'x'", "a number from 0 to 1", None) for key in PROBABILITIES],
    *[(key, None, "E212", "null", "a number from 0 to 1", None) for key in PROBABILITIES],
    *[(key, False, "E212", "false", "a number from 0 to 1", None) for key in PROBABILITIES],
    *[(key, [0.1], "E212", "a list", "a number from 0 to 1", None) for key in PROBABILITIES],
    *[(key, "1e-1", "E212", "text '1e-1'", "write 0.1", "0.1") for key in PROBABILITIES],
    ("encoder_dropout", "0.25", "E212", "text '0.25'", "write 0.25", "0.25"),
    ("encoder_dropout", "nan", "E212", "text 'nan'", "a number from 0 to 1", None),
    ("encoder_dropout", "inf", "E212", "text 'inf'", "a number from 0 to 1", None),
    *[(key, math.nan, "E213", "nan", "a number from 0 to 1", None) for key in PROBABILITIES],
    *[(key, math.inf, "E213", "inf", "a number from 0 to 1", None) for key in PROBABILITIES],
    *[(key, -math.inf, "E213", "-inf", "a number from 0 to 1", None) for key in PROBABILITIES],
    *[(key, 1.5, "E240", "1.5", "a number from 0 to 1", None) for key in PROBABILITIES],
    *[(key, -0.1, "E240", "-0.1", "a number from 0 to 1", None) for key in PROBABILITIES],
    *[(key, 2, "E240", "2", "a number from 0 to 1", None) for key in PROBABILITIES],
    ("encoder_dropout", math.nextafter(1, 2), "E240", "1.0000000000000002", "a number from 0 to 1", None),
    ("extractor_mode", "batch_norm", "E220", "text 'batch_norm'", "group_norm or layer_norm", None),
    ("extractor_mode", "", "E220", "text ''", "group_norm or layer_norm", None),
    ("extractor_mode", "Group_Norm", "E220", "text 'Group_Norm'", "group_norm or layer_norm", None),
    ("extractor_mode", None, "E220", "null", "group_norm or layer_norm", None),
    ("extractor_mode", 1, "E220", "1", "group_norm or layer_norm", None),
    ("extractor_mode", ["group_norm"], "E220", "a list", "group_norm or layer_norm", None),
    ("extractor_mode", {}, "E220", "a mapping", "group_norm or layer_norm", None),
    ("extractor_mode", math.nan, "E220", "nan", "group_norm or layer_norm", None),
    ("extractor_mode", "default", "E220", "text 'default'", "write group_norm", "group_norm"),
    ("extractor_mode", "group", "E220", "text 'group'", "write group_norm", "group_norm"),
    ("extractor_mode", "layer", "E220", "text 'layer'", "write layer_norm", "layer_norm"),
    (CONV, [], "E221", "no layers", "at least one, or null", None),
    (CONV, (), "E221", "no layers", "at least one, or null", None),
    (CONV, "x", "E222", "text 'x'", "a list of [channels, kernel, stride]", None),
    (CONV, "", "E222", "text ''", "a list of [channels, kernel, stride]", None),
    (CONV, 512, "E222", "512", "a list of [channels, kernel, stride]", None),
    (CONV, True, "E222", "true", "a list of [channels, kernel, stride]", None),
    (CONV, {"a": 1}, "E222", "a mapping", "a list of [channels, kernel, stride]", None),
    (CONV, [[1, 1, 1]] * 1_001, "E222", "1001 layers", "1000", None),
    (CONV, "[(8, 3, 2)] * 2", "E222", "fairseq's", "write [[8, 3, 2], [8, 3, 2]]", "[[8, 3, 2], [8, 3, 2]]"),
    (CONV, ["(8", 3, "2)"], "E222", "fairseq's", "write [[8, 3, 2]]", "[[8, 3, 2]]"),
    (CONV, ["(8", 3, "2)", "(9", 3, "2)"], "E222", "fairseq's", "[9, 3, 2]]", "[[8, 3, 2], [9, 3, 2]]"),
    (CONV, "[(1,1,1)] * 1000000000000", "E222", "text '[(1,1,1)] * ", "a list of [channels, kernel, stride]", None),
]


@pytest.mark.parametrize(("key", "value", "code", "found", "instead", "fix"), FAULTS)
def test_a_wrong_value_is_one_fault(
    key: str, value: object, code: str, found: str, instead: str, fix: str | None
) -> None:
    fault = fault_of(key, value)
    assert (fault.rule.code, fault.key, fault.item, fault.fix) == (code, key, (), fix)
    assert fault.message.startswith(f"{key} ")
    assert found in fault.message
    assert instead in fault.message
    assert len(fault.message) < 250


LISTS = checks_of({
    "number": Field(Integer(codes.LAYERS_POSITIVE), "", ""),
    "heads": Field(PerLayer(Integer(codes.HEADS_POSITIVE, minimum=0), LIST), "", ""),
    "flags": Field(PerLayer(Flag(), LIST), "", ""),
})  # fmt: skip
COUNTED = tuple(counts("number", listed, LIST) for listed in ("heads", "flags"))


# field, value, code, the way into the list, what the message says, fix
@pytest.mark.parametrize(
    ("key", "value", "code", "item", "says", "fix"),
    [
        ("heads", 12, "E299", (), "heads is 12; write a list with a whole number for each layer", None),
        ("flags", None, "E299", (), "flags is null; write a list with true or false for each layer", None),
        ("flags", "true", "E299", (), "flags is text 'true'; write a list", None),
        ("heads", [], "E299", (), "heads has no values; write a whole number for each layer", None),
        ("heads", [1] * 1_001, "E299", (), "heads has 1001 values; the most allowed is 1000", None),
        ("heads", [1, 2], "E299", (), "heads has 2 values, and number is 3; write a value for each layer", None),
        ("heads", [1, -1, 2], "E231", (1,), "heads[1] is -1; write a whole number from 0", None),
        ("heads", [1, 0, "2"], "E210", (2,), "heads[2] is text '2'; write 2", "2"),
        ("heads", [1, 0, "x"], "E210", (2,), "heads[2] is text 'x'; write a whole number from 0", None),
        ("heads", [1, 0, LARGEST + 1], "E214", (2,), "heads[2] is 2147483648; the largest allowed is", None),
        ("flags", [True, 1, False], "E211", (1,), "flags[1] is 1; write true", "true"),
        ("flags", [True, [], False], "E211", (1,), "flags[1] is a list; write true or false", None),
    ],
)  # fmt: skip
def test_a_wrong_list_is_one_fault(
    key: str, value: object, code: str, item: tuple[int, ...], says: str, fix: str | None
) -> None:
    values = {"number": 3, "heads": [1, 0, 2], "flags": (True, False, True), key: value}
    (fault,) = validate(values, LISTS, COUNTED)
    assert (fault.rule.code, fault.key, fault.item, fault.fix) == (code, key, item, fix)
    assert fault.message.startswith(says)


def test_a_list_has_as_many_values_as_there_are_layers() -> None:
    assert validate({"number": 2, "heads": [0, 8], "flags": [False, True]}, LISTS, COUNTED) == []


CONV_FAULTS: list[tuple[Any, str, tuple[int, ...], str, str, str | None]] = [
    ([8], "E222", (0,), f"{CONV}[0] is 8", "[channels, kernel, stride]", None),
    ([[8, 3]], "E222", (0,), f"{CONV}[0] is a list of 2", "three whole numbers", None),
    ([[8, 3, 2, 1]], "E222", (0,), f"{CONV}[0] is a list of 4", "three whole numbers", None),
    ([[8, 3, 2], []], "E222", (1,), f"{CONV}[1] is a list of 0", "three whole numbers", None),
    ([[8, 3, 2], "8, 3, 2"], "E222", (1,), f"{CONV}[1] is text", "three whole numbers", None),
    ([[8, 3, 2], "abc"], "E222", (1,), f"{CONV}[1] is text", "three whole numbers", None),
    ([[8, 3, 2], None], "E222", (1,), f"{CONV}[1] is null", "three whole numbers", None),
    ([{"a": 1, "b": 2, "c": 3}], "E222", (0,), f"{CONV}[0] is a mapping", "three whole numbers", None),
    ([[8, "3", 2]], "E222", (0, 1), "kernel", "write 3", "3"),
    ([[8, 3, 2.0]], "E222", (0, 2), "stride", "write 2", "2"),
    ([[True, 3, 2]], "E222", (0, 0), "channels", "a whole number from 1", None),
    ([[8, None, 2]], "E222", (0, 1), "kernel", "a whole number from 1", None),
    ([[8, 3.5, 2]], "E222", (0, 1), "3.5", "a whole number from 1", None),
    ([[8, [3], 2]], "E222", (0, 1), "a list", "a whole number from 1", None),
    ([[8, 0, 2]], "E223", (0, 1), "kernel", "a whole number from 1", None),
    ([[8, 3, 2], [8, -3, 2]], "E223", (1, 1), "-3", "a whole number from 1", None),
    ([[8, 3, 0]], "E224", (0, 2), "stride", "a whole number from 1", None),
    ([[8, 3, 2], [8, 3, -1]], "E224", (1, 2), "-1", "a whole number from 1", None),
    ([[0, 3, 2]], "E225", (0, 0), "channels", "a whole number from 1", None),
    ([[8, 3, 2], [-8, 3, 2]], "E225", (1, 0), "-8", "a whole number from 1", None),
    ([[LARGEST + 1, 3, 2]], "E214", (0, 0), "channels", f"the largest allowed is {LARGEST}", None),
    ([[8, LARGEST + 1, 2]], "E214", (0, 1), "kernel", f"the largest allowed is {LARGEST}", None),
]


@pytest.mark.parametrize(("layers", "code", "item", "found", "instead", "fix"), CONV_FAULTS)
def test_a_wrong_conv_layer_is_one_fault_at_its_item(
    layers: list[Any], code: str, item: tuple[int, ...], found: str, instead: str, fix: str | None
) -> None:
    fault = fault_of(CONV, layers)
    assert (fault.rule.code, fault.key, fault.item, fault.fix) == (code, CONV, item, fix)
    assert f"{CONV}[{item[0]}]" in fault.message
    assert found in fault.message
    assert instead in fault.message


def test_a_number_too_long_for_python_to_print_is_named_by_its_digits() -> None:
    number = 16**5_000
    assert "is a number of 6021 digits; the largest" in fault_of("encoder_embed_dim", number).message
    assert "is a number of 6021 digits; write" in fault_of("encoder_embed_dim", -number).message
    assert "is a number of 6021 digits, no probability" in fault_of("encoder_dropout", number).message
    assert "is a number of 6021 digits; the largest" in fault_of(CONV, [[8, 3, number]]).message
    assert "is a number of 6021 digits; write" in fault_of("extractor_mode", number).message


@pytest.mark.parametrize(
    ("key", "embed_dim", "value", "code", "instead"),
    [
        ("encoder_num_heads", 768, 7, "E234", "write 6 or 8, the nearest that do"),
        ("encoder_num_heads", 768, 500, "E234", "write 384 or 768,"),
        ("encoder_num_heads", 7, 3, "E234", "write 1 or 7,"),
        ("encoder_num_heads", 768, 769, "E234", "write 768, the nearest that does"),
        ("encoder_num_heads", 1, LARGEST, "E234", "write 1, the nearest that does"),
        ("encoder_num_heads", LARGEST, 2, "E234", f"write 1 or {LARGEST},"),
        ("encoder_pos_conv_groups", 768, 10, "E233", "write 8 or 12,"),
        ("encoder_pos_conv_groups", 36, 5, "E233", "write 4 or 6,"),
    ],
)
def test_what_must_divide_the_width_says_the_nearest_that_do(
    key: str, embed_dim: int, value: int, code: str, instead: str
) -> None:
    values = {"encoder_num_heads": 1, "encoder_pos_conv_groups": 1, "encoder_embed_dim": embed_dim, key: value}
    (fault,) = faults_of(**values)
    assert (fault.rule.code, fault.key, fault.partner, fault.fix) == (code, key, "encoder_embed_dim", None)
    assert f"{key} is {value}, which does not divide encoder_embed_dim {embed_dim};" in fault.message
    assert instead in fault.message


@pytest.mark.parametrize("absent", ["encoder_num_heads", "encoder_embed_dim"])
def test_a_rule_about_two_fields_needs_both(absent: str) -> None:
    values = {"encoder_num_heads": 7, "encoder_embed_dim": 768}
    del values[absent]
    assert FAMILY.faults(values) == []


@pytest.mark.parametrize(
    ("heads", "embed_dim", "code"), [("7", 768, "E210"), (0, 768, "E231"), (7, 768.0, "E210"), (7, 0, "E230")]
)
def test_a_rule_about_two_fields_waits_until_both_are_right(heads: object, embed_dim: object, code: str) -> None:
    faults = FAMILY.faults({"encoder_num_heads": heads, "encoder_embed_dim": embed_dim})
    assert [fault.rule.code for fault in faults] == [code]


def test_every_rule_about_values_is_tested_here() -> None:
    rules = {rule.code for rule in vars(codes).values() if isinstance(rule, Rule) and "E210" <= rule.code <= "E249"}
    tested = {code for _, _, code, *_ in FAULTS} | {code for _, code, *_ in CONV_FAULTS} | {"E233", "E234"}
    assert tested == rules


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[(key, value) for key in INTEGERS for value in (768,)],
        ("encoder_embed_dim", LARGEST - LARGEST % 48),
        *[(key, value) for key in ("encoder_pos_conv_kernel", "encoder_ff_interm_features") for value in (1, LARGEST)],
        *[(key, value) for key in ("encoder_num_heads", "encoder_pos_conv_groups") for value in (1, 2, 384, 768)],
        *[("encoder_num_layers", value) for value in (1, 10_000)],
        *[("aux_num_out", value) for value in (None, 1, LARGEST)],
        *[(key, value) for key in FLAGS for value in (True, False)],
        *[(key, value) for key in PROBABILITIES for value in (0, 1, 0.0, -0.0, 1.0, 0.5, 5e-324)],
        *[("extractor_mode", value) for value in ("group_norm", "layer_norm")],
        (CONV, None),
        (CONV, [[1, 1, 1]]),
        (CONV, ((1, 1, 1), [2, 3, 4])),
        (CONV, [[LARGEST, LARGEST, LARGEST]]),
        (CONV, [[1, 1, 1]] * 1_000),
    ],
)
def test_a_right_value_is_no_fault(key: str, value: object) -> None:
    assert faults_of(**{key: value}) == []


def test_all_faults_are_found_at_once() -> None:
    values = dict.fromkeys(FIELDS, "x")
    assert [fault.key for fault in FAMILY.faults(values)] == list(FIELDS)


def test_every_wrong_part_of_the_conv_layers_is_found() -> None:
    faults = faults_of(**{CONV: [[0, 0, 0], [1, 1], [1, 1, "1"]]})
    assert [(fault.rule.code, fault.item) for fault in faults] == [
        ("E225", (0, 0)),
        ("E223", (0, 1)),
        ("E224", (0, 2)),
        ("E222", (1,)),
        ("E222", (2, 2)),
    ]


def test_absent_and_foreign_names_are_nobodys_fault_here() -> None:
    assert FAMILY.faults({}) == []
    assert FAMILY.faults({"colour": "red"}) == []


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, value, *_, fix in FAULTS if fix is not None], ids=str)
def test_the_fix_is_yaml_for_a_right_value(key: str, value: object) -> None:
    fix = fault_of(key, value).fix
    assert fix is not None
    assert faults_of(**{key: yaml.safe_load(fix)}) == []


# --- fairseq's expression ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("[(512, 10, 5)]", [(512, 10, 5)]),
        ("[(512,10,5)]", [(512, 10, 5)]),
        ("  [(512, 10, 5)]\n", [(512, 10, 5)]),
        ("[(512, 10, 5), (256, 3, 2)]", [(512, 10, 5), (256, 3, 2)]),
        ("[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512,2,2)] + [(512,2,2)]", list(STANDARD_CONV_LAYERS)),
        ("[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512,2,2)] * 2", list(STANDARD_CONV_LAYERS)),
        ("([(1, 2, 3)] + [(4, 5, 6)]) * 2", [(1, 2, 3), (4, 5, 6)] * 2),
        ("[(1, 2, 3), (4, 5, 6)] * 3", [(1, 2, 3), (4, 5, 6)] * 3),
        ("[(1, 1, 1)] * 2 * 3", [(1, 1, 1)] * 6),
        ("[(1, 1, 1)] * 1000", [(1, 1, 1)] * 1000),
        ("[] + [(1, 1, 1)]", [(1, 1, 1)]),
        (" + ".join(["[(1, 2, 3)]"] * 200), [(1, 2, 3)] * 200),
    ],
)
def test_an_expression_stands_for_the_layers_that_python_makes_of_it(text: str, layers: list[Any]) -> None:
    assert parse_conv_expression(text) == tuple(layers)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("[]", id="no-layer"),
        pytest.param("[(1, 1, 1)] * 0", id="repeated-never"),
        pytest.param("512", id="number"),
        pytest.param("'[(1, 1, 1)]'", id="text"),
        pytest.param("(1, 1, 1)", id="tuple"),
        pytest.param("((1, 1, 1),)", id="tuple-of-tuples"),
        pytest.param("[[1, 1, 1]]", id="list-of-lists"),
        pytest.param("[(1, 1)]", id="two-numbers"),
        pytest.param("[(1, 1, 1, 1)]", id="four-numbers"),
        pytest.param("[(1, 1, 1.0)]", id="float"),
        pytest.param("[(1, 1, '1')]", id="text-in-a-layer"),
        pytest.param("[(1, 1, -1)]", id="negative"),
        pytest.param("[(1, 1, 1 + 1)]", id="sum-in-a-layer"),
        pytest.param("[(1, 1, 1)] * -1", id="times-a-negative"),
        pytest.param("[(1, 1, 1)] * 2.0", id="times-a-float"),
        pytest.param("[(1, 1, 1)] - [(1, 1, 1)]", id="minus"),
        pytest.param("[(1, 1, 1)] ** 2", id="power"),
        pytest.param("[(1, 1, 1)] * 10 ** 12", id="times-a-power"),
        pytest.param("[(n, 1, 1)]", id="name-in-a-layer"),
        pytest.param("layers", id="name"),
        pytest.param("layers * 2", id="name-repeated"),
        pytest.param("list()", id="call"),
        pytest.param("__import__('os').mkdir('made')", id="call-of-a-method"),
        pytest.param("[__import__('os').mkdir('made')]", id="call-in-a-list"),
        pytest.param("[(1, 1, __import__('os').getpid())]", id="call-in-a-layer"),
        pytest.param("[(1, 1, 1) for _ in range(3)]", id="comprehension"),
        pytest.param("[*[(1, 1, 1)]]", id="star"),
        pytest.param("[(1, 1, 1)] if 1 else []", id="condition"),
        pytest.param("lambda: [(1, 1, 1)]", id="lambda"),
        pytest.param("[(1, 1, 1)][0:1]", id="slice"),
        pytest.param("f'{1}'", id="f-string"),
        pytest.param("(x := [(1, 1, 1)])", id="assignment"),
        pytest.param("[(1, 1, 1)]; 1", id="two-statements"),
        pytest.param("[(1, 1, 1)", id="open"),
        pytest.param("[(1, 1, 1)]\0", id="nul"),
        pytest.param("\ud800", id="surrogate"),
        pytest.param("[(01, 1, 1)]", id="leading-zero"),
    ],
)
def test_anything_else_is_no_expression(text: str) -> None:
    assert parse_conv_expression(text) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[(1, 1, 1)] * 1001", id="one-layer-too-many"),
        pytest.param("[(1, 1, 1)] * 1000 + [(1, 1, 1)]", id="sum-too-long"),
        pytest.param("[(1, 1, 1)] * 10000000000000", id="long"),
        pytest.param("[(1,1,1)]" + " * 1000" * 300, id="long-by-steps"),
        pytest.param("[" + "(1,1,1)," * 2_000 + "]", id="long-text"),
        pytest.param("(" * 1_900 + "[(1,1,1)]" + ")" * 1_900, id="deep-parentheses"),
        pytest.param("[" * 3_900, id="deep-brackets"),
        pytest.param("-" * 3_900 + "1", id="deep-minus"),
        pytest.param("+".join(["1"] * 1_900), id="deep-sum"),
        pytest.param("9" * 3_900, id="long-number"),
        pytest.param("[(1, 1, 1)] * " + "9" * 3_900, id="times-a-long-number"),
    ],
)
def test_what_an_expression_costs_is_bounded(text: str) -> None:
    assert parse_conv_expression(text) is None


def test_an_unquoted_long_expression_is_a_fault_without_a_fix() -> None:
    value = ["(1", 1, "1)"] * 5_000
    fault = fault_of(CONV, value)
    assert (fault.rule.code, fault.fix) == ("E222", None)


def test_a_long_fix_is_shortened_in_the_message_only() -> None:
    fault = fault_of(CONV, "[(512, 3, 2)] * 100")
    assert fault.fix == str([[512, 3, 2]] * 100)
    assert fault.message.endswith("[512, 3, 2], …]")
    assert len(fault.message) < 250


# --- ModelConfig -------------------------------------------------------------------------------------------------


def test_a_model_config_reports_all_that_is_wrong() -> None:
    with pytest.raises(ConfigError) as caught:
        ModelConfig(**{**BASE, "encoder_num_layers": 0, "encoder_dropout": 2, CONV: [[1, 1]]})
    assert [problem.rule.code for problem in caught.value.problems] == ["E222", "E235", "E240"]
    assert {str(problem.place) for problem in caught.value.problems} == {"<config>"}


def test_a_config_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="E235 layers-positive: encoder_num_layers is 0"):
        ModelConfig(**{**BASE, "encoder_num_layers": 0})


def test_from_mapping_reports_missing_and_unknown_fields() -> None:
    values = {key: value for key, value in BASE.items() if key != "encoder_dropout"} | {"colour": 1}
    with pytest.raises(ConfigError) as caught:
        ModelConfig.from_mapping(values)
    assert {(problem.rule.code, problem.key) for problem in caught.value.problems} == {
        ("E200", "colour"),
        ("E201", "encoder_dropout"),
    }


def test_a_model_config_is_compared_and_hashed_by_value() -> None:
    lists, tuples = ({**BASE, CONV: kind([kind([8, 3, 2]), kind([8, 2, 2])])} for kind in (list, tuple))
    assert ModelConfig(**lists) == ModelConfig(**tuples)
    assert len({ModelConfig(**lists), ModelConfig(**tuples), ModelConfig(**BASE)}) == 2


def test_a_model_config_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        ModelConfig(**BASE).encoder_num_layers = 3  # type: ignore[misc]


def test_to_mapping_gives_plain_data_in_torchaudios_order() -> None:
    values = ModelConfig(**{**BASE, CONV: ((8, 3, 2),)}).to_mapping()
    assert list(values) == list(FIELDS)
    assert values[CONV] == [[8, 3, 2]]
    assert ModelConfig.from_mapping(values).to_mapping() == values


def test_null_conv_layers_are_the_standard_seven_and_stay_null() -> None:
    model = ModelConfig(**{**BASE, CONV: None})
    assert model.conv_layers == STANDARD_CONV_LAYERS
    assert model.extractor_conv_layer_config is None
    assert ModelConfig(**{**BASE, CONV: [[8, 3, 2]]}).conv_layers == ((8, 3, 2),)
