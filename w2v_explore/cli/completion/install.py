"""``--show-completion`` and ``--install-completion``: the script for a shell, printed or put where it is read."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import typer

from w2v_explore.diagnostics import shorten
from w2v_explore.files.read import read_whole
from w2v_explore.files.write import refusing, rewrite_atomically, write_atomically

SHELLS = ("bash", "zsh", "fish")
_MAX_BYTES = 1 << 20


def with_shell(arguments: Sequence[str]) -> list[str]:
    """The arguments of the program, with the shell that it was started from where an option leaves it out."""
    if len(arguments) != 1:
        return list(arguments)
    # What typer brings along for its own completion.
    import shellingham

    try:
        shell, _ = shellingham.detect_shell()
    except shellingham.ShellDetectionFailure:
        raise typer.BadParameter(f"name the shell: {arguments[0]} {_choices()}") from None
    return [*arguments, shell]


def script_of(shell: str, option: str) -> str:
    """The script that has a shell complete the program's command lines.

    Args:
        shell: One of `SHELLS`.
        option: The option that it was given to.

    Raises:
        BadParameter: It is another.
    """
    if shell not in SHELLS:
        raise typer.BadParameter(f"there is no completion for {shorten(shell)!r}; write {option} {_choices()}")
    return read_whole(str(Path(__file__).parent / "scripts" / f"{shell}.txt"), _MAX_BYTES).decode()


def install(shell: str) -> list[str]:
    """Put the script where a shell reads it, and have the shell read it; returns what was done, in lines.

    Args:
        shell: One of `SHELLS`.

    Raises:
        BadParameter: It is another, or there is no home folder.
        SourceError: A file cannot be read or written.
    """
    script = script_of(shell, "--install-completion")
    if shell == "fish":
        startup: tuple[Path, str] | None = None
        path = (_folder_in("XDG_CONFIG_HOME") or _home() / ".config") / "fish/completions/w2v-explore.fish"
    elif shell == "zsh":
        folder = _folder_in("ZDOTDIR") or _home()
        path = folder / ".zfunc/_w2v-explore"
        startup = folder / ".zshrc", f"fpath+={_quoted(path.parent)}; autoload -Uz compinit; compinit"
    else:
        path = _home() / ".bash_completions/w2v-explore.sh"
        startup = _home() / ".bashrc", f"if [ -r {_quoted(path)} ]; then source {_quoted(path)}; fi"
    with refusing(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(str(path), script.encode())
    said = [f"wrote {path}"]
    if startup:
        said += _add_line(*startup)
    return [*said, f"{shell} completes w2v-explore in terminals that are opened from now on"]


def _folder_in(variable: str) -> Path | None:
    """The folder that a variable names; None where it is not set, or to what holds in some folders only."""
    value = os.environ.get(variable, "")
    return Path(value) if os.path.isabs(value) else None


def _home() -> Path:
    """The home folder, which is not made where there is none."""
    try:
        home = Path.home()
    except RuntimeError:  # the user has no entry among those of the system
        home = Path()
    if os.environ.get("HOME") == "" or not (home.is_absolute() and home.is_dir()):
        raise typer.BadParameter(
            "there is no home folder to install completion in: set HOME, or put what --show-completion prints where "
            "the shell reads it"
        )
    return home


def _add_line(path: Path, line: str) -> list[str]:
    """Add a line at the end of a shell's file, unless it is there already."""
    text = read_whole(str(path), _MAX_BYTES) if path.exists() else b""
    if line.encode() in text.splitlines():
        return []
    gap = b"" if not text or text.endswith(b"\n") else b"\n"
    rewrite_atomically(str(path), text + gap + line.encode() + b"\n")
    return [f"added to {path}: {line}"]


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _choices() -> str:
    return f"{', '.join(SHELLS[:-1])} or {SHELLS[-1]}"
