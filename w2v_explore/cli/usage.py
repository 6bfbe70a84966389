"""Mistakes in a command line: what to write instead, in plain words, where typer speaks of types and ranges.

Imported only where there is one.
"""

import os
import re
from collections.abc import Sequence
from typing import Any

from w2v_explore.config.presets import preset_names
from w2v_explore.config.suggest import did_you_mean, nearest

_NO_NUMBER = re.compile(r"is not a valid (int|float)( range)?")
_NO_CHOICE = re.compile(r"'(?P<given>[^']*)' is not one of (?P<choices>'[^']*'(?:, '[^']*')*)")
_NO_COMMAND = re.compile(r"No such command '(?P<given>[^']*)'\.(?: Did you mean [^?]*\?)?")
_RANGE = re.compile(r"is not in the range (?:(?P<least>\S+)<=)?x(?:>=(?P<from>\S+?)|<=(?P<most>\S+?))(?=\.(?:\s|$)|$)")
# From the start of a word alone: from each character of a long one it would take hours.
_POSSIBLE = re.compile(r"(?<!\S)(?P<given>\S+) \(Possible options: (?P<options>[^)]*)\)")
_LONG_WORD = re.compile(r"\S{101,}")
_MAX_SHOWN = 600
_NUMBERS = {"int": "no whole number", "float": "no number; write it without a unit, as 2.5"}

_OTHER_NAMES = {
    "fp32": "float32",
    "float": "float32",
    "full": "float32",
    "fp16": "float16",
    "half": "float16",
    "bf16": "bfloat16",
    "hf": "huggingface",
    "transformers": "huggingface",
    "torch": "torchaudio",
    "pytorch": "torchaudio",
    "yaml": "w2v",
    "ours": "w2v",
    "md": "markdown",
    "text": "table",
    "pt2": "torch-export",
    "info": "advice",
}
"""What other programs call our choices; a name is suggested where its choice is offered."""
_INSTEAD_OF_COMMANDS = {
    "version": "--version",
    "show": "presets show NAME",
    "list": "presets",
    "info": "summary CONFIG",
    "params": "summary CONFIG",
    "parameters": "summary CONFIG",
    "diff": "compare A B",
    "validate": "lint FILE",
    "rules": "rule --all",
    "fields": "explain",
    "benchmark": "latency CONFIG",
    "profile": "latency CONFIG",
    "predict": "summary CONFIG --predict",
    "audit": "verify CONFIG",
}


def describe_mistake(error: Any, commands: Sequence[str]) -> str:
    """The message of one of typer's exceptions, in a line, without a full stop.

    Args:
        error: An exception that says its message.
        commands: The program's commands.
    """
    message = _LONG_WORD.sub(lambda found: _cut(found[0], 100), " ".join(error.format_message().split()))
    message = _cut(message, _MAX_SHOWN)
    message = _NO_NUMBER.sub(lambda found: f"is {_NUMBERS[found[1]]}", message)
    message = _RANGE.sub(_describe_range, message)
    message = _POSSIBLE.sub(_guess_option, message)
    choice = _NO_CHOICE.search(message)
    if choice:
        message = f"{message.rstrip('.')}{_guess_choice(choice['given'], choice['choices'])}"
    command = _NO_COMMAND.match(message)
    if command and error.ctx is not None:
        inner = error.ctx.command_path.split()[1:]
        message = f"No such command '{command['given']}'. {_instead_of_command(command['given'], inner, commands)}"
    return message.strip().rstrip(".")


def _cut(text: str, most: int) -> str:
    """A text of at most so many characters: of what was typed the middle is left out, since typer's words end it."""
    return text if len(text) <= most else f"{text[: most // 2]}…{text[len(text) - most // 2 + 1 :]}"


def _describe_range(found: re.Match[str]) -> str:
    least = found["least"] or found["from"]
    if least is None:
        return f"is too much; give a number up to {found['most']}"
    most = f" to {found['most']}" if found["most"] else ""
    return f"is out of range; give a number from {least}{most}"


def _guess_option(found: re.Match[str]) -> str:
    options = found["options"].split(", ")
    return f"{found['given']}; {did_you_mean(nearest(found['given'], options) or options, '')}"


def _guess_choice(given: str, choices: str) -> str:
    known = re.findall(r"'([^']*)'", choices)
    other = _OTHER_NAMES.get(given.lower())
    guesses = [other] if other is not None and other in known else nearest(given, known)
    return f". D{did_you_mean(guesses, '')[1:]}" if guesses else ""


def _instead_of_command(given: str, inner: Sequence[str], commands: Sequence[str]) -> str:
    """What was most likely meant: a command, an option, or a config whose command is missing."""
    name = given.removesuffix(".yaml")
    if inner == ["presets"]:
        if name in preset_names():
            return f"Write `w2v-explore presets show {name}`"
        known = ["show"]
    else:
        if given.lower() in _INSTEAD_OF_COMMANDS:
            return f"Write `w2v-explore {_INSTEAD_OF_COMMANDS[given.lower()]}`"
        if name in preset_names() or os.path.exists(given):
            return f"Write a command before the config: `w2v-explore summary {given}`"
        known = list(commands)
    guesses = [f"'{guess}'" for guess in nearest(given, known)]
    return f"D{did_you_mean(guesses, '')[1:]}" if guesses else ""
