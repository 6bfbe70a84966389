"""What becomes of each field of another program's config while it is read."""

from collections.abc import Container
from typing import Any

import yaml

from w2v_explore.config import codes
from w2v_explore.config.dialects.columns import Column, Counterpart
from w2v_explore.config.dialects.program import Program
from w2v_explore.config.dialects.programs import DIALECTS, column_of
from w2v_explore.config.dialects.section import Section, scalar
from w2v_explore.config.dialects.unknown_fields import ABOUT_LAYERS, INHERITING, ignored_group, is_harmless, matches
from w2v_explore.config.entries import Account, Document, Entry, Translation, plain_value
from w2v_explore.config.family import ARCHITECTURE, DEFAULT_FAMILY, family_named
from w2v_explore.config.kinds import Choice
from w2v_explore.config.text.limits import TAG
from w2v_explore.config.text.nodes import MAX_KEYS_CHECKED, place_of
from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import Place, Problem, Rule, shorten

SAMPLE_RATE = "sample_rate"
"""What our own configs call it."""

_WRITE_OUT = "write out the fields that it holds"


class Accounts:
    """Collects what reading another program's config comes to."""

    def __init__(self, document: Document, name: str) -> None:
        self.document, self._name = document, name
        self.family = DEFAULT_FAMILY
        self.is_family = True
        self.is_part = False
        self._entries: dict[str, Entry] = {}
        self._accounts: list[Account] = []
        self._problems: list[Problem] = list(document.problems)
        self._warnings: list[Problem] = []
        self._unread: list[Problem] = []
        self._missing: dict[str, Problem] = {}
        self.label_rate: Entry | None = None
        self._other_rates: list[Entry] = []
        self._open_head: Problem | None = None

    @property
    def program(self) -> Program:
        """Whose config it is."""
        return DIALECTS[self._name]

    @property
    def column(self) -> Column:
        """How the program words the configs of the family that the config is of."""
        column = column_of(self.family, self._name)
        assert column is not None  # a family whose models the program has not is none that its configs name
        return column

    def close(self) -> Document:
        """The document as ours: the family's fields at the places of theirs, the architecture and defaults first."""
        stated = sorted(
            (field for field in self._entries if self._entries[field].stated),
            key=lambda field: _position(self._entries[field]),
        )
        fields = family_named(self.family).config.FIELDS
        defaults = [field for field in fields if field in self._entries and field not in stated]
        architecture = {}
        if self.family != DEFAULT_FAMILY:
            mark = yaml.Mark(self.document.source.name, 0, 0, 0, None, 0)
            node = scalar(self.family, mark, mark)
            architecture[ARCHITECTURE] = Entry(self.document.source.name, node, node, stated=False)
        accounts = sorted(self._accounts, key=lambda account: account.status == "defaulted")
        return self.document._replace(
            entries=architecture | {field: self._entries[field] for field in (*defaults, *stated)},
            problems=tuple(self._problems),
            translation=Translation(
                self._name,
                tuple(accounts),
                tuple(self._warnings),
                tuple(self._unread),
                self.label_rate,
                tuple(self._other_rates),
                self._open_head,
                self.is_family,
                family=self.family,
                is_part=self.is_part,
            ),
            missing=self._missing,
        )

    def enter(self, field: str, section: Section, names: tuple[str, ...], node: yaml.Node, note: str = "") -> None:
        """Map a field that the file states."""
        key = section.pairs[names[0]][0] if names[0] in section.pairs else node
        self._entries[field] = Entry(self.document.source.name, key, node, names)
        theirs = ", ".join(f"{section.prefix}{name}" for name in names)
        note = note or section.origins.get(names[0], "")
        self._accounts.append(Account("mapped", theirs, field, plain_value(node), note))

    def enter_sample_rate(self, name: str, key: yaml.Node, node: yaml.Node, path: str | None = None) -> None:
        """Take the samples per second that the audio has, or note what is stated beside those that were taken.

        What is no such number is reported where all are checked.

        Args:
            name: What its file calls it.
            key: Its key there.
            node: Its value.
            path: The file; the config's own by default.
        """
        entry = Entry(path or self.document.source.name, key, node, (name,))
        if SAMPLE_RATE in self._entries:
            self._other_rates.append(entry)
            return
        self._entries[SAMPLE_RATE] = entry
        self._accounts.append(Account("mapped", name, SAMPLE_RATE, plain_value(node), path or ""))

    def ask(self, field: str, section: Section, name: str, message: str) -> None:
        """Note that the file leaves a field of ours open, and what to give for it: it is missing unless that is given.

        Args:
            field: Ours.
            section: Where the file would say it.
            name: Under which name.
            message: What to give.
        """
        self._accounts.append(Account("refused", f"{section.prefix}{name}", None, section.value(name), message))
        place = self._place(section, name)
        self._missing[field] = Problem(rule=codes.MISSING_KEY, place=place, key=name, message=message)

    def enter_default(self, field: str, section: Section, names: tuple[str, ...], value: Any, whose: str) -> None:
        """Take a default for a field that the file does not state."""
        node = scalar(value, section.start, section.start)
        self._entries[field] = Entry(self.document.source.name, node, node, names or (field,), stated=False)
        theirs = ", ".join(f"{section.prefix}{name}" for name in names)
        self._accounts.append(Account("defaulted", theirs, field, value, whose))

    def ignore(self, section: Section, name: str, note: str) -> None:
        """Pass over a field without effect on the architecture."""
        place = place_of(self.document.source.name, section.pairs[name][1])
        self._accounts.append(Account("ignored", f"{section.prefix}{name}", None, section.value(name), note, place))

    def refuse(self, section: Section, name: str, message: str, rule: Rule = codes.FOREIGN_REFUSED) -> None:
        """Refuse what our fields cannot say, at its place or, where a default says it, at that of the section."""
        self._accounts.append(Account("refused", f"{section.prefix}{name}", None, section.value(name), message))
        self._problems.append(Problem(rule=rule, place=self._place(section, name), key=name, message=message))

    def add(self, problem: Problem) -> None:
        """Note a problem of another file."""
        self._problems.append(problem)

    def complain(self, node: yaml.Node, name: str | None, message: str, rule: Rule) -> None:
        """Note a problem at a place."""
        place = place_of(self.document.source.name, node)
        self._problems.append(Problem(rule=rule, place=place, key=name, message=message))

    def complain_of_file(self, message: str, rule: Rule) -> None:
        """Note a problem with the whole of it."""
        self.is_family = False
        self._problems.append(Problem(rule=rule, place=self.document.start, key=None, message=message))

    def refuse_defaults(self, section: Section) -> None:
        """Refuse a section that does not state what our fields cannot say the default of."""
        for name, guard in self.column.refused.items():
            if guard.is_wanted and name not in section.pairs:
                allowed = " or ".join(_word(value) for value in guard.harmless)
                message = f"{section.prefix}{name} is not stated, and only {allowed} can be read: {guard.reason}"
                self.refuse(section, name, message)

    def refuse_family(
        self,
        section: Section,
        name: str,
        message: str,
        rule: Rule = codes.FOREIGN_REFUSED,
        node: yaml.Node | None = None,
    ) -> None:
        """Refuse the whole for what one field, or a node in it, says: nothing else of it is worth a word."""
        self.is_family = False
        self._entries.clear()
        self._warnings.clear()
        self._unread.clear()
        self._missing.clear()
        self._accounts.append(Account("refused", f"{section.prefix}{name}", None, section.value(name), message))
        place = self._place(section, name) if node is None else place_of(self.document.source.name, node)
        self._problems.append(Problem(rule=rule, place=place, key=name, message=message))

    def warn(self, section: Section, name: str, message: str, rule: Rule = codes.FOREIGN_HEAD) -> None:
        """Warn of what stands beside the architecture."""
        self._warnings.append(Problem(rule=rule, place=self._place(section, name), key=name, message=message))

    def warn_of_file(self, message: str) -> None:
        """Warn of what belongs to the model and is in another file."""
        self._warnings.append(Problem(rule=codes.FOREIGN_HEAD, place=self.document.start, key=None, message=message))

    def leave_head_open(self, section: Section, name: str, message: str) -> None:
        """Note a head whose size the file does not say: a warning, unless its size is given otherwise."""
        self._open_head = Problem(rule=codes.FOREIGN_HEAD, place=self._place(section, name), key=name, message=message)

    def leave_unread(self, section: Section, name: str, message: str) -> None:
        """Note a field that may change the architecture: an error, unless what is not known is allowed."""
        self._accounts.append(Account("unread", f"{section.prefix}{name}", None, section.value(name), "not known"))
        if len(self._unread) < MAX_KEYS_CHECKED:
            place = self._place(section, name)
            self._unread.append(Problem(rule=codes.FOREIGN_UNREAD, place=place, key=name, message=message))

    def _place(self, section: Section, name: str) -> Place:
        """Where a field is pointed at: its value, but the key of a value that is indented below it; or its section."""
        if name not in section.pairs:
            return Place(self.document.source.name, section.start.line + 1, section.start.column + 1)
        key, value = section.pairs[name]
        is_block = isinstance(value, yaml.CollectionNode) and not value.flow_style
        return place_of(self.document.source.name, key if is_block else value)

    def field_value(self, field: str) -> object:
        """The plain value of one of our fields; None where none was entered."""
        return plain_value(self._entries[field].value) if field in self._entries else None

    @property
    def fields(self) -> Container[str]:
        """Those of ours that were entered."""
        return self._entries.keys()

    def read_field(self, field: str, counterpart: Counterpart, section: Section, whose: str) -> None:
        """Map a field that has one counterpart or none, or take its default."""
        default = counterpart.words.get(counterpart.default, counterpart.default)
        if not counterpart.names:
            self.enter_default(field, section, (), default, counterpart.remark or whose)
            return
        [name] = counterpart.names
        if name not in section.pairs:
            if counterpart.words and counterpart.default not in counterpart.words:
                message = (
                    f"{section.prefix}{name} is not stated, and its default {_word(counterpart.default)} cannot be "
                    f"read; write {' or '.join(map(_word, counterpart.words))}"
                )
                self.refuse(section, name, message)
                return
            self.enter_default(field, section, (name,), self._of_each(field, default), whose)
            return
        _, node = section.pairs[name]
        stated, note = plain_value(node), ""
        if (each := self._of_each(field, stated)) != stated:
            node, note = scalar(each, node.start_mark, node.end_mark), f"of {describe(stated)} in all"
        if counterpart.words:
            value = plain_value(node)
            word = counterpart.words.get(value) if value is None or isinstance(value, str) else None
            if word is None:
                message = f"{name} is {describe(value)}; write {' or '.join(map(_word, counterpart.words))}"
                kind = family_named(self.family).config.FIELDS[field].kind
                self.complain(node, name, message, kind.rule if isinstance(kind, Choice) else codes.EXTRACTOR_MODE)
                return
            node = yaml.ScalarNode(f"{TAG}str", word, node.start_mark, node.end_mark, style='"')
        self.enter(field, section, (name,), node, note)

    def _of_each(self, field: str, stated: Any) -> Any:
        """Our value of what a program states; as it stands where it is wrong, or what it is divided by."""
        # A recipe of ESPnet states arguments of torchaudio's, which has no column.
        column = column_of(self.family, self._name)
        divided = None if column is None else column.divided.get(field)
        if divided is None:
            return stated
        parts = self.field_value(divided.by)
        if type(stated) is not int or type(parts) is not int or parts < 1:
            return stated
        return max(stated // parts, divided.least)

    def account_for_rest(self, section: Section, known: set[str], is_flat: bool = False) -> None:
        """Judge every key of a section that is no counterpart: refused, warned of, ignored, or unknown.

        Args:
            section: The section.
            known: What has been read.
            is_flat: Whether all that a program has to say stands in it, beside the architecture.
        """
        for name in section.pairs:
            if name in known:
                continue
            refused, warned = self.column.refused.get(name), self.program.warned.get(name)
            group = ignored_group(self._name, name)
            if name == "<<":
                message = "a merge key is not read here; write out what it stands for"
                self.complain(section.pairs[name][0], name, message, codes.UNKNOWN_KEY)
            elif name in self.column.listed:
                self._check_length(section, name, self.column.listed[name])
            elif name in self.column.ignored:
                self.ignore(section, name, "not read by models of this architecture")
            elif refused is not None:
                self._guard(section, name, refused.harmless, refused.reason)
            elif warned is not None:
                if section.value(name) not in warned.harmless:
                    self.warn(section, name, f"{name}: {warned.reason}")
                self.ignore(section, name, "beside the architecture")
            elif group is not None:
                self.ignore(section, name, group)
            else:
                self._account_for_unknown(section, name, is_flat)

    def _check_length(self, section: Section, name: str, field: str) -> None:
        """Pass over a list that is as long as one of our fields says; refuse any other, of which there is no model."""
        value, number = section.value(name), self.field_value(field)
        if isinstance(value, list) and len(value) == number:
            self.ignore(section, name, f"as many as {field} says")
            return
        found = f"a list of {len(value)}" if isinstance(value, list) else describe(value)
        [counterpart] = self.column.counterparts[field].names
        message = f"{name} is {found}, and {counterpart} is {describe(number)}; write as many entries, or that number"
        self.refuse(section, name, message)

    def _account_for_unknown(self, section: Section, name: str, is_flat: bool) -> None:
        """Pass over a field that changes nothing, going by its value or its name; refuse any other."""
        found = f"{shorten(name)} is no field of {self.program.title} that is known here"
        # transformers keeps what it does not know in a config.json; whoever adds to fairseq's options has them read.
        is_text_harmless = is_flat and not (self._name == "fairseq" and matches(name, ABOUT_LAYERS))
        if is_harmless(name, section.pairs[name][1], is_text_harmless):
            self.ignore(section, name, "unknown")
            if len(self._warnings) < MAX_KEYS_CHECKED:
                self.warn(section, name, f"{found}; it is ignored", codes.FOREIGN_UNKNOWN)
        elif name in INHERITING:
            self.leave_unread(section, name, f"{name} takes in another file, which is not read here; {_WRITE_OUT}")
        else:
            message = f"{found}, and may change the architecture; remove it, or give --allow-unknown to leave it out"
            self.leave_unread(section, name, message)

    def _guard(self, section: Section, name: str, harmless: tuple[Any, ...], reason: str) -> None:
        value = section.value(name)
        if value in harmless:
            self.ignore(section, name, "as the architecture here has it")
            return
        allowed = " or ".join(_word(value) for value in harmless)
        self.refuse(section, name, f"{name} is {describe(value)}, and only {allowed} can be read: {reason}")


def _position(entry: Entry) -> tuple[int, int]:
    return entry.value.start_mark.line, entry.value.start_mark.column


def _word(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case "":
            return "''"
        case dict():
            return "{}"
    return str(value)
