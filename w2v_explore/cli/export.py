"""``w2v-explore export``."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.checkpoint.recognize import is_checkpoint
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import load_configs, needs_extra
from w2v_explore.config.load import Config
from w2v_explore.errors import UnusedWeightsWarning

if TYPE_CHECKING:
    from w2v_explore.model.components import Wav2Vec2Model

app = typer.Typer(add_completion=False)

_SEED = 0


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
    to: Annotated[Target, typer.Option("--to", help="What to write.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file, or for huggingface the folder; by default named as the config."),
    ] = None,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Write a model for another program: ONNX, torch.export, safetensors or a Hugging Face folder.

    Of a config, with initial weights; of a checkpoint, with its own.
    """
    [loaded] = load_configs([config], overrides or (), options.name_of(dialect), allow_unknown)
    path = output or Path(f"{_stem(config)}{_SUFFIXES[to]}")
    _check_output(path, config, to)
    try:
        with needs_extra(f"export --to {to.value}", "export"), _status() as say:
            from w2v_explore.model.export import export_model

            say("making the model")
            model = _make_model(config, loaded)
            say(f"exporting to {to.value}")
            export_model(model, loaded.model, to.value, path)
    except OSError as error:
        raise typer.BadParameter(f"cannot write {path}: {error.strerror or error}") from error
    print(f"wrote {path}", file=sys.stderr)


def _make_model(reference: str, config: Config) -> Wav2Vec2Model:
    if is_checkpoint(reference):
        from w2v_explore.model.weights import load_checkpoint

        with warnings.catch_warnings():
            # What is left out, reading the config has said.
            warnings.simplefilter("ignore", UnusedWeightsWarning)
            return load_checkpoint(reference, config.model)
    import torch

    from w2v_explore.model.build import build_model

    print(f"{reference} is a config: the weights are initial ones, from seed {_SEED}", file=sys.stderr)
    torch.manual_seed(_SEED)
    return build_model(config.model)


def _stem(reference: str) -> str:
    """What was named, as the beginning of a file's name."""
    if reference == "-":
        return "model"
    path = Path(reference).resolve()
    return path.name if path.is_dir() else path.stem


def _check_output(path: Path, reference: str, to: Target) -> None:
    """Refuse what cannot be written, before the work."""
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}")
    if path.exists() and Path(reference).exists() and path.samefile(reference):
        raise typer.BadParameter(f"{path} is what is exported; name another")
    if to is Target.HUGGINGFACE:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise typer.BadParameter(f"{path} is there already; name a folder that is new or empty")
    elif path.is_dir():
        raise typer.BadParameter(f"{path} is a folder; name a file")


@contextmanager
def _status() -> Iterator[Callable[[str], None]]:
    """What is being done, on standard error; nothing where that is no terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    with console.status("", spinner="dots" if console.encoding.startswith("utf") else "line") as status:
        yield status.update
