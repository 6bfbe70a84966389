"""Options that several commands take."""

from collections.abc import Callable
from enum import Enum
from typing import Annotated, TypeVar

import typer

from w2v_explore.arguments import DEFAULT_SECONDS, MAX_RUNS, MAX_THREADS
from w2v_explore.diagnostics import shorten

_Number = TypeVar("_Number", int, float)


class Dtype(str, Enum):
    """The dtype of weights and activations."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"


class Precision(str, Enum):
    """In which precision a model is trained."""

    AMP_BFLOAT16 = "amp-bfloat16"
    AMP_FLOAT16 = "amp-float16"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    PURE_BFLOAT16 = "pure-bfloat16"


class Attention(str, Enum):
    """How attention is computed."""

    FUSED = "fused"
    EAGER = "eager"
    MATH = "math"


class Optimizer(str, Enum):
    """What keeps states of each parameter that is trained."""

    ADAMW = "adamw"
    ADAMW_8BIT = "adamw-8bit"
    SGD = "sgd"
    ADAFACTOR = "adafactor"
    NONE = "none"


class FromDialect(str, Enum):
    """Whose config a file is."""

    W2V = "w2v"
    TORCHAUDIO = "torchaudio"
    FAIRSEQ = "fairseq"
    HUGGINGFACE = "huggingface"
    UNILM = "unilm"


def name_of(dialect: FromDialect | None) -> str | None:
    """The name by which the library knows a dialect; None where it is to be recognised."""
    return None if dialect is None else dialect.value


# The groups of options in the help of a command, in the words of all commands.
CONFIG = "The config"
WORKLOAD = "The workload"
TRAINING = "Training"
LATENCY = "Latency"
CHECKS = "Checks"
OUTPUT = "Output"

DEVICES = "cpu, or cuda, cuda:1, mps (never run on such hardware)"
CONFIG_HELP = "A config of ours, torchaudio's, fairseq's, Hugging Face's or unilm's, a preset, a checkpoint, or -."
CHECKPOINT_HELP = "A .safetensors or PyTorch file, the index of a sharded one, or a Hugging Face folder."

TURNS = 30
"""Measured passes of each config where several take turns and nobody says how many."""

Seconds = Annotated[
    float | None,
    typer.Option(
        "--seconds", help=f"Duration of each utterance; {DEFAULT_SECONDS:g} by default.", rich_help_panel=WORKLOAD
    ),
]
Samples = Annotated[
    int | None,
    typer.Option("--samples", help="Length of each utterance in samples, instead.", rich_help_panel=WORKLOAD),
]
Frames = Annotated[
    int | None,
    typer.Option(
        "--frames",
        help="Frames of features of each utterance, instead, for a model that takes features.",
        rich_help_panel=WORKLOAD,
    ),
]
Batch = Annotated[int, typer.Option("--batch", help="Utterances in the batch.", rich_help_panel=WORKLOAD)]
DtypeOption = Annotated[
    Dtype, typer.Option("--dtype", help="Dtype of weights and activations.", rich_help_panel=WORKLOAD)
]
TrainingPrecision = Annotated[
    Precision | None,
    typer.Option(
        "--precision", help="Of training, whose memory is shown; that of --dtype by default.", rich_help_panel=TRAINING
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help=f"Also measure latency there: {DEVICES}. Needs the extra torch.",
        rich_help_panel=LATENCY,
    ),
]
Runs = Annotated[
    int | None,
    typer.Option(
        "--runs",
        help=f"Measured passes on --device; 10 by default, {TURNS} in compare and search.",
        rich_help_panel=LATENCY,
    ),
]
Predict = Annotated[
    bool,
    typer.Option(
        "--predict",
        help="Predict latency on --device (else cpu) from its calibration; nothing is run.",
        rich_help_panel=LATENCY,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        help="Threads of the CPU, with --predict; as many as torch takes by itself.",
        rich_help_panel=LATENCY,
    ),
]
Depth = Annotated[
    int | None,
    typer.Option(
        "--depth",
        min=0,
        help="Levels of modules to show, each equal layer by itself, in every format.",
        rich_help_panel=OUTPUT,
    ),
]
Full = Annotated[
    bool,
    typer.Option(
        "--full",
        help="Show every module, the extractor's layers and all totals too; other formats have them anyway.",
        rich_help_panel=OUTPUT,
    ),
]
Totals = Annotated[
    bool,
    typer.Option("--totals", help="Show the totals alone, in a table or in Markdown.", rich_help_panel=OUTPUT),
]
All = Annotated[
    bool,
    typer.Option(
        "--all", help="Show figures that are equal too; other formats have them anyway.", rich_help_panel=OUTPUT
    ),
]
Watch = Annotated[
    bool,
    typer.Option(
        "--watch",
        help="Show it again whenever a config is saved, with what changed since the last save.",
        rich_help_panel=OUTPUT,
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="A saved `summary --format json`, to hold the figures against.",
        rich_help_panel=CHECKS,
    ),
]
FailIf = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-if",
        metavar="CONDITION",
        help="Exit with 1 where it holds: 'parameters > +5%' of a change, 'macs > 10G' or 'stride == 640' of a figure; "
        "repeatable.",
        rich_help_panel=CHECKS,
    ),
]
ChangedSince = Annotated[
    str | None,
    typer.Option(
        "--changed-since",
        metavar="REVISION",
        help="Hold each config that differs from a revision of git against what it was, of the repository or of A B.",
        rich_help_panel=CONFIG,
    ),
]
From = Annotated[
    FromDialect | None,
    typer.Option(
        "--from",
        metavar="DIALECT",
        help="Whose config it is; recognised by its content by default.",
        rich_help_panel=CONFIG,
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="Override a field of every config; repeatable.", rich_help_panel=CONFIG
    ),
]
Variants = Annotated[
    list[str] | None,
    typer.Option(
        "--variant",
        metavar="FIELDS",
        help="The first config edited, as a further one: 'encoder_num_layers: 6, encoder_dropout: 0'; repeatable.",
        rich_help_panel=CONFIG,
    ),
]
AllowUnknown = Annotated[
    bool,
    typer.Option(
        "--allow-unknown",
        help="Leave out fields of another program's config that are not known and may change the architecture.",
        rich_help_panel=CONFIG,
    ),
]


def numbers_of(option: str, text: str, number: Callable[[str], _Number], example: str) -> list[_Number]:
    """Numbers with commas between them, ascending."""
    try:
        return sorted({number(part) for part in text.split(",")})
    except ValueError as error:
        message = f"{option} is {shorten(text)!r}; give numbers with commas between them: {example}"
        raise typer.BadParameter(message) from error


def check_runs(runs: int | None, device: str | None) -> None:
    """Refuse a number of passes that no measurement takes, and any where nothing is measured."""
    if runs is not None and device is None:
        raise typer.BadParameter("--runs goes with --device")
    if runs is not None and not 1 <= runs <= MAX_RUNS:
        raise typer.BadParameter(f"--runs is {runs}; give a number from 1 to {MAX_RUNS}")


def check_threads(threads: int | None, device: str | None) -> None:
    """Refuse a number of threads that no CPU computes with."""
    if threads is None:
        return
    if not 1 <= threads <= MAX_THREADS:
        raise typer.BadParameter(f"--threads is {threads}; give a number from 1 to {MAX_THREADS}")
    if device not in (None, "cpu", "cpu:0"):
        raise typer.BadParameter(f"--threads is about the cpu, not {device}")
