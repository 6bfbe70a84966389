"""What makes a config again: the file or the preset that it was made of, and what differs, as ``--set`` or a file."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from w2v_explore.analysis.workload import Workload
from w2v_explore.checkpoint.recognize import is_checkpoint
from w2v_explore.config.dialects.write import yaml_line
from w2v_explore.config.entries import OWN_DIALECT
from w2v_explore.config.load import Config, load_config, load_preset
from w2v_explore.config.overrides import Overrides
from w2v_explore.errors import ConfigError, W2vExploreError

_STDIN = "<stdin>"
_PRESET = "preset "
_SAMPLE_RATE = "sample_rate"


class Origin(NamedTuple):
    """What configs like one are made of again, by a command line or by ``extends``.

    Attributes:
        words: What names it in a command line: a path or a preset's name, and how it is read.
        values: What its fields mean, and its sample rate; empty where it is no config until all fields are set.
        preset: The preset that it is.
        path: The file of ours that it is.
    """

    words: tuple[str, ...]
    values: Mapping[str, Any]
    preset: str | None = None
    path: str | None = None

    def extended_in(self, folder: Path) -> str | None:
        """What a config in a folder names by ``extends``; None where it has to state all fields."""
        if self.path is None:
            return self.preset
        return os.path.relpath(os.path.realpath(self.path), os.path.realpath(folder))

    def differing(self, config: Config, sample_rate: int) -> dict[str, Any]:
        """The fields in which a config at a sample rate differs from it, and the sample rate where that does."""
        values = {**config.model.to_mapping(), _SAMPLE_RATE: sample_rate}
        meant = {**config.model.meaning(), _SAMPLE_RATE: sample_rate}
        return {name: values[name] for name in values if name not in self.values or meant[name] != self.values[name]}

    def command(self, config: Config, workload: Workload) -> str:
        """The command that shows the figures of a config for a workload, quoted for a shell."""
        sets = [
            word
            for name, value in self.differing(config, workload.sample_rate).items()
            for word in ("--set", _setting(name, value))
        ]
        return shlex.join(["w2v-explore", "summary", *self.words, *sets, *_workload_words(workload)])


def origin_of(config: Config) -> Origin:
    """What a config was read from.

    Of a config that Python made, and of one whose file is gone, it is the preset that its family names.
    """
    allowed = ("--allow-unknown",) if config.not_counted else ()
    if config.origin == _STDIN:
        words = ("-", *(("--from", config.dialect) if config.dialect != OWN_DIALECT else ()), *allowed)
        return Origin(words, _before_changes(config))
    if not config.origin.startswith(_PRESET):
        reference = config.origin
        # What starts as an option does is none behind a folder.
        named = f"./{reference}" if reference.startswith("-") else reference
        # A file's own words say most often whose it is, and one that lacks fields is a config with all of them set.
        for dialect, overrides in product((None, config.dialect), ((), config.model.to_mapping())):
            found = _load(reference, overrides, dialect, config)
            if found is not None:
                words = (named, *(("--from", dialect) if dialect else ()), *allowed)
                if overrides:
                    return Origin(words, {})
                is_ours = found.dialect == OWN_DIALECT and not is_checkpoint(reference)
                return Origin(words, _values(found), path=reference if is_ours else None)
    is_preset = config.origin.startswith(_PRESET)
    preset = config.origin.removeprefix(_PRESET) if is_preset else config.model.family.reference
    return Origin((preset,), _values(load_preset(preset)), preset=preset)


def _load(reference: str, overrides: Overrides, dialect: str | None, config: Config) -> Config | None:
    """What a reference leads to, if that is a config of a config's family; None otherwise."""
    try:
        found = load_config(reference, overrides, dialect, allow_unknown=bool(config.not_counted))
    except W2vExploreError:
        return None
    return found if found.model.family is config.model.family and found.dialect == config.dialect else None


def _before_changes(config: Config) -> Mapping[str, Any]:
    """The values of what was read, which cannot be read again, without what overrides changed."""
    before = {change.field: change.before for change in config.changes}
    rate = before.pop(_SAMPLE_RATE, config.sample_rate)
    try:
        model = type(config.model)(**{**config.model.to_mapping(), **before})
    except ConfigError:
        return {}
    return {**model.meaning(), _SAMPLE_RATE: rate}


def _values(config: Config) -> Mapping[str, Any]:
    return {**config.model.meaning(), _SAMPLE_RATE: config.sample_rate}


def _setting(name: str, value: Any) -> str:
    """What ``--set`` takes for a value as plain data."""
    # Most values are whole numbers, of which there may be thousands of designs.
    return f"{name}={value if type(value) is int else yaml_line(name, value)[len(name) + 2 : -1]}"


def _workload_words(workload: Workload) -> Iterator[str]:
    """The options that give a workload; none where it is the one that commands take by themselves."""
    usual = Workload.of_seconds(sample_rate=workload.sample_rate)
    if workload.samples != usual.samples:
        seconds = f"{workload.seconds:.6g}"
        same = Workload.of_seconds(float(seconds), sample_rate=workload.sample_rate).samples == workload.samples
        yield from ("--seconds", seconds) if same else ("--samples", str(workload.samples))
    if workload.batch != usual.batch:
        yield from ("--batch", str(workload.batch))
    if workload.dtype != usual.dtype:
        yield from ("--dtype", workload.dtype)
    if workload.precision is not None:
        yield from ("--precision", workload.precision)
