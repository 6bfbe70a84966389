"""The rules' pages: complete, and true of their own examples."""

from pathlib import Path

import pytest

from w2v_explore.config.document import parse_document
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.text.source import read_file
from w2v_explore.diagnostics import Rule
from w2v_explore.lint import rules
from w2v_explore.lint.codes import DOCUMENT_RULES, FOREIGN_RULES, MODEL_RULES, all_rules
from w2v_explore.lint.engine import lint_document, rule_module
from w2v_explore.lint.page import Page, load_pages
from w2v_explore.lint.settings import Settings

PAGES = load_pages()
RULES = set(all_rules())
OWN = {name: family_named(name).rules for name in FAMILIES}
DURATIONS = {"E250": (0.02, 0.025), "W310": (0.2, 0.2), "W343": (30.0, 10.0), "W344": (30.0, 10.0)}

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.rule.code)


def lint(folder: Path, page: Page, text: str, seconds: float | None) -> set[str]:
    """The codes that an example gives, errors and warnings and the page's own rule."""
    path = folder / "config.yaml"
    path.write_text(f"{text}\n", encoding="latin-1" if "as Latin-1" in text else "utf-8")
    # W309 is graded advice, though its letter is not: like all advice it runs for its own page alone.
    ignore = () if page.rule.code == "W309" else ("W309",)
    settings = Settings(select=("E", "W", page.rule.code), ignore=ignore, seconds=seconds)
    return {problem.rule.code for problem in lint_document(parse_document(read_file(str(path))), settings)}


@pages
def test_every_section_says_something(page: Page) -> None:
    assert all(page._replace(rule=page.rule))
    assert page.title.endswith(".")
    assert page.what.endswith(".")
    assert page.why.endswith(".")


@pages
def test_the_example_breaks_this_rule_alone(page: Page, tmp_path: Path) -> None:
    seconds, _ = DURATIONS.get(page.rule.code, (None, None))
    assert lint(tmp_path, page, page.example, seconds) == {page.rule.code}


@pages
def test_what_to_use_instead_breaks_none(page: Page, tmp_path: Path) -> None:
    _, seconds = DURATIONS.get(page.rule.code, (None, None))
    assert lint(tmp_path, page, page.instead, seconds) == set()


def test_each_rule_has_a_page_and_a_test_file_named_after_it() -> None:
    assert {page.rule for page in PAGES} == RULES
    assert len({page.rule.code for page in PAGES}) == len(PAGES)
    slugs = {rule.name.replace("-", "_") for rule in RULES.difference(*OWN.values())}
    assert {path.stem for path in Path(rules.__path__[0]).glob("*.py")} == slugs | {"__init__"}
    assert {path.stem for path in Path(__file__).parent.glob("test_*.py")} == {
        *(f"test_{slug}" for slug in slugs),
        "test_pages",
        "test_torch_claims",
    }


@pytest.mark.parametrize("name", FAMILIES)
def test_rules_of_one_family_lie_in_its_folder(name: str) -> None:
    folder = Path(rules.__path__[0]).parents[1] / "families" / name / "rules"
    slugs = {rule.name.replace("-", "_") for rule in OWN[name]}
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == slugs
    tests = Path(__file__).parents[1]
    assert {slug for slug in slugs if not any(tests.rglob(f"test_{slug}.py"))} == set()


@pytest.mark.parametrize("rule", [*DOCUMENT_RULES, *MODEL_RULES, *FOREIGN_RULES], ids=lambda rule: rule.code)
def test_what_is_checked_once_a_config_was_read_says_which_fields_it_looks_at(rule: Rule) -> None:
    module = rule_module(rule)
    assert callable(module.check)
    assert isinstance(module.KEYS, tuple)
