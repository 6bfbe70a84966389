"""A server of PostgreSQL for a test: made in a folder, on a free port of the loopback, run by a user of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

_WAIT_S = 30.0


def _program(name: str) -> str:
    """Where a program of the server's lies; Debian has those of each version in a folder of their own."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    found = shutil.which(name) or next((str(path / name) for path in reversed(folders) if (path / name).exists()), None)
    assert found is not None, f"{name} is not here: install PostgreSQL (apt-get install postgresql)"
    return found


def _user() -> pwd.struct_passwd | None:
    """Whose processes the server's are where the tests are root's: it refuses to be."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name: user for user in pwd.getpwall()}
    return names.get("postgres", names["nobody"])


def _as_user(command: list[str]) -> list[str]:
    """The command line that runs a command as that user."""
    user = _user()
    if user is None:
        return command
    become = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if not os.stat(os.devnull).st_mode & 0o002:
        # There are containers in which nobody but root may open it, and no server is made without.
        become += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [*become, *command]


class PostgresServer:
    """The server; `url` is that of its database."""

    def __init__(self, folder: Path) -> None:
        """Make its files.

        Args:
            folder: An empty one in which any user can look, and which is given to the server's.
        """
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        user = _user()
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        make = [_program("initdb"), "--auth=trust", "--username=tester", "--no-sync", "--pgdata", str(folder / "data")]
        made = subprocess.run(_as_user(make), cwd=folder, capture_output=True, text=True)
        assert made.returncode == 0, made.stdout + made.stderr
        self.url = f"postgresql://tester@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = (self._folder / "log").open("ab")
        options = ["-k", str(self._folder), "-h", "127.0.0.1", "-p", str(self._port)]
        command = [_program("postgres"), "-D", str(self._folder / "data"), *options]
        with log:
            self._process = subprocess.Popen(_as_user(command), cwd=self._folder, stdout=log, stderr=log)
        until = time.monotonic() + _WAIT_S
        asked = [_program("pg_isready"), "--quiet", "-h", "127.0.0.1", "-p", str(self._port)]
        while subprocess.run(asked, check=False).returncode != 0:
            assert self._process is not None
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < until, (self._folder / "log").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a loss of power would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        # What it started notices and ends by itself, and has to before another server takes the files.
        until = time.monotonic() + _WAIT_S
        while (self._folder / "data" / "postmaster.pid").exists() and self._is_held():
            assert time.monotonic() < until
            time.sleep(0.05)

    def _is_held(self) -> bool:
        """Whether processes of the server are left that share its memory."""
        folder = str(self._folder / "data")
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "cwd") == folder:
                    return True
            except OSError:
                continue
        return False

    def stop(self) -> None:
        """End it, whatever is connected to it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_WAIT_S)
