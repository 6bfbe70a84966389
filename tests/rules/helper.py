"""What the linter finds of one rule in the text of a config."""

from w2v_explore.config.document import parse_document
from w2v_explore.config.text.source import Source
from w2v_explore.lint.engine import lint_document
from w2v_explore.lint.settings import Settings

NAME = "config.yaml"


def found(code: str, text: str | bytes, seconds: float | None = None) -> list[str]:
    """The places of a rule's problems, ``line:column-end_line:end_column`` as far as they have one."""
    content = text if isinstance(text, bytes) else text.encode()
    problems = lint_document(parse_document(Source(NAME, content)), Settings(select=(code,), seconds=seconds))
    return ["-".join(_ends(problem.place)) for problem in problems if problem.rule.code == code]


def _ends(place: tuple[str, int | None, int | None, int | None, int | None]) -> list[str]:
    _, line, column, end_line, end_column = place
    if line is None:
        return ["file"]
    return [f"{line}:{column}"] + ([f"{end_line}:{end_column}"] if end_line is not None else [])
