"""``compare --changed-since``: each config of a git repository beside what it was at a revision.

Imported where it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.comparing.compare import compare
from w2v_explore.cli.conditions import named_figures, report_broken
from w2v_explore.cli.evaluate import ConfigOptions, WorkloadOptions, measure_by_turns
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.options import TURNS, name_of
from w2v_explore.cli.render import AnyFormat, render
from w2v_explore.cli.streams import say
from w2v_explore.config.document import parse_document
from w2v_explore.config.load import Config, changed_name, config_of
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import FOLDER_CONFIG, MAX_BYTES, read_file
from w2v_explore.encoding import as_unicode
from w2v_explore.errors import ConfigError, SourceError, WorkloadError
from w2v_explore.files.read import read_start
from w2v_explore.files.revision import Change, Revision
from w2v_explore.lint.discovery import is_config_name
from w2v_explore.lint.paths import is_below
from w2v_explore.results.changed import ChangedConfigs, ComparedConfig, LeftOut
from w2v_explore.results.result import Result, audits_agree, measured_figures

if TYPE_CHECKING:
    from w2v_explore.analysis.comparing.compare import Comparison
    from w2v_explore.analysis.comparing.conditions import Condition
    from w2v_explore.report.html.page import Page
    from w2v_explore.report.table import Report

_SAID = {
    "submodule": "a submodule, whose own repository says what changed",
    "unmerged": "it is not merged yet",
    "absent": "it is not in the working tree, as in a sparse checkout",
}


class ChangedSince:
    """The question: which configs differ from a revision, and what do they cost.

    Args:
        revision: What git calls it.
        paths: Files and folders to look at; none for the whole repository.
        configs: How configs are read.
        workload: What their models compute.
        device: Where latency is measured; None for nowhere.
        runs: Measured passes of each.
        conditions: What must not hold.
    """

    def __init__(
        self,
        revision: str,
        paths: Sequence[str],
        *,
        configs: ConfigOptions,
        workload: WorkloadOptions,
        device: str | None,
        runs: int | None,
        conditions: Sequence[Condition],
    ) -> None:
        workload.check()
        self._paths, self._configs, self._workload = paths, configs, workload
        self._device, self._runs, self._conditions = device, runs or TURNS, conditions
        self._revision = Revision(revision)
        self._changed = ChangedConfigs(revision=revision, commit=self._revision.commit)

    def answer(
        self,
        format: AnyFormat,
        output: str | None,
        depth: int | None,
        report_of: Callable[[Sequence[Result], Comparison], Report],
    ) -> None:
        """Print or write all that differs.

        Args:
            format: As `render` takes it.
            output: Likewise.
            depth: Levels of modules to compare.
            report_of: Makes the report on a config beside what it was.

        Raises:
            typer.Exit: A condition holds.
        """
        differing = self._revision.changes()
        changes = self._select(differing)
        heirs = self._select(self._heirs(differing), complains=False)
        names = {change.before for change in changes if not _is_named_like_a_config(change.before)}
        # Most commands in a repository of thousands of configs are about none of them.
        were = heirs or any(change.kind not in ("new", *_SAID) for change in changes)
        with self._revision.written_out(names) if were else nullcontext("") as folder:
            for change in changes:
                self._take(change, folder)
            for heir in heirs:
                self._take(heir, folder, is_heir=True)
        changed = self._changed

        def reports() -> list[Report]:
            from w2v_explore.report.changed import changed_reports

            return changed_reports(changed, report_of)

        def csv() -> str:
            from w2v_explore.report.csv import changed_csv

            return changed_csv(changed, depth)

        def page() -> Page:
            from w2v_explore.report.html.changed import changed_page

            return changed_page(changed, reports())

        render(format, reports=reports, document=lambda: changed.to_dict(depth), csv=csv, page=page, output=output)
        if not (changed.compared or changed.new or changed.left_out or changed.num_others):
            say(f"no config differs from {self._changed.since}")
        if any([*self._broken()]) or not all(audits_agree(results) for results, _ in changed.compared):
            raise typer.Exit(ANSWER_IS_NO)

    def _heirs(self, changes: Sequence[Change]) -> list[Change]:
        """The files that are the same, and may extend one that differs: they hold its name, or that of another heir."""
        differing = {name for change in changes for name in (change.before, change.path)}
        bases = {_stem(change.before) for change in changes if change.kind != "new" and _may_be_config(change)}
        left = {}
        for name in self._revision.tracked() if bases else ():
            if name not in differing and _is_named_like_a_config(name):
                with suppress(SourceError):  # it is not checked out, or a link that leads nowhere
                    content = read_start(self._revision.path_of(name), MAX_BYTES)
                    if b"extends" in content:
                        left[name] = content
        heirs: list[str] = []
        while more := [name for name, content in left.items() if any(base in content for base in bases)]:
            heirs += more
            bases = {_stem(name) for name in more}
            for name in more:
                del left[name]
        return [Change("changed", name, name) for name in sorted(heirs)]

    def _select(self, changes: Sequence[Change], *, complains: bool = True) -> list[Change]:
        """What was asked for: all that is named like a config, in folders too, and files that are named themselves."""
        if not self._paths:
            return [change for change in changes if _may_be_config(change)]
        chosen: dict[Change, None] = {}
        for name in self._paths:
            target = _place_of(name)
            if not is_below(target, self._revision.root):
                raise SourceError(f"{name} lies outside of the git repository {self._revision.root}")
            found = [change for change in changes if self._is_asked_for(change, target)]
            if complains and not found and not os.path.lexists(name):
                raise SourceError(f"{name or repr(name)} is no file or folder, now or at {self._changed.since}")
            chosen |= dict.fromkeys(found)
        return [change for change in changes if change in chosen]

    def _is_asked_for(self, change: Change, target: str) -> bool:
        places = [self._revision.path_of(name) for name in (change.before, change.path)]
        return target in places or (_may_be_config(change) and any(is_below(place, target) for place in places))

    def _take(self, change: Change, folder: str, *, is_heir: bool = False) -> None:
        """Compare a config with what it was, or note why that cannot be done; an heir where it is another model."""
        path = as_unicode(change.path)
        if change.kind in _SAID:
            self._leave_out(path, _SAID[change.kind])
            return
        before = after = None
        if change.kind != "new":
            old = f"{as_unicode(change.before)} @ {self._changed.since}"
            before = self._read(os.path.join(folder, *change.before.split("/")), old)
        if change.kind != "gone":
            after = self._read(os.path.relpath(self._revision.path_of(change.path)), path)
        match before, after:
            case None, None:
                self._changed.num_others += not is_heir
            case None, Config() if change.kind == "new":
                self._add([after])
            case Config(), None if change.kind == "gone":
                self._leave_out(path, "it is gone")
            case None, _:
                self._leave_out(path, f"no valid config at {self._changed.since}")
            case _, None:
                self._leave_out(path, "no valid config any more; lint says why")
            case Config(), Config() if not (is_heir and _are_same(before, after)):
                self._add([before, after])

    def _read(self, path: str, shown: str) -> Config | None:
        """The config at a path, under the name that reports have for it; None where it is none that is valid."""
        options = self._configs
        try:
            document = parse_document(read_file(path)._replace(name=shown), name_of(options.dialect))
        except SourceError:
            return None
        reading = read_config(document, options.overrides or (), allow_unknown=options.allow_unknown)
        if reading.model is None:
            # What is wrong with a config is the linter's matter; what is wrong with the command line is not.
            if options.overrides and read_config(document, allow_unknown=options.allow_unknown).model is not None:
                raise ConfigError(reading.problems)
            return None
        config = config_of(reading)
        return replace(config, name=changed_name(shown, config.changes) if config.changes else shown)

    def _add(self, configs: Sequence[Config]) -> None:
        """Work out what is, and what was where it was."""
        say(*configs[-1].warnings)
        path = configs[-1].origin
        try:
            analyses = [analyze(config, self._workload.of(config)) for config in configs]
        except WorkloadError as error:
            if self._workload.is_stated:
                raise
            self._leave_out(path, str(error))
            return
        results = self._measure(analyses)
        if len(results) == 1:
            self._changed.new += results
            return
        try:
            comparison = compare(analyses, measured_figures(results))
        except WorkloadError:
            self._leave_out(path, "the two cannot be compared: they take inputs of other kinds")
            return
        self._changed.compared.append(ComparedConfig(results, comparison))

    def _measure(self, analyses: Sequence[Analysis]) -> list[Result]:
        if self._device is None:
            return [Result(analysis=analysis) for analysis in analyses]
        return measure_by_turns(analyses, self._device, self._runs)

    def _leave_out(self, path: str, reason: str) -> None:
        self._changed.left_out.append(LeftOut(path, reason))

    def _broken(self) -> Iterator[bool]:
        """Whether conditions hold, which is said; of a new config nothing is a change."""
        for _, comparison in self._changed.compared:
            first, *others = named_figures(comparison)
            yield report_broken(self._conditions, others, first)
        absolute = [condition for condition in self._conditions if not condition.is_change]
        for result in self._changed.new if absolute else ():
            yield report_broken(absolute, named_figures(compare([result.analysis], measured_figures([result]))))


def _are_same(one: Config, other: Config) -> bool:
    return (one.model.family, one.model.meaning(), one.sample_rate) == (
        other.model.family,
        other.model.meaning(),
        other.sample_rate,
    )


def _stem(name: str) -> bytes:
    """What of a file's name an ``extends`` cannot do without: a folder stands for its config.json."""
    folder, _, file = name.rpartition("/")
    return os.fsencode(folder.rpartition("/")[2] if file == FOLDER_CONFIG else file.rpartition(".")[0])


def _may_be_config(change: Change) -> bool:
    return change.kind == "submodule" or any(map(_is_named_like_a_config, (change.before, change.path)))


def _is_named_like_a_config(name: str) -> bool:
    """By the last part of its name from the root of the repository, as lint searches."""
    return is_config_name(name.rpartition("/")[2])


def _place_of(name: str) -> str:
    """Where a path lies as git sees it: a link to a file is a file of its own."""
    path = os.path.abspath(name)
    if os.path.isdir(path):
        return os.path.realpath(path)
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
