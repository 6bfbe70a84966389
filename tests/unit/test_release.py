"""Version, changelog and citation in step, and README as a page outside of the repository."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

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
