"""What the model is given to compute: a batch of utterances of equal length, and a dtype."""

from dataclasses import dataclass

from w2v_explore.errors import WorkloadError

DTYPE_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}

# A day of 16 kHz audio is 1.4e9 samples; torch's sizes end at 2^63.
MAX_SAMPLES = 2**40
MAX_BATCH = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A batch of ``batch`` utterances of ``samples`` samples each.

    Raises:
        WorkloadError: A number is not positive or past any use, or the dtype is unknown.
    """

    samples: int
    batch: int = 1
    sample_rate: int = 16_000
    dtype: str = "float32"

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= MAX_BATCH:
            raise WorkloadError(f"a batch of {self.batch} cannot be computed; give a number from 1 to {MAX_BATCH}")
        if not 1 <= self.samples <= MAX_SAMPLES:
            raise WorkloadError(f"{self.samples} samples cannot be computed; give a number from 1 to {MAX_SAMPLES}")
        if self.dtype not in DTYPE_BYTES:
            raise WorkloadError(f"unknown dtype {self.dtype}; give one of {', '.join(DTYPE_BYTES)}")

    @classmethod
    def of_seconds(
        cls, seconds: float, *, batch: int = 1, sample_rate: int = 16_000, dtype: str = "float32"
    ) -> "Workload":
        """The workload of utterances of a duration in seconds, rounded to whole samples."""
        if not 0 < seconds * sample_rate <= MAX_SAMPLES:
            most = f"at most {MAX_SAMPLES / sample_rate:,.10g}" if seconds > 0 else "a positive duration"
            raise WorkloadError(f"{seconds:g} seconds of audio cannot be computed; give {most}")
        return cls(samples=max(1, round(seconds * sample_rate)), batch=batch, sample_rate=sample_rate, dtype=dtype)

    @property
    def seconds(self) -> float:
        """The duration of one utterance."""
        return self.samples / self.sample_rate

    @property
    def audio_seconds(self) -> float:
        """The duration of all utterances together."""
        return self.batch * self.samples / self.sample_rate
