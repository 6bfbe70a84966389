"""Linting one document: which rules run, where findings stand, what ignores do."""

from __future__ import annotations

from types import ModuleType

import pytest
import yaml

from w2v_explore import load_config
from w2v_explore.config.document import parse_document
from w2v_explore.config.family import Family
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import Source
from w2v_explore.diagnostics import Rule
from w2v_explore.lint import engine
from w2v_explore.lint.engine import lint_document, rule_module
from w2v_explore.lint.settings import Settings


def lint(text: str, settings: Settings | None = None) -> list[str]:
    problems = lint_document(parse_document(Source("c.yaml", text.encode())), settings or Settings())
    return [f"{problem.place.line}:{problem.place.column} {problem.rule.code}" for problem in problems]


def test_errors_and_warnings_run_by_themselves_and_advice_when_asked() -> None:
    text = "extends: base\nencoder_num_layers: 0\nencoder_ff_interm_features: 100\n"
    assert lint(text) == ["2:21 E235"]
    text = "extends: base\nencoder_dropout: 1\nencoder_ff_interm_features: 100\n"
    assert lint(text) == ["2:18 W301"]
    assert lint(text, Settings(select=("A402",))) == ["3:29 A402"]
    assert lint(text, Settings(fail_on="advice")) == ["1:1 A406", "1:10 A405", "1:10 W309", "2:18 W301", "3:29 A402"]
    assert lint(text, Settings(ignore=("W3",))) == []
    assert lint(text, Settings(select=("E", "W"), ignore=("W301",))) == []


def test_graded_rules_are_off_though_their_letter_is_on() -> None:
    assert Rule("W309", "padding-leaks", "advice").severity == "advice"
    assert lint("extends: base\nextractor_mode: group_norm\n") == []
    assert lint("extends: base\nextractor_mode: group_norm\n", Settings(select=("W309",))) == ["2:17 W309"]


def test_a_finding_stands_at_the_key_that_the_file_states_last() -> None:
    assert lint("encoder_layer_norm_first: true\nextends: base\n") == ["1:27 W305"]
    text = "extends: base\nencoder_layer_norm_first: true\nextractor_mode: group_norm\n"
    assert lint(text) == ["3:17 W305"]


def test_what_a_base_alone_causes_is_not_reported_in_what_extends_it(tmp_path: object) -> None:
    assert lint("extends: large\nencoder_num_layers: 3\n") == []
    assert lint("extends: base\nencoder_dropout: 1.0\nname: x\n", Settings(ignore=("W301",))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("extends: base\nencoder_dropout: 1.0  # w2v: ignore[W301] on purpose\n", []),
        ("extends: base\nencoder_dropout: 1.0  # w2v: ignore[W] on purpose\n", []),
        ("extends: base\nencoder_dropout: 1.0  # w2v: ignore[W302, W301]\n", []),
        ("# w2v: ignore[W301] the whole file\nextends: base\nencoder_dropout: 1.0\n", []),
        ("extends: base\n# w2v: ignore[W301]\nencoder_dropout: 1.0\n", ["2:1 A407", "3:18 W301"]),
        ("extends: base\nencoder_dropout: 0.5  # w2v: ignore[W301]\n", ["2:23 A407"]),
        ("extends: base\nencoder_dropout: 1.0  # w2v: ignore[]\n", ["2:18 W301", "2:23 A407"]),
        ("extends: base\ndescription: 'a # w2v: ignore[W301]'\n", []),
        ("extends: base\nencoder_num_layers: 0  # w2v: ignore[E235]\n", []),
        # Advice does not run, so that an ignore of it is not unused.
        ("extends: base\nencoder_layer_drop: 0.1  # w2v: ignore[A405] handled\n", []),
    ],
)
def test_ignores(text: str, found: list[str]) -> None:
    assert lint(text) == found


def test_an_ignore_is_unused_only_where_its_rule_ran() -> None:
    text = "extends: base\nencoder_num_layers: 3  # w2v: ignore[W305]\n"
    assert lint(text, Settings(select=("E", "A407"))) == []
    assert lint(text, Settings(select=("W", "A407"), ignore=("W309",))) == ["2:24 A407"]
    assert lint(text, Settings(ignore=("A407",))) == []


def test_warnings_import_no_rule_that_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    imported: list[Rule] = []

    def noted(rule: Rule, family: Family | None = None) -> ModuleType:
        imported.append(rule)
        return rule_module(rule, family)

    monkeypatch.setattr(engine, "rule_module", noted)
    reading = read_config(parse_document(Source("a.yaml", b"extends: base\nencoder_num_heads: 96\n")))
    assert reading.model is not None
    # Whatever test came before: what was found out is kept.
    engine._checks.cache_clear()
    engine.checks_of_models.cache_clear()
    assert [rule.code for rule, _ in engine.warnings_of_config(reading)] == ["W308"]
    assert engine.warnings_of_model(reading.model, reading) == ["W308"]
    assert "W308" in {rule.code for rule in imported}
    assert {rule.severity for rule in imported} == {"warning", "error"}


def test_a_misspelt_key_is_one_problem() -> None:
    text = yaml.safe_dump(load_config("base").model.to_mapping(), sort_keys=False)
    assert lint(text.replace("encoder_num_layers", "encoder_num_layer")) == ["8:1 E200"]


@pytest.mark.parametrize(
    ("budget", "problem"),
    [
        ("parameters: 100M", None),
        ("parameters: 90M", "3:15 parameters is 94,370,944; the budget is at most 90,000,000"),
        ("parameters: {min: 95M}", "3:15 parameters is 94,370,944; the budget is at least 95,000,000"),
        ("parameters: {min: 94M, max: 0.095G}", None),
        ("stride_ms: 20", None),
        ("stride_ms: 10", "3:14 stride_ms is 20; the budget is at most 10"),
        ("receptive_field_ms: {min: 25, max: 25}", None),
        ("receptive_field: 399", "3:20 receptive_field is 400; the budget is at most 399"),
        (
            "macs_per_audio_second: 7G",
            "3:26 macs_per_audio_second is 7,406,652,314; the budget is at most 7,000,000,000",
        ),
        ("parameter_bytes: 400M", None),
        ("parametres: 3", "3:15 budgets.parametres is no figure; did you mean parameters?"),
        (
            "memory.inference_bytes: 3",
            "3:27 budgets.memory.inference_bytes is 3; write 3GiB, or 3B where bytes are meant",
        ),
        (
            "memory.inferense_bytes: 3GiB",
            "3:27 budgets.memory.inferense_bytes is no figure; did you mean memory.inference_bytes?",
        ),
        (
            "speed: 3",
            "3:10 budgets.speed is no figure; write parameters, macs, peak_memory_bytes or receptive_field, or",
        ),
        ("parameters: lots", "3:15 budgets.parameters is text 'lots'; write a number, as 100M"),
        ("parameters: {most: 3}", "3:15 budgets.parameters is a mapping; write a number, as 100M"),
        ("peak_memory_bytes: 24", "3:22 budgets.peak_memory_bytes is 24; write 24GiB"),
        ("parameters: true", "3:15 budgets.parameters is true; write a number, as 100M"),
    ],
)
def test_budgets(budget: str, problem: str | None) -> None:
    document = parse_document(Source("c.yaml", f"extends: base\nbudgets:\n  {budget}\n".encode()))
    problems = lint_document(document, Settings())
    found = [f"{found.place.line}:{found.place.column} {found.message}" for found in problems]
    assert found == [] if problem is None else found[0].startswith(problem)


def test_budgets_for_all_configs() -> None:
    assert lint("extends: base\n", Settings(budgets={"parameters": "90M"})) == ["1:1 E270"]


def test_a_duration_that_gives_no_frame() -> None:
    assert lint("extends: base\n", Settings(seconds=0.025)) == []
    assert lint("extends: base\n", Settings(seconds=0.0249)) == ["1:10 E250"]
