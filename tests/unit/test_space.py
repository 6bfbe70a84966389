"""Spaces: what moves along, what is set free, and where a space may come from."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from w2v_explore import ArgumentError, ConfigError, SourceError, load_preset
from w2v_explore.analysis.comparing.steps import steps_of
from w2v_explore.config.document import parse_document
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.kinds import ConvLayers, PerLayer
from w2v_explore.config.load import config_of
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import Source
from w2v_explore.search.space.read import section_in, space_of
from w2v_explore.search.space.space import Space

PAGE = Path(__file__).parents[2] / "docs/search.md"
PRUNABLE = "hubert_base_prunable"


def space(fields: dict[str, Any] | None = None, *free: str, base: str = "base") -> Space:
    return space_of(load_preset(base), fields, free)


def of(field: str, found: Space) -> list[Any]:
    """The values of a field in all combinations."""
    return [found.fields(number)[field] for number in range(found.size)]


def test_heads_keep_their_width() -> None:
    found = space({"encoder_embed_dim": [512, 768, 800]})
    assert found.along == {"encoder_num_heads": ("encoder_embed_dim",)}
    assert of("encoder_num_heads", found) == [8, 12, "no value"]
    with pytest.raises(ConfigError):
        found.config_of(2)


def test_what_varies_by_itself_moves_along_with_nothing() -> None:
    found = space({"encoder_embed_dim": [512, 768], "encoder_num_heads": [8, 12]})
    assert found.along == {}
    assert of("encoder_num_heads", found) == [8, 12, 8, 12]
    with pytest.raises(ConfigError, match="encoder_num_heads is 12, which does not divide encoder_embed_dim 512"):
        found.config_of(1)


def test_what_a_field_follows_does_not_move_along_with_it() -> None:
    found = space({"encoder_embed_dim": {"ratio": [32, 64], "of": "encoder_num_heads"}})
    assert found.along == {}
    assert of("encoder_embed_dim", found) == [384, 768]


def test_a_ratio_may_be_to_what_moves_along_and_to_a_ratio() -> None:
    found = space(
        {
            "encoder_pos_conv_kernel": {"ratio": 2, "of": "encoder_pos_conv_groups"},
            "encoder_pos_conv_groups": {"ratio": 2, "of": "encoder_num_heads"},
            "encoder_embed_dim": [512, 768],
        }
    )
    assert found.axes[0].name == "encoder_pos_conv_kernel / encoder_pos_conv_groups"
    assert of("encoder_pos_conv_kernel", found) == [32, 48]


def test_a_ratio_that_does_not_come_out_even_is_no_value_of_a_whole_number() -> None:
    found = space({"encoder_ff_interm_features": {"ratio": ["1/5", "1/3"], "of": "encoder_embed_dim"}})
    assert of("encoder_ff_interm_features", found) == [153.6, 256]
    with pytest.raises(ConfigError, match=r"encoder_ff_interm_features is 153\.6"):
        found.config_of(0)


def test_lists_follow_the_number_of_layers() -> None:
    found = space({"encoder_num_layers": [2, 14]}, base=PRUNABLE)
    lists = [name for name, field in found.config.model.FIELDS.items() if isinstance(field.kind, PerLayer)]
    assert found.along == dict.fromkeys(lists, ("encoder_num_layers",))
    assert [len(heads) for heads in of("encoder_num_heads", found)] == [2, 14]
    assert found.config_of(1).model.encoder_num_heads == (12,) * 14


def test_layers_vary_alike_or_each_by_itself() -> None:
    fields = {
        "encoder_num_layers": [2],
        "encoder_num_heads": {"each": [8, 10]},
        "encoder_ff_interm_features[*]": {"ratio": [3.5, 4], "of": "encoder_embed_dim"},
    }
    found = space(fields, base=PRUNABLE)
    assert [axis.name for axis in found.axes[1:]] == [
        "encoder_num_heads[0]",
        "encoder_num_heads[1]",
        "encoder_ff_interm_features[*] / encoder_embed_dim",
    ]
    assert of("encoder_num_heads", found)[::2] == [[8, 8], [8, 10], [10, 8], [10, 10]]
    assert of("encoder_ff_interm_features", found)[:2] == [[2688, 2688], [3072, 3072]]


def test_layers_that_are_cut_off_make_no_config_twice() -> None:
    found = space({"encoder_num_layers": [1, 2], "encoder_num_heads": {"each": [8, 10]}}, base=PRUNABLE)
    assert found.size == 8
    assert [heads for heads in of("encoder_num_heads", found) if heads != "no value"] == [
        [8], [10], [8, 8], [8, 10], [10, 8], [10, 10]
    ]  # fmt: skip


def test_parts_of_null_convolutions_are_those_of_the_standard_seven() -> None:
    found = space({"extractor_conv_layer_config[0].channels": [256], "extractor_conv_layer_config[6]": [[64, 1, 1]]})
    (layers,) = of("extractor_conv_layer_config", found)
    assert (layers[0], layers[1], layers[6]) == ([256, 10, 5], [512, 3, 2], [64, 1, 1])


def test_a_space_can_be_sent() -> None:
    found = space({"encoder_num_layers": [2, 14], "encoder_num_heads": {"each": [8, 10]}}, base=PRUNABLE)
    assert pickle.loads(pickle.dumps(found)).fields(5) == found.fields(5)


# --- Set free ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("extractor_mode", ("group_norm", "layer_norm")),
        ("encoder_layer_norm_first", (False, True)),
        ("encoder_dropout", (0.0, 0.1)),
        ("encoder_num_layers", tuple(range(6, 25))),
        # A width keeps the width of heads, and the groups of its positions.
        ("encoder_embed_dim", tuple(range(384, 1537, 64))),
        ("encoder_num_heads", (6, 8, 12, 16, 24)),
        ("encoder_pos_conv_groups", (8, 12, 16, 24, 32)),
        ("aux_num_out", (None, 32)),
        ("extractor_conv_layer_config[0].channels", tuple(range(256, 1025, 64))),
        ("extractor_conv_layer_config[0].kernel", tuple(range(5, 21))),
        ("extractor_conv_layer_config[*].channels", tuple(range(256, 1025, 64))),
        ("encoder_num_layers=2..6:2,12", (2, 4, 6, 12)),
        ("encoder_num_layers = 6, 6", (6,)),
        ("extractor_conv_layer_config[*].kernel=2,3", (2, 3)),
    ],
)
def test_the_values_of_a_field_that_is_free(field: str, values: tuple[Any, ...]) -> None:
    (axis,) = space(None, field).axes
    assert axis.name == field.partition("=")[0].strip()
    assert axis.values == values


def test_a_list_that_is_free_steps_in_each_of_its_numbers() -> None:
    found = space(None, "extractor_conv_layer_config")
    assert [axis.name for axis in found.axes][:4] == [
        *(f"extractor_conv_layer_config[0].{part}" for part in ("channels", "kernel", "stride")),
        "extractor_conv_layer_config[1].channels",
    ]
    assert [axis.values for axis in found.axes][:3] == [(448, 512, 576), (9, 10, 11), (4, 5, 6)]
    heads = space(None, "encoder_num_heads", base=PRUNABLE)
    assert [axis.values for axis in heads.axes] == [(11, 12, 13)] * 12


@pytest.mark.parametrize("family", FAMILIES)
def test_a_free_field_has_the_values_that_steps_lead_to(family: str) -> None:
    config = load_preset(family_named(family).reference)
    for name, tried in steps_of(config.model):
        if isinstance(config.model.FIELDS[name].kind, ConvLayers | PerLayer):
            continue
        (axis,) = space_of(config, None, [name]).axes
        assert getattr(config.model, name) in axis.values
        # What others have to come to as well is tried further and further.
        valid = [values for values in tried if not config.model.family.faults({name: values[name]})]
        for values in valid[:1]:
            assert values[name] in axis.values


def test_free_fields_join_what_a_section_says() -> None:
    found = space({"encoder_embed_dim": [512, 768]}, "encoder_num_layers=6,12", "encoder_dropout")
    assert [axis.name for axis in found.axes] == ["encoder_embed_dim", "encoder_num_layers", "encoder_dropout"]
    assert found.along == {"encoder_num_heads": ("encoder_embed_dim",)}


@pytest.mark.parametrize(
    ("fields", "free", "message"),
    [
        (None, ["encoder_layers"], "encoder_layers is fairseq's name; write encoder_num_layers"),
        (None, ["encoder_num_layers[1]"], "encoder_num_layers is no list, and has no parts; write encoder_num_layers"),
        (
            None,
            ["encoder_dropout", "encoder_dropout=0,0.2"],
            "encoder_dropout is set free twice; remove --free encoder_dropout",
        ),
        (
            {"encoder_dropout": [0.1]},
            ["encoder_dropout"],
            "encoder_dropout varies in `search:` already; remove --free encoder_dropout",
        ),
        (
            None,
            ["extractor_conv_layer_config[*].kernel"],
            "the layers of extractor_conv_layer_config[*].kernel differ (10, 3, 2); give values, as --free "
            "'extractor_conv_layer_config[*].kernel=10,3'",
        ),
        (
            None,
            ["extractor_conv_layer_config[*]"],
            "extractor_conv_layer_config[*] is not one number; set free extractor_conv_layer_config[*].channels, "
            ".kernel or .stride",
        ),
        (
            None,
            ["extractor_conv_layer_config[7].kernel"],
            "there is no extractor_conv_layer_config[7]; layers are counted from 0, and the last is [6]",
        ),
        (None, [], "no field varies; write `search:` into the config, or give --space FILE or --free FIELD"),
    ],
)
def test_mistakes_in_what_is_free(fields: dict[str, Any] | None, free: list[str], message: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        space(fields, *free)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("free", "message"),
    [
        ("encoder_num_layers=", "--free encoder_num_layers=: error E100"),
        (
            "encoder_num_layers=0,6",
            "--free encoder_num_layers=0,6: error E235 layers-positive: encoder_num_layers is 0; write a whole number "
            "from 1",
        ),
    ],
)
def test_mistakes_in_the_values_of_what_is_free(free: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        space(None, free)
    assert str(raised.value).startswith(message)


def test_so_many_values_that_they_have_to_be_given() -> None:
    with pytest.raises(ArgumentError, match=r"aux_num_out has 14,719 values near 9,812; give some, as --free aux_num"):
        space(None, "aux_num_out", base="omniasr_ctc_300m")


# --- Where a space comes from ------------------------------------------------------------------------------------


@pytest.mark.parametrize("beside", ["", "extends: large\n", "encoder_num_layers: x\n"])
def test_a_file_with_a_space(tmp_path: Path, beside: str) -> None:
    (tmp_path / "space.yaml").write_text(f"{beside}search: {{encoder_num_layers: [6, 12]}}\n")
    found = space_of(load_preset("base"), section_in(str(tmp_path / "space.yaml")))
    assert found.config.origin == "preset base"
    assert found.axes[0].values == (6, 12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "encoder_num_layers: [6, 12]\n",
            "space.yaml:1:1: error E274 search-space: there is no `search:` in this file; write it, and below it "
            "fields and their values",
        ),
        (
            "search: [6]\n",
            "space.yaml:1:9: error E202 metadata-type: search is a list; write a mapping of fields and their values, "
            "as `encoder_num_layers: [6, 12]`",
        ),
        (
            "search:\n  encoder_num_layer: [6]\n",
            "space.yaml:2:3: error E274 search-space: there is no field encoder_num_layer; did you mean "
            "encoder_num_layers?",
        ),
        ("search: [\n", "space.yaml:2:1: error E100"),
        (
            "search:\n  encoder_num_layers: [6]\n  encoder_num_layers: [12]\n",
            "space.yaml:3:3: error E104 duplicate-key: encoder_num_layers was given on line 2 already; keep one of "
            "the two",
        ),
    ],
)
def test_mistakes_in_a_file_with_a_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("space.yaml").write_text(text)
    with pytest.raises(ConfigError) as raised:
        space_of(load_preset("base"), section_in("space.yaml"))
    assert str(raised.value).startswith(message)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(SourceError, match="absent"):
        section_in("absent.yaml")


def spaces_of_the_page() -> str:
    """The section of docs/search.md about spaces."""
    _, _, section = PAGE.read_text(encoding="utf-8").partition("## Spaces\n")
    return section.partition("\n## ")[0]


def test_the_examples_of_the_docs() -> None:
    sizes = []
    for text in re.findall(r"```yaml\n(.*?)```", spaces_of_the_page(), re.DOTALL):
        reading = read_config(parse_document(Source("config.yaml", text.encode())))
        found = space_of(config_of(reading), reading.entries.get("search"))
        found.config_of(found.size - 1)
        sizes.append(found.size)
    assert sizes == [936, 9, 2 * 2**12 * 2**12 * 2]


def test_the_values_that_the_docs_list_are_right() -> None:
    """Each form of the table of values."""
    rows = spaces_of_the_page().splitlines()
    table = [row.split(" | ")[0].strip("|` ") for row in rows if row.startswith("| `")]
    assert table[:3] == ["[6, 12, 24]", "2..24:2", "{from: 2, to: 24, step: 2}"]
    for values in table[:5]:
        field = "encoder_ff_interm_features" if "ratio" in values else "encoder_num_layers"
        assert space({field: yaml.safe_load(values)}).size > 1


def test_plain_data_is_read_like_a_file() -> None:
    with pytest.raises(ConfigError, match="search: error E235 layers-positive: encoder_num_layers is 0"):
        space({"encoder_num_layers": [0]})
    with pytest.raises(TypeError, match="search"):
        space({"encoder_num_layers": [object()]})
