"""Holds the wheel and the sdist of a folder against what is promised of them."""

from __future__ import annotations

import email
import os
import re
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from email.message import Message
from pathlib import Path

# 600 modules are 3 MB of source; what makes the wheel grow past this is most likely no source.
_MOST_BYTES = 1_350_000


def repository_of(metadata: Message, environment: Mapping[str, str]) -> str | None:
    """The address of the repository that a wheel names; None where it names none, and the build was not told any."""
    named = dict(each.split(", ", 1) for each in metadata.get_all("Project-URL", []))
    told = environment.get("GITHUB_REPOSITORY")
    address = named.get("Repository")
    assert told is None or (address or "").endswith(f"/{told}"), f"the wheel names {address} for the repository {told}"
    if address is not None:
        pages = f"{address}/blob/v{metadata['Version']}/"
        documentation = named["Documentation"]
        assert documentation.startswith(pages), f"the documentation is at {documentation}"
        assert Path(documentation.removeprefix(pages)).exists(), f"{documentation}: there is no such page"
    return address


def check_wheel(path: Path) -> None:
    """The package alone, with its types, presets and pages of man, and a long description that stands by itself."""
    assert path.stat().st_size <= _MOST_BYTES, f"{path.name} is of {path.stat().st_size:,} bytes"
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        [metadata_name] = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(wheel.read(metadata_name))
    about = metadata_name.removesuffix(".dist-info/METADATA")
    folders = ("w2v_explore/", f"{about}.dist-info/", f"{about}.data/data/share/man/man1/")
    strays = [name for name in names if not name.startswith(folders)]
    assert not strays, f"in the wheel, but in none of its folders: {strays}"
    assert {"w2v_explore/py.typed", "w2v_explore/presets/base.yaml", f"{folders[2]}w2v-explore.1"} <= set(names)

    address = repository_of(metadata, os.environ)
    # The tests call what stands above without it.
    from readme_renderer.markdown import render

    page = render(metadata.get_payload(), stream=sys.stderr)
    assert page is not None
    if address is None:
        print("The address of the repository is not known: README's links and pictures are as they stand there.")
        return
    targets = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert page.count("<img ") == Path("README.md").read_text(encoding="utf-8").count("<img ") > 0
    stray = [each for each in targets if not each.startswith(("https://", "#", "mailto:"))]
    assert not stray, f"relative links of the long description: {stray}"
    for target in targets:
        if target.startswith(address):
            file = target.removeprefix(address).split("/", 3)[3].split("#")[0]
            assert Path(file).exists(), f"{target}: there is no {file}"


def check_sdist(path: Path) -> None:
    """All that its tests and .ci/run read."""
    with tarfile.open(path) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames()}
    missing = {".ci/run", "tests/conftest.py", "presets/base.yaml", "docs/tutorial.md", "hatch_build.py"} - names
    assert not missing, f"the sdist lacks {sorted(missing)}"


def main() -> None:
    """Checks both of the folder that the command line names."""
    [wheel] = Path(sys.argv[1]).glob("*.whl")
    [sdist] = Path(sys.argv[1]).glob("*.tar.gz")
    check_wheel(wheel)
    check_sdist(sdist)
    print(f"{wheel.name} {wheel.stat().st_size:,} bytes, {sdist.name} {sdist.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
