"""Version, changelog and citation in step, and README as a page outside of the repository."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from email.message import Message
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from w2v_explore.version import __version__

_ROOT = Path(__file__).parents[2]


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, _ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_changelog_is_in_step_with_the_version() -> None:
    headings = re.findall(r"^## \[(.+?)\](.*)$", (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert headings[0] == ("Unreleased", "")
    # Before the first release there is no section; after it, the first is that of the version.
    assert [name for name, _ in headings[1:2]] in ([], [__version__])
    assert all(re.fullmatch(r" - \d{4}-\d\d-\d\d", date) for _, date in headings[1:])


def test_the_citation_is_of_the_version() -> None:
    citation = yaml.safe_load((_ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__


def test_notes_of_a_release_are_its_section_alone() -> None:
    changelog = "# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-02-03\n\n- B.\n\n## [1.0.0] - 2026-01-02\n\n- A.\n"
    section_of = _script("released_version").section_of
    assert section_of("1.1.0", changelog) == "- B."
    assert section_of("1.0.0", changelog) == "- A."
    assert section_of("1x1.0", changelog) is None
    assert section_of("Unreleased", changelog) is None


def _wheel_of(*addresses: str) -> Message:
    metadata = Message()
    metadata["Version"] = "1.2.3"
    for address in addresses:
        metadata["Project-URL"] = address
    return metadata


def test_a_wheel_that_does_not_name_the_repository_it_is_built_in_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_ROOT)
    repository_of = _script("package_contents").repository_of
    mine, told = "https://github.com/me/w2v-explore", {"GITHUB_REPOSITORY": "me/w2v-explore"}
    whole = _wheel_of(f"Repository, {mine}", f"Documentation, {mine}/blob/v1.2.3/docs/index.md")
    assert repository_of(whole, told) == repository_of(whole, {}) == mine
    assert repository_of(_wheel_of(), {}) is None
    with pytest.raises(AssertionError, match="the wheel names None for the repository me/w2v-explore"):
        repository_of(_wheel_of(), told)
    with pytest.raises(AssertionError, match="for the repository you/w2v-explore"):
        repository_of(whole, {"GITHUB_REPOSITORY": "you/w2v-explore"})
    for page in ("blob/v1.2.2/docs/index.md", "blob/v1.2.3/docs/no.md"):
        with pytest.raises(AssertionError, match=page):
            repository_of(_wheel_of(f"Repository, {mine}", f"Documentation, {mine}/{page}"), told)


def _jobs(workflow: str) -> dict[str, Any]:
    jobs: dict[str, Any] = yaml.safe_load((_ROOT / ".github/workflows" / workflow).read_text(encoding="utf-8"))["jobs"]
    return jobs


def _before(jobs: dict[str, Any], name: str) -> set[str]:
    """The jobs that have passed when one begins."""
    needed = jobs[name].get("needs", [])
    direct = {needed} if isinstance(needed, str) else {*needed}
    return direct.union(*(_before(jobs, each) for each in direct))


def test_nothing_is_published_before_all_that_must_hold_has_passed() -> None:
    jobs = _jobs("release.yml")
    called = {name: job["uses"] for name, job in jobs.items() if "uses" in job}
    assert called == {"ci": "$/.github/workflows/ci.yml", "docs": "$/.github/workflows/docs.yml"}
    assert {"ci", "build"} <= _before(jobs, "publish") <= _before(jobs, "docs") & _before(jobs, "release")
    for file in ("ci.yml", "docs.yml"):
        workflow = yaml.safe_load((_ROOT / ".github/workflows" / file).read_text(encoding="utf-8"))
        # YAML 1.1 reads `on` as true.
        assert "workflow_call" in workflow[True]
        assert "tags" not in workflow[True]["push"]
        # There, github.workflow is the release's own name: a group of this name would wait for itself.
        assert "github.workflow" not in workflow["concurrency"]["group"]


@pytest.mark.parametrize("file", ["ci.yml", "docs.yml", "release.yml"])
def test_every_job_ends(file: str) -> None:
    # A job that is a workflow ends with its jobs.
    assert all("timeout-minutes" in job for job in _jobs(file).values() if "uses" not in job)


@pytest.mark.slow
def test_a_package_is_laid_beside_no_older_one(tmp_path: Path) -> None:
    older = tmp_path / "w2v_explore-0.0.1-py3-none-any.whl"
    older.touch()
    command = ["bash", str(_ROOT / ".ci" / "package"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{tmp_path} is not empty: empty it, or name another folder\n"
    assert [*tmp_path.iterdir()] == [older]


_PROGRAMS = ("chromium", "firefox-esr", "fish", "initdb", "man", "shellcheck", "zsh")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        (_PROGRAMS, ""),
        # What Ubuntu and GitHub's runners have, whose archive has neither browser under Debian's name.
        (("google-chrome", "firefox", *_PROGRAMS[2:]), ""),
        ((), "postgresql chromium firefox-esr fish shellcheck zsh man-db"),
    ],
)
def test_ci_installs_what_is_not_there_by_any_name(there: tuple[str, ...], wanted: str, tmp_path: Path) -> None:
    script = (_ROOT / ".ci/run").read_text(encoding="utf-8")
    [lines] = re.findall(r"^packages=\(\)\n(.*?)^if ", script, re.M | re.S)
    for name in there:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    bash = shutil.which("bash")
    assert bash is not None
    # No folder of PostgreSQL's own either.
    lines = lines.replace("/usr/lib/postgresql", str(tmp_path / "no"))
    command = [bash, "-euc", f'packages=()\n{lines}\necho "${{packages[*]-}}"']
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tag", "said"),
    [("v99.0", "the tag is v99.0"), (f"v{__version__}", f"no section `## [{__version__}]")],
)
def test_a_tag_that_is_not_the_version_or_not_in_the_changelog_is_refused(tag: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "w2v_explore").mkdir()
    (tmp_path / "w2v_explore" / "version.py").write_text(f'__version__ = "{__version__}"\n')
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n")
    command = [sys.executable, str(_ROOT / ".ci" / "released_version.py"), tag]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
