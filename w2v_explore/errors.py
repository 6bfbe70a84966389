"""The exceptions of the public interface.

::

    W2vExploreError              everything this package raises on purpose
    ├── ArgumentError            an argument of a Python call is none of the values that there are
    ├── SourceError              a config cannot be read at all, or a file cannot be written
    ├── ConfigError              a config was read and is wrong; carries every problem found
    ├── CheckpointError          a file of weights is corrupt or hostile, or they are those of no model, or of another
    ├── WorkloadError            the batch or the number of samples cannot be computed for this config
    ├── QuantityError            a text is no number with a unit
    ├── ConditionError           a text is no condition on a figure, or nothing gives the figure
    ├── MissingExtraError        torch, or another package of an extra, is not installed
    ├── DeviceError              the device is absent, too small, or cannot run this dtype
    ├── CalibrationError         there is no calibration to predict from, or its file cannot be read
    └── WorkersError             the processes that a search runs on die, cannot be reached, or are of other versions

    UnusedWeightsWarning         weights were loaded, and some of them have no place in the model
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from w2v_explore.diagnostics import Problem
from w2v_explore.encoding import printable


class W2vExploreError(Exception):
    """Base of every exception that this package raises on purpose; its text is one clear message."""

    def __str__(self) -> str:
        # Each argument is a line, and what a message quotes makes none: who words it does not have to think of that.
        return "\n".join(printable(str(line)) for line in self.args)


class ArgumentError(W2vExploreError, ValueError):
    """An argument of a Python call is none of the values that there are: a dialect, a format, a rule's code."""


class SourceError(W2vExploreError):
    """A file cannot be read: no such file or preset, not a regular file, no permission; or it cannot be written."""


class ConfigError(W2vExploreError, ValueError):
    """A config is wrong.

    Attributes:
        problems: All of them, in the order of their places.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(*map(str, self.problems))

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[Sequence[Problem]]]:
        """What pickles and copies it: the problems, and not the lines that were made of them."""
        return type(self), (self.problems,)


class CheckpointError(W2vExploreError, ValueError):
    """A file of weights is cut off, corrupt or hostile, or its weights are those of no model, or of another one."""


class WorkloadError(W2vExploreError, ValueError):
    """The batch or the number of samples is not positive, or gives no frame."""


class QuantityError(W2vExploreError, ValueError):
    """A text is no quantity, such as ``100M`` or ``24GiB``."""


class ConditionError(W2vExploreError, ValueError):
    """A text is no condition, such as ``parameters > +5%``, or the figure that it is about is not there."""


class MissingExtraError(W2vExploreError, ImportError):
    """A feature needs a package of an extra, which is not installed; the message says which command brings it."""


def missing_extra(what: str, package: str | None, extra: str = "torch") -> MissingExtraError:
    """The error that says how a package gets here, in one wording for all that needs one.

    Args:
        what: What needs the package, as ``verify`` or ``--plot``.
        package: The module that was not found.
        extra: The extra of pyproject.toml that has it.
    """
    # The program is on no package index: its own repository is where pip finds an extra.
    return MissingExtraError(
        f"{what} needs {package}, which is not installed: run pip install '.[{extra}]' in w2v-explore's repository"
    )


class DeviceError(W2vExploreError, RuntimeError):
    """A device is absent, has too little free memory, or cannot run the dtype."""


class CalibrationError(W2vExploreError):
    """There is no calibration for this device, dtype, number of threads and torch, or its file is damaged."""


class WorkersError(W2vExploreError, RuntimeError):
    """The processes that a search runs on die, cannot be reached, or have other versions of what it needs."""


class UnusedWeightsWarning(UserWarning):
    """Weights were loaded, and some have no place in the model; it names them and says what they are."""


@contextmanager
def needs_extra(what: str, extra: str = "torch") -> Iterator[None]:
    """Imports that an extra brings; without it, one message says how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise missing_extra(what, error.name, extra) from error
