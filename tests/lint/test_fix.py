"""--fix: one right answer, byte for byte elsewhere, and nothing left to do the second time."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.program import Runner
from w2v_explore.config.text.source import Source
from w2v_explore.errors import SourceError
from w2v_explore.files.write import write_atomically
from w2v_explore.lint import fix
from w2v_explore.lint.fix import fix_source
from w2v_explore.lint.settings import Settings


def fixed(text: str) -> str:
    return fix_source(Source("c.yaml", text.encode()), Settings()).source.content.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("encoder_num_layers: 010  # eight", "encoder_num_layers: 8  # eight"),
        ("encoder_layer_norm_first:   off", "encoder_layer_norm_first:   false"),
        ("encoder_num_layers: '6'", "encoder_num_layers: 6"),
        ("extractor_conv_bias: \"False\"", "extractor_conv_bias: false"),
        ("encoder_dropout: 1e-1", "encoder_dropout: 0.1"),
        ("encoder_dropout: 1e-6", "encoder_dropout: 1.0e-06"),
        ("encoder_num_heads: 12.0", "encoder_num_heads: 12"),
        ("extractor_mode: default", "extractor_mode: group_norm"),
        ("encoder_num_layer: 6", "encoder_num_layers: 6"),
        ("encoder_layers: 6", "encoder_num_layers: 6"),
        ("num_hidden_layers: '6'", "encoder_num_layers: 6"),
        ("feat_extract_norm: group", "extractor_mode: group_norm"),
        ("conv_feature_layers: '[(512, 10, 5)] + [(512, 3, 2)] * 2'",
         "extractor_conv_layer_config: [[512, 10, 5], [512, 3, 2], [512, 3, 2]]"),
        ("extractor_conv_layer_config: [(512,10,5)]", "extractor_conv_layer_config: [[512, 10, 5]]"),
        ("extractor_conv_layer_config: [[512, 10, '5']]", "extractor_conv_layer_config: [[512, 10, 5]]"),
    ],
)  # fmt: skip
def test_what_has_one_right_answer(before: str, after: str) -> None:
    frame = "# comment  \nextends:  base\n\n{}\n...\n"
    assert fixed(frame.format(before)) == frame.format(after)
    assert fixed(frame.format(after)) == frame.format(after)


@pytest.mark.parametrize(
    "line",
    [
        "encoder_num_heads: 7",
        "encoder_num_layers: 0",
        "encoder_dropout: 1.5",
        "whatever: 3",
        "encoder_num_layers: 6\nencoder_num_layer: 7",
        "encoder_num_layers: [6",
    ],
)
def test_what_has_more_than_one_is_left_alone(line: str) -> None:
    assert fixed(f"extends: base\n{line}\n") == f"extends: base\n{line}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"encoder_num_layer": 6', '"encoder_num_layers": 6'),
        ('"hidden_size": "768"', '"encoder_embed_dim": 768'),
        ('"extractor_mode": "default"', '"extractor_mode": "group_norm"'),
        ('"encoder_layer_norm_first": "no"', '"encoder_layer_norm_first": false'),
        ('"encoder_dropout": "1e-6"', '"encoder_dropout": 1.0e-06'),
        ('"conv_feature_layers": "[(512, 10, 5)]"', '"extractor_conv_layer_config": [[512, 10, 5]]'),
    ],
)
def test_json_stays_json(before: str, after: str) -> None:
    frame = '{"extends":\t"base",\n\t%s}'
    content = fix_source(Source("c.json", (frame % before).encode(), "c.json"), Settings()).source.content.decode()
    assert content == frame % after
    assert json.loads(content)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_word_keeps_its_quotes(quote: str) -> None:
    text = "extends: base\n{0}{1}{0}: {0}{2}{0}\n"
    before, after = ("feat_extract_norm", "group"), ("extractor_mode", "group_norm")
    assert fixed(text.format(quote, *before)) == text.format(quote, *after)


@pytest.mark.parametrize(
    "names", [("child.yaml", "base.yaml"), ("base.yaml", "child.yaml"), ("link.yaml", "base.yaml")]
)
def test_a_base_is_repaired_before_what_extends_it_is_linted(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text("extends: base\nencoder_layers: 6\n")
    Path("child.yaml").write_text("extends: base.yaml\nencoder_dropout: '0.1'\n")
    Path("link.yaml").symlink_to("child.yaml")
    finished = run("lint", "--fix", *names)
    assert (finished.code, finished.err) == (0, "")
    assert "No problems in 2 files" in finished.out
    assert Path("base.yaml").read_text() == "extends: base\nencoder_num_layers: 6\n"
    assert Path("child.yaml").read_text() == "extends: base.yaml\nencoder_dropout: 0.1\n"


TWO_RULES = "extends: base\r\nencoder_layers: '6'\r\nencoder_heads: 6"
SAID = ["{}: repaired E200 unknown-key, 2 times", "{}: repaired E210 int-type"]


def test_what_is_repaired_is_said(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(TWO_RULES)
    code, out, err = run("lint", "--fix", ".")
    assert (code, err, out.splitlines()[:3]) == (0, "", [*[line.format("a.yaml") for line in SAID], ""])
    assert "No problems in 1 file; 3 repaired" in out
    assert "repaired" not in run("lint", "--fix", ".").out
    Path("a.yaml").write_text(TWO_RULES)
    # Where standard output is another program's, standard error says it.
    code, out, err = run("lint", "--fix", ".", "--format", "json")
    assert err.splitlines() == [line.format("a.yaml") for line in SAID]
    assert json.loads(out)["repaired"] == [
        {"path": "a.yaml", "code": "E200", "name": "unknown-key", "count": 2},
        {"path": "a.yaml", "code": "E210", "name": "int-type", "count": 1},
    ]
    assert "repaired" not in json.loads(run("lint", ".", "--format", "json").out)


@pytest.mark.parametrize("environment", [{}, {"GITHUB_ACTIONS": "true"}])
def test_standard_input_is_given_back_repaired(
    run: Runner, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code, out, err = run("lint", "--fix", "-", "--stdin-filename", "b.yaml", stdin=TWO_RULES.encode())
    assert (code, out) == (0, "extends: base\r\nencoder_num_layers: 6\r\nencoder_num_heads: 6")
    assert err.splitlines()[:2] == [line.format("b.yaml") for line in SAID]


@pytest.mark.parametrize("text", ["extends: base\nencoder_num_heads: 7\n", "[", "\0", "x" * (3 * 2**20), ""])
def test_what_cannot_be_repaired_is_given_back_as_it_came(run: Runner, text: str) -> None:
    code, out, err = run("lint", "--fix", "-", stdin=text.encode())
    assert (code, out) == (1, text)
    assert "<stdin>" in err


def test_nothing_else_goes_where_the_repaired_config_goes(run: Runner, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    arguments = ("lint", "--fix", "-", "--format", "json")
    code, out, err = run(*arguments, stdin=TWO_RULES.encode())
    assert (code, out) == (2, "")
    assert "give --format an --output" in err
    out = run(*arguments, "--output", str(report), "--show-files", stdin=TWO_RULES.encode()).out
    assert out.startswith("extends: base\r\nencoder_num_layers: 6\r\n")
    assert "linted" not in out
    assert json.loads(report.read_text())["repaired"][0]["path"] == "<stdin>"


def test_a_report_that_is_refused_keeps_no_repair_back(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.yaml").write_text("extends: base\nencoder_num_layer: 6\n")
    refused = ("--format", "text", "--output", "b.yaml")
    code, out, err = run("lint", "--fix", "b.yaml", *refused)
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == "b.yaml: repaired E200 unknown-key"
    code, out, err = run("lint", "--fix", "-", "--stdin-filename", "b.yaml", *refused, stdin=TWO_RULES.encode())
    assert (code, out[:20]) == (2, "extends: base\r\nencod")
    assert (tmp_path / "b.yaml").read_text() == "extends: base\nencoder_num_layers: 6\n"


def test_a_diff_is_one_that_patch_takes() -> None:
    lines = list(fix.unified_diff("a: 1\u2028\r\nb: 2", "a: 1\u2028\r\nc: 2", "x.yaml"))
    assert lines[2:] == [
        "@@ -1,2 +1,2 @@\n",
        " a: 1\u2028\r\n",
        "-b: 2\n\\ No newline at end of file\n",
        "+c: 2\n\\ No newline at end of file\n",
    ]


def test_two_keys_that_mean_one_field_do_not_become_the_same() -> None:
    text = fixed("extends: base\nencoder_layers: 6\nnum_hidden_layers: 7\n")
    assert text == "extends: base\nencoder_num_layers: 6\nnum_hidden_layers: 7\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_newlines_and_the_byte_order_mark_stay(newline: str, bom: bytes) -> None:
    text = f"extends: base{newline}name: 'Ü 😀'  # é{newline}encoder_num_layers: '6'"
    content = fix_source(Source("c.yaml", bom + text.encode()), Settings()).source.content
    assert content == bom + text.replace("'6'", "6").encode()


@pytest.mark.parametrize(("codec", "bom"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")])
def test_utf_16_stays(codec: str, bom: bytes) -> None:
    text = "extends: base\nencoder_num_layers: '6'\n"
    content = fix_source(Source("c.yaml", bom + text.encode(codec)), Settings()).source.content
    assert content == bom + text.replace("'6'", "6").encode(codec)


def test_an_ignored_problem_is_not_repaired() -> None:
    text = "extends: base\nencoder_num_layers: 010  # w2v: ignore[W107] octal\n"
    assert fixed(text) == text


VALUES = st.sampled_from(["010", "'6'", "on", "1e-1", "default", "6.0", "[(4,3,2)]", "x", "null", "1_0", "~", "12"])
KEYS = st.sampled_from(
    [
        "encoder_num_layers", "encoder_num_layer", "encoder_layers", "extractor_mode", "encoder_dropout",
        "extractor_conv_layer_config", "conv_bias", "hidden_size", "nonsense",
    ]
)  # fmt: skip


@given(st.lists(st.tuples(KEYS, VALUES), max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_fixing_is_idempotent(entries: list[tuple[str, str]], newline: str) -> None:
    text = newline.join(["extends: base", *[f"{key}: {value} # {value}" for key, value in entries], ""])
    once = fixed(text)
    assert fixed(once) == once
    assert len(once.split(newline)) == len(text.split(newline))
    assert [line.partition(" # ")[2] for line in once.split(newline)] == [
        line.partition(" # ")[2] for line in text.split(newline)
    ]


def test_a_file_is_replaced_whole_with_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("old")
    path.chmod(0o640)
    write_atomically(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["c.yaml"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("old")

    def refuse(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fix.os, "replace", refuse)
    with pytest.raises(SourceError, match="No space left"):
        write_atomically(str(path), b"new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["c.yaml"]


def test_a_rename_never_takes_the_place_of_a_pipe_or_a_link(tmp_path: Path) -> None:
    pipe, link, target = tmp_path / "pipe", tmp_path / "link", tmp_path / "target"
    os.mkfifo(pipe)
    target.write_bytes(b"old")
    link.symlink_to(target)
    with ThreadPoolExecutor() as threads:
        read = threads.submit(pipe.read_bytes)
        write_atomically(str(pipe), b"through")
        assert read.result(timeout=60) == b"through"
    write_atomically(str(link), b"new")
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    with pytest.raises(SourceError, match="Is a directory"):
        write_atomically(str(tmp_path), b"")
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", "link", "target"}


@pytest.mark.parametrize(
    "line",
    [
        "encoder_num_layers: '0'",
        "encoder_num_layers: -6.0",
        "encoder_num_layers: 20000.0",
        "encoder_dropout: '1.5'",
        "extractor_conv_layer_config: '[(0, 3, 2)]'",
    ],
)
def test_no_repair_that_is_wrong_itself(line: str) -> None:
    content = f"extends: base\n{line}\n".encode()
    assert fix_source(Source("c.yaml", content), Settings()).source.content == content
