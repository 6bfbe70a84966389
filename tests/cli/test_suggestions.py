"""Names of rules, fields and figures that are nearly right: what was meant, and nothing that was not."""

from __future__ import annotations

import pytest

from tests.program import Runner


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rule", "pading-leaks"], "there is no rule pading-leaks; did you mean padding-leaks?"),
        (["rule", "309"], "did you mean W309?"),
        (["rule", "W28"], "did you mean W282, W284, W286 or W287?"),
        (["rule", "zzz"], "`w2v-explore rule --all` lists them"),
        (["lint", ".", "--select", "padding-leaks"], "padding-leaks is no code of a rule; write W309"),
        (["explain", "linear_unit"], "did you mean encoder_ff_interm_features?"),
        (["explain", "e234"], "e234 is a rule of the linter, no field; `w2v-explore rule E234` prints it"),
    ],
)
def test_suggestions(run: Runner, arguments: list[str], said: str) -> None:
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert said in outcome.err


def test_what_is_no_mapping_gets_no_advice_on_its_fields(run: Runner) -> None:
    assert "advisory" not in run("lint", "-", stdin=b"import torch\n").out


@pytest.mark.parametrize(
    ("name", "said"),
    [("aux", "did you mean aux_num_out?"), ("encoder", "lists the fields"), ("extractor", "did you mean extractor_")],
)
def test_beginnings_of_fields(run: Runner, name: str, said: str) -> None:
    assert said in run("explain", name).err
