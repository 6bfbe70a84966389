"""What makes a problem the same one in another version of a file, where its line has moved."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from w2v_explore.diagnostics import Problem


def fingerprints(problems: Sequence[Problem]) -> list[str]:
    """A hash of path, rule, key and ordinal for each problem; no two are equal."""
    seen: Counter[tuple[str, str, str]] = Counter()
    hashes = []
    for problem in problems:
        identity = (problem.place.path, problem.rule.code, problem.key or "")
        hashes.append(hash_of(*identity, str(seen[identity])))
        seen[identity] += 1
    return hashes


def hash_of(*texts: str) -> str:
    """One hash of several texts."""
    return hashlib.sha256("\0".join(texts).encode(errors="surrogatepass")).hexdigest()
