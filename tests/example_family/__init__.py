"""The family of docs/add-a-family.md, put where `family_named` finds families."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from tests.second_family import forget
from w2v_explore import preset_names
from w2v_explore.config import presets
from w2v_explore.config.family import FAMILIES, Names
from w2v_explore.config.presets import preset_path

NAME = "causal"
PRESET = "causal_base"
HERE = Path(__file__).parent
PACKAGE = f"w2v_explore.families.{NAME}"


def add(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Add the family, its line in the table and its preset, until the end of a test."""
    monkeypatch.setitem(FAMILIES, NAME, Names(huggingface=("causal",), fairseq=()))
    for name in preset_names():
        shutil.copy(preset_path(name), folder)
    shutil.copy(HERE / f"{PRESET}.yaml", folder)
    monkeypatch.setattr(presets, "presets_folder", lambda: folder)
    forget()
    spec = importlib.util.spec_from_file_location(PACKAGE, HERE / NAME / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, PACKAGE, package)
    spec.loader.exec_module(package)


def remove(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take it away again."""
    monkeypatch.undo()
    for name in [name for name in sys.modules if name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    forget()
