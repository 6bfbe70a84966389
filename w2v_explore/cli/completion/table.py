"""The table of what there is to complete: commands, options, and the values of which there are few."""

import os
from typing import NamedTuple


class Option(NamedTuple):
    """An option of a command.

    Attributes:
        value: The word for its value, as ``FILE``; empty where it takes none.
        choices: The values that there are, where they are few.
        text: What it does.
    """

    value: str
    choices: tuple[str, ...]
    text: str


class Table(NamedTuple):
    """What there is to complete.

    Attributes:
        commands: What each is for, by its words, as ``presets show``.
        options: By the words of a command, its options by their names.
        arguments: By the words of a command, the word for each of its arguments, as ``CONFIG...``.
        values: By kind, as ``preset``, the values that there are, and what each is.
        fields: What each is, and its values where they are few.
        architectures: The fields of each.
        presets: The architecture of each.
    """

    commands: dict[str, str]
    options: dict[str, dict[str, Option]]
    arguments: dict[str, list[str]]
    values: dict[str, dict[str, str]]
    fields: dict[str, tuple[str, tuple[str, ...]]]
    architectures: dict[str, list[str]]
    presets: dict[str, str]


def read_table() -> Table:
    """The table, from the file beside this module: lines of a word for what they hold, and cells between tabs."""
    table = Table({}, {}, {}, {}, {}, {}, {})
    with open(os.path.join(os.path.dirname(__file__), "table.tsv"), encoding="utf-8") as file:
        for line in file.read().splitlines():
            holds, key, *cells = line.split("\t")
            if holds == "command":
                table.commands[key] = cells[0]
            elif holds == "option":
                name, value, choices, text = cells
                table.options.setdefault(key, {})[name] = Option(value, tuple(choices.split()), text)
            elif holds == "argument":
                table.arguments.setdefault(key, []).append(cells[0])
            elif holds == "field":
                table.fields[key] = cells[1], tuple(cells[0].split())
            elif holds == "architecture":
                table.architectures[key] = cells[0].split()
            else:
                name, text, architecture = cells
                table.values.setdefault(key, {})[name] = text
                if architecture:
                    table.presets[name] = architecture
    return table
