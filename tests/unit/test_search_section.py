"""What `search:` in a config may say, and each mistake in it at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from w2v_explore import ConfigError, load_config
from w2v_explore.config.document import parse_document
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.search.section import Varying, read_section
from w2v_explore.config.text.source import Source

HOW = "write a list, as [6, 12], or a range, as 2..24:2"
RANGES = "write {from: 2, to: 24, step: 2}, or {from: 256, to: 1024, multiple_of: 64}"
CONV = "extractor_conv_layer_config"


def read(section: str, base: str = "base") -> Reading:
    """A config with a section, which begins on line 3."""
    return read_config(parse_document(Source("c.yaml", f"extends: {base}\nsearch:\n  {section}\n".encode())))


def varying(section: str, base: str = "base") -> tuple[Varying, ...]:
    """What varies by a section in which nothing is wrong."""
    reading = read(section, base)
    assert reading.problems == []
    return read_section(reading.entries["search"], reading.family, reading.values).varying


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("encoder_num_layers: [6, 12, 6]", (6, 12)),
        ("encoder_num_layers: 2..24:2", tuple(range(2, 25, 2))),
        ("encoder_num_layers: [1, 4..8:2, 12]", (1, 4, 6, 8, 12)),
        ("encoder_num_layers: 4..6", (4, 5, 6)),
        ("encoder_num_layers: {from: 4, to: 7, step: 2}", (4, 6)),
        ("encoder_num_layers: {from: 4, to: 6}", (4, 5, 6)),
        ("encoder_embed_dim: {from: 250, to: 400, multiple_of: 64}", (256, 320, 384)),
        ("encoder_dropout: {from: 0, to: 0.3, step: 0.1}", (0.0, 0.1, 0.2, 0.3)),
        ("encoder_dropout: [0, 0.0, 0.1]", (0, 0.1)),
        ("aux_num_out: [null, 32]", (None, 32)),
        ("extractor_mode: [layer_norm]", ("layer_norm",)),
        ("encoder_layer_norm_first: [true, false]", (True, False)),
        (f"{CONV}: [null, [[512, 10, 5], [512, 3, 2]]]", (None, [[512, 10, 5], [512, 3, 2]])),
        (f"{CONV}[0]: [[512, 10, 5], [256, 10, 5]]", ([512, 10, 5], [256, 10, 5])),
        ("encoder_ff_interm_features: {ratio: [2, 3.5, 8/2, 4, '3.5'], of: encoder_embed_dim}", ("2", "7/2", "4")),
        ("encoder_num_heads: {ratio: 1/64, of: encoder_embed_dim}", ("1/64",)),
        ("encoder_ff_interm_features: {ratio: 2..3:0.5, of: encoder_embed_dim}", ("2", "5/2", "3")),
    ],
)
def test_values(section: str, values: tuple[object, ...]) -> None:
    (each,) = varying(section)
    assert each.values == values
    assert list(map(type, each.values)) == list(map(type, values))


@pytest.mark.parametrize(
    ("section", "place", "message"),
    [
        ("encoder_layers: [6]", "3:3", "encoder_layers is fairseq's name; write encoder_num_layers"),
        ("encoder_num_layer: [6]", "3:3", "there is no field encoder_num_layer; did you mean encoder_num_layers?"),
        ("name: [6]", "3:3", "name is no field of the model but a key about the file; give a field of the model"),
        (
            "encoder_num_buckets: [6]",
            "3:3",
            "encoder_num_buckets is a field of wavlm, and this config is of wav2vec2",
        ),
        (
            "'encoder_num_layers[': [6]",
            "3:3",
            "there is no field encoder_num_layers[; did you mean encoder_num_layers?",
        ),
        ("[a]: [6]", "3:3", "a key of search is a list; write a field's name"),
        ("encoder_num_layers: 6", "3:23", f"encoder_num_layers: 6 is one value alone; {HOW.replace('6, 12', '6')}"),
        (
            "encoder_num_layers:",
            "3:22",
            "encoder_num_layers: null is one value alone; write a list, as [null], or a range, as 2..24:2",
        ),
        ("encoder_num_layers: []", "3:23", f"encoder_num_layers: the list has no values; {HOW}"),
        (
            "encoder_num_layers: 12..6",
            "3:23",
            "encoder_num_layers: 12..6 goes down; write the lesser number first, as 6..12",
        ),
        (
            "encoder_num_layers: 6..x",
            "3:23",
            "encoder_num_layers: 6..x is no range; write first..last:step, as 2..24:2",
        ),
        ("encoder_num_layers: 6:8", "3:23", "encoder_num_layers: 6:8 is no range; write first..last:step, as 2..24:2"),
        (
            "encoder_num_layers: [2, 1..1000000000000]",
            "3:27",
            "encoder_num_layers: 1..1000000000000 is 1,000,000,000,000 values; write a larger step, for 10,000 at most",
        ),
        (
            f"encoder_num_layers: [{'1..9999, ' * 20_000}]",
            "3:23",
            "encoder_num_layers: more than 10,000 values are too many; give fewer",
        ),
        (
            "encoder_num_layers: {from: 1, to: 1000000000}",
            "3:23",
            "encoder_num_layers: the range is 1,000,000,000 values; write a larger step, for 10,000 at most",
        ),
        (
            "encoder_num_layers: {from: 1, to: 1000000000, multiple_of: 2}",
            "3:23",
            "encoder_num_layers: the range is 500,000,000 values; write a larger multiple_of, for 10,000 at most",
        ),
        ("encoder_dropout: {from: 0, to: 1e-1}", "3:34", "encoder_dropout: to is text '1e-1'; write 0.1"),
        (
            "encoder_num_layers: {from: 8, to: 6}",
            "3:37",
            "encoder_num_layers: the range goes down; write the lesser number first, as {from: 6, to: 8}",
        ),
        ("encoder_num_layers: {from: 8}", "3:23", f"encoder_num_layers: the range has no to; {RANGES}"),
        (
            "encoder_num_layers: {[6, 8]: 2}",
            "3:24",
            f"encoder_num_layers: a list or a mapping is nothing that values have; {RANGES}",
        ),
        (
            f"{CONV}[*].kernel: {{each: {{? {{a: 1}} : 2}}}}",
            "3:52",
            f"{CONV}[*].kernel: a list or a mapping is nothing that values have; {RANGES}",
        ),
        ("encoder_num_layers: {form: 8}", "3:24", f"encoder_num_layers: form is nothing that values have; {RANGES}"),
        (
            "encoder_num_layers: {from: a, to: 2}",
            "3:30",
            "encoder_num_layers: from is text 'a'; write a number of at most 2147483647",
        ),
        (
            "encoder_num_layers: {from: 1, to: 2, step: 0}",
            "3:46",
            "encoder_num_layers: step is 0; write a number above 0",
        ),
        (
            "encoder_num_layers: {from: 1, to: 2, step: 1, multiple_of: 2}",
            "3:62",
            "encoder_num_layers: a range has a step or a multiple_of, not both; remove one of the two",
        ),
        (
            "encoder_num_layers: {from: 65, to: 127, multiple_of: 64}",
            "3:23",
            "encoder_num_layers: no multiple of 64 lies from 65 to 127; write a wider range",
        ),
        ("encoder_num_layers: [6, 0]", "3:27", "encoder_num_layers is 0; write a whole number from 1"),
        ("encoder_num_layers: [6, 'x']", "3:27", "encoder_num_layers is text 'x'; write a whole number from 1"),
        ("encoder_num_layers: {from: 0, to: 5}", "3:23", "encoder_num_layers is 0; write a whole number from 1"),
        ("encoder_dropout: 0..2", "3:20", "encoder_dropout is 2, no probability; write a number from 0 to 1"),
        (
            f"{CONV}[2].kernel: [3, 0]",
            "3:46",
            f"the kernel of {CONV}[2] is 0; write a whole number from 1",
        ),
        (
            f"{CONV}[*].stride: {{each: [0]}}",
            "3:50",
            f"the stride of {CONV}[*] is 0; write a whole number from 1",
        ),
        (
            f"{CONV}[0].kernels: [3]",
            "3:3",
            f"a convolution has no kernels; write {CONV}[0].channels, .kernel or .stride",
        ),
        (
            f"{CONV}.kernel: [3]",
            "3:3",
            f"{CONV}.kernel does not say which layer; write {CONV}[0].kernel, or {CONV}[*].kernel for all of them "
            "alike",
        ),
        (
            f"{CONV}[7].kernel: [3]",
            "3:3",
            f"there is no {CONV}[7]; layers are counted from 0, and the last is [6]",
        ),
        (
            "encoder_num_heads[3]: [3]",
            "3:3",
            "encoder_num_heads is no list, and has no parts; write encoder_num_heads",
        ),
        (
            "encoder_num_heads: {each: [3]}",
            "3:22",
            f"encoder_num_heads: what is no list has no layers; {HOW}",
        ),
        (
            f"{CONV}[0].kernel: {{each: [3]}}",
            "3:42",
            f"{CONV}[0].kernel: one layer is no list of layers; write {CONV}[*].kernel for each of them",
        ),
        (
            f"{CONV}[*].kernel: {{each: [3], step: 2}}",
            "3:54",
            f"{CONV}[*].kernel: step is nothing that values have; write {{each: …}} alone, and in it "
            "a list, as [6, 12], or a range, as 2..24:2",
        ),
        (
            "encoder_num_heads: {ratio: 1/64}",
            "3:22",
            "encoder_num_heads: there is no field that it is a ratio to; write {ratio: 1/64, of: encoder_embed_dim}",
        ),
        (
            "encoder_num_heads: {of: encoder_embed_dim}",
            "3:22",
            "encoder_num_heads: there is no ratio; write {ratio: 1/64, of: encoder_embed_dim}",
        ),
        (
            "encoder_num_heads: {ratio: 1/0, of: encoder_embed_dim}",
            "3:30",
            "encoder_num_heads: text '1/0' is no ratio; write a number above 0, as 4, 3.5 or 1/64",
        ),
        (
            "encoder_num_heads: {ratio: [1, -2], of: encoder_embed_dim}",
            "3:34",
            "encoder_num_heads: -2 is no ratio; write a number above 0, as 4, 3.5 or 1/64",
        ),
        (
            "encoder_num_heads: {ratio: 1, of: encoder_embed_dims}",
            "3:37",
            "encoder_num_heads: there is no field encoder_embed_dims; did you mean encoder_embed_dim?",
        ),
        (
            "encoder_num_heads: {ratio: 1, of: 3}",
            "3:37",
            "encoder_num_heads: of is 3; write the name of a field",
        ),
        (
            "encoder_num_heads: {ratio: 1, of: encoder_dropout}",
            "3:37",
            "encoder_num_heads: of is encoder_dropout, which is no whole number; write the name of a field that is",
        ),
        (
            "encoder_num_heads: {ratio: 1, of: encoder_num_heads}",
            "3:37",
            "encoder_num_heads: of is encoder_num_heads itself; write the name of another field",
        ),
        (
            "encoder_dropout: {ratio: 1, of: encoder_num_heads}",
            "3:20",
            f"encoder_dropout: only a whole number has a ratio to another field; {HOW}",
        ),
        (
            "encoder_num_heads: {ratio: 1, of: encoder_embed_dim}\n"
            "  encoder_embed_dim: {ratio: 2, of: encoder_num_heads}",
            "4:37",
            "encoder_num_heads follows encoder_embed_dim, which follows encoder_num_heads; "
            "give one of them values of its own",
        ),
        (
            f"{CONV}[*].kernel: [3]\n  {CONV}[2]: [[512, 3, 2]]",
            "4:3",
            f"{CONV}[2] varies with {CONV}[*].kernel on line 3 already; keep one of the two",
        ),
    ],
)
def test_each_mistake_is_at_its_place(section: str, place: str, message: str) -> None:
    (problem,) = read(section).problems
    assert str(problem.place) == f"c.yaml:{place}"
    assert problem.message == message
    assert problem.key is not None
    assert problem.key.startswith("search")


@pytest.mark.parametrize(
    ("section", "place", "message"),
    [
        (
            "encoder_num_heads: [8, 10]",
            "3:23",
            "encoder_num_heads is 8; write a list with a whole number for each layer; for all layers alike vary "
            "encoder_num_heads[*], for each by itself write {each: …}",
        ),
        (
            "encoder_num_heads: {ratio: 1/64, of: encoder_embed_dim}",
            "3:22",
            "encoder_num_heads: a list has no ratio to another field; write encoder_num_heads[*]",
        ),
        (
            "encoder_num_heads[3].kernel: [8]",
            "3:3",
            "encoder_num_heads has one value for each layer; write encoder_num_heads[3]",
        ),
        ("encoder_num_heads[3]: [-8]", "3:26", "encoder_num_heads[3] is -8; write a whole number from 0"),
        (
            "encoder_num_layers: [2, 14]\n  encoder_num_heads[14]: [8]",
            "4:3",
            "there is no encoder_num_heads[14]; layers are counted from 0, and the last is [13]",
        ),
    ],
)
def test_mistakes_in_lists_by_layer(section: str, place: str, message: str) -> None:
    problem = read(section, "hubert_base_prunable").problems[0]
    assert (str(problem.place), problem.message) == (f"c.yaml:{place}", message)


def test_a_section_is_of_its_file_alone(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("extends: base\nsearch: {encoder_layers: [6]}\n")
    (tmp_path / "own.yaml").write_text("extends: wrong.yaml\nencoder_num_layers: 6\n")
    assert load_config(tmp_path / "own.yaml").model.encoder_num_layers == 6
    with pytest.raises(ConfigError, match=r"wrong\.yaml:2:10: error E274"):
        load_config(tmp_path / "wrong.yaml")


def test_a_section_can_be_set() -> None:
    reading = read_config(parse_document(Source("c.yaml", b"extends: base\n")), ["search={encoder_num_layers: [6, 0]}"])
    (problem,) = reading.problems
    assert str(problem.place) == "--set search={encoder_num_layers: [6, 0]}"
    assert problem.message == "encoder_num_layers is 0; write a whole number from 1"


def test_what_is_hostile_ends() -> None:
    keys = "\n  ".join(f"{CONV}[{number}].kernel: 1..9999" for number in range(7))
    problems = read(keys).problems
    assert "search says more than anybody searches; write 1,000 keys at most, with 50,000 values" in {
        problem.message for problem in problems
    }
    assert len(read("\n  ".join(f"x{number}: [1]" for number in range(1_000))).problems) == 50
    assert len(read(f"encoder_num_layers: [{', '.join(['1'] * 15_000)}]").problems) == 1
