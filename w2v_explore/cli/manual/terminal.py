"""The help of a command as text for a terminal."""

import shutil
import textwrap
from collections.abc import Iterator
from typing import Any

from w2v_explore.cli.manual.describe import PROGRAM, Description, Item, describe
from w2v_explore.cli.manual.pages import page_address
from w2v_explore.cli.streams import wants_colour

_WIDEST = 100
_NARROWEST = 30
# Where what is said of an option begins, but for names that are longer.
_INDENT = 26


def print_help(context: Any) -> None:
    """Print the help of a command.

    Args:
        context: Typer's, of the command.
    """
    words = context.command_path.partition(" ")[2]
    print(help_text(describe(context.command, words), bold=wants_colour()))


def help_text(description: Description, *, bold: bool) -> str:
    """The help of a command, as wide as the terminal and no wider than is read with ease.

    Args:
        description: What there is to say of the command.
        bold: Whether headings and names stand out by the terminal's bold face.
    """
    width = max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST))
    return "\n".join(_lines(description, width, bold))


def _lines(description: Description, width: int, bold: bool) -> Iterator[str]:
    def strong(text: str) -> str:
        return f"\033[1m{text}\033[0m" if bold else text

    def listed(name: str, text: str, indent: int) -> Iterator[str]:
        """A name, and beside it or below it what is said of it."""
        # On a narrow terminal names have lines of their own.
        indent = indent if indent + _INDENT < width else 6
        lines = textwrap.wrap(text, width - indent, break_on_hyphens=False)
        if len(name) + 4 > indent:
            yield f"  {strong(name)}"
        elif lines:
            yield f"  {strong(name)}{' ' * (indent - 2 - len(name))}{lines.pop(0)}"
        yield from (" " * indent + line for line in lines)

    yield from textwrap.wrap(f"Usage: {description.usage}", width, subsequent_indent=" " * 7)
    for paragraph in description.text:
        yield ""
        yield from textwrap.wrap(paragraph, width, break_on_hyphens=False)
    for heading, commands in description.commands.items():
        yield from ("", strong(f"{heading}:"))
        for name, brief in commands:
            yield from listed(name, brief, 15)
    if description.arguments:
        yield from ("", strong("Arguments:"))
        for argument in description.arguments:
            yield from listed(argument.value, argument.text, _INDENT)
    for heading, options in description.options.items():
        yield from ("", strong(f"{heading}:"))
        for option in options:
            yield from listed(signature(option), option.said, _INDENT)
    yield from ("", strong("Examples:"))
    for example in description.guide.examples:
        yield from textwrap.wrap(f"{example.answers}:", width, initial_indent="  ", subsequent_indent="  ")
        yield f"    {example.command}"
    more = [] if description.words else [f"`{PROGRAM} help COMMAND` says more of each."]
    yield ""
    yield from textwrap.wrap(" ".join([*more, "Read on:"]), width)
    yield f"  {page_address(description.guide.page)}"


def signature(option: Item) -> str:
    """The names of an option and its value, as ``-o, --output FILE``."""
    names = sorted(option.names, key=len)
    return f"{', '.join(names)} {option.value}".rstrip()
