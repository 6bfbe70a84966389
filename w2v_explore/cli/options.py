"""Options that several commands take."""

from enum import Enum
from typing import Annotated

import typer


class Format(str, Enum):
    """How a result is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"


class Dtype(str, Enum):
    """The dtype of weights and activations."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"


DEFAULT_SECONDS = 10.0

CONFIG_HELP = "A YAML file, a preset's name, or - for standard input."

Seconds = Annotated[
    float | None, typer.Option("--seconds", help=f"Duration of each utterance.  [default: {DEFAULT_SECONDS:g}]")
]
Samples = Annotated[int | None, typer.Option("--samples", help="Length of each utterance in samples, instead.")]
Batch = Annotated[int, typer.Option("--batch", help="Utterances in the batch.")]
DtypeOption = Annotated[Dtype, typer.Option("--dtype", help="Dtype of weights and activations.")]
Device = Annotated[
    str | None,
    typer.Option("--device", help="Also measure latency there: cpu, cuda, cuda:1, mps. Needs the extra torch."),
]
Runs = Annotated[int | None, typer.Option("--runs", help="Measured passes; with --device.  [default: 10; compare: 30]")]
Depth = Annotated[
    int | None, typer.Option("--depth", min=0, help="Levels of modules to show, each equal layer by itself.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to write the result.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="Override a field of every config; repeatable."),
]
