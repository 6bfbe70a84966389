"""E270 budget."""

import pytest

from tests.rules.helper import found
from w2v_explore.config.document import parse_document
from w2v_explore.config.text.source import Source
from w2v_explore.lint.engine import lint_document
from w2v_explore.lint.settings import Settings


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nbudgets:\n  parameters: 90M\n", ["3:15-3:18"]),
        ("extends: base\nbudgets: {stride_ms: 10, parameters: 100M}\n", ["2:22-2:24"]),
        ("extends: base\nbudgets: {speed: 3}\n", ["2:18-2:19"]),
        (
            "extends: base\nbudgets: {memory.training_bytes: 1GB, feature_extractor.macs: 100M}\n",
            ["2:34-2:37", "2:63-2:67"],
        ),
        ("extends: base\nbudgets: {memory.training_bytes: 24}\n", ["2:34-2:36"]),
        ("extends: base\nbudgets: {latency.real_time_factor: 1}\n", ["2:37-2:38"]),
        ("extends: base\nbudgets: {parameters: {min: 1G}}\n", ["2:23-2:32"]),
        ("extends: base\nbudgets: {peak_memory_bytes: 509MB}\n", ["2:30-2:35"]),
        ("extends: base\nbudgets: {peak_memory_bytes: {min: 24}}\n", ["2:30-2:39"]),
        ("extends: base\nbudgets: {parameter_bytes: 1000}\n", ["2:28-2:32"]),
        ("extends: base\nbudgets: {parameters: 1GB}\n", ["2:23-2:26"]),
        ("extends: base\nbudgets: {peak_memory_bytes: 1XB}\n", ["2:30-2:33"]),
        ("extends: base\nbudgets: {parameters: .nan}\n", ["2:23-2:27"]),
        ("extends: base\nbudgets: {parameters: .inf}\n", ["2:23-2:27"]),
        ("extends: base\nbudgets: {parameters: -.inf}\n", ["2:23-2:28"]),
        ("extends: base\nbudgets: {parameters: -5}\n", ["2:23-2:25"]),
        ("extends: base\nbudgets: {parameters: -5M}\n", ["2:23-2:26"]),
        ("extends: base\nbudgets: {parameters: true}\n", ["2:23-2:27"]),
        (f"extends: base\nbudgets: {{parameters: {'9' * 99}}}\n", ["2:23-2:122"]),
        (f"extends: base\nbudgets: {{parameter_bytes: 0x{'f' * 999}}}\n", ["2:28-2:1029"]),
        ("extends: base\nbudgets: {parameters: {min: .nan}}\n", ["2:23-2:34"]),
        ("extends: base\nbudgets: {parameters: {min: -1}}\n", ["2:23-2:32"]),
        ("extends: base\nbudgets: {parameters: {max: true}}\n", ["2:23-2:34"]),
        ("extends: base\nbudgets: {parameters: {min: 200M, max: 100M}}\n", ["2:23-2:45"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E270", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nbudgets: {parameters: 100M, stride_ms: 20}\n",
        "extends: base\nbudgets: {peak_memory_bytes: 510MB}\n",
        "extends: base\nbudgets: {peak_memory_bytes: 0.5GiB}\n",
        "extends: base\nbudgets: {peak_memory_bytes: 24 gb, parameter_bytes: 377483776}\n",
        "extends: base\nbudgets: {receptive_field_ms: {min: 25, max: 25}}\n",
        "extends: base\nbudgets: {memory.inference_bytes: 510MB, aux.parameters: 0, extractor.frames: 499}\n",
        "extends: base\nencoder_num_heads: 7\nbudgets: {parameters: 1}\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E270", text) == []


def test_a_figure_that_is_over_by_one_does_not_read_as_its_budget() -> None:
    text = b"extends: base\nbudgets: {macs: 74066523135}\n"
    (problem,) = lint_document(parse_document(Source("config.yaml", text)), Settings(select=("E270",)))
    assert problem.message == "macs is 74,066,523,136; the budget is at most 74,066,523,135"


@pytest.mark.parametrize("limit", [float("nan"), float("inf"), -1, True, 10**400, {"min": 2, "max": 1}])
def test_limits_of_pyproject_are_held_against_the_same_range(limit: object) -> None:
    settings = Settings(select=("E270",), budgets={"parameters": limit})
    (problem,) = lint_document(parse_document(Source("config.yaml", b"extends: base\n")), settings)
    assert "write" in problem.message


@pytest.mark.parametrize(
    ("budgets", "instead"),
    [
        (
            {"speed": 1},
            "is no figure; write parameters, macs, peak_memory_bytes or receptive_field, or another that docs/json.md",
        ),
        ({"param": 1}, "did you mean parameters?"),
        ({"training": {"expected_macs": 1}}, 'did you mean "training.expected_macs"?'),
        (
            {"latency.real_time_factor": 1},
            "write `summary CONFIG --device cpu --fail-if 'latency.real_time_factor > …'`",
        ),
    ],
)
def test_what_to_write_instead(budgets: dict[str, object], instead: str) -> None:
    settings = Settings(select=("E270",), budgets=budgets)
    (problem,) = lint_document(parse_document(Source("config.yaml", b"extends: base\n")), settings)
    assert instead in problem.message


def test_an_input_that_is_past_any_workload_is_said_at_the_budget() -> None:
    text = b"extends: base\nextractor_conv_layer_config: [[8, 2, 2147483647], [8, 2, 2147483647], [8, 2, 2]]\n"
    config = parse_document(Source("config.yaml", text + b"budgets: {macs: 1G}\n"))
    (problem,) = lint_document(config, Settings(select=("E270",)))
    assert problem.message.startswith("the shortest input that gives a frame is past any budget: a number of 19 digits")


@pytest.mark.parametrize(
    ("limits", "messages"),
    [
        ({"feature_extractor.macs": "1k", "logit_generator.macs": "1k"}, []),
        (
            {"feature_extractor.macs": {"min": 1}},
            ["feature_extractor.macs is 0; the budget of pyproject.toml is at least 1"],
        ),
        ({"feature_extract.macs": 1}, ["budgets.feature_extract.macs of pyproject.toml is no figure; "]),
    ],
)
def test_what_other_architectures_alone_have_costs_nothing_against_the_limits_of_all(
    limits: dict[str, object], messages: list[str]
) -> None:
    document = parse_document(Source("c.yaml", b"extends: w2v_bert_2\n"))
    problems = lint_document(document, Settings(budgets=limits))
    texts = [problem.message for problem in problems if problem.rule.code == "E270"]
    assert len(texts) == len(messages)
    assert all(text.startswith(message) for text, message in zip(texts, messages, strict=True))


def test_own_budgets_are_of_what_the_model_has() -> None:
    document = parse_document(Source("c.yaml", b"extends: w2v_bert_2\nbudgets: {feature_extractor.macs: 1G}\n"))
    (problem,) = lint_document(document, Settings(select=("E270",)))
    assert problem.message.startswith("budgets.feature_extractor.macs is no figure of w2v-BERT 2.0; ")
