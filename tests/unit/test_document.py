"""The YAML reader: what it accepts, what it refuses, and where it says the fault lies."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from w2v_explore import ConfigError, Problem, SourceError, load_config
from w2v_explore.config.document import parse_document
from w2v_explore.config.entries import Document, plain_value
from w2v_explore.config.text.source import MAX_BYTES, Source, read_source

Located = tuple[str, "int | None", "int | None"]
Load = Callable[["str | bytes"], list[Problem]]

BASE = "extends: base\n"
CONV = "extractor_conv_layer_config"


@pytest.fixture
def problems_of(tmp_path: Path) -> Load:
    """Writes a config, loads it, and gives back all that is wrong with it."""

    def load(content: str | bytes) -> list[Problem]:
        path = tmp_path / "config.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        try:
            load_config(str(path))
        except ConfigError as error:
            return list(error.problems)
        return []

    return load


def test_problems_name_the_file_as_it_was_given(problems_of: Load, tmp_path: Path) -> None:
    (problem,) = problems_of("a: *b")
    assert str(problem).startswith(f"{tmp_path / 'config.yaml'}:1:4: error E100 yaml-syntax: ")


def located(problems: list[Problem]) -> list[Located]:
    return [(problem.rule.code, problem.place.line, problem.place.column) for problem in problems]


def parse(text: str) -> Document:
    return parse_document(Source("config.yaml", text.encode()))


def value_of(text: str) -> Any:
    return plain_value(parse(f"name: {text}\n").entries["name"].value)


# --- E100: syntax ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        pytest.param("\tname: a\n", 1, 1, id="tab-first"),
        pytest.param("name:\n\t- 1\n", 2, 1, id="tab-as-indentation"),
        pytest.param("name: a\n---\nname: b\n", 2, 1, id="second-document"),
        pytest.param("---\n---\nname: b\n", 2, 1, id="second-document-after-an-empty-one"),
        pytest.param("extends: base\nname: *other\n", 2, 7, id="undefined-alias"),
        pytest.param("name: &a x\nfamily: &a y\n", 2, 9, id="anchor-twice"),
        pytest.param("extends: base\nname: a: b\n", 2, 8, id="colon-in-plain-text"),
        pytest.param("extends: base\nname: [a\n", 3, 1, id="open-bracket"),
        pytest.param('extends: base\nname: "a\n', 3, 1, id="open-quote"),
        pytest.param('name: "\\q"\n', 1, 8, id="unknown-escape"),
        pytest.param('name: "\\ud800"\n', 1, 10, id="surrogate-escape"),
        pytest.param("name: a\n  family: b\n", 2, 9, id="indented-too-far"),
        pytest.param("%YAML 2.0\n---\nname: a\n", 1, 1, id="another-yaml-version"),
        pytest.param("extends: base\nname: @a\n", 2, 7, id="reserved-character"),
        pytest.param(f"{BASE}{CONV}: [(512, 10, 5)] + [(512, 3, 2)] * 4\n", 2, 45, id="unquoted-fairseq-expression"),
    ],
)
def test_a_syntax_error_is_one_problem_at_the_place_where_reading_stops(
    problems_of: Load, content: str, line: int, column: int
) -> None:
    assert located(problems_of(content)) == [("E100", line, column)]


def test_a_second_document_is_named_as_such(problems_of: Load) -> None:
    (problem,) = problems_of("name: a\n---\nname: b\n")
    assert "second document" in problem.message


# --- E101: encoding ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        pytest.param("name: caf\xe9\n".encode("latin-1"), 1, 10, id="latin-1"),
        pytest.param("extends: base\n# \xe9 \xe9\n".encode("latin-1"), 2, 3, id="latin-1-in-a-comment"),
        pytest.param("# 😀é\nname: ".encode() + b"\xff\n", 2, 7, id="after-characters-of-several-bytes"),
        pytest.param(b"# \xf0\x9f\x98\n", 1, 3, id="character-cut-short"),
        pytest.param("name: a\n".encode("utf-16-le"), 1, 2, id="utf-16-le-without-bom"),
        pytest.param("name: a\n".encode("utf-16-be"), 1, 1, id="utf-16-be-without-bom"),
        pytest.param(b"extends: base\nname: a\0b\n", 2, 8, id="nul"),
        pytest.param(b"extends: base\nname: a\x1b[31m\n", 2, 8, id="escape"),
        pytest.param("name: a\n".encode("utf-16") + b"b", 2, 1, id="utf-16-with-half-a-character"),
        pytest.param(b"\x7fELF\x02\x01\x01\0\0\0", 1, 1, id="a-binary"),
    ],
)
def test_wrong_encoding_is_reported_at_the_first_bad_character(
    problems_of: Load, content: bytes, line: int, column: int
) -> None:
    problems = problems_of(content)
    assert located(problems) == [("E101", line, column)]
    assert "UTF-8" in problems[0].message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf_8_and_texts_with_a_bom_load(problems_of: Load, encoding: str) -> None:
    assert problems_of(f"{BASE}name: wav2vec é 😀\n".encode(encoding)) == []


def test_big_endian_utf_16_with_a_bom_loads(problems_of: Load) -> None:
    assert problems_of(b"\xfe\xff" + BASE.encode("utf-16-be")) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_bom_shifts_no_column(problems_of: Load, encoding: str) -> None:
    content = "encoder_num_layers: 0\nextends: base\n".encode(encoding)
    assert located(problems_of(content)) == [("E235", 1, 21)]


def test_columns_count_code_points(problems_of: Load) -> None:
    problems = problems_of(f'{{"name": "é😀", encoder_num_layers: 0, {BASE.strip()}}}\n')
    assert located(problems) == [("E235", 1, 36)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_lines_are_counted_with_either_line_end(problems_of: Load, line_end: str) -> None:
    content = line_end.join(["# a comment", "extends: base", "encoder_num_layers: 0", ""])
    assert located(problems_of(content.encode())) == [("E235", 3, 21)]


# --- E102: too deep or too big -----------------------------------------------------------------------------------


def test_a_file_of_the_largest_size_loads_and_one_byte_more_does_not(problems_of: Load) -> None:
    assert MAX_BYTES == 512 * 1024
    full = BASE + "#" * (MAX_BYTES - len(BASE))
    assert problems_of(full) == []
    assert located(problems_of(full + "#")) == [("E102", None, None)]


@pytest.mark.parametrize(
    ("opening", "column"),
    [("[", 65), ("{", 65), ("- ", 129), ("? ", 129), ("[a, ", 257), ("{a: ", 257)],
)
@pytest.mark.parametrize("times", [600, 25_000])
def test_deep_nesting_is_refused_before_libyaml_overruns_the_stack(
    problems_of: Load, opening: str, column: int, times: int
) -> None:
    assert located(problems_of(opening * times)) == [("E102", 1, column)]


def test_nesting_is_counted_from_the_top_of_the_file(problems_of: Load) -> None:
    assert located(problems_of(f"{BASE}name: {'[' * 25_000}")) == [("E102", 2, 70)]


def test_deeply_indented_mappings_are_refused(problems_of: Load) -> None:
    content = "".join(f"{' ' * level}a:\n" for level in range(600))
    assert located(problems_of(content)) == [("E102", 65, 65)]


@pytest.mark.parametrize("line_break", ["\r", "\u2028"])
def test_every_line_break_of_yaml_counts(problems_of: Load, line_break: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # libyaml, which would be asked only after the look at nesting, is not there.
    monkeypatch.delattr("yaml.compose")
    content = "".join(f"{' ' * level}a:{line_break}" for level in range(600))
    assert located(problems_of(content)) == [("E102", 65, 65)]


def test_aliases_make_nothing_deeper(problems_of: Load) -> None:
    # Each is shallow where it stands, and holds the one before. The last list has each once more, the first of them
    # last: who goes through a file from its end and each anchor once meets no depth.
    links = [
        f"v{number}: &v{number} {'{x: ' * 55}{f'*v{number - 1}' if number else 1}{'}' * 55}" for number in range(11)
    ]
    config = "model: {_name: wav2vec2, encoder_layers: 12}\ncfg: *v10\n"
    again = ", ".join(f"*v{number}" for number in reversed(range(11)))
    content = "\n".join([*links, f"{config}w: [{again}]\n"])
    [(code, line, _)] = located(problems_of(content))
    assert (code, line) == ("E102", 2)
    shallow = f"{BASE}{CONV}: &a {'[' * 31}1{']' * 31}\nname: {'[' * 31}*a{']' * 31}\n"
    assert "E102" not in [code for code, *_ in located(problems_of(shallow))]
    assert located(problems_of(shallow.replace("*a", "[[*a]]")))[0][0] == "E102"


def test_many_short_lists_are_not_deep(problems_of: Load) -> None:
    problems = problems_of(f"{BASE}{CONV}: [{'[4, 2, 1], ' * 900}]\n")
    assert problems == []


# --- E103: aliases -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(f"{BASE}name: &a [*a]\n", [("E103", 2, 7)], id="list-in-itself"),
        pytest.param(f"{BASE}name: &a {{b: *a}}\n", [("E103", 2, 7)], id="mapping-in-itself"),
        pytest.param(f"{BASE}{CONV}: &a [*a]\n", [("E103", 2, 30)], id="conv-layers-in-themselves"),
        pytest.param(f"{BASE}? &a [*a]\n: 1\n", [("E103", 2, 3)], id="key-in-itself"),
        pytest.param("&a [*a]\n", [("E106", 1, 1)], id="whole-file-list"),
    ],
)
def test_recursive_aliases_end(problems_of: Load, content: str, expected: list[Located]) -> None:
    assert located(problems_of(content)) == expected


def bomb(item: str, levels: int = 9, width: int = 9) -> str:
    """``a0`` … ``a8``: each holds the one before it nine times, as ``item`` says."""
    lines = ["a0: &a0 {k: 1}"]
    lines += [f"a{level}: &a{level} {item.format(', '.join([f'*a{level - 1}'] * width))}" for level in range(1, levels)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("item", ["[{}]", "{{<<: [{}]}}"], ids=["aliases", "merge-keys"])
def test_bombs_are_never_expanded(problems_of: Load, item: str) -> None:
    problems = problems_of(f"{BASE}{bomb(item)}")
    assert [problem.rule.code for problem in problems] == ["E103"]


@pytest.mark.parametrize("use", ["name: *a8", f"{CONV}: *a8", "<<: *a8", "budgets: {a: *a8}"])
def test_bombs_are_not_expanded_where_they_are_used(problems_of: Load, use: str) -> None:
    problems = problems_of(f"{BASE}{bomb('[{}]')}{use}\n")
    assert [problem.rule.code for problem in problems] == ["E103"]


def test_a_few_aliases_are_followed(problems_of: Load) -> None:
    assert problems_of(f"{BASE}name: &name mine\ndescription: *name\n") == []


def test_a_merge_key_is_no_field(problems_of: Load) -> None:
    (problem,) = problems_of(f"{BASE}<<: {{encoder_num_layers: 3}}\n")
    assert located([problem]) == [("E200", 2, 1)]
    assert "extends" in problem.message


# --- E104: duplicate keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("name: a\nname: b\n", [("E104", 3, 1)], id="top-level"),
        pytest.param("name: a\n'name': b\n\"name\": c\n", [("E104", 3, 1), ("E104", 4, 1)], id="quoted-differently"),
        pytest.param("budgets:\n  stride: 1\n  stride: 2\n", [("E104", 4, 3)], id="in-a-mapping"),
        pytest.param("budgets: {a: [1, {b: 1, b: 2}]}\n", [("E104", 2, 25)], id="in-a-mapping-in-a-list"),
        pytest.param("budgets: {a: 1, b: {a: 1}}\n", [], id="same-key-of-another-mapping"),
        pytest.param("extends: large\n", [("E104", 2, 1)], id="extends"),
    ],
)
def test_duplicate_keys_are_reported_at_the_later_key(problems_of: Load, content: str, expected: list[Located]) -> None:
    assert located(problems_of(BASE + content)) == expected


def test_a_duplicate_names_the_line_of_the_first(problems_of: Load) -> None:
    (problem,) = problems_of(f"{BASE}# a comment\nname: a\n\nname: b\n")
    assert problem.key == "name"
    assert "line 3" in problem.message


# --- E105: tags --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(f"{BASE}name: !!python/object:os.system x\n", ("E105", 2, 7), id="python-object"),
        pytest.param(f"{BASE}name: !!python/name:os.system x\n", ("E105", 2, 7), id="python-name"),
        pytest.param(f"{BASE}name: !mine x\n", ("E105", 2, 7), id="local"),
        pytest.param(f"{BASE}!mine name: x\n", ("E105", 2, 1), id="of-a-key"),
        pytest.param(f"{BASE}budgets: {{a: [!mine 1]}}\n", ("E105", 2, 15), id="nested"),
        pytest.param(f"!mine\n{BASE}", ("E105", 1, 1), id="of-the-file"),
        pytest.param("!!python/object:a.b\nextends: base\n", ("E105", 1, 1), id="python-object-file"),
    ],
)
def test_foreign_tags_are_refused(problems_of: Load, content: str, expected: Located) -> None:
    assert located(problems_of(content)) == [expected]


def test_a_python_call_is_never_made(problems_of: Load, tmp_path: Path) -> None:
    target = tmp_path / "made"
    problems = problems_of(f'{BASE}name: !!python/object/apply:os.mkdir ["{target}"]\n')
    assert located(problems) == [("E105", 2, 7), ("E202", 2, 7)]
    assert not target.exists()


@pytest.mark.parametrize("value", ["!!int 6", "!!int '6'", "!!int 0x6"])
def test_yamls_own_tags_are_understood(problems_of: Load, value: str) -> None:
    assert problems_of(f"{BASE}encoder_num_layers: {value}\n") == []


# --- E106: no mapping --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        pytest.param("", None, None, id="empty"),
        pytest.param("\n\n", None, None, id="blank-lines"),
        pytest.param("# only a comment\n", None, None, id="comment"),
        pytest.param(b"\xef\xbb\xbf", None, None, id="only-a-bom"),
        pytest.param("# a list\n- 1\n- 2\n", 2, 1, id="list"),
        pytest.param("[1]\n", 1, 1, id="flow-list"),
        pytest.param("\n  base\n", 2, 3, id="text"),
        pytest.param("null\n", 1, 1, id="null"),
        pytest.param("12\n", 1, 1, id="number"),
    ],
)
def test_what_is_no_mapping_is_refused(
    problems_of: Load, content: str | bytes, line: int | None, column: int | None
) -> None:
    assert located(problems_of(content)) == [("E106", line, column)]


def test_an_empty_mapping_lacks_every_field_once(problems_of: Load) -> None:
    assert located(problems_of("# nothing\n{}\n")) == [("E201", 2, 1)]


# --- Keys and values that are no plain text or number -------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "column"),
    [
        pytest.param("[a, b]: 1", 1, id="list"),
        pytest.param("? - a\n: 1", 3, id="block-list"),
        pytest.param("{a: 1}: 1", 1, id="mapping"),
        pytest.param("1: 1", 1, id="number"),
        pytest.param("null: 1", 1, id="null"),
        pytest.param("2024-13-01: 1", 1, id="date"),
        pytest.param('"": 1', 1, id="empty"),
    ],
)
def test_odd_keys_are_unknown_keys(problems_of: Load, key: str, column: int) -> None:
    assert located(problems_of(f"{BASE}{key}\n")) == [("E200", 2, column)]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param("9" * 5_000, "E210", id="5000-digits"),
        pytest.param("-" + "9" * 5_000, "E210", id="5000-digits-negative"),
        pytest.param("0x" + "f" * 5_000, "E214", id="5000-hexadecimal-digits"),
        pytest.param("1_000_000", "E214", id="over-the-limit"),
        pytest.param("2024-13-01", "E210", id="month-13"),
        pytest.param("2024-01-01", "E210", id="date"),
        pytest.param("!!int abc", "E210", id="int-tag-on-text"),
        pytest.param("!!int ''", "E210", id="int-tag-on-nothing"),
        pytest.param("!!float abc", "E210", id="float-tag-on-text"),
        pytest.param("!!bool maybe", "E210", id="bool-tag-on-text"),
        pytest.param("!!timestamp x", "E210", id="timestamp-tag"),
        pytest.param("!!binary AAAA", "E210", id="binary"),
        pytest.param("0x_", "E210", id="hexadecimal-without-digits"),
        pytest.param("1:30.5", "E210", id="sexagesimal-float"),
        pytest.param("1e18", "E210", id="1e18"),
        pytest.param("1.0e+400", "E210", id="infinite"),
        pytest.param("", "E210", id="nothing"),
    ],
)
def test_odd_scalars_are_faults_of_the_field(problems_of: Load, value: str, code: str) -> None:
    problems = problems_of(f"{BASE}encoder_num_layers: {value}\n")
    column = 21 if value else 20
    assert located(problems) == [(code, 2, column)]
    assert problems[0].key == "encoder_num_layers"
    assert len(problems[0].message) < 200


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1:30", 90),
        ("-1:30", -90),
        ("1:30.5", 90.5),
        ("010", 8),
        ("08", "08"),
        ("0o10", "0o10"),
        ("0x1F", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("1e-1", "1e-1"),
        ("1.0e-1", 0.1),
        (".inf", float("inf")),
        ("-.inf", float("-inf")),
        ("nan", "nan"),
        ("Off", False),
        ("yes", True),
        ("~", None),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("2024-01-01", "2024-01-01"),
        ("[1, [2, x]]", [1, [2, "x"]]),
        ("{a: 1, 2: {b: null}}", {"a": 1, "2": {"b": None}}),
    ],
)
def test_a_value_is_what_yaml_1_1_says(text: str, value: object) -> None:
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


def test_nan_is_read_as_a_number() -> None:
    found = value_of(".nan")
    assert isinstance(found, float)
    assert found != found


def test_entries_and_items_know_their_places() -> None:
    entry = parse("name: x\n\n  \n'family' : [1, [20, 300]]  # c\n").entries["family"]
    assert entry.key_place == ("config.yaml", 4, 1, 4, 9)
    assert entry.value_place() == ("config.yaml", 4, 12, 4, 26)
    assert entry.value_place(1, 1) == ("config.yaml", 4, 21, 4, 24)


def test_a_block_list_ends_with_its_last_item() -> None:
    entry = parse("family:\n  - 1\n  - - 20\n    - 300   # the end\n\n\nname: x\n").entries["family"]
    assert entry.value_place() == ("config.yaml", 2, 3, 4, 10)
    assert entry.value_place(1) == ("config.yaml", 3, 5, 4, 10)


# --- Sources -----------------------------------------------------------------------------------------------------


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SourceError, match=r"no file or preset is named there/is/none\.yaml"):
        read_source("there/is/none.yaml")


def test_a_misspelt_preset_gets_a_suggestion() -> None:
    with pytest.raises(SourceError, match="xlsr_300; did you mean the preset xlsr_300m"):
        read_source("xlsr_300")


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="it is a folder without a"):
        read_source(str(tmp_path))


def test_a_fifo_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "fifo.yaml"
    os.mkfifo(path)
    with pytest.raises(SourceError, match=r"fifo\.yaml: it is no regular file"):
        read_source(str(path))


def test_a_device_is_refused() -> None:
    with pytest.raises(SourceError, match="/dev/zero: it is no regular file"):
        read_source("/dev/zero")


@pytest.mark.parametrize(("target", "reason"), [("nothing", "No such file"), ("link.yaml", "symbolic links")])
def test_a_broken_symlink_is_named(tmp_path: Path, target: str, reason: str) -> None:
    path = tmp_path / "link.yaml"
    path.symlink_to(tmp_path / target)
    with pytest.raises(SourceError, match=rf"cannot read .*link\.yaml: .*{reason}"):
        read_source(str(path))


def test_a_symlink_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text(BASE)
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    assert read_source(str(tmp_path / "link.yaml")).content == BASE.encode()


def test_a_nul_in_a_path_is_a_source_error() -> None:
    with pytest.raises(SourceError, match=r"'a\\x00b' is no path: it holds a NUL"):
        read_source("a\0b")


def test_a_refused_file_gives_the_systems_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text(BASE)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SourceError, match=r"cannot read .*secret\.yaml: Permission denied"):
        read_source(str(path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file; the test above covers the refusal")
def test_an_unreadable_file_gives_the_systems_reason(tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text(BASE)
    path.chmod(0)
    with pytest.raises(SourceError, match=r"cannot read .*secret\.yaml: Permission denied"):
        read_source(str(path))


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert len(read_source(str(path)).content) == MAX_BYTES + 1


def test_what_no_shell_hands_over_is_refused_too() -> None:
    with pytest.raises(ConfigError, match="E101"):
        load_config("base", ["name=\ud800"])
    with pytest.raises(SourceError, match=r"no file or preset is named"):
        load_config("\ud800.yaml")
