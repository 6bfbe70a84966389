"""``w2v-explore export``."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from w2v_explore.cli import options
from w2v_explore.cli.evaluate import ConfigOptions, load_configs
from w2v_explore.cli.render import spare
from w2v_explore.cli.streams import say
from w2v_explore.encoding import printable
from w2v_explore.errors import UnusedWeightsWarning, needs_extra

app = typer.Typer(add_completion=False)


class Target(str, Enum):
    """What a model is written as."""

    ONNX = "onnx"
    TORCH_EXPORT = "torch-export"
    SAFETENSORS = "safetensors"
    HUGGINGFACE = "huggingface"


_SUFFIXES = {
    Target.ONNX: ".onnx",
    Target.TORCH_EXPORT: ".pt2",
    Target.SAFETENSORS: ".safetensors",
    Target.HUGGINGFACE: "-huggingface",
}


@app.command()
def export(
    config: Annotated[str, typer.Argument(metavar="CONFIG|CHECKPOINT", help=options.CONFIG_HELP)],
    to: Annotated[
        Target, typer.Option("--to", metavar="FORMAT", help="What to write.", rich_help_panel=options.OUTPUT)
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="The file, or for huggingface the folder; by default named as the config.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Write a model for another program: ONNX, torch.export, safetensors or a Hugging Face folder.

    Of a config, with initial weights; of a checkpoint, with its own.
    """
    [loaded] = load_configs([config], ConfigOptions(overrides, dialect, allow_unknown))
    if output is not None and str(output) in ("", ".", "-"):
        raise typer.BadParameter("--output takes the name of a file or, for huggingface, of a new folder")
    path = output or Path(f"{_stem(config)}{_SUFFIXES[to]}")
    spare(path)
    with _status() as tell:
        tell("importing torch")
        with needs_extra(f"export --to {to.value}", "export"):
            from w2v_explore.model.export import export as export_model
        with warnings.catch_warnings():
            # Reading the config has said what is left out.
            warnings.simplefilter("ignore", UnusedWeightsWarning)
            exported = export_model(config, to.value, path, config=loaded, progress=tell)
    if exported.seed is not None:
        say(f"{config} is a config: the weights are initial ones, from seed {exported.seed}")
    say(f"wrote {path}")


def _stem(reference: str) -> str:
    """The beginning of a file's name, from the config or checkpoint that was named."""
    if reference == "-":
        return "model"
    path = Path(reference).resolve()
    return path.name if path.is_dir() else path.stem


@contextmanager
def _status() -> Iterator[Callable[[str], None]]:
    """What is being done, on standard error; nothing where standard error is no terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    with console.status("", spinner="dots" if console.encoding.startswith("utf") else "line") as status:
        # A plain string would be read as markup.
        yield lambda step: status.update(Text(printable(step)))
