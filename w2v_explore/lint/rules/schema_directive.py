"""The file does not name its schema.

What it does
    Looks for a comment `# yaml-language-server: $schema=…`, in YAML: JSON has no comments.
Why is this bad
    With it, editors complete field names, show their meaning and underline mistakes as they are typed.
    `w2v-explore schema --write FILE` adds it.
Example
    extends: base
Use instead
    # yaml-language-server: $schema=w2v-explore.schema.json
    extends: base
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import SCHEMA_DIRECTIVE as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "never sees it"
KEYS = ()

DIRECTIVE = "# yaml-language-server: $schema="


def check(subject: Subject) -> Iterator[Finding]:
    """Look for the comment."""
    # What is no mapping has no fields to complete.
    if (
        subject.document.entries
        and subject.document.source.suffix != ".json"
        and DIRECTIVE not in subject.document.text
    ):
        yield Finding(
            "no schema is named; `w2v-explore schema --write FILE` adds it, and editors then check as you type"
        )
