"""Coverage-guided fuzzing of everything that reads a config: ``python -m tests.fuzz.fuzz_reader -runs=20000 CORPUS``.

Any exception, and any problem that lies outside of the file, is a finding. libFuzzer's options apply; it writes what
it finds interesting to the first folder that it is given.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["w2v_explore", "yaml"]):
    from w2v_explore.config.document import parse_document
    from w2v_explore.config.text.source import MAX_BYTES, Source
    from w2v_explore.lint.engine import lint_document
    from w2v_explore.lint.fix import fix_source
    from w2v_explore.lint.settings import Settings

NAME = "fuzz.yaml"
SETTINGS = Settings(select=("E", "W", "A"), seconds=1.0)


def read(content: bytes) -> None:
    source = Source(NAME, content[: MAX_BYTES + 1])
    document = parse_document(source)
    lines = document.text.splitlines() or [""]
    for problem in lint_document(document, SETTINGS):
        place = problem.place
        assert problem.message
        if place.path == NAME and place.line is not None and document.text:
            assert 1 <= place.line <= len(lines) + 1, problem
            assert place.column is not None
            assert place.column >= 1, problem
            assert place.line > len(lines) or place.column <= len(lines[place.line - 1]) + 1, problem
    fixed = fix_source(source, SETTINGS).source
    assert fix_source(fixed, SETTINGS).source.content == fixed.content, "repairing twice changes more"


def main() -> None:
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
