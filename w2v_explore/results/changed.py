"""What became of the configs of a repository since a revision, and its JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from w2v_explore.results.documents import comparison_document, result_document
from w2v_explore.results.result import Result
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:
    from w2v_explore.analysis.comparing.compare import Comparison


_COMMIT = re.compile("[0-9a-f]{40,64}")
_SHOWN_COMMIT = 10


class ComparedConfig(NamedTuple):
    """A config beside what it was.

    Attributes:
        results: What it was, and what it is.
        comparison: What differs.
    """

    results: list[Result]
    comparison: Comparison


class LeftOut(NamedTuple):
    """A file of which there is nothing to compare.

    Attributes:
        path: Its name, from the root of the repository.
        reason: Why, in a few words.
    """

    path: str
    reason: str


@dataclass(slots=True, kw_only=True)
class ChangedConfigs:
    """The files that differ from a revision.

    Attributes:
        revision: The revision, as it was named.
        commit: The commit that this is.
        compared: The configs that are and were, each beside what it was.
        new: The configs that were not there.
        left_out: What cannot be compared.
        num_others: How many files differ that are no valid configs, before or after.
    """

    revision: str
    commit: str
    compared: list[ComparedConfig] = field(default_factory=list)
    new: list[Result] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    num_others: int = 0

    @property
    def since(self) -> str:
        """The revision as reports show it: of a whole commit the first ten digits."""
        return self.revision[:_SHOWN_COMMIT] if _COMMIT.fullmatch(self.revision) else self.revision

    def to_dict(self, depth: int | None = None) -> dict[str, Any]:
        """The JSON document of ``compare --changed-since`` (docs/json.md), as plain data."""
        return {
            "schema_version": SCHEMA_VERSION,
            "changed_since": {"revision": self.revision, "commit": self.commit},
            "comparisons": [comparison_document(each.results, each.comparison, depth) for each in self.compared],
            "new": [result_document(result, depth) for result in self.new],
            "not_compared": [entry._asdict() for entry in self.left_out],
            "other_files": self.num_others,
        }
