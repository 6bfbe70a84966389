"""Command lines of the commands that need no torch, taken from the program itself, and what each may write."""

from __future__ import annotations

import os
from functools import cache
from itertools import pairwise, zip_longest
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from typer.main import get_command

from tests.fuzz.folders import ALL_FIELDS, ALL_PRESETS, PLAIN, Folder
from tests.fuzz.hostile import Hostile
from w2v_explore.analysis.figures import ALIASES, known_names, measured_names
from w2v_explore.analysis.memory.trained import WORDS
from w2v_explore.analysis.plan.cards import known_cards
from w2v_explore.cli.app import COMMANDS, app
from w2v_explore.config.family import ARCHITECTURE, FAMILIES, family_named
from w2v_explore.lint.codes import all_rules

NEED_TORCH = {"latency", "calibrate", "verify", "export"}
"""The commands that are not tried: importing torch alone takes what a case may take."""

_NEVER = {"--device", "--runs", "--workers", "--scheduler", "--storage", "--to-optuna", "--trials", "--plot", "--watch"}
"""Options that need torch, Optuna or matplotlib, start processes, ask other machines, or go on until Ctrl-C.

``--device`` goes with ``--predict``.
"""

_WITHOUT_FIELDS = ("lint", "rule", "presets", "explain", "schema", "help")
"""Commands that take no ``--set``."""

_WEIGHTS = {
    "lint": 6,
    "summary": 4,
    "compare": 3,
    "memory": 2,
    "plan": 3,
    "sensitivity": 2,
    "sweep": 2,
    "search": 3,
    "convert": 4,
    "inspect": 3,
    "check": 2,
}
_FILES = (
    "out.json",
    "out.yaml",
    "new/out",
    "sub",
    "a.yaml",
    "config.json",
    "-",
    "",
    "/dev/full",
    "/dev/null",
    "odd.yml",
)
_COMPONENTS = {name: None for family in FAMILIES for name in family_named(family).components}
_FIGURES = (*known_names(_COMPONENTS), *measured_names(_COMPONENTS), *ALIASES)
_MANY = {"summary": (1, 3), "compare": (2, 4), "memory": (1, 2), "identify": (1, 3), "lint": (0, 4)}


class CommandLine(NamedTuple):
    """What is typed.

    Attributes:
        command: The command's name.
        arguments: After the program's name.
        environment: Variables beside those of the fuzzer; None for one that is taken away.
        formats: How standard output is written, and each file.
        outputs: The files that it may write.
        repairs: Whether it may write over configs.
    """

    command: str
    arguments: tuple[str, ...]
    environment: dict[str, str | None]
    formats: dict[str | None, str]
    outputs: tuple[str, ...]
    repairs: bool


@cache
def commands() -> dict[str, Any]:
    """The commands that are tried, as typer has them."""
    group = get_command(app)
    return {name: group.get_command(None, name) for name in COMMANDS if name not in NEED_TORCH}


def make_command_line(random: Random, folder: Folder) -> CommandLine:
    """A call of a command with hostile values of its options, and hostile names."""
    return _Maker(random, folder).make()


class _Maker:
    def __init__(self, random: Random, folder: Folder) -> None:
        self._hostile = Hostile(random)
        self._random = random
        self._folder = folder
        self._formats: list[str] = []
        self._outputs: list[str] = []

    def make(self) -> CommandLine:
        names = list(commands())
        command = self._random.choices(names, [_WEIGHTS.get(name, 1) for name in names])[0]
        options: list[list[str]] = []
        names_of_options = {option for parameter in commands()[command].params for option in parameter.opts}
        for parameter in commands()[command].params:
            options += self._option(command, parameter)
        if command == "summary" and self._hostile.chance(0.15):
            options += [["--predict"], *[["--device", "cpu"]] * self._hostile.chance(0.3)]
        if self._hostile.odd(0.05):
            options.append(
                [self._hostile.one(("--nosuch", "--", "-x", "--format=", "--set", self._hostile.argument()))]
            )
        words = self._words(command)
        self._random.shuffle(options)
        flat = [word for option in options for word in option]
        arguments = [*words, *flat] if self._hostile.chance(0.5) and "--" not in words else [*flat, *words]
        if self._hostile.chance(0.01):
            arguments.append("--help")
        environment = self._environment()
        assert "--set" in names_of_options or command in _WITHOUT_FIELDS, command
        return CommandLine(
            command=command,
            arguments=(command, *arguments),
            environment=environment,
            formats=self._formats_of(command, flat, environment),
            outputs=tuple(self._outputs),
            repairs="--fix" in flat,
        )

    def _option(self, command: str, parameter: Any) -> list[list[str]]:
        """What is given of an option: nothing, mostly, or its name with a value, or several."""
        if parameter.param_type_name != "option":
            return []
        name = parameter.opts[0]
        if name in _NEVER or name in ("--predict", "--help"):
            return []
        likely = {
            "--card": 0.95,
            "--field": 0.95,
            "--free": 0.9,
            "--minimize": 0.4,
            "--target": 0.3,
            "--format": 0.6,
            "--to": 0.97,
            "--output": 0.3,
            "--set": 0.3,
            "--fail-if": 0.15,
            "--baseline": 0.2,
        }
        if not self._hostile.chance(likely.get(name, 0.12)):
            return []
        if parameter.is_flag:
            return [[name]]
        times = self._random.choice((1, 1, 1, 2)) if parameter.multiple else 1
        return [self._joined(name, self._value(command, name, parameter)) for _ in range(times)]

    def _joined(self, name: str, value: str) -> list[str]:
        return [f"{name}={value}"] if self._hostile.chance(0.15) else [name, value]

    def _value(self, command: str, name: str, parameter: Any) -> str:
        hostile = self._hostile
        choices = getattr(parameter.type, "choices", None)
        if choices is not None:
            if hostile.odd(0.05):
                return hostile.argument()
            value = hostile.one(list(choices))
            return str(getattr(value, "value", value))
        if name in ("--output", "--write", "--resume"):
            return self._output(command)
        kind = parameter.type.name
        if hostile.odd(0.08):
            return hostile.argument()
        values = {
            "--set": self._setting,
            "--variant": self._variant,
            "--field": self._field_values,
            "--figure": lambda: hostile.one((*_FIGURES, "nosuch", hostile.argument())),
            "--free": lambda: hostile.one((self._field(), self._field_values())),
            "--space": lambda: hostile.one(self._paths()),
            "--minimize": lambda: hostile.one((*_FIGURES, "nosuch", hostile.argument())),
            "--maximize": lambda: hostile.one((*_FIGURES, "nosuch", hostile.argument())),
            "--target": lambda: hostile.one(("macs -50%", "parameters +5%", self._condition(), hostile.argument())),
            "--keep": lambda: hostile.one((*_FIGURES, self._field())),
            "--like": lambda: hostile.one((*ALL_PRESETS, *self._paths(), hostile.argument())),
            "--ratio": lambda: f"{hostile.one(_FIGURES)}={hostile.one((self._number(), '1/4', '0.25'))}",
            "--require": self._condition,
            "--fail-if": self._condition,
            "--baseline": lambda: hostile.one(self._folder.baselines * 30 + list(self._paths())),
            "--fit": lambda: (
                f"{hostile.one((hostile.number(), '24', '1.5'))}{hostile.one(('GiB', 'GB', '', 'K', 'x'))}"
            ),
            "--reserve": lambda: f"{hostile.one((hostile.number(), '0', '2'))}{hostile.one(('GiB', 'GB', '', 'x'))}",
            "--train": lambda: hostile.one(
                (*WORDS, r"re:layers\.1\.", "re:bias$", f"re:{hostile.name()}", hostile.argument())
            ),
            "--lora": lambda: hostile.one(
                ("r=16:q_proj,v_proj", "r=1:projection", f"r={hostile.number()}:out_proj", f"r=2:{hostile.name()}")
            ),
            "--card": lambda: hostile.one((*known_cards(), "a100", "3090", *self._paths(), hostile.argument())),
            "--manifest": lambda: hostile.one(self._paths()),
            "--lengths": lambda: hostile.one(self._paths()),
            "--as-recipe": lambda: hostile.one((*ALL_PRESETS, "spidr_base", *self._paths(), hostile.argument())),
            "--observed": lambda: self._rate(),
            "--within": lambda: f"{self._number()}{hostile.one(('d', 'h', ' min', 'w', '', 'x', '1h30min'))}",
            "--architecture": lambda: hostile.one((*FAMILIES, hostile.argument())),
            "--family": lambda: hostile.one(("HuBERT", "mms", "nosuch", hostile.argument())),
            "--max-parameters": lambda: f"{self._number()}{hostile.one(('M', 'G', '', 'GB', 'x'))}",
            "--only": self._field,
            "--sort": lambda: hostile.one((*_FIGURES, "nosuch", hostile.argument())),
            "--select": self._codes,
            "--ignore": self._codes,
            "--changed-since": lambda: hostile.one(("HEAD", "HEAD~1", "nosuch", hostile.argument())),
            "--stdin-filename": lambda: hostile.one((hostile.name(), hostile.argument())),
        }
        if name in values:
            value = values[name]()
        elif name == "--seconds" and kind == "str":  # several, with commas between them
            value = ",".join(self._number() for _ in range(self._random.choice((1, 1, 2, 3))))
        elif kind in ("float", "int", "int range", "float range"):
            value = self._number()
        else:
            raise ValueError(f"no values for {command} {name}: give them in tests/fuzz/command_lines.py")
        return value.replace("\0", "").encode("utf-8", "replace").decode() if not _is_path(name) else value

    def _rate(self) -> str:
        what = self._hostile.one(("updates", "it", "s", "", self._hostile.argument()))
        return f"{self._number()} {what} {self._hostile.one(('in', 'per', '/', ''))} {self._number()} min"

    def _number(self) -> str:
        return self._hostile.number() if self._hostile.odd(0.7) else self._hostile.one(("1", "2", "3", "10", "24"))

    def _setting(self) -> str:
        if self._hostile.odd(0.9):
            return f"{self._field()}={self._hostile.yaml_value()}"
        field = self._hostile.one(list(PLAIN))
        return f"{field}={self._hostile.one(PLAIN[field])}"

    def _variant(self) -> str:
        edits = [self._setting().replace("=", self._hostile.one((": ", ": ", ":"))) for _ in range(2)]
        return self._hostile.one(("{}", "{{{}}}", "{}}}", "[{}")).format(", ".join(edits))

    def _field_values(self) -> str:
        """A few values: a case has little time."""
        listed = self._hostile.one(
            ("2..4", "1..9:4", "512,768", "true,false", "0..0.2:0.1", "9..1", "1..1e9", "..", "[1")
        )
        return f"{self._field()}={self._hostile.yaml_value() if self._hostile.odd(0.3) else listed}"

    def _field(self) -> str:
        other = ("name", "sample_rate", "budgets", "extends", "nosuch", "", "encoder_layers", self._hostile.argument())
        return self._hostile.one((*ALL_FIELDS, ARCHITECTURE, *other))

    def _condition(self) -> str:
        hostile = self._hostile
        if not hostile.odd(0.8):
            return f"{hostile.one(_FIGURES)} > {hostile.one(('5', '1G', '+5', '+5%', '-5'))}"
        figure = hostile.one((*_FIGURES, "nosuch", hostile.argument()))
        limit = hostile.one((hostile.number(), "5", "1G", "+5", "-5", "0", "1e400", hostile.argument()))
        comparison = hostile.one((">", "<", ">=", "<=", "==", "=", ""))
        return f"{figure} {comparison} {limit}{hostile.one(('', '%', ' %', 'GiB'))}"

    def _codes(self) -> str:
        codes = [rule.code for rule in all_rules()]
        parts = [self._hostile.one((*codes, "E", "W", "A", "E2", "", "x")) for _ in range(self._random.randint(1, 3))]
        return ",".join(parts)

    def _output(self, command: str) -> str:
        hostile = self._hostile
        output = hostile.one((*_FILES, *_FILES, hostile.name(), hostile.argument(), *self._folder.configs))
        if (self._folder.work / output).is_fifo() if "\0" not in output and len(output) < 200 else False:
            # Whoever names a pipe waits for its reader, as with any program.
            output = "out.json"
        self._outputs.append(output)
        return output

    def _words(self, command: str) -> list[str]:
        hostile = self._hostile
        if command == "presets":
            name = hostile.one((*ALL_PRESETS, "nosuch", hostile.argument()))
            return hostile.one(([], ["show", name], ["show", name, "--resolved"], [name]))
        if command == "explain":
            return hostile.one(([], [hostile.one((*ALL_FIELDS, "encoder_layers", "nosuch", hostile.argument()))]))
        if command == "rule":
            return hostile.one(([], [hostile.one((*[rule.code for rule in all_rules()], "E999", hostile.argument()))]))
        if command == "schema":
            return []
        if command == "help":
            return hostile.one(([], [hostile.one((*COMMANDS, "nosuch", hostile.argument()))], ["presets", "show"]))
        if command == "inspect":
            return self._safe([self._weights()])
        if command == "check":
            return self._safe([self._weights(), self._reference()])
        least, most = _MANY.get(command, (1, 1))
        count = self._random.randint(least, most)
        if command == "lint":
            globs = ["*", "**/*.yaml", "**", *["."] * 6, "..", "./"]
            globs += ["[z-a]*", "[", "*[*", "sub", hostile.argument()] if hostile.odd(0.9) else []
            return self._safe([hostile.one((*globs, *self._paths())) for _ in range(count)])
        if hostile.odd(0.05):
            count = self._random.randint(0, 5)
        return self._safe([self._reference() for _ in range(count)])

    def _safe(self, words: list[str]) -> list[str]:
        """Names behind ``--`` where one might be an option; not always."""
        return (
            ["--", *words]
            if any(word.startswith("-") and word != "-" for word in words) and self._hostile.chance(0.7)
            else words
        )

    def _paths(self) -> tuple[str, ...]:
        folder = self._folder
        return (*folder.configs, *folder.checkpoints, *folder.baselines, *folder.others, "nosuch.yaml", "-")

    def _reference(self) -> str:
        """A config, in one of the ways in which one is named."""
        hostile, folder = self._hostile, self._folder
        kind = hostile.weighted(config=10, preset=3, checkpoint=2, stdin=0.5, absolute=0.5)
        if hostile.odd(0.15):
            kind = hostile.one(("text", "other"))
        if kind == "config" and folder.configs:
            return hostile.one(folder.configs)
        if kind == "absolute" and folder.configs:
            return str(folder.work / hostile.one(folder.configs))
        if kind == "checkpoint" and folder.checkpoints:
            return hostile.one(folder.checkpoints)
        if kind == "other":
            return hostile.one((*self._paths(), "/dev/null", "/dev/zero", ".", "", "a" * 5_000))
        if kind == "text":
            return hostile.argument()
        return "-" if kind == "stdin" else hostile.one(ALL_PRESETS)

    def _weights(self) -> str:
        return (
            self._hostile.one(self._folder.checkpoints)
            if self._folder.checkpoints and self._hostile.chance(0.85)
            else self._reference()
        )

    def _environment(self) -> dict[str, str | None]:
        hostile = self._hostile
        environment: dict[str, str | None] = {}
        if hostile.chance(0.5):
            environment["COLUMNS"] = hostile.one(("80", "140", "40", "20", "1", "0", "-1", "x", "100000", ""))
        for name, value, probability in (
            ("FORCE_COLOR", "1", 0.05), ("NO_COLOR", "1", 0.05), ("TERM", "dumb", 0.05),
            ("GITHUB_ACTIONS", "true", 0.05), ("GITLAB_CI", "true", 0.03),
        ):  # fmt: skip
            environment |= {name: value} if hostile.chance(probability) else {}
        return environment

    def _formats_of(self, command: str, words: list[str], environment: dict[str, str | None]) -> dict[str | None, str]:
        """How each output is written: by the file's name, None for standard output."""

        def values(option: str) -> list[str]:
            """What is given of an option, in order."""
            found = []
            for before, word in pairwise(["", *words]):
                name, equals, value = word.partition("=")
                found += [word] if before == option else [value] if equals and name == option else []
            return found

        if "--" in words:
            return {}
        formats = values("--format")
        if command == "convert":
            # What is written on standard output goes into a file instead.
            return dict.fromkeys((None, *self._outputs), (values("--to") or ["w2v"])[-1])
        if command == "schema":
            return {None: "json" if not self._outputs else "text"}
        if command == "presets" and "show" in words:
            return {None: "w2v"}
        if command == "lint":
            if "--diff" in words:
                return {None: "diff"}
            usual = "github" if "GITHUB_ACTIONS" in environment else "gitlab" if "GITLAB_CI" in environment else "text"
            if not formats and (self._folder.work / "pyproject.toml").exists():
                return {}  # which may name another
            outputs = [None if output == "-" else output for output in values("--output")]
            return dict(zip_longest(outputs, formats or [usual]))
        return dict.fromkeys((None, *values("--output")[-1:]), formats[-1] if formats else "table")


def _is_path(name: str) -> bool:
    return name in ("--baseline", "--output", "--write", "--stdin-filename")


def may_write(line: CommandLine, folder: Folder) -> set[str]:
    """The real paths of the files that a command line names for writing."""
    if line.command == "schema":
        beside = [os.path.join(os.path.dirname(path), "w2v-explore.schema.json") for path in line.outputs]
        paths = [*line.outputs, *beside]
    else:
        paths = list(line.outputs)
    return {os.path.realpath(Path(folder.work, path)) for path in paths if path and "\0" not in path}
