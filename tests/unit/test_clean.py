"""Which configs of a space the linter has no warning of."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from w2v_explore import ConfigError, Workload, load_config
from w2v_explore.config.document import parse_document
from w2v_explore.config.text.source import Source
from w2v_explore.lint.engine import checks_of_models, lint_document
from w2v_explore.lint.settings import Settings
from w2v_explore.search.question.clean import Clean
from w2v_explore.search.question.question import Question
from w2v_explore.search.question.rank import Rank
from w2v_explore.search.running.run import run
from w2v_explore.search.space.members import Members
from w2v_explore.search.space.space import Axis, Given, Space

SECOND = Workload.of_seconds(1)
_SHAPE = {
    "extractor_mode": ("group_norm", "layer_norm"),
    "encoder_layer_norm_first": (False, True),
    "encoder_num_heads": (12, 96),
    "encoder_layer_drop": (0.0, 1.0),
}
SPACES: dict[str, dict[str, tuple[Any, ...]]] = {
    "base": {
        **_SHAPE,
        "encoder_pos_conv_groups": (1, 16),
        "extractor_conv_layer_config": (None, [[8, 10, 5], [8, 8, 64]], [[8, 400, 320]]),
    },
    "wavlm_base": {**_SHAPE, "encoder_ff_interm_features": (256, 3072), "encoder_pos_conv_groups": (1, 16)},
    "hubert_pretrain_base": {
        **_SHAPE,
        "skip_masked": (False, True),
        "skip_nomask": (False, True),
        "num_classes": (100, 10**6),
    },
    "omniasr_300m": {"encoder_num_heads": (2, 16), "encoder_layer_drop": (0.0, 1.0)},
}


def _space(base: str, fields: dict[str, tuple[Any, ...]]) -> Space:
    axes = tuple(Axis(name, values) for name, values in fields.items())
    return Space(load_config(base), axes, {name: Given(place) for place, name in enumerate(fields)})


def _written(space: Space, base: str, member: int) -> bytes:
    """A config of the space as a file that extends the base."""
    text = f"extends: {base}\n"
    for field, value in space.fields(member).items():
        shown = "null" if value is None else str(value).lower() if isinstance(value, bool) else value
        text += f"{field}: {shown}\n"
    return text.encode()


@pytest.mark.parametrize("base", SPACES)
def test_clean_is_what_the_linter_has_no_warning_of_once_it_is_written(base: str) -> None:
    space = _space(base, SPACES[base])
    numbers = []
    for member in range(space.size):
        try:
            space.config_of(member)
        except ConfigError:
            continue
        numbers.append(member)
    documents = [parse_document(Source("found.yaml", _written(space, base, member))) for member in numbers]
    codes = [{problem.rule.code for problem in lint_document(each, Settings())} for each in documents]
    clean = Clean(Members(space))
    found = clean(np.array(numbers))
    assert found.tolist() == [not each for each in codes]
    assert 0 < found.sum() < len(numbers)
    assert [set(clean.warnings(number)) for number in numbers] == codes
    again = pickle.loads(pickle.dumps(clean))
    assert again(np.array(numbers[::-1], object)).tolist() == found.tolist()[::-1]


def test_a_rule_is_asked_once_for_configs_that_are_equal_in_what_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    space = _space("base", {"encoder_num_layers": tuple(range(1, 101)), "encoder_num_heads": (12, 96)})
    asked: list[object] = []
    clean = Clean(Members(space))
    ask = Clean._ask

    def noted(*arguments: Any) -> None:
        asked.append(arguments)
        ask(*arguments)

    monkeypatch.setattr(Clean, "_ask", noted)
    assert clean(np.arange(200)).tolist() == [True, False] * 100
    clean(np.arange(200))
    # The rule that reads the heads is asked once to know that it does, and of each of the two values.
    assert len(asked) == len(checks_of_models(space.config.model.family)) + 2


def test_what_is_found_is_clean_though_better_ones_are_not() -> None:
    space = _space("base", {"encoder_num_layers": (1, 2, 3), "encoder_layer_norm_first": (True, False)})
    mode = Rank("parameters", is_maximized=False, top=2)
    found = run(Question(space, SECOND, mode, lint_clean=True))
    assert found.candidates.members.tolist() == [1, 3]
    assert found.satisfying == 6
