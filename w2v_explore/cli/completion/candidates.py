"""The words before the cursor → what may stand there."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from w2v_explore.cli.completion.table import Table

_MAX_HEAD = 1 << 16


class Answer(NamedTuple):
    """What may stand at the cursor.

    Attributes:
        candidates: Whole words, and what each means.
        files: Whether a file may stand there too.
        folders: Whether a folder may.
        goes_on: Whether a word goes on after a candidate, as after ``encoder_num_layers=``.
    """

    candidates: dict[str, str]
    files: bool = False
    folders: bool = False
    goes_on: bool = False


_FREE = Answer({})


class _Line(NamedTuple):
    """A command line up to the cursor.

    Attributes:
        words: Of its command, as ``presets show``.
        arguments: The arguments before the cursor.
        option: The option whose value the cursor stands at; empty where it stands at none.
        only_arguments: Whether ``--`` stands before the cursor.
        table: What there is.
    """

    words: str
    arguments: list[str]
    option: str
    only_arguments: bool
    table: Table


def complete(words: Sequence[str], current: str, table: Table) -> Answer:
    """What may stand in the place of a word.

    Args:
        words: The words before it, without the program's name.
        current: What has been typed of it.
        table: What there is.
    """
    line = _read(words, table)
    options = table.options.get(line.words, {})
    if line.option:
        return _values(options[line.option].value, options[line.option].choices, current, line)
    if current.startswith("-") and not line.only_arguments:
        name, equals, typed = current.partition("=")
        if not equals or name not in options:
            return _options(line)
        answer = _values(options[name].value, options[name].choices, typed, line)
        return answer._replace(candidates={f"{name}={each}": text for each, text in answer.candidates.items()})
    below = {} if line.arguments else _below(line.words, table)
    wanted = _argument(line)
    if below or wanted is None:
        return Answer(below) if below else _options(line)
    return _values(wanted, (), current, line)


def _read(words: Sequence[str], table: Table) -> _Line:
    command, option, only_arguments = "", "", False
    arguments: list[str] = []
    for word in words:
        options = table.options.get(command, {})
        if option:
            option = ""
        elif only_arguments or not word.startswith("-") or word == "-":
            below = f"{command} {word}".strip()
            if below in table.commands and not arguments:
                command = below
            else:
                arguments.append(word)
        elif word == "--":
            only_arguments = True
        elif word in options and options[word].value:
            option = word
    return _Line(command, arguments, option, only_arguments, table)


def _options(line: _Line) -> Answer:
    options = line.table.options.get(line.words, {})
    return Answer({name: option.text for name, option in options.items() if name.startswith("--")})


def _below(command: str, table: Table) -> dict[str, str]:
    """The commands below a command, or below the program."""
    start = f"{command} " if command else ""
    return {
        words[len(start) :]: text
        for words, text in table.commands.items()
        if words and words.startswith(start) and " " not in words[len(start) :]
    }


def _argument(line: _Line) -> str | None:
    """The word for the argument at the cursor; None where the command takes no more."""
    taken = line.table.arguments.get(line.words, [])
    if len(line.arguments) < len(taken):
        return taken[len(line.arguments)]
    return taken[-1] if taken and "..." in taken[-1] else None


def _values(value: str, choices: Sequence[str], current: str, line: _Line) -> Answer:
    if choices:
        return Answer(dict.fromkeys(choices, ""))
    make = KINDS.get(value.strip("[].").removesuffix("..."))
    return make(current, line) if make is not None else _FREE


def _listed(kind: str, *, files: bool = False) -> Callable[[str, _Line], Answer]:
    """Values of the table, and files where one of them may stand there too."""
    return lambda current, line: Answer(dict(line.table.values[kind]), files=files)


def _fields(current: str, line: _Line) -> Answer:
    return Answer(_fields_of(line))


def _assignments(current: str, line: _Line) -> Answer:
    """Fields with the ``=`` behind them; behind it, the values of a field of which there are few."""
    name, equals, _ = current.partition("=")
    if equals:
        _, choices = line.table.fields.get(name, ("", ()))
        return Answer({f"{name}={each}": "" for each in choices})
    return Answer({f"{name}=": text for name, text in _fields_of(line).items()}, goes_on=True)


def _fields_of(line: _Line) -> dict[str, str]:
    """The fields of the architecture of the first config on the line; those of every architecture without a config."""
    known = line.table.fields
    architecture = next(filter(None, (_architecture(each, line.table) for each in line.arguments)), None)
    names = line.table.architectures.get(architecture or "", list(known))
    return {name: known[name][0] for name in names if name in known}


def _architecture(config: str, table: Table, deep: int = 8) -> str | None:
    """The architecture of a preset, or of a file that states one or extends a preset."""
    preset = config.removesuffix(".yaml")
    if not os.path.isfile(config):
        return table.presets.get(preset)
    # Imported only where a file is read.
    from w2v_explore.errors import SourceError
    from w2v_explore.files.read import read_start

    try:
        head = read_start(config, _MAX_HEAD).decode(errors="replace")
    except SourceError:
        return None
    stated = dict(_stated(head))
    if "architecture" in stated or not deep:
        return stated.get("architecture")
    base = stated.get("extends", "")
    path = os.path.join(os.path.dirname(config), base)
    return _architecture(path if os.path.isfile(path) else base, table, deep - 1) if base else None


def _stated(head: str) -> Iterator[tuple[str, str]]:
    """What a config says in lines of their own of its architecture and of what it extends."""
    for line in head.splitlines():
        key, _, value = line.partition(":")
        if key in ("architecture", "extends"):
            yield key, value.partition(" #")[0].strip().strip("'\"")


def _figures_or_fields(current: str, line: _Line) -> Answer:
    return Answer({**line.table.values["figure"], **_fields_of(line)})


def _ratios(current: str, line: _Line) -> Answer:
    return Answer({f"{name}=": text for name, text in line.table.values["figure"].items()}, goes_on=True)


def _codes(current: str, line: _Line) -> Answer:
    """Codes of rules, of which several stand with commas between them."""
    before = current[: current.rfind(",") + 1]
    return Answer({f"{before}{code}": text for code, text in line.table.values["rule"].items()})


def _commands(current: str, line: _Line) -> Answer:
    return Answer(_below(" ".join(line.arguments), line.table))


KINDS: dict[str, Callable[[str, _Line], Answer]] = {
    **dict.fromkeys(("CONFIG", "A B [C", "IN", "CONFIG|CHECKPOINT", "TEACHER"), _listed("preset", files=True)),
    **dict.fromkeys(("CHECKPOINT", "FILE", "PATH"), lambda current, line: Answer({}, files=True)),
    **dict.fromkeys(("FIELD=VALUE", "FIELD=VALUES"), _assignments),
    **dict.fromkeys(("FIELD", "FIELD[=VALUES"), _fields),
    **dict.fromkeys(("FIGURE", "CONDITION"), _listed("figure")),
    "DIR": lambda current, line: Answer({}, folders=True),
    "FIGURE|FIELD": _figures_or_fields,
    "FIGURE=R": _ratios,
    "CODES": _codes,
    "CODE": _listed("rule"),
    "CARD": _listed("card", files=True),
    "COMMAND": _commands,
    "PRESET": _listed("preset"),
    "RECIPE": _listed("recipe", files=True),
    "ARCHITECTURE": _listed("architecture"),
    "FAMILY": _listed("family"),
    "DEVICE": _listed("device"),
    "SHELL": _listed("shell"),
    "WHAT": _listed("trained"),
}
"""What stands in the place of a word of the help, without the brackets and dots around it."""
