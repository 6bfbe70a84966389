"""``w2v-explore lint``, ``rule`` and ``schema --write`` as commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.program import Runner
from w2v_explore import load_config
from w2v_explore.lint import page
from w2v_explore.lint.page import load_pages

CLEAN = "extends: base\nencoder_num_layers: 6\n"
WARNED = "extends: base\nencoder_dropout: 1.0\n"
WRONG = "extends: base\nencoder_num_heads: 7\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    for name, text in (("clean.yaml", CLEAN), ("warned.yaml", WARNED), ("wrong.yaml", WRONG)):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["clean.yaml"], 0),
        (["warned.yaml"], 1),
        (["wrong.yaml"], 1),
        (["warned.yaml", "--fail-on", "error"], 0),
        (["wrong.yaml", "--fail-on", "error"], 1),
        (["clean.yaml", "--fail-on", "advice"], 1),
        (["warned.yaml", "--ignore", "W301"], 0),
        (["warned.yaml", "--select", "E"], 0),
        (["wrong.yaml", "--select", "W,A"], 0),
        (["clean.yaml", "--seconds", "0.01"], 1),
        (["nowhere.yaml"], 2),
        (["clean.yaml", "--select", "X1"], 2),
        (["clean.yaml", "--seconds", "-1"], 2),
        (["clean.yaml", "--seconds", "nan"], 2),
        (["clean.yaml", "--fix", "--diff"], 2),
        (["clean.yaml", "--format", "json", "--format", "text"], 2),
        (["clean.yaml", "--output", "a", "--output", "b"], 2),
        ([], 2),
    ],
)
def test_exit_codes(run: Runner, arguments: list[str], code: int) -> None:
    finished = run("lint", *arguments)
    assert finished.code == code
    assert ("error" in finished.err.lower()) == (code == 2)


def test_text(run: Runner) -> None:
    assert run("lint", "wrong.yaml").out == (
        "wrong.yaml\n"
        "  2:20: error E234 heads-divide: encoder_num_heads is 7, which does not divide encoder_embed_dim 768; "
        "write 6 or 8, the nearest that do\n"
        "     2 | encoder_num_heads: 7\n"
        "       |                    ^\n"
        "\n"
        "1 error in 1 file; 1 advisory finding hidden (A406): "
        "--select E,W,A shows it, --fail-on advice fails on it\n"
    )


def test_files_are_sorted_and_others_are_passed_over(run: Runner, folder: Path) -> None:
    (folder / "compose.yaml").write_text("services: {}\n")
    (folder / "broken.yaml").write_text("a: [\n")
    (folder / "broken_config.yaml").write_text("encoder_num_heads: [\n")
    document = json.loads(run("lint", ".", "--format", "json").out)
    assert [(problem["path"], problem["code"]) for problem in document["problems"]] == [
        ("broken_config.yaml", "E100"),
        ("warned.yaml", "W301"),
        ("wrong.yaml", "E234"),
    ]
    assert document["summary"] == {"files": 4, "skipped": 2, "errors": 2, "warnings": 1, "advice": 0}


def test_named_files_are_checked_though_they_are_no_configs(run: Runner, folder: Path) -> None:
    (folder / "compose.yaml").write_text("services: {}\n")
    assert run("lint", "compose.yaml").code == 1


def test_a_fault_of_a_base_is_reported_once(run: Runner, folder: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (folder / name).write_text("extends: wrong.yaml\n")
    problems = json.loads(run("lint", "one.yaml", "two.yaml", "wrong.yaml", "--format", "json").out)["problems"]
    assert [(problem["path"], problem["line"]) for problem in problems] == [("wrong.yaml", 2)]


def test_standard_input(run: Runner) -> None:
    out = run("lint", "-", "--stdin-filename", "models/x.yaml", "--format", "github", stdin=WRONG.encode()).out
    assert "file=models/x.yaml,line=2" in out
    assert run("lint", "-", stdin=WRONG.encode()).out.startswith("<stdin>\n")


def test_several_formats_in_one_run(run: Runner, folder: Path) -> None:
    outputs = ("--format", "sarif", "--output", "s.json", "--format", "junit", "--output", "j.xml")
    finished = run("lint", "wrong.yaml", *outputs, "--format", "text")
    assert finished.out.startswith("wrong.yaml\n")
    assert json.loads((folder / "s.json").read_text())["runs"][0]["results"][0]["ruleId"] == "E234"
    assert "<failure" in (folder / "j.xml").read_text()
    assert run("lint", "clean.yaml", "--format", "json", "--output", "no/such/folder.json").code == 2


@pytest.mark.parametrize(("variable", "start"), [("GITHUB_ACTIONS", "::error "), ("GITLAB_CI", "[\n")])
def test_the_format_of_the_ci(run: Runner, monkeypatch: pytest.MonkeyPatch, variable: str, start: str) -> None:
    monkeypatch.setenv(variable, "true")
    assert run("lint", "wrong.yaml").out.startswith(start)
    assert run("lint", "wrong.yaml", "--format", "text").out.startswith("wrong.yaml\n")


def test_statistics(run: Runner) -> None:
    assert run("lint", ".", "--statistics").err == "     1  W301 dropout-one\n     1  E234 heads-divide\n"


def test_colour(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[31merror" in run("lint", "wrong.yaml").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("lint", "wrong.yaml").out


def test_fix_and_diff(run: Runner, folder: Path) -> None:
    path = folder / "fix.yaml"
    before, after = (
        "# mine\nextends: base\nencoder_layers: '6' # six\n",
        "# mine\nextends: base\nencoder_num_layers: 6 # six\n",
    )
    path.write_text(before)
    shown = run("lint", "fix.yaml", "--diff")
    assert "-encoder_layers: '6' # six\n+encoder_num_layers: 6 # six\n" in shown.out
    assert shown.code == 1
    assert path.read_text() == before
    finished = run("lint", "fix.yaml", "--fix")
    assert finished.code == 0
    assert finished.out.splitlines()[-1].startswith("No problems in 1 file; 2 repaired; ")
    assert path.read_text() == after


def test_pyproject(run: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "configs/old").mkdir(parents=True)
    (folder / "configs/old/a.yaml").write_text(WARNED)
    (folder / "configs/b.yaml").write_text(WARNED)
    (folder / "pyproject.toml").write_text(
        '[tool.w2v-explore]\npaths = ["configs"]\nfail-on = "error"\nignore = ["W303"]\n'
        'budgets = {parameters = "80M"}\n'
        '[tool.w2v-explore.per-path-ignores]\n"configs/old/*" = ["W301", "E270"]\n'
    )
    monkeypatch.chdir(folder / "configs")
    problems = json.loads(run("lint", "--format", "json").out)["problems"]
    assert [(problem["path"], problem["code"]) for problem in problems] == [
        ("b.yaml", "E270"),
        ("b.yaml", "W301"),
    ]
    assert run("lint", "--select", "W").code == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.w2v-explore]\nslect = []\n", "has no option slect"),
        ('[tool.w2v-explore]\nselect = "E"\n', "select is text 'E'; write a list of texts"),
        ('[tool.w2v-explore]\nfail-on = "never"\n', "fail-on is text 'never'; write error or warning or advice"),
        ("[tool.w2v-explore]\nseconds = -1\n", "seconds is -1; write a positive number"),
        ('[tool.w2v-explore]\nformat = "html"\n', "format html"),
        ("[tool.w2v-explore]\nbudgets = 3\n", "budgets is 3; write a table"),
        ('[tool.w2v-explore]\nper-path-ignores = {a = "E"}\n', "write a table of lists"),
        ("[tool.w2v-explore\n", "cannot read"),
    ],
)
def test_mistakes_in_pyproject(run: Runner, folder: Path, text: str, message: str) -> None:
    (folder / "pyproject.toml").write_text(text)
    finished = run("lint", "clean.yaml", columns=400)
    assert finished.code == 2
    assert message in finished.err


def test_rule(run: Runner) -> None:
    out = run("rule", "E234").out
    assert out.startswith("E234 heads-divide (error)\n\nThe number of heads does not divide the width.\n")
    assert run("rule", "heads-divide").out == out == run("rule", "e234").out
    assert run("rule", "buckets-few").out.startswith("E238 buckets-few (error)")
    assert run("rule", "E999").code == run("rule").code == run("rule", "E234", "--all").code == 2


def test_a_rule_of_all_families_is_found_without_them(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "family_named", lambda name: pytest.fail(f"{name} was imported"))
    assert run("rule", "E234").code == 0


def test_rule_catalogue(run: Runner) -> None:
    pages = load_pages()
    assert len(run("rule", "--all").out.splitlines()) == len(pages)
    catalogue = json.loads(run("rule", "--all", "--format", "json").out)
    assert [entry["code"] for entry in catalogue] == [page.rule.code for page in pages]
    assert {"code", "name", "severity", "title", "what", "why", "example", "instead", "torch"} == set(catalogue[0])


def test_schema_write(run: Runner, folder: Path) -> None:
    (folder / "crlf.yaml").write_bytes(b"extends: base\r\nname: x\r\n")
    for _ in range(2):
        assert run("schema", "--write", "clean.yaml", "--write", "crlf.yaml").code == 0
    directive = "# yaml-language-server: $schema=w2v-explore.schema.json"
    assert (folder / "clean.yaml").read_text() == f"{directive}\n{CLEAN}"
    assert (folder / "crlf.yaml").read_bytes() == f"{directive}\r\nextends: base\r\nname: x\r\n".encode()
    assert (folder / "w2v-explore.schema.json").read_text() == run("schema").out
    assert load_config("clean.yaml").model.encoder_num_layers == 6
    assert run("lint", "clean.yaml", "--select", "A406").code == 0


@pytest.mark.parametrize("content", [b"", b"a: [", b"- 1\n"])
def test_schema_write_leaves_what_is_no_config(run: Runner, folder: Path, content: bytes) -> None:
    (folder / "x.yaml").write_bytes(content)
    assert run("schema", "--write", "x.yaml").code == 2
    assert (folder / "x.yaml").read_bytes() == content


def test_schema_write_puts_no_comment_into_json(run: Runner, folder: Path) -> None:
    text = '{"extends": "base"}'
    (folder / "x.json").write_text(text)
    finished = run("schema", "--write", "x.json")
    assert finished.code == 2
    assert "x.json is JSON" in finished.err
    assert (folder / "x.json").read_text() == text
    assert not (folder / "w2v-explore.schema.json").exists()
    # Nor is it advised.
    assert run("lint", "x.json", "--select", "A406", "--fail-on", "advice").code == 0


def test_an_output_that_cannot_be_written_does_not_lose_the_others(run: Runner, tmp_path: Path) -> None:
    config = tmp_path / "a.yaml"
    config.write_text("extends: base\n")
    written = tmp_path / "out.json"
    outputs = ["--format", "sarif", "--output", "/dev/full", "--format", "json", "--output", str(written)]
    code, out, err = run("lint", str(config), *outputs, "--format", "text")
    assert (code, err) == (2, "error: cannot write /dev/full: No space left on device\n")
    assert "1 file" in out
    assert written.stat().st_size
