"""What must not pass silently: nothing found, nothing selected, what is hidden, what only a base says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.program import Runner

CLEAN = "extends: large_lv60k\nencoder_num_layers: 6\nencoder_layer_drop: 0\n"
WRONG = "extends: base\nencoder_num_heads: 7\n"
STRANGER = "services: {}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    write("clean.yaml", CLEAN)
    write("strangers/compose.yaml", STRANGER)
    Path("empty").mkdir()
    return tmp_path


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["empty"], ["empty"]),
        (["strangers"], ["strangers"]),
        (["clean.yaml", "empty"], ["empty"]),
        (["strangers", "empty", "."], ["strangers", "empty"]),
        (["empty*"], ["empty*"]),
        (["."], []),
        ([".", "clean.yaml"], []),
        (["clean.yaml", "."], []),
        (["clean.yaml", "clean*.yaml", "./clean.yaml", "*"], []),
    ],
)
def test_a_folder_without_configs_is_a_mistake(run: Runner, arguments: list[str], named: list[str]) -> None:
    finished = run("lint", *arguments)
    assert finished.code == (2 if named else 0)
    assert [line.split(" lies in ")[1].split(" ")[0].rstrip(";") for line in finished.err.splitlines()] == named
    assert run("lint", *arguments, "--allow-empty").code == 0


def test_what_was_found_beside_an_empty_folder_is_reported(run: Runner) -> None:
    write("wrong.yaml", WRONG)
    finished = run("lint", "empty", "wrong.yaml")
    assert finished.code == 2
    assert "E234" in finished.out


def test_a_pattern_or_file_that_is_not_there(run: Runner) -> None:
    assert run("lint", "clean.yaml", "nowhere*.yaml").code == 2
    assert run("lint", "clean.yaml", "nowhere*.yaml", "--allow-empty").code == 0
    assert run("lint", "nowhere*.yaml", "--allow-empty").code == 0
    assert run("lint", "nowhere.yaml", "--allow-empty").code == 2
    assert run("lint", "").code == 2


def test_a_folder_that_git_ignores(run: Runner) -> None:
    Path(".git").mkdir()
    write(".gitignore", "build/\n")
    write("build/a.yaml", WRONG)
    finished = run("lint", "build", "--show-files")
    assert finished.code == 2
    assert "no model config lies in build (1 not searched; --show-files says why)" in finished.err
    assert "build/a.yaml: not searched, git ignores it\n" in finished.out


def test_json_of_other_names_is_not_searched_and_said_to_be(run: Runner) -> None:
    write("small/model.json", '{"encoder_num_layers": 0}')
    finished = run("lint", "small", "--show-files")
    assert finished.code == 2
    assert "small/model.json: not searched, a JSON of another name than config.json\n" in finished.out
    assert run("lint", "small/model.json").code == 1


def test_paths_of_pyproject_that_are_not_there(run: Runner) -> None:
    write("pyproject.toml", '[tool.w2v-explore]\npaths = ["clean.yaml", "nowhere"]\n')
    assert run("lint").code == 2
    write("pyproject.toml", '[tool.w2v-explore]\npaths = ["clean.yaml", "empty"]\n')
    assert run("lint").code == 2
    assert run("lint", "--allow-empty").code == 0


def test_a_file_that_a_search_passes_over_is_linted_where_it_is_named(run: Runner) -> None:
    for arguments in (["."], [".", "strangers/compose.yaml"], ["strangers/compose.yaml", "."]):
        finished = run("lint", *arguments)
        assert (finished.code == 1) == (len(arguments) == 2)
        # It is counted as one or the other.
        assert ("passed over" in finished.out) == (arguments == ["."])


def test_show_files(run: Runner) -> None:
    write("broken.yml", "a: [\n")
    finished = run("lint", ".", "--show-files")
    first, second, third = finished.out.splitlines()[:3]
    assert first == "clean.yaml: linted"
    assert second.startswith("broken.yml: passed over, ")
    assert second.endswith("names no field of a model")
    assert third == "strangers/compose.yaml: passed over, this looks like a docker-compose file"
    assert "No problems in 1 file (2 files passed over)" in finished.out
    as_json = run("lint", ".", "--show-files", "--format", "json")
    document = json.loads(as_json.out)
    assert "clean.yaml: linted" in as_json.err
    assert document["files"] == ["clean.yaml"]
    assert [entry["path"] for entry in document["passed_over"]] == ["broken.yml", "strangers/compose.yaml"]
    assert all(entry["reason"] for entry in document["passed_over"])
    assert document["summary"]["skipped"] == 2


def test_a_file_is_linted_once(run: Runner) -> None:
    write("wrong.yaml", WRONG)
    document = json.loads(run("lint", "wrong.yaml", "./wrong.yaml", "wrong*", ".", "--format", "json").out)
    assert document["files"] == ["wrong.yaml", "clean.yaml"]
    assert len(document["problems"]) == 1


def test_links_to_folders_are_followed_once(run: Runner) -> None:
    write("outside/wrong.yaml", WRONG)
    write("inside/clean.yaml", CLEAN)
    for name, target in (("to", "../outside"), ("again", "../outside"), ("up", ".."), ("itself", ".")):
        (Path("inside") / name).symlink_to(target)
    document = json.loads(run("lint", "inside", "--format", "json").out)
    assert [problem["code"] for problem in document["problems"]] == ["E234"]
    assert sorted(document["files"]) == ["inside/clean.yaml", "outside/wrong.yaml"]
    assert [entry["path"] for entry in document["not_searched"]] == ["inside/itself/", "inside/up/"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("extends: base\nextractor_mode: group_norm\nencoder_layer_drop: 0.1\n", {"A405", "A406", "W309"}),
        ("extends: base\n", {"A405", "A406", "W309"}),
        ("extends: base\nencoder_layer_drop: 0.1  # w2v: ignore[A405] handled\n", {"A406", "W309"}),
        (CLEAN, {"A406"}),
    ],
)
def test_advice_that_holds_and_is_not_shown_is_counted(run: Runner, text: str, codes: set[str]) -> None:
    write("a.yaml", text)
    finished = run("lint", "a.yaml")
    assert finished.code == 0
    assert f"No problems in 1 file; {len(codes)} advisory finding" in finished.out
    assert f"({', '.join(sorted(codes))}): --select E,W,A" in finished.out
    hidden = json.loads(run("lint", "a.yaml", "--format", "json").out)["hidden"]
    assert (hidden["errors"], hidden["advice"]) == (0, len(codes))
    assert [(rule["code"], rule["count"]) for rule in hidden["rules"]] == [(code, 1) for code in sorted(codes)]
    shown = json.loads(run("lint", "a.yaml", "--format", "json", "--select", "E,W,A").out)
    assert {problem["code"] for problem in shown["problems"]} == codes
    assert shown["hidden"]["advice"] == 0
    assert run("lint", "a.yaml", "--fail-on", "advice").code == 1
    assert "hidden" not in run("lint", "a.yaml", "--ignore", "A").out


def test_errors_that_are_left_out_are_counted(run: Runner) -> None:
    write("wrong.yaml", WRONG)
    for arguments in (["--select", "W"], ["--ignore", "E"]):
        assert (
            "No problems in 1 file; 1 error left out by --select or --ignore (E234)"
            in run("lint", "wrong.yaml", *arguments).out
        )


@pytest.mark.parametrize("text", ["encoder_num_heads: [\n", "extends: base\nname: \x07\n", "- encoder_num_heads\n", ""])
def test_what_cannot_be_read_is_reported_whatever_is_selected(run: Runner, text: str) -> None:
    write("broken.yaml", text)
    assert run("lint", "broken.yaml", "--select", "W").code == 1
    assert run("lint", "broken.yaml", "--ignore", "E1").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--select", "E999"],
        ["--select", "E,W999"],
        ["--select", ""],
        ["--select", ","],
        ["--ignore", "W999"],
        ["--ignore", "E,W,A"],
        ["--select", "E2", "--ignore", "E"],
        ["--select", "e234"],
        ["--diff", "--format", "sarif"],
        ["--diff", "--output", "x.json"],
    ],
)
def test_options_that_would_check_nothing(run: Runner, arguments: list[str]) -> None:
    assert run("lint", "clean.yaml", *arguments).code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.w2v-explore]\nselect = []\n", "nothing would be checked"),
        ('[tool.w2v-explore]\nselect = ["E999"]\n', "no code of a rule"),
        ('[tool.w2v-explore]\nignore = ["w303"]\n', "no code of a rule"),
        ('[tool.w2v-explore.per-path-ignores]\n"a/*" = ["W3O3"]\n', "no code of a rule"),
        ('[tool.w2v-explore]\nignore = ["E", "W"]\n', "nothing would be checked"),
        ("[tool.w2v_explore]\nseconds = 1\n", "call it tool.w2v-explore"),
        ("[w2v-explore]\nseconds = 1\n", "call it tool.w2v-explore"),
        ("[tools.w2v-explore]\nseconds = 1\n", "the table tools.w2v-explore is read by nobody"),
        ("[tool.W2V-Explore]\nseconds = 1\n", "the table tool.W2V-Explore is read by nobody"),
        ("[tool.w2v-explorer.budgets]\nmacs = 1\n", "call it tool.w2v-explore"),
        ('[tool]\nw2v-explore.budgets = {}\n[tool.w2v_explore.budgets]\nmacs = "1G"\n', "tool.w2v_explore is read by"),
        ("[tool]\nw2v-explore = 3\n", "write a table"),
        ("[tool.w2v-explore]\nseconds = inf\n", "write a positive number"),
        ('[tool.w2v-explore]\nbudgets = {parametres = "1M"}\n', "budgets.parametres"),
    ],
)
def test_settings_that_would_check_nothing(run: Runner, text: str, message: str) -> None:
    write("pyproject.toml", text)
    finished = run("lint", "clean.yaml", columns=400)
    assert finished.code != 0
    assert message in finished.err + finished.out


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "w2v-explore"\ndependencies = ["w2v-explore"]\n[project.scripts]\nw2v-explore = "a:b"\n',
        '[tool.uv.sources]\nw2v-explore = {path = "../w2v-explore"}\n',
    ],
)
def test_a_project_that_names_us_has_no_settings_for_us(run: Runner, text: str) -> None:
    write("pyproject.toml", text)
    assert run("lint", "clean.yaml").code == 0


def test_a_byte_order_mark_hides_no_settings(run: Runner) -> None:
    write("pyproject.toml", '\ufeff[tool.w2v-explore]\nbudgets = {parameters = "1M"}\n')
    assert "E270" in run("lint", "clean.yaml").out


def test_a_pyproject_that_cannot_be_read(run: Runner) -> None:
    Path("pyproject.toml").mkdir()
    finished = run("lint", "clean.yaml")
    assert finished.code == 2
    assert "cannot read" in finished.err


@pytest.mark.parametrize("paths", [("one", "two"), ("two", "one")])
def test_what_one_config_hides_of_its_base_the_base_shows(run: Runner, paths: tuple[str, str]) -> None:
    write("pyproject.toml", '[tool.w2v-explore.per-path-ignores]\n"one/*" = ["E234"]\n')
    write("one/child.yaml", "extends: ../two/parent.yaml\n")
    write("two/parent.yaml", "extends: base\nencoder_num_heads: 9\n")
    finished = run("lint", *paths)
    assert (finished.code, finished.out.count("E234")) == (1, 1)
    assert "left out" not in finished.out


def test_what_is_ignored_by_path_in_a_base_is_counted(run: Runner) -> None:
    write("pyproject.toml", '[tool.w2v-explore.per-path-ignores]\n"two/*" = ["E234"]\n')
    write("one/child.yaml", "extends: ../two/parent.yaml\n")
    write("two/parent.yaml", "extends: base\nencoder_num_heads: 9\n")
    finished = run("lint", "one")
    assert finished.code == 0
    assert "1 error left out" in finished.out


@pytest.mark.parametrize("missing", ["nowhere.yaml", "nowhere/*.yaml"])
def test_a_path_that_stands_for_nothing_is_in_the_report_with_the_rest(run: Runner, missing: str) -> None:
    write("broken.yaml", "extends: base\nencoder_num_heads: 9\n")
    write("lint.xml", "<testsuites/>")
    finished = run("lint", missing, "broken.yaml", "--format", "junit", "--output", "lint.xml")
    assert (finished.code, finished.err.count("\n")) == (2, 1)
    report = Path("lint.xml").read_text()
    assert report.count("<error") == 1
    assert "no file is named nowhere" in report
    assert "E234" in report


def test_a_dash_is_standard_output(run: Runner) -> None:
    finished = run("lint", "clean.yaml", "--format", "json", "--output", "-")
    assert json.loads(finished.out)["summary"]["files"] == 1
    assert not Path("-").exists()


def test_a_rule_that_cannot_run_is_not_selected(run: Runner) -> None:
    finished = run("lint", "clean.yaml", "--select", "E250")
    assert (finished.code, finished.out) == (2, "")
    assert "give --seconds" in finished.err
    assert run("lint", "clean.yaml", "--select", "E250", "--seconds", "1").code == 0
    write("pyproject.toml", '[tool.w2v-explore]\nselect = ["W", "E250"]\n')
    assert run("lint", "clean.yaml").code == 2


def test_a_base_outside_the_folder_is_linted_as_far_as_it_holds(run: Runner) -> None:
    write("bases/base.yaml", "extends: base\nencoder_dropout: 1.0\n")
    write("configs/a.yaml", "extends: ../bases/base.yaml\nencoder_num_layers: 6\n")
    write("configs/b.yaml", "extends: ../bases/base.yaml\nencoder_num_layers: 4\n")
    problems = json.loads(run("lint", "configs", "--format", "json").out)["problems"]
    assert [(problem["path"], problem["line"], problem["code"]) for problem in problems] == [
        ("bases/base.yaml", 2, "W301")
    ]
    assert json.loads(run("lint", "configs", "bases", "--format", "json").out)["problems"] == problems
    # What holds is what the file itself says.
    write("configs/a.yaml", "extends: ../bases/base.yaml\nencoder_dropout: 0.1\n")
    assert run("lint", "configs/a.yaml").code == 0


def test_a_base_excuses_its_own_problems(run: Runner) -> None:
    write("bases/base.yaml", "extends: base\nencoder_dropout: 1.0  # w2v: ignore[W301] on purpose\n")
    write("configs/a.yaml", "extends: ../bases/base.yaml\n")
    assert run("lint", "configs").code == 0
    write("bases/base.yaml", "extends: base\nencoder_dropout: 1.0\n")
    assert run("lint", "configs").code == 1
    write("pyproject.toml", '[tool.w2v-explore.per-path-ignores]\n"./bases/*" = ["W301"]\n')
    assert run("lint", "configs").code == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("budgets.yaml", "extends: base\nbudgets: {parameters: 10M, '# w2v: ignore[E270]': 3}\n"),
        ("key.yaml", "extends: base\n'x # w2v: ignore[E200]': 3\n"),
        ("config.json", '{"model_type": "wav2vec2", "_name_or_path": "# w2v: ignore[E]", "num_hidden_layers": 0}'),
    ],
)
def test_a_comment_inside_a_text_excuses_nothing(run: Runner, name: str, text: str) -> None:
    write(name, text)
    assert run("lint", name).code == 1


def test_a_text_of_json_excuses_nothing(run: Runner) -> None:
    # YAML has neither the tab nor the escapes.
    text = '{"extends": "base",\n\t"name": "a\\/\\ud83d\\ude00", "encoder_dropout": 1.0, "description": "%s"}'
    write("a.json", text % "# w2v: ignore[W301]")
    finished = run("lint", "a.json")
    assert finished.code == 1
    assert "W301" in finished.out


@pytest.mark.parametrize("output", ["a.yaml", "./a.yaml", "link.yaml", "base.yaml"])
def test_a_report_never_takes_the_place_of_a_config(run: Runner, output: str) -> None:
    texts = {"a.yaml": "extends: base.yaml\nencoder_dropout: 1.0\n", "base.yaml": "extends: base\n"}
    for name, text in texts.items():
        write(name, text)
    Path("link.yaml").symlink_to("a.yaml")
    for named in (["a.yaml"], ["base.yaml", "a.yaml"], ["."]):
        other = ("--format", "sarif", "--output", "other.sarif")
        finished = run("lint", *named, *other, "--format", "json", "--output", output)
        assert finished.code == 2
        assert finished.err == f"error: {output} would be replaced by what is made from it; give another file\n"
        assert {name: Path(name).read_text() for name in texts} == texts
        assert not Path("other.sarif").exists()


def test_a_report_takes_the_place_of_the_last_one_in_a_folder_that_is_searched(run: Runner) -> None:
    for _ in range(2):
        assert run("lint", ".", "--format", "json", "--output", "report.json").code == 0
    assert "passed over" in run("lint", ".", "--show-files").out.partition("report.json: ")[2]
    code, _, err = run("lint", ".", "--format", "json", "--output", "clean.yaml")
    assert (code, "clean.yaml would be replaced" in err, Path("clean.yaml").read_text()) == (2, True, CLEAN)


def test_two_reports_do_not_go_to_one_file(run: Runner) -> None:
    formats = ("--format", "json", "--output", "r.json", "--format", "sarif", "--output", "./r.json")
    finished = run("lint", "clean.yaml", *formats)
    assert finished.code == 2
    assert "r.json" in finished.err
    assert not Path("r.json").exists()


@pytest.mark.parametrize(("code", "excused"), [("E2", False), ("E", False), ("E201", True)])
def test_a_comment_on_the_first_line_does_not_excuse_what_the_file_lacks(run: Runner, code: str, excused: bool) -> None:
    write("a.yaml", f"encoder_dropout: 0.1  # w2v: ignore[{code}]\n")
    assert run("lint", "a.yaml").code == (0 if excused else 1)


@pytest.mark.parametrize("code", ["e234", "x", "E999", "234"])
def test_an_ignore_of_no_rule_is_unused(run: Runner, code: str) -> None:
    write("a.yaml", f"{CLEAN}name: x  # w2v: ignore[{code}]\n")
    assert "A407" in run("lint", "a.yaml").out


def test_a_diff_that_is_not_empty_fails(run: Runner) -> None:
    write("a.yaml", "extends: base\nencoder_layers: 6\n")
    assert run("lint", "a.yaml", "--diff", "--ignore", "W").code == 1
    write("b.yaml", "extends: base\nsample_rate: 8_000\n")
    finished = run("lint", "b.yaml", "--diff", "--fail-on", "error")
    assert finished.code == bool(finished.out)


def test_standard_input_that_is_empty(run: Runner) -> None:
    assert run("lint", "-").code == 1


def test_letters_stand_for_severities(run: Runner) -> None:
    write("a.yaml", "extends: base\nname: x  # w2v: ignore[W305]\n")
    usual, selected = (
        json.loads(run("lint", "a.yaml", "--format", "json", *arguments).out) for arguments in ([], ["--select", "E,W"])
    )
    assert usual == selected
    assert [problem["code"] for problem in usual["problems"]] == ["A407"]
