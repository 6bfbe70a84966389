"""What the build takes from elsewhere than pyproject.toml: README as a page that stands outside of the repository."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

# The targets of Markdown's links and of HTML's pictures, but for those with a scheme and those inside of the page.
_RELATIVE = re.compile(r'(?P<before>\]\(|\b(?:src|srcset|href)=")(?!\w+:|#)(?P<path>[^)"\s]+)')
_PICTURES = (".svg", ".png")


def repository_address(environment: Mapping[str, str]) -> str | None:
    """Where the repository lies, as GitHub tells the jobs of its workflows; None elsewhere."""
    if "GITHUB_REPOSITORY" not in environment:
        return None
    return f"{environment.get('GITHUB_SERVER_URL', 'https://github.com')}/{environment['GITHUB_REPOSITORY']}"


def long_description(readme: str, address: str, version: str) -> str:
    """README with the files that it names as addresses of the version's tag.

    Pictures and pages of the tag stay what they were when that version was released.
    """

    def absolute(match: re.Match[str]) -> str:
        kind = "raw" if match["path"].endswith(_PICTURES) else "blob"
        return f"{match['before']}{address}/{kind}/v{version}/{match['path']}"

    return _RELATIVE.sub(absolute, readme)


class Metadata(MetadataHookInterface):
    """The long description, and the addresses of the project."""

    def update(self, metadata: dict[str, object]) -> None:
        """Adds both; without the address of a repository, README is as it stands there."""
        address, version = repository_address(os.environ), str(metadata["version"])
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        if address:
            text = long_description(text, address, version)
            metadata["urls"] = {
                "Repository": address,
                # `--help` names the pages that lie beside it.
                "Documentation": f"{address}/blob/v{version}/docs/index.md",
                "Changelog": f"{address}/blob/v{version}/CHANGELOG.md",
                "Issues": f"{address}/issues",
            }
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
