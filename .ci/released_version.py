"""Prints what the changelog says of the version that a tag names; fails where the tag, the version and it disagree."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def section_of(version: str, changelog: str) -> str | None:
    """The text under `## [version] - date`, without that line."""
    match = re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## \[|\Z)", changelog, re.M | re.S)
    return match[1].strip() if match else None


def main() -> int:
    """The exit code."""
    tag = sys.argv[1]
    source = Path("w2v_explore/version.py").read_text(encoding="utf-8")
    [version] = re.findall(r'^__version__ = "(.+)"$', source, re.M)
    if tag != f"v{version}":
        print(f"the tag is {tag}, and w2v_explore/version.py says {version}", file=sys.stderr)
        return 1
    section = section_of(version, Path("CHANGELOG.md").read_text(encoding="utf-8"))
    if section is None:
        print(f"CHANGELOG.md has no section `## [{version}] - YYYY-MM-DD`", file=sys.stderr)
        return 1
    print(section)
    return 0


if __name__ == "__main__":
    sys.exit(main())
