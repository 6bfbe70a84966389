"""What the model is given to compute: a batch of utterances of equal length, and a dtype."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, SupportsFloat

from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.arguments import DEFAULT_SECONDS, kind_of
from w2v_explore.config.validate import describe
from w2v_explore.errors import WorkloadError

if TYPE_CHECKING:
    from w2v_explore.config.load import Config

# A day of 16 kHz audio is 1.4e9 samples; torch's sizes end at 2^63.
MAX_SAMPLES = 2**40
MAX_BATCH = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A batch of utterances of equal length, and the dtype that they are computed in.

    Attributes:
        samples: Of each utterance.
        batch: Utterances.
        sample_rate: Samples per second.
        dtype: Of weights and activations: ``float32``, ``float16``, ``bfloat16`` or ``float64``.
        precision: In which it is trained, a name in `memory.recipe.PRECISIONS`; None for the dtype, whose 16 bits mean
            mixed precision.

    Raises:
        WorkloadError: A number is not positive or past any use, or the dtype or the precision is unknown.
        TypeError: A number is no whole number.
    """

    samples: int
    batch: int = 1
    sample_rate: int = 16_000
    dtype: str = "float32"
    precision: str | None = None

    def __post_init__(self) -> None:
        for name in ("samples", "batch"):
            object.__setattr__(self, name, _whole_number(name, getattr(self, name)))
        object.__setattr__(self, "sample_rate", _sample_rate(self.sample_rate))
        if not 1 <= self.batch <= MAX_BATCH:
            raise WorkloadError(
                f"a batch of {describe(self.batch)} cannot be computed; give a number from 1 to {MAX_BATCH}"
            )
        if not 1 <= self.samples <= MAX_SAMPLES:
            raise WorkloadError(
                f"{describe(self.samples)} samples cannot be computed; give a number from 1 to {MAX_SAMPLES}"
            )
        if not isinstance(self.dtype, str) or self.dtype not in DTYPE_BYTES:
            raise WorkloadError(f"unknown dtype {self.dtype}; give one of {', '.join(DTYPE_BYTES)}")
        if self.precision is not None:
            # Few workloads have any.
            from w2v_explore.analysis.memory.recipe import precision_named

            precision_named(self.precision)

    @classmethod
    def of_seconds(
        cls,
        seconds: float = DEFAULT_SECONDS,
        *,
        batch: int = 1,
        sample_rate: int = 16_000,
        dtype: str = "float32",
        precision: str | None = None,
    ) -> Workload:
        """The workload of utterances of a duration in seconds, rounded to whole samples.

        Raises:
            WorkloadError: The duration is not positive, or another argument is wrong as in `Workload`.
            TypeError: The duration is no number.
        """
        seconds = _number("seconds", seconds)
        sample_rate = _sample_rate(sample_rate)
        if not 0 < seconds * sample_rate <= MAX_SAMPLES:
            most = f"at most {MAX_SAMPLES / sample_rate:,.10g}" if seconds > 0 else "a positive duration"
            raise WorkloadError(f"{seconds:g} seconds of audio cannot be computed; give {most}")
        samples = max(1, round(seconds * sample_rate))
        return cls(samples=samples, batch=batch, sample_rate=sample_rate, dtype=dtype, precision=precision)

    @classmethod
    def of(
        cls,
        config: Config,
        *,
        seconds: float | None = None,
        samples: int | None = None,
        frames: int | None = None,
        batch: int = 1,
        dtype: str = "float32",
        precision: str | None = None,
    ) -> Workload:
        """The workload that the commands give a config: at its sample rate, 10 s unless something else is said.

        Args:
            config: Whose sample rate holds.
            seconds: Of each utterance.
            samples: Of each utterance, instead.
            frames: Of features, that a model takes of each utterance which takes features, instead: the workload is of
                the fewest samples that give them.
            batch: Utterances.
            dtype: Of weights and activations.
            precision: In which it is trained.

        Raises:
            WorkloadError: Several of seconds, samples and frames are given, an argument is wrong as in `Workload`, or
                frames are given of a model that takes waveforms.
            TypeError: A number is none.
        """
        lengths = {"seconds": seconds, "samples": samples, "frames": frames}
        given = [name for name, length in lengths.items() if length is not None]
        if len(given) > 1:
            raise WorkloadError(f"give {' or '.join(given[:2])}, not both")
        if frames is not None:
            samples = _samples_of_frames(config, frames)
        if samples is None:
            duration = DEFAULT_SECONDS if seconds is None else seconds
            return cls.of_seconds(
                duration, batch=batch, sample_rate=config.sample_rate, dtype=dtype, precision=precision
            )
        return cls(samples=samples, batch=batch, sample_rate=config.sample_rate, dtype=dtype, precision=precision)

    def __str__(self) -> str:
        trained = f", trained in {self.precision}" if self.precision else ""
        return f"{self.batch} × {self.samples:,} samples at {self.sample_rate:,} Hz in {self.dtype}{trained}"

    @property
    def differs_by(self) -> tuple[int, str, str]:
        """What figures of utterances of one length differ by: batch, dtype, precision of training."""
        return self.batch, self.dtype, self.training_precision

    @property
    def training_precision(self) -> str:
        """In which it is trained."""
        return self.precision or self.dtype

    @property
    def seconds(self) -> float:
        """The duration of one utterance."""
        return self.samples / self.sample_rate

    @property
    def audio_seconds(self) -> float:
        """The duration of all utterances together."""
        return self.batch * self.samples / self.sample_rate

    def is_as_long_as(self, other: Workload) -> bool:
        """Whether the utterances have as many samples, or last as long: both lengths are the nearest to one duration.

        A duration comes to whole samples at either rate: 0.33333 s is 5,333 at 16 kHz and 2,667 at 8 kHz, which do not
        last equally long.
        """
        if self.sample_rate == other.sample_rate or self.samples == other.samples:
            return self.samples == other.samples
        apart = abs(self.samples * other.sample_rate - other.samples * self.sample_rate)
        # Half a sample of each at most.
        return 2 * apart <= self.sample_rate + other.sample_rate


def as_long(workload: Workload, config: Config) -> Workload:
    """The workload of a config of audio at another sample rate, of as many seconds; the same where the rate is."""
    if config.sample_rate == workload.sample_rate:
        return workload
    samples = max(1, round(workload.seconds * config.sample_rate))
    return replace(workload, samples=samples, sample_rate=config.sample_rate)


def _samples_of_frames(config: Config, frames: object) -> int:
    """The fewest samples of which a model is given so many frames of features."""
    # Imported here: whoever gives seconds or samples needs no tree for it.
    from w2v_explore.config.architecture import build_architecture
    from w2v_explore.tree.inputs import Waveforms

    number, takes = _whole_number("frames", frames), build_architecture(config.model).takes
    assert takes is not None
    if isinstance(takes, Waveforms):
        raise WorkloadError(f"{config.name} takes waveforms, and no frames of features; give seconds or samples")
    most = takes.flow(MAX_SAMPLES).frames
    if not 1 <= number <= most:
        raise WorkloadError(f"{describe(number)} frames cannot be computed; give a number from 1 to {most}")
    return takes.samples(number)


def _whole_number(name: str, value: object) -> int:
    """A whole number of any type that is one, numpy's among them."""
    try:
        if not isinstance(value, bool):
            return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        pass
    raise TypeError(f"{name} is {value if isinstance(value, float) else kind_of(value)}; give a whole number")


def _sample_rate(value: object) -> int:
    rate = _whole_number("sample_rate", value)
    if not 1 <= rate <= MAX_SAMPLES:
        raise WorkloadError(f"there is no sample rate of {describe(rate)}; give samples per second, as 16000")
    return rate


def _number(name: str, value: object) -> float:
    """A number of any type that is one."""
    if isinstance(value, SupportsFloat) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    raise TypeError(f"{name} is {kind_of(value)}; give a number")
