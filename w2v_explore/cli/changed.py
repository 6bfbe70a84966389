"""``compare --changed-since``: each config of a git repository beside what it was at a revision.

Imported where it is asked for.
"""

from __future__ import annotations

import os
import posixpath
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import typer

from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.comparing.compare import compare
from w2v_explore.cli.conditions import named_figures, report_broken
from w2v_explore.cli.evaluate import ConfigOptions, WorkloadOptions, measure_by_turns
from w2v_explore.cli.exit_codes import ANSWER_IS_NO, WRONG_QUESTION
from w2v_explore.cli.options import TURNS, name_of
from w2v_explore.cli.render import AnyFormat, render, spare
from w2v_explore.cli.streams import say
from w2v_explore.config.document import parse_document
from w2v_explore.config.entries import plain_value
from w2v_explore.config.load import Config, changed_name, config_of
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import FOLDER_CONFIG, MAX_BYTES, Source, read_file
from w2v_explore.encoding import as_unicode
from w2v_explore.errors import ConfigError, SourceError, WorkloadError
from w2v_explore.files.read import note_file, read_start, unnoted
from w2v_explore.files.revision import Change, Past, Revision, beginnings
from w2v_explore.lint.belonging import reason_to_pass_over
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
    "foreign": "it lies in a repository of its own, which says what changed",
}


# Files of which --fail-if says that they could not be compared.
_MAX_NAMED = 10
# An `extends` of `..`, and one that is written with escapes.
_NAMELESS = re.compile(rb"extends[\"']?\s*:\s*[\"']?(?:[./]*[\"']?\s*(?:[#,}\n]|$)|[^\n]*\\)")


class _Wrong:
    """A file that is a config, and no valid one."""


class _Unknown(NamedTuple):
    """What was a file, and cannot be read.

    Attributes:
        reason: Why, in a few words.
    """

    reason: str


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
        self._differing: set[str] = set()
        # Configs that are held against nothing; files of which conditions were to be held and could not be.
        self._alone: list[Result] = []
        self._unheld: list[str] = []

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
            typer.Exit: A condition holds, or cannot be held against what was to be compared.
        """
        differing = self._revision.changes()
        self._differing = {name for change in differing for name in (change.before, change.path)}
        changes = self._select(differing)
        self._spare(output)
        heirs = self._select(self._heirs(), complains=False)
        # Most commands in a repository of thousands of configs are about none of them.
        were = heirs or any(change.kind not in ("new", *_SAID) for change in changes)
        with self._revision.written_out() if were else nullcontext() as past:
            for change in changes:
                self._take(change, past)
            for heir in heirs:
                self._take(heir, past, is_heir=True)
        changed = self._changed

        def reports() -> list[Report]:
            from w2v_explore.report.changed import changed_reports, summary_reports

            # Markdown is what job summaries are written in.
            return (summary_reports if format.value == "markdown" else changed_reports)(changed, report_of)

        def csv() -> str:
            from w2v_explore.report.csv import changed_csv

            return changed_csv(changed, depth)

        def page() -> Page:
            from w2v_explore.report.html.changed import changed_page

            return changed_page(changed, reports())

        render(format, reports=reports, document=lambda: changed.to_dict(depth), csv=csv, page=page, output=output)
        if format.value == "csv" and changed.left_out:
            # A table of figures has no place for what has none.
            number = len(changed.left_out)
            say(f"{number} {'file is' if number == 1 else 'files are'} not compared; --format json says which, and why")
        if not (changed.compared or changed.new or changed.left_out or changed.num_others):
            say(f"no config differs from {self._changed.since}")
        is_broken = any([*self._broken()]) or not all(audits_agree(results) for results, _ in changed.compared)
        if self._conditions and self._unheld:
            more = f" and {len(self._unheld) - _MAX_NAMED} more" if len(self._unheld) > _MAX_NAMED else ""
            say(f"error: --fail-if cannot be held against {', '.join(self._unheld[:_MAX_NAMED])}{more}: not compared")
            raise typer.Exit(WRONG_QUESTION)
        if is_broken:
            raise typer.Exit(ANSWER_IS_NO)

    def _spare(self, output: str | None) -> None:
        """Refuse to replace a config that is asked about, before the work.

        Of what git says is the same, or cannot be compared, nothing is read.

        Raises:
            SourceError: Such a config lies there.
        """
        if output is None or output == "-":
            return
        place = os.path.realpath(output)
        is_named_so = _is_named_like_a_config(output) or _is_named_like_a_config(place)
        asked = [os.path.realpath(name) for name in self._paths or [self._revision.root]]
        if any(place == each or (is_named_so and is_below(place, each)) for each in asked):
            self._read(place, as_unicode(output))  # which notes a config
            spare(output)

    def _heirs(self) -> list[Change]:
        """The files that are the same, and may rest on one that differs: they hold its name, or that of another heir.

        A file rests on what it extends, whatever that is called, on what a link leads to, and a config.json on the
        JSON beside it.
        """
        differing = self._differing
        tracked = [name for name in self._revision.tracked() if name not in differing] if differing else []
        beside = {f"{name.rpartition('/')[0]}/{FOLDER_CONFIG}".lstrip("/") for name in differing if _is_json(name)}
        links = {name for name in tracked if self._leads_to_what_differs(name)}
        heirs = [name for name in tracked if name in beside or (name in links and _is_named_like_a_config(name))]
        bases = {_stem(name) for name in (*differing, *links, *heirs)}
        left = {}
        for name in set(tracked).difference(heirs):
            if _is_named_like_a_config(name):
                with unnoted(), suppress(SourceError):  # it is not checked out, or a link that leads nowhere
                    content = _as_utf8(read_start(self._revision.path_of(name), MAX_BYTES))
                    if b"extends" in content:
                        left[name] = content
        # A name may be written in ways that do not hold it.
        more = [name for name, content in left.items() if _NAMELESS.search(content)]
        while more := [*more, *(name for name, content in left.items() if any(base in content for base in bases))]:
            heirs += dict.fromkeys(more)
            bases = {_stem(name) for name in more}
            for name in more:
                left.pop(name, None)
            more = []
        return [Change("changed", name, name) for name in sorted(heirs)]

    def _leads_to_what_differs(self, name: str) -> bool:
        """Whether a file is a link to what differs."""
        path = self._revision.path_of(name)
        return os.path.islink(path) and self._differs(path)

    def _differs(self, path: str) -> bool:
        """Whether what an absolute path leads to differs, holds what differs, or lies in a submodule that differs."""
        target = self._revision.name_of(os.path.realpath(path))
        is_within = not self._differing.isdisjoint(beginnings(target))
        return is_within or any(other.startswith(f"{target}/") for other in self._differing)

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
            if complains and not found:
                if not os.path.lexists(name):
                    raise SourceError(f"{name or repr(name)} is no file or folder, now or at {self._changed.since}")
                unlisted = self._revision.unlisted(self._revision.name_of(target))
                found = [change for change in unlisted if self._is_asked_for(change, target)]
            chosen |= dict.fromkeys(found)
        return [*(change for change in changes if change in chosen), *(each for each in chosen if each not in changes)]

    def _is_asked_for(self, change: Change, target: str) -> bool:
        places = [self._revision.path_of(name) for name in (change.before, change.path)]
        return target in places or (_may_be_config(change) and any(is_below(place, target) for place in places))

    def _take(self, change: Change, past: Past | None, *, is_heir: bool = False) -> None:
        """Compare a config with what it was, or note why that cannot be done; an heir where it is another model."""
        path = as_unicode(change.path)
        if change.kind in _SAID:
            self._leave_out(path, _SAID[change.kind], is_held=change.kind == "submodule")
            return
        before = self._read_past(past, change.before) if past is not None and change.kind != "new" else None
        if change.kind == "gone":
            if isinstance(before, Config):
                self._leave_out(path, "it is gone", is_held=True)
            elif isinstance(before, _Unknown):
                self._leave_out(path, f"it is gone; {before.reason}", is_held=True)
            else:
                self._changed.num_others += 1
            return
        file = os.path.relpath(self._revision.path_of(change.path))
        if os.path.isfile(file) and not os.access(file, os.R_OK):
            self._leave_out(path, "it cannot be read")
            return
        after = self._read(file, path)
        match before, after:
            case Config(), Config():
                if not (is_heir and _are_same(before, after)):
                    self._add(after, before)
            case _, Config() if change.kind == "new":
                self._add(after)
            case _Unknown(), Config():
                self._leave_out(path, before.reason)
            case _, Config():
                self._leave_out(path, f"no valid config at {self._changed.since}", is_held=True)
                self._hold_alone(after)
            case ((Config() | _Unknown()), _):
                self._leave_out(path, "no valid config any more; lint says why")
            case _, _Wrong() if not is_heir:
                self._leave_out(path, "no valid config; lint says why")
            case _ if not is_heir:
                self._changed.num_others += 1

    def _read(self, path: str, shown: str) -> Config | _Wrong | None:
        """The config at a path, under the name that reports have for it; None where it is no config at all."""
        try:
            with unnoted():  # it may be the report of the last run
                source = read_file(path)
        except SourceError:
            return None
        reading = self._reading_of(source, shown)
        if reading.model is None and reason_to_pass_over(reading.document) is not None:
            return None
        note_file(path)
        if reading.model is None:
            return _Wrong()
        config = config_of(reading)
        return replace(config, name=changed_name(shown, config.changes) if config.changes else shown)

    def _reading_of(self, source: Source, shown: str) -> Reading:
        options = self._configs
        document = parse_document(source._replace(name=shown), name_of(options.dialect))
        reading = read_config(document, options.overrides or (), allow_unknown=options.allow_unknown)
        if reading.model is None and options.overrides:
            # What is wrong with a config is the linter's matter; what is wrong with the command line is not.
            plain = read_config(document, allow_unknown=options.allow_unknown)
            if plain.model is not None:
                raise ConfigError(reading.problems)
        return reading

    def _read_past(self, past: Past, name: str) -> Config | _Wrong | _Unknown | None:
        """The config that a file of the revision was, with what it extended then."""
        reason = self._fetch_chain(past, name)
        if reason is not None:
            return _Unknown(reason)
        return self._read(past.path_of(name), f"{as_unicode(name)} @ {self._changed.since}")

    def _fetch_chain(self, past: Past, name: str) -> str | None:
        """Write out what a file of the revision extends or leads to; why that cannot be known, where it cannot."""
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            # A link may stand for a folder.
            file = next((each for each in beginnings(name) if each in past.names), None)
            if file is None:
                return None
            path, rest = past.path_of(file), name[len(file) + 1 :]
            if not os.path.lexists(path):
                return f"git cannot give what {as_unicode(file)} was"
            if os.path.isdir(path) and not os.path.islink(path):
                # Git lists no other folders than those, and leaves them empty.
                return f"it rested on what lies in the submodule {as_unicode(file)}"
            reference = posixpath.join(os.readlink(path), rest) if os.path.islink(path) else _extended_by(path)
            if reference is None:
                return None
            name = file
            if os.path.isabs(reference):
                # Such a path leads to what lies there today.
                told = f"{as_unicode(name)} names by its absolute path what differs"
                return told if self._differs(reference) else None
            place = os.path.join(os.path.dirname(self._revision.path_of(name)), reference)
            name = posixpath.normpath(posixpath.join(posixpath.dirname(name), reference))
            if name.startswith("../") and os.path.lexists(place):
                return "it rests on what lies outside of the repository"
            if f"{name}/{FOLDER_CONFIG}" in past.names:
                name = f"{name}/{FOLDER_CONFIG}"
        return None

    def _add(self, after: Config, before: Config | None = None) -> None:
        """Work out what is, and what was where it was."""
        say(*after.warnings)
        results = self._work_out([after] if before is None else [before, after])
        if results is None:
            return
        if before is None:
            self._changed.new += results
            return
        try:
            comparison = compare([result.analysis for result in results], measured_figures(results))
        except WorkloadError:
            self._leave_out(after.origin, "the two cannot be compared: --frames comes to another duration for each")
            return
        self._changed.compared.append(ComparedConfig(results, comparison))

    def _work_out(self, configs: Sequence[Config]) -> list[Result] | None:
        """The figures of configs; None where the usual workload is none for one of them, which is noted."""
        try:
            analyses = [analyze(config, self._workload.of(config)) for config in configs]
        except WorkloadError as error:
            if self._workload.is_stated:
                raise
            self._leave_out(configs[-1].origin, str(error))
            return None
        return self._measure(analyses)

    def _hold_alone(self, config: Config) -> None:
        """Hold conditions against a config that is held against nothing."""
        if any(not condition.is_change for condition in self._conditions):
            self._alone += self._work_out([config]) or ()

    def _measure(self, analyses: Sequence[Analysis]) -> list[Result]:
        if self._device is None:
            return [Result(analysis=analysis) for analysis in analyses]
        return measure_by_turns(analyses, self._device, self._runs)

    def _leave_out(self, path: str, reason: str, *, is_held: bool = False) -> None:
        """Note a file that is not compared, and whether no condition was to be held against it."""
        self._changed.left_out.append(LeftOut(path, reason))
        if not is_held:
            self._unheld.append(path)

    def _broken(self) -> Iterator[bool]:
        """Whether conditions hold, which is said; of a new config nothing is a change."""
        for _, comparison in self._changed.compared:
            first, *others = named_figures(comparison)
            yield report_broken(self._conditions, others, first)
        absolute = [condition for condition in self._conditions if not condition.is_change]
        for result in (*self._changed.new, *self._alone) if absolute else ():
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
    return os.fsencode(folder.rpartition("/")[2] if file == FOLDER_CONFIG else os.path.splitext(file)[0])


def _as_utf8(content: bytes) -> bytes:
    """A text in UTF-16 as one in UTF-8."""
    return content.decode("utf-16", "replace").encode() if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else content


def _extended_by(path: str) -> str | None:
    try:
        entry = parse_document(read_file(path)).entries.get("extends")
    except SourceError:
        return None
    reference = plain_value(entry.value) if entry is not None else None
    return reference if isinstance(reference, str) else None


def _may_be_config(change: Change) -> bool:
    return change.kind in ("submodule", "foreign") or any(map(_is_named_like_a_config, (change.before, change.path)))


def _is_json(name: str) -> bool:
    return name.lower().endswith(".json")


def _is_named_like_a_config(name: str) -> bool:
    """By the last part of its name from the root of the repository, as lint searches."""
    return is_config_name(name.rpartition("/")[2])


def _place_of(name: str) -> str:
    """Where a path lies as git sees it: a link to a file is a file of its own."""
    path = os.path.abspath(name)
    if os.path.isdir(path):
        return os.path.realpath(path)
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
