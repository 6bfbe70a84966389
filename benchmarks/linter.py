"""The linter against yamllint and check-jsonschema, as whole processes in turns; both install from PyPI."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import yaml

from benchmarks.process import Pair, compare_processes
from w2v_explore import load_config
from w2v_explore.config.json_schema import json_schema
from w2v_explore.encoding import dump_json

_FILES = 1_000
_PAIRS = 9
_LINT = ("w2v-explore", "lint", "--select", "E,W,A")


class LinterFigures(NamedTuple):
    """Each against ours, ours first."""

    one_file: Pair
    yamllint: Pair
    check_jsonschema: Pair
    few_files: Pair


def compare_linters() -> LinterFigures:
    """One file; 1,000 files with every rule on; and our memory for 1,000 files against that for 10."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        paths = _write_configs(root / "many", _FILES)
        _write_configs(root / "few", 10)
        schema = root / "schema.json"
        schema.write_text(dump_json(json_schema()))
        one, many = str(paths[0]), str(root / "many")
        lint = (_tool(_LINT[0]), *_LINT[1:])
        yamllint, check = _tool("yamllint"), _tool("check-jsonschema")
        return LinterFigures(
            one_file=compare_processes((*lint, one), (yamllint, one), 25),
            yamllint=compare_processes((*lint, many), (yamllint, many), _PAIRS),
            check_jsonschema=compare_processes(
                (*lint, many), (check, "--schemafile", str(schema), *map(str, paths)), _PAIRS
            ),
            few_files=compare_processes((*lint, many), (*lint, str(root / "few")), _PAIRS),
        )


def _tool(name: str) -> str:
    path = shutil.which(name, path=str(Path(sys.executable).parent))
    if path is None:
        raise SystemExit(f"{name} is not installed beside this Python; install the extra dev")
    return path


def _write_configs(folder: Path, number: int) -> list[Path]:
    """Files of 16 keys in which no linter finds anything, with every rule on."""
    folder.mkdir()
    fields = load_config("hubert_large").model.to_mapping()
    paths = []
    for count in range(number):
        fields["encoder_num_layers"] = count % 48 + 1
        path = folder / f"config_{count:04}.yaml"
        path.write_text("---\n# yaml-language-server: $schema=schema.json\n" + yaml.safe_dump(fields, sort_keys=False))
        paths.append(path)
    return paths
