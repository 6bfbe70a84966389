"""What differs between a revision of git and the files that lie in the working tree, by git's own word.

Git is asked by its program: its filters, links and attributes decide what a file of the revision holds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple

from w2v_explore import interrupt
from w2v_explore.errors import SourceError

ChangeKind = Literal["changed", "new", "gone", "unmerged", "absent", "submodule"]

# What a config extends, and what lies beside one.
_SUFFIXES = (".yaml", ".yml", ".json")
_SUBMODULE = "160000"
_KINDS: Mapping[str, ChangeKind] = {"A": "new", "D": "gone", "U": "unmerged"}
# Of more files that are gone or new, git finds those that were renamed and are the same: its own limit.
_MAX_RENAMED = 1000
# The kinds of patterns that a hook has set are not those of this program; nor may a question keep git from its work.
_FORGOTTEN = ("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS")


class Change(NamedTuple):
    """A file that differs.

    Attributes:
        kind: ``absent`` is a file that the working tree leaves out, as a sparse checkout does.
        before: Its name at the revision, from the root of the repository; another one where it was renamed.
        path: Its name now.
    """

    kind: ChangeKind
    before: str
    path: str


class Past(NamedTuple):
    """Files of a revision, as they lie in a folder of their own.

    Attributes:
        folder: Where they are, under the names that they have from the root of the repository.
        names: The names of all files of the revision.
        left: Those that are not written out.
        write: Writes out more of them.
    """

    folder: str
    names: Collection[str]
    left: Collection[str]
    write: Callable[[Collection[str]], None]

    def path_of(self, name: str) -> str:
        """Where a file is, or would be: it is written out where it was left."""
        if name in self.left:
            self.write([name])
        return os.path.join(self.folder, *name.split("/"))


class Revision:
    """A revision of the repository that the working folder lies in.

    Args:
        name: What git calls it: a branch, a tag, a commit.

    Raises:
        SourceError: Git is not there, the working folder is in no repository, or there is no such revision.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        # On Windows git writes slashes.
        self.root = os.path.realpath(os.fsdecode(_git("rev-parse", "--show-toplevel").removesuffix(b"\n")))
        # Git is asked from the root: what a hook says from the working folder would lead elsewhere.
        told = {name: os.environ.get(name) for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR")}
        self._places = {name: os.path.abspath(path) for name, path in told.items() if path}
        try:
            # What `^main` leaves out is no revision, though git answers.
            found = "" if name.startswith("^") else f"{name}^{{commit}}"
            self.commit = self._git("rev-parse", "--verify", "--quiet", found).decode().strip()
        except SourceError as error:
            raise SourceError(f"git knows no revision {name or repr(name)} here; fetch it first") from error

    def changes(self) -> list[Change]:
        """All that differs, files that git does not track and does not ignore last."""
        renames = ("--find-renames", f"-l{_MAX_RENAMED}")
        answer = self._git("diff", "-z", "--raw", *renames, "--ignore-submodules=dirty", self.commit, "--")
        words = iter(_names(answer))
        changes = []
        for change in words:
            old_mode, new_mode, _, _, kind = change.lstrip(":").split(" ")
            before = path = next(words)
            if kind[0] in "RC":
                path = next(words)
            if _SUBMODULE in (old_mode, new_mode):
                changes.append(Change("submodule", before, path))
                continue
            told = _KINDS.get(kind[0], "changed")
            if told == "changed" and not os.path.lexists(self.path_of(path)):
                told = "absent"
            changes.append(Change(told, before, path))
        others = _names(self._git("ls-files", "-z", "--others", "--exclude-standard"))
        return changes + [Change("new", path, path) for path in others]

    def tracked(self) -> Sequence[str]:
        """The names of all files that git tracks now."""
        return _names(self._git("ls-files", "-z"))

    def path_of(self, name: str) -> str:
        """The absolute path of a name that starts at the root."""
        return os.path.join(self.root, *name.split("/"))

    def name_of(self, path: str) -> str:
        """The name of an absolute path, from the root; that of one that lies elsewhere is no file's."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")

    @contextmanager
    def written_out(self) -> Iterator[Past]:
        """The YAML and JSON of the revision in a folder, where a relative ``extends`` finds what it extended then.

        What cannot be written, as a name that the file system does not take, is left out.
        """
        with _temporary_folder() as folder:
            index = {"GIT_INDEX_FILE": os.path.join(folder, "index")}
            self._git("read-tree", self.commit, environment=index)
            names = frozenset(_names(self._git("ls-files", "-z", environment=index)))
            left = set(names)
            files = os.path.join(folder, "files")
            # Without a slash at its end it would be the beginning of names.
            writing = ("checkout-index", "-z", "--force", "--stdin", f"--prefix={files}/")
            whole = ("-c", "core.sparseCheckout=false")

            def write(names: Collection[str]) -> None:
                left.difference_update(names)
                given = b"".join(os.fsencode(name) + b"\0" for name in names)
                try:
                    self._git(*whole, *writing, environment=index, given=given)
                except SourceError:
                    # A filter that fails, as that of Git LFS without a network, ends it all: what git keeps must do.
                    plain = (*whole, "-c", "core.safecrlf=false", *self._without_filters())
                    self._git(*plain, *writing, environment=index, given=given, tolerant=True)
                    left.update(_remove_unwritten(files, names))

            write([name for name in left if name.lower().endswith(_SUFFIXES)])
            yield Past(files, names, left, write)

    def _without_filters(self) -> list[str]:
        pattern = r"^filter\..*\.(smudge|process|required)$"
        answer = self._git("config", "-z", "--name-only", "--get-regexp", pattern, tolerant=True)
        return [
            word
            for name in _names(answer)
            for word in ("-c", f"{name}={'false' if name.endswith('.required') else ''}")
        ]

    def _git(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        given: bytes = b"",
        tolerant: bool = False,
    ) -> bytes:
        variables = {**self._places, **(environment or {})}
        return _git("-C", self.root, *arguments, environment=variables, given=given, tolerant=tolerant)


def _git(
    *arguments: str, environment: Mapping[str, str] | None = None, given: bytes = b"", tolerant: bool = False
) -> bytes:
    """What git prints; ``tolerant`` takes what it printed before it failed.

    Raises:
        SourceError: It is not there, or fails.
    """
    program = shutil.which("git")
    if program is None:
        raise SourceError("git is not on the PATH; install it, or name two files")
    variables = {key: value for key, value in os.environ.items() if key not in _FORGOTTEN}
    variables |= {"GIT_OPTIONAL_LOCKS": "0", **(environment or {})}
    finished = subprocess.run([program, *arguments], input=given, capture_output=True, check=False, env=variables)
    if finished.returncode and not tolerant:
        said = finished.stderr.decode(errors="backslashreplace").strip().split("\n")[0]
        raise SourceError(said.removeprefix("fatal: ") or f"git {arguments[-1]} failed")
    return finished.stdout


def _remove_unwritten(folder: str, names: Collection[str]) -> list[str]:
    """The names of files that git did not write; it leaves an empty one of what it cannot get, as without a network."""
    unwritten = []
    for name in names:
        path = os.path.join(folder, *name.split("/"))
        if os.path.isfile(path) and not os.path.islink(path) and not os.path.getsize(path):
            os.unlink(path)
        if not os.path.lexists(path):
            unwritten.append(name)
    return unwritten


def _names(answer: bytes) -> Sequence[str]:
    return [os.fsdecode(name) for name in answer.split(b"\0")[:-1]]


@contextmanager
def _temporary_folder() -> Iterator[str]:
    """A folder that is gone afterwards; signals wait while it is made and removed."""
    with interrupt.held():
        folder = tempfile.mkdtemp(prefix="w2v-explore-")
        try:
            with interrupt.let_through():
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
