"""What differs between a revision of git and the files that lie in the working tree, by git's own word.

Git is asked by its program: its filters, links and attributes decide what a file of the revision holds.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Literal, NamedTuple

from w2v_explore import interrupt
from w2v_explore.errors import SourceError
from w2v_explore.files.write import refusing, temporary_folder

ChangeKind = Literal["changed", "new", "gone", "unmerged", "absent", "submodule", "foreign"]

# What a config extends, and what lies beside one.
_SUFFIXES = (".yaml", ".yml", ".json")
_SUBMODULE = "160000"
_KINDS: Mapping[str, ChangeKind] = {"A": "new", "D": "gone"}
# Of more files that are gone or new, git finds those that were renamed and are the same: its own limit.
_MAX_RENAMED = 1000
# The kinds of patterns that a hook has set are not those of this program; nor may a question keep git from its work.
_FORGOTTEN = ("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS")
# No lock is taken, nobody is asked for a password, and messages are in English, whose beginnings are looked for.
_SET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LANGUAGE": "C"}
# No address may be fetched from.
_OFFLINE = {"GIT_ALLOW_PROTOCOL": ""}
# What git says of a file of which it wrote the beginning, as where the disk is full.
_HALF_WRITTEN = b"unable to write file"
_SEVERE = ("error: ", "fatal: ")


class Change(NamedTuple):
    """A file that differs.

    Attributes:
        kind: ``absent`` is a file that the working tree leaves out, as a sparse checkout does; ``foreign`` lies in a
            repository of its own.
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
        SourceError: Git is not there, the working folder is in no working tree of a repository, or there is no such
            revision.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        try:
            # The word between them tells two paths apart that may have line breaks.
            answer = _git("rev-parse", "--show-toplevel", "--is-bare-repository", "--absolute-git-dir")
        except SourceError as error:
            if "work tree" not in str(error):
                raise
            message = "git has no working tree here: the repository is bare, or this is its .git folder"
            raise SourceError(message) from error
        root, _, folder = answer.removesuffix(b"\n").partition(b"\nfalse\n")
        # On Windows git writes slashes.
        self.root = os.path.realpath(os.fsdecode(root))
        # Git is asked from the root: what a hook says from the working folder would lead elsewhere, and a repository
        # whose working tree lies elsewhere is not found from there.
        self._places = {"GIT_DIR": os.path.abspath(os.fsdecode(folder)), "GIT_WORK_TREE": self.root}
        if common := os.environ.get("GIT_COMMON_DIR"):
            self._places["GIT_COMMON_DIR"] = os.path.abspath(common)
        try:
            # What `^main` leaves out is no revision, though git answers.
            found = "" if name.startswith("^") else f"{name}^{{commit}}"
            self.commit = self._git("rev-parse", "--verify", "--quiet", found).decode().strip()
        except SourceError as error:
            raise SourceError(self._why_unknown(name)) from error

    def _why_unknown(self, name: str) -> str:
        # Where git cannot be asked at all, as in a working tree that is not there, its own reason is raised.
        has_branch = self._git("for-each-ref", "--count=1", "--format=%(refname)")
        if not has_branch and not self._git("rev-parse", "--verify", "--quiet", "HEAD", tolerant=True):
            return "the git repository has no commit yet"
        message = f"git knows no revision {name or repr(name)} here; fetch it first"
        if self._git("rev-parse", "--is-shallow-repository", tolerant=True) != b"true\n":
            return message
        return f"{message}: the clone is shallow, and `git fetch --unshallow` fetches what came before"

    def changes(self) -> list[Change]:
        """All that differs, files that git does not track and does not ignore last."""
        renames = ("--find-renames", f"-l{_MAX_RENAMED}")
        answer = self._git("diff", "-z", "--raw", *renames, "--ignore-submodules=dirty", self.commit, "--")
        words = iter(_names(answer))
        unmerged = self._unmerged()
        changes = []
        for change in words:
            old_mode, new_mode, _, _, kind = change.lstrip(":").split(" ")
            before = path = next(words)
            if kind[0] in "RC":
                path = next(words)
            if _SUBMODULE in (old_mode, new_mode):
                changes.append(Change("submodule", before, path))
                continue
            told = "unmerged" if path in unmerged else _KINDS.get(kind[0], "changed")
            if told == "changed" and not os.path.lexists(self.path_of(path)):
                told = "absent"
            changes.append(Change(told, before, path))
        # What was not merged may lie there as it was.
        same = unmerged.difference(change.path for change in changes)
        changes += [Change("unmerged", path, path) for path in sorted(same)]
        others = _names(self._git("ls-files", "-z", "--others", "--exclude-standard"))
        return changes + [Change("new", path, path) for path in others]

    def _unmerged(self) -> frozenset[str]:
        """The names of files in a conflict; of them a diff against a revision says only that they differ."""
        entries = _names(self._git("ls-files", "-z", "--unmerged"))
        return frozenset(entry.partition("\t")[2] for entry in entries if not entry.startswith(_SUBMODULE))

    def tracked(self) -> Sequence[str]:
        """The names of all files that git tracks now."""
        return _names(self._git("ls-files", "-z"))

    def unlisted(self, name: str) -> Sequence[Change]:
        """What there is to say of a file or folder of which `changes` lists nothing; none where it is the same."""
        folders = beginnings(name) if name != "." else []
        if any(os.path.lexists(os.path.join(self.path_of(folder), ".git")) for folder in folders):
            return [Change("foreign", name, name)]
        if not folders or any(f"{tracked}/".startswith(f"{name}/") for tracked in self.tracked()):
            return []
        # Git ignores it: nobody else would say that it is new.
        others = _names(self._git("ls-files", "-z", "--others", "--", f":(literal){name}"))
        # Of a repository in it git says the folder alone.
        kinds: list[tuple[ChangeKind, str]] = [("foreign" if other.endswith("/") else "new", other) for other in others]
        return [Change(kind, other.rstrip("/"), other.rstrip("/")) for kind, other in kinds]

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

        Raises:
            SourceError: There is no room for them.
        """
        with ExitStack() as stack:
            with refusing("a temporary folder"):
                folder = str(stack.enter_context(temporary_folder(tempfile.gettempdir())))
            stack.enter_context(interrupt.let_through())
            environment = {"GIT_INDEX_FILE": os.path.join(folder, "index")}
            self._git("read-tree", self.commit, environment=environment)
            names = frozenset(_names(self._git("ls-files", "-z", environment=environment)))
            left = set(names)
            files = os.path.join(folder, "files")
            # Without a slash at its end it would be the beginning of names.
            writing = ("checkout-index", "-z", "--force", "--stdin", f"--prefix={files}/")
            whole = ("-c", "core.sparseCheckout=false")

            def write(names: Collection[str]) -> None:
                left.difference_update(names)
                given = b"".join(os.fsencode(name) + b"\0" for name in names)
                try:
                    self._git(*whole, *writing, environment=environment, given=given)
                except SourceError:
                    # A filter that fails, as that of Git LFS without a network, ends it all: what git keeps must do.
                    plain = (*whole, "-c", "core.safecrlf=false", *self._without_filters())
                    self._git(*plain, *writing, environment=environment, given=given, tolerant=True)
                    unwritten = _remove_unwritten(files, names)
                    left.update(unwritten)
                    if unwritten:
                        # A clone that lacks files fetches each by itself: who does not answer is not waited for again.
                        environment.update(_OFFLINE)

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


def beginnings(name: str) -> list[str]:
    """The folders of a name, the outermost first, and the name."""
    words = name.split("/")
    return ["/".join(words[:number]) for number in range(1, len(words) + 1)]


def _git(
    *arguments: str, environment: Mapping[str, str] | None = None, given: bytes = b"", tolerant: bool = False
) -> bytes:
    """What git prints; ``tolerant`` takes what it printed before it failed, but no file of which it wrote a part.

    Raises:
        SourceError: It is not there, or fails.
    """
    program = shutil.which("git")
    if program is None:
        raise SourceError("git is not on the PATH; install it, or name two files")
    variables = {key: value for key, value in os.environ.items() if key not in _FORGOTTEN}
    variables |= {**_SET, **(environment or {})}
    pipe = subprocess.PIPE
    # A signal that comes while git is started waits until there is a process to end.
    with interrupt.held():
        try:
            # In a session of its own neither git nor ssh nor a filter finds a terminal on which to wait for an answer.
            process = subprocess.Popen(
                [program, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, env=variables, start_new_session=True
            )
        except OSError as error:
            raise SourceError(f"cannot run {program}: {error.strerror or error}") from error
        with process:
            try:
                with interrupt.let_through():
                    answer, said = process.communicate(given)
            except BaseException:
                _end(process)
                raise
    code = process.returncode
    if code < 0 or (code and (not tolerant or _HALF_WRITTEN in said)):
        raise SourceError(_reason(said) or f"git ended with the code {code}")
    return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and what it started, which a signal from the terminal does not reach."""
    if os.name == "nt":
        process.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)


def _reason(said: bytes) -> str:
    """The line of git's messages that says why it failed, with the command that git advises in a line of its own."""
    lines = said.decode(errors="backslashreplace").strip().splitlines()
    # What it ends with says what it was about; the errors before it are of what it had started, as a filter.
    severe = [line.removeprefix(prefix) for prefix in _SEVERE for line in lines if line.startswith(prefix)]
    reason = (severe or lines or [""])[-1]
    advice = next((line.strip() for line in lines if line.startswith("\tgit config ")), None)
    return f"{reason}; allow it with `{advice}`" if advice else reason


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
