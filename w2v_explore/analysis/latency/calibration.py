"""What `calibrate` found out about a device, and the file in the user's cache folder that keeps it.

A calibration holds for one device, dtype, number of threads and version of torch. What was made with another is never
used.
"""

import json
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from w2v_explore import host
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.latency.interval import CONFIDENCE, Interval, find_interval
from w2v_explore.analysis.latency.roofline import BETWEEN, Roofs
from w2v_explore.errors import CalibrationError, SourceError
from w2v_explore.files.json_document import DocumentError, Member, document_root
from w2v_explore.files.read import read_whole
from w2v_explore.version import SCHEMA_VERSION

# Of the file. 2: the kinds of operations are those of `roofline.Work`, whichever model has them.
_FILE_VERSION = 2
# A calibration has some 300 KB.
_MAX_BYTES = 16 * 2**20
# Wide of all that is measured, and so narrow that no product or quotient of such figures is infinite.
_LEAST_SECONDS, _MOST_SECONDS = 1e-12, 1e9
_MOST_SIZE = 10**30


class Sample(NamedTuple):
    """The time that one operation took within a forward pass.

    Attributes:
        reference: The number of the reference that ran it.
        kind: As in `Work`, or `BETWEEN` for what no operation took.
        macs: Multiply–accumulates that it did.
        bytes: Bytes that it moved.
        seconds: Median of its own time.
    """

    reference: int
    kind: str
    macs: int
    bytes: int
    seconds: float


class Reference(NamedTuple):
    """A forward pass that was measured as a whole.

    Attributes:
        name: What ran.
        audio_seconds: Of the one utterance.
        median_s: End to end, without hooks.
        iqr_s: Interquartile range of the same.
        held_out_s: What the samples of the other references predict for it.
    """

    name: str
    audio_seconds: float
    median_s: float
    iqr_s: float
    held_out_s: float

    @property
    def ratio(self) -> float:
        """Measured over predicted."""
        return self.median_s / self.held_out_s


class NoiseMark(NamedTuple):
    """Something that disturbed forward passes while they were measured.

    Attributes:
        name: Of the disturbance.
        found: What was seen, at its worst.
        advice: What to try.
        passes: How many of the references it disturbed.
    """

    name: str
    found: str
    advice: str
    passes: int


class KindShares(NamedTuple):
    """The shares of the roof that the operations of one kind reached."""

    kind: str
    operations: int
    least: float
    median: float
    greatest: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Calibration:
    """What a device does.

    Attributes:
        device: ``cpu``, ``cuda``, ``cuda:1``.
        device_name: What the hardware is called.
        dtype: Of weights and activations.
        threads: Threads that torch computed with on the CPU; None for another device.
        is_default_threads: Whether torch takes as many when it is not told; True for another device.
        torch_version: The torch that computed.
        created: When it was made, ISO 8601 in UTC.
        roofs: The two figures of the roofline.
        samples: Operations of the references.
        references: Whole forward passes.
        noise: What disturbed them.
    """

    device: str
    device_name: str
    dtype: str
    threads: int | None
    is_default_threads: bool
    torch_version: str
    created: str
    roofs: Roofs
    samples: tuple[Sample, ...]
    references: tuple[Reference, ...]
    noise: tuple[NoiseMark, ...] = ()

    def __repr__(self) -> str:
        threads = f", {self.threads} threads" if self.threads is not None else ""
        return (
            f"<Calibration of {self.device} ({self.device_name}){threads} in {self.dtype}, torch {self.torch_version}: "
            f"{len(self.samples)} operations, {len(self.references)} forward passes>"
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``calibrate`` (docs/json.md), as plain data."""
        return {
            "schema_version": SCHEMA_VERSION,
            "calibration": self.identity(),
            "path": str(self.path),
            "method": (
                "roofs: the fastest of a few runs; operations: medians of hooked passes; interval: "
                f"{self.interval.description}"
            ),
            "interval": {**self.interval._asdict(), "confidence": CONFIDENCE},
            "operations": [shares._asdict() for shares in self.kind_shares()],
            "references": [reference._asdict() for reference in self.references],
        }

    def identity(self) -> dict[str, Any]:
        """The object ``calibration`` in JSON (docs/json.md), as plain data: what it holds for, and its two roofs."""
        return {
            "device": self.device,
            "device_name": self.device_name,
            "dtype": self.dtype,
            "threads": self.threads,
            "torch_version": self.torch_version,
            "created": self.created,
            "noisy": bool(self.noise),
            "noise": [mark._asdict() for mark in self.noise],
            "macs_per_s": self.roofs.macs_per_s,
            "bytes_per_s": self.roofs.bytes_per_s,
        }

    @property
    def interval(self) -> Interval:
        """How far predictions from it may be off."""
        return find_interval(reference.ratio for reference in self.references)

    def kind_shares(self) -> list[KindShares]:
        """The shares of the roof that each kind of operation reached, by kind."""
        from statistics import median  # few ask for it

        by_kind: dict[str, list[float]] = {}
        for sample in self.samples:
            least_s = self.roofs.least_seconds(sample.macs, sample.bytes)
            by_kind.setdefault(sample.kind, []).append(least_s / sample.seconds)
        return [
            KindShares(kind, len(shares), min(shares), median(shares), max(shares))
            for kind, shares in sorted(by_kind.items())
        ]

    @property
    def path(self) -> Path:
        """The file that keeps it."""
        threads = [] if self.threads is None else [f"{self.threads}_threads"]
        parts = [self.device, self.device_name, self.dtype, *threads, f"torch_{self.torch_version}"]
        return calibrations_folder() / ("-".join(map(_slug, parts)) + ".json")


def canonical_device(name: str) -> str:
    """The first of its kind without its number: ``cuda:0`` → ``cuda``."""
    return name.removesuffix(":0")


def encode_calibration(calibration: Calibration) -> bytes:
    """The content of a calibration's file."""
    document = {
        "schema_version": _FILE_VERSION,
        **{field.name: getattr(calibration, field.name) for field in fields(calibration)},
        "roofs": calibration.roofs._asdict(),
        "references": [reference._asdict() for reference in calibration.references],
        "noise": [mark._asdict() for mark in calibration.noise],
    }
    return json.dumps(document).encode()


class OtherVersionError(CalibrationError):
    """A calibration of another schema than this program's."""


def read_calibration(path: Path) -> Calibration:
    """The calibration that a file keeps.

    Raises:
        OtherVersionError: It is of another schema.
        CalibrationError: It cannot be read, or is not what `encode_calibration` makes; the message has the path of the
            member that is wrong.
    """
    try:
        document = document_root(read_whole(str(path), _MAX_BYTES))
        version = document.at("schema_version").integer()
        if version != _FILE_VERSION:
            raise OtherVersionError(
                f"{path} is of schema_version {version}, and this program reads {_FILE_VERSION}; calibrate again"
            )
        return _decode(document)
    except SourceError as error:
        raise CalibrationError(f"{error}; delete it and calibrate again") from error
    except DocumentError as error:
        raise CalibrationError(f"{path} is no calibration ({error}); delete it and calibrate again") from error


def find_calibration(
    device: str, dtype: str, threads: int | None = None, device_name: str | None = None
) -> Calibration | None:
    """This device's calibration for the installed torch; None where there is none.

    Args:
        device: ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        dtype: Of weights and activations.
        threads: Of a CPU; None for as many as torch takes when it is not told.
        device_name: What the hardware is called; None for the processor that this is, and for any other device.

    Raises:
        CalibrationError: A file that may hold it cannot be read.
        MissingExtraError: torch is not installed.
    """
    kept, _ = _read_all(device, dtype)
    found = [each for each in kept if not _mismatch(each, device_name)]
    if canonical_device(device) == "cpu":
        found = [each for each in found if each.threads == threads or (threads is None and each.is_default_threads)]
    return max(found, key=lambda calibration: calibration.created, default=None)


def require_calibration(device: str, dtype: str, threads: int | None = None) -> Calibration:
    """The newest calibration of this machine for a device and a dtype.

    Args:
        device: As in ``summary --device``.
        dtype: As in `Workload`.
        threads: Of the CPU; as many as torch takes by itself by default.

    Raises:
        CalibrationError: There is none; the message has the command that makes one, and why others do not count.
        MissingExtraError: torch is not installed.
    """
    calibration = find_calibration(device, dtype, threads)
    if calibration is not None:
        return calibration
    options = [f"--device {device}"] if device != "cpu" else []
    options += [f"--dtype {dtype}"] if dtype != "float32" else []
    options += [f"--threads {threads}"] if threads is not None else []
    on = device if threads is None else f"{device} with {threads} thread{'s' if threads > 1 else ''}"
    lines = [
        f"no calibration to predict from for {dtype} on {on}: run `{' '.join(['w2v-explore calibrate', *options])}`"
    ]
    kept, of_other_versions = _read_all(device, dtype)
    reasons = {each.path.name: _mismatch(each) or f"it is for --threads {each.threads}" for each in kept}
    reasons |= {path.name: "it was made by another version of this program" for path in of_other_versions}
    lines += [f"{name} does not count: {reason}" for name, reason in sorted(reasons.items())]
    raise CalibrationError(*lines)


def _read_all(device: str, dtype: str) -> tuple[list[Calibration], list[Path]]:
    """All that are kept for a device and a dtype, whatever the rest; and the files of other versions."""
    device = canonical_device(device)
    kept, of_other_versions = [], []
    for path in sorted(calibrations_folder().glob(f"{_slug(device)}-*-{dtype}-*.json")):
        try:
            calibration = read_calibration(path)
        except OtherVersionError:
            of_other_versions.append(path)
            continue
        if (calibration.device, calibration.dtype) == (device, dtype):
            kept.append(calibration)
    return kept, of_other_versions


def _mismatch(calibration: Calibration, device_name: str | None = None) -> str | None:
    """Why a calibration does not hold here, whatever the threads; None where it does."""
    if calibration.torch_version != host.torch_version():
        return f"it was made with torch {calibration.torch_version}, and {host.torch_version()} is installed"
    if device_name is None and calibration.device == "cpu":
        device_name = host.cpu_name()
    if device_name is not None and calibration.device_name != device_name:
        return f"it was made on {calibration.device_name}, and this is {device_name}"
    return None


def _decode(document: Member) -> Calibration:
    """The record that a document holds; raises DocumentError where it holds none."""
    threads, roofs = document.at("threads"), document.at("roofs")
    references = tuple(map(_reference, document.at("references").items()))
    if not references:
        raise document.at("references").refuse("at least one")
    samples = tuple(_sample(item, len(references)) for item in document.at("samples").items())
    if BETWEEN not in {sample.kind for sample in samples}:
        raise DocumentError(f"samples: none is of the kind {BETWEEN}")
    return Calibration(
        device=document.at("device").text(),
        device_name=document.at("device_name").text(),
        dtype=document.at("dtype").text(tuple(DTYPE_BYTES)),
        threads=None if threads.value is None else threads.integer(1),
        is_default_threads=document.at("is_default_threads").flag(),
        torch_version=document.at("torch_version").text(),
        created=document.at("created").text(),
        roofs=Roofs(*[roofs.at(name).number(1, _MOST_SIZE) for name in Roofs._fields]),
        samples=samples,
        references=references,
        noise=tuple(map(_noise_mark, document.at("noise").items())),
    )


def _sample(item: Member, num_references: int) -> Sample:
    reference, kind, macs, size, seconds = item.items(len(Sample._fields))
    return Sample(
        reference=reference.integer(0, num_references - 1),
        kind=kind.text(),
        macs=macs.integer(0, _MOST_SIZE),
        bytes=size.integer(1, _MOST_SIZE),
        seconds=_seconds(seconds),
    )


def _reference(item: Member) -> Reference:
    return Reference(
        name=item.at("name").text(),
        audio_seconds=_seconds(item.at("audio_seconds")),
        median_s=_seconds(item.at("median_s")),
        iqr_s=item.at("iqr_s").number(0, _MOST_SECONDS),
        held_out_s=_seconds(item.at("held_out_s")),
    )


def _noise_mark(item: Member) -> NoiseMark:
    name, found, advice = (item.at(name).text() for name in ("name", "found", "advice"))
    return NoiseMark(name, found, advice, item.at("passes").integer())


def _seconds(member: Member) -> float:
    return member.number(_LEAST_SECONDS, _MOST_SECONDS)


def calibrations_folder() -> Path:
    """Where calibrations are kept."""
    return host.cache_folder() / "calibrations"


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+]+", "_", text)
