"""Defects that a review of the reader found, each held down by the input that showed it."""

import sys
from pathlib import Path

import pytest

from tests.program import Runner
from w2v_explore.config.document import parse_document
from w2v_explore.config.reading import read_config
from w2v_explore.config.source import Source
from w2v_explore.lint.fix import fix_source
from w2v_explore.lint.settings import Settings

CONV = "extractor_conv_layer_config"


def problems(text: str | bytes) -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    found = read_config(parse_document(Source("c.yaml", content))).problems
    return [f"{problem.place.line}:{problem.place.column} {problem.rule.code}" for problem in found]


@pytest.mark.parametrize(
    "value", [f'"[(0x{"f" * 3900}, 1, 1)]"', f"[(512, 0x{'f' * 4900}, 1)]", '"1if 1else 2"', '"[(True, 3, 2)]"']
)
def test_expressions_that_only_python_reads(value: str) -> None:
    codes = {problem.split()[1] for problem in problems(f"extends: base\n{CONV}: {value}\n")}
    assert codes == {"E222"}


def test_a_long_number_of_base_60() -> None:
    assert problems(f"extends: base\nencoder_num_layers: 1{':1' * 100_000}\n") == ["2:21 E210"]


def test_a_bad_byte_after_a_byte_order_mark() -> None:
    assert problems(b"\xef\xbb\xbfextends: base\nname: \xe9\n") == ["2:7 E101"]


def test_a_comment_with_a_star_is_no_alias() -> None:
    assert problems(f"# 2 * 3\nextends: base\n{CONV}: [{'[1, 1, 1], ' * 8_000}]\n") == ["3:30 E222"]


def test_a_duplicate_key_hides_no_missing_one() -> None:
    found = problems("name: a\nname: b\n")
    assert found.count("1:1 E201") == 1
    assert "2:1 E104" in found


@pytest.mark.parametrize(
    "line",
    [
        "encoder_num_layers: '0'",
        "encoder_num_layers: -6.0",
        "encoder_num_layers: 20000.0",
        "encoder_dropout: '1.5'",
        f"{CONV}: '[(0, 3, 2)]'",
    ],
)
def test_no_repair_that_is_wrong_itself(line: str) -> None:
    content = f"extends: base\n{line}\n".encode()
    assert fix_source(Source("c.yaml", content), Settings()).content == content


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("extends=large", "one field of the config can be set here"),
        ("encoder_num_layers=6\nencoder_num_heads: 3", "one field of the config can be set here"),
        ("name=\udcff", "E101 encoding"),
    ],
)
def test_overrides(run: Runner, override: str, message: str) -> None:
    finished = run("summary", "base", "--set", override)
    assert finished.code == 2
    assert message in finished.err


def test_closed_standard_input(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v_explore.config import source

    class Closed:
        stdin = None
        stdout, stderr = sys.stdout, sys.stderr

    monkeypatch.setattr(source, "sys", Closed)
    finished = run("summary", "-")
    assert finished.code == 2
    assert "standard input: it is closed" in finished.err


def test_a_folder_hides_no_preset(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run("summary", "base").code == 0


def test_thousands_of_unknown_keys_are_named_up_to_a_point() -> None:
    text = "extends: base\n" + "".join(f"key_{number}: 1\n" for number in range(20_000))
    assert len(problems(text)) == 1_000
