"""Holds the wheel and the sdist of a folder against what is promised of them."""

from __future__ import annotations

import email
import re
import sys
import tarfile
import zipfile
from pathlib import Path

from readme_renderer.markdown import render

# 600 modules are 3 MB of source; what makes the wheel grow past this is most likely no source.
_MOST_BYTES = 1_350_000


def check_wheel(path: Path) -> None:
    """The package alone, with its types and presets, and a long description that stands by itself."""
    assert path.stat().st_size <= _MOST_BYTES, f"{path.name} is of {path.stat().st_size:,} bytes"
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        [metadata_name] = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(wheel.read(metadata_name))
    folders = {name.split("/")[0] for name in names}
    assert folders == {"w2v_explore", metadata_name.split("/")[0]}, f"folders of the wheel: {sorted(folders)}"
    assert {"w2v_explore/py.typed", "w2v_explore/presets/base.yaml"} <= set(names)

    page = render(metadata.get_payload(), stream=sys.stderr)
    assert page is not None
    if metadata["Project-URL"] is None:
        print("The address of the repository is not known: README's links and pictures are as they stand there.")
        return
    targets = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(re.findall("<img ", page)) == 2
    stray = [each for each in targets if not each.startswith(("https://", "#", "mailto:"))]
    assert not stray, f"relative links of the long description: {stray}"
    address = next(each.split(", ")[1] for each in metadata.get_all("Project-URL") if each.startswith("Repository"))
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


[wheel] = Path(sys.argv[1]).glob("*.whl")
[sdist] = Path(sys.argv[1]).glob("*.tar.gz")
check_wheel(wheel)
check_sdist(sdist)
print(f"{wheel.name} {wheel.stat().st_size:,} bytes, {sdist.name} {sdist.stat().st_size:,} bytes")
