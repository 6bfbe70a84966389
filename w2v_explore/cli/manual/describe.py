"""A command of typer's → what there is to say of it, once for the terminal, man pages and docs/."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple

from w2v_explore.cli import options
from w2v_explore.cli.commands import GROUPS
from w2v_explore.cli.manual.guides import GUIDES, Guide

PROGRAM = "w2v-explore"
_LAST = (options.CONFIG, options.WORKLOAD, options.TRAINING, options.LATENCY, options.CHECKS, options.OUTPUT)


class Item(NamedTuple):
    """An option or an argument.

    Attributes:
        names: Of an option, as ``("--output", "-o")``; of an argument none.
        value: The word for what is given, as ``FILE``; empty for an option that takes nothing.
        choices: The values that there are, where they are few.
        text: What it does.
        default: The value that it has where it is left out; empty where the text says what holds then.
    """

    names: tuple[str, ...]
    value: str
    choices: tuple[str, ...]
    text: str
    default: str

    @property
    def said(self) -> str:
        """What it does, its choices and its default."""
        choices = f" One of {', '.join(self.choices)}." if self.choices else ""
        return f"{self.text}{choices}" + (f" [default: {self.default}]" if self.default else "")


class Description(NamedTuple):
    """What there is to say of a command.

    Attributes:
        words: Those behind the program's name, as ``presets show``; none for the program.
        usage: How it is written.
        text: What it does, paragraph by paragraph.
        commands: What it consists of, by heading: names and what each is for.
        arguments: In their order.
        options: By heading.
        guide: Examples and the page to read on.
    """

    words: str
    usage: str
    text: tuple[str, ...]
    commands: dict[str, list[tuple[str, str]]]
    arguments: list[Item]
    options: dict[str, list[Item]]
    guide: Guide


def describe(command: Any, words: str) -> Description:
    """What there is to say of one of typer's commands.

    Args:
        command: The command.
        words: Its name as it is typed, without the program's.
    """
    given = [parameter for parameter in command.params if not parameter.hidden]
    arguments = [parameter for parameter in given if parameter.param_type_name == "argument"]
    groups: dict[str, list[Item]] = {}
    for option in given:
        if option.param_type_name == "option":
            groups.setdefault(option.rich_help_panel, []).append(_item(option))
    usage = [PROGRAM, *words.split(), "[OPTIONS]", *[each.metavar for each in arguments]]
    if hasattr(command, "commands"):
        usage.append("[COMMAND]" if command.invoke_without_command else "COMMAND")
    return Description(
        words=words,
        usage=" ".join(usage),
        text=tuple(" ".join(part.split()) for part in command.help.split("\n\n")),
        commands=_commands(command, words),
        arguments=[_item(argument) for argument in arguments],
        options={name: groups[name] for name in sorted(groups, key=_place)},
        guide=GUIDES[words],
    )


def describe_all(program: Any) -> Iterator[Description]:
    """The program, then its commands in the order of the help, each with those below it."""
    yield describe(program, "")
    for name in program.list_commands(None):
        command = program.get_command(None, name)
        yield describe(command, name)
        for inner, below in getattr(command, "commands", {}).items():
            yield describe(below, f"{name} {inner}")


def _place(heading: str) -> int:
    """Groups that a command has alone come first, as they stand in its file."""
    return _LAST.index(heading) if heading in _LAST else -1


def _commands(command: Any, words: str) -> dict[str, list[tuple[str, str]]]:
    if not words:
        return {heading: [(name, GUIDES[name].brief) for name in names] for heading, names in GROUPS.items()}
    below = [(name, GUIDES[f"{words} {name}"].brief) for name in getattr(command, "commands", {})]
    return {"Commands": below} if below else {}


def _item(parameter: Any) -> Item:
    is_argument = parameter.param_type_name == "argument"
    choices = tuple(map(str, getattr(parameter.type, "choices", ())))
    if is_argument:
        value = parameter.metavar
    elif parameter.is_flag:
        value = ""
    else:
        # `--seconds SECONDS`, `--data-hours HOURS`: the last word of an option says what its value is.
        word = "N" if parameter.type.name.startswith("int") else parameter.opts[0].rpartition("-")[2].upper()
        value = parameter.metavar or word
    text = " ".join((parameter.help or "").split())
    default = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    is_said = not value or is_argument or default is None
    return Item(() if is_argument else tuple(parameter.opts), value, choices, text, "" if is_said else str(default))
