"""The worked examples of docs/dialects.md, done: each command makes the file that the page shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.program import Runner

PAGE = (Path(__file__).parent.parent.parent / "docs/dialects.md").read_text(encoding="utf-8")
SHOWN = dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))
COMMANDS = re.findall(r"^w2v-explore (.*)$", PAGE, re.MULTILINE)


def test_the_examples_are_what_the_commands_give(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SHOWN["small.yaml"])
    assert len(COMMANDS) == 7
    for command in COMMANDS:
        code, out, _ = run(*shlex.split(command))
        assert (code, out) == (0, ""), command
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert SHOWN.keys() <= written.keys()
    for name, text in SHOWN.items():
        assert written[name] == text, name
    # The first line is the name.
    backs = {written[f"from_{dialect}.yaml"].partition("\n")[2] for dialect in ("fairseq", "huggingface", "torchaudio")}
    assert len(backs) == 1
