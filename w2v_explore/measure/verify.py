"""`verify`: the closed forms held against sources that know nothing of them.

A check asks one source for the figures that it has and yields each beside ours; `CHECKS` is all of them. Equal means
equal to the integer. A difference that is known, with its cause and to the integer (`known_differences`), is agreement
too, and is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import zip_longest
from typing import Any, NamedTuple

import torch

from w2v_explore.analysis.analyze import Analysis, as_analysis
from w2v_explore.analysis.compute import Macs, unfold
from w2v_explore.analysis.memory.step_peak import TrainingTimeline
from w2v_explore.analysis.receptive_field import check_samples_of_training
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.load import ConfigLike, as_config
from w2v_explore.measure.audit import audit_macs, traced_macs
from w2v_explore.measure.extractor_probe import (
    CHANNELS,
    build_narrow_extractor,
    count_frames,
    find_frame_spans,
    find_least_samples,
)
from w2v_explore.measure.from_tree import input_shape, shallow, stacked_layers
from w2v_explore.measure.known_differences import find_known_difference
from w2v_explore.measure.latency import Progress
from w2v_explore.measure.meta_pass import MetaPass, run_on_meta
from w2v_explore.measure.threads import torch_threads
from w2v_explore.measure.tracking import track_autocast, track_memory, track_step
from w2v_explore.model.build import modules_of
from w2v_explore.model.device import require_memory
from w2v_explore.model.materialize import materialize
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.operations import Conv1d, Shape
from w2v_explore.tree.run import run
from w2v_explore.version import SCHEMA_VERSION

DEFAULT_SECONDS = 1.0
"""Figures hold at every length, and a short one is soon audited."""

_TORCH = f"torch {torch.__version__}"
_ON_META = f"{_TORCH}: the model built on meta"
_COUNTER = f"{_TORCH}: FlopCounterMode on meta, MACs of the"
_TRACKED = f"{_TORCH}: storages tracked on fake tensors"
_TRACKED_STEP = f"{_TORCH}: storages tracked forward and backward, in float32, on fake tensors"
_AUTOCAST = f"{_TORCH}: autocast of CUDA's operations, on fake tensors"
_NARROW = f"extractor of {CHANNELS} channels a layer"

# What real tensors are worth waiting for of layers that are all alike; the meta device has them all.
_REAL_LAYERS = 2
_MARGIN_FRAMES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A figure of ours beside the same figure of another's.

    Attributes:
        figure: Its name.
        closed_form: Ours.
        source: Whose the other is, with version, and what it looked at.
        theirs: The other.
        why: Why they differ: the known reason, or what was found where there is none; None where they do not.
        agrees: Whether they are equal, or differ for a known reason by exactly as much as it says.
    """

    figure: str
    closed_form: int
    source: str
    theirs: int
    why: str | None
    agrees: bool

    @property
    def difference(self) -> int:
        """Theirs less ours."""
        return self.theirs - self.closed_form


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Verification:
    """The audit of one config for one workload.

    Attributes:
        analysis: The closed forms.
        findings: Each figure beside a source's.
    """

    analysis: Analysis
    findings: Sequence[Finding]

    @property
    def agrees(self) -> bool:
        """Whether no figure differs without a known reason."""
        return all(finding.agrees for finding in self.findings)

    def __repr__(self) -> str:
        broken = sum(not finding.agrees for finding in self.findings)
        verdict = f"{broken} of {len(self.findings)} figures do not hold" if broken else "every figure holds"
        return f"<Verification of {self.analysis.config.name!r}: {verdict} for {self.analysis.workload}>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``verify`` (docs/json.md), as plain data."""
        return verification_document([self])


def verification_document(verifications: Sequence[Verification]) -> dict[str, Any]:
    """Every figure of every config beside its source's, raw, and whether all agree."""
    return {
        "schema_version": SCHEMA_VERSION,
        "agrees": all(verification.agrees for verification in verifications),
        "configs": [_document(verification) for verification in verifications],
    }


def _document(verification: Verification) -> dict[str, Any]:
    config, workload = verification.analysis.config, verification.analysis.workload
    return {
        "config": {
            "name": config.name,
            "changes": [change._asdict() for change in config.changes],
            "not_counted": list(config.not_counted),
            "fields": config.model.to_mapping(),
        },
        "workload": {
            "batch": workload.batch,
            "samples": workload.samples,
            "sample_rate": workload.sample_rate,
            "seconds": workload.seconds,
            "dtype": workload.dtype,
        },
        "agrees": verification.agrees,
        "findings": [
            {
                "figure": finding.figure,
                "closed_form": finding.closed_form,
                "source": finding.source,
                "theirs": finding.theirs,
                "difference": finding.difference,
                "why": finding.why,
                "agrees": finding.agrees,
            }
            for finding in verification.findings
        ],
    }


class Audited:
    """The config that is audited, and what several checks want to know of it."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.tree = analysis.tree
        self.modules = modules_of(analysis.config.model)
        self.workload = analysis.workload

    @cached_property
    def meta_pass(self) -> MetaPass:
        """One training step on the meta device."""
        return run_on_meta(self.tree, self.modules, self.workload)

    def compare(self, figure: str, closed_form: float, source: str, theirs: int, found: str = "") -> Finding:
        """A finding, with what is known of its difference; ``found`` says more of one that nothing explains."""
        known = find_known_difference(figure, self.analysis)
        difference = theirs - int(closed_form)
        agrees = difference == (known.amount(self.analysis) if known else 0)
        why = None
        if not agrees:
            why = f"unexplained{found and ': '}{found}"
        elif known and difference:
            why = known.why
        return Finding(
            figure=figure, closed_form=int(closed_form), source=source, theirs=theirs, why=why, agrees=agrees
        )


class Check(NamedTuple):
    """What it looks at, for progress, and the function that does."""

    title: str
    find: Callable[[Audited], Iterator[Finding]]


def verify(
    config: Analysis | ConfigLike, workload: Workload | None = None, *, progress: Progress | None = None
) -> Verification:
    """Hold the closed forms of a config and workload against every independent source.

    Args:
        config: As in `analyze`, or an analysis.
        workload: As in `analyze`, but of 1 s by default; that of the analysis where one is given.
        progress: Called as the work goes on.

    Raises:
        WorkloadError: The input is too short to give a frame, or to train on.
        DeviceError: What is computed on real tensors does not fit the free memory.
        TypeError: An argument is of another type.
    """
    if not isinstance(config, Analysis):
        config = as_config(config)
        workload = workload or Workload.of(config, seconds=DEFAULT_SECONDS)
    analysis = as_analysis(config, workload)
    check_samples_of_training(analysis.calls, analysis.takes, analysis.workload)
    report = progress or (lambda step, done, total: None)
    audited = Audited(analysis)
    findings: list[Finding] = []
    # More threads would only wait for each other: the tensors are small, or have no data.
    with torch_threads(1), _plain_defaults():
        for done, check in enumerate(CHECKS):
            report(check.title, done, len(CHECKS))
            findings += check.find(audited)
    report("done", len(CHECKS), len(CHECKS))
    return Verification(analysis=analysis, findings=tuple(findings))


@contextmanager
def _plain_defaults() -> Iterator[None]:
    """Tensors on the CPU in float32 where nothing else is said, whatever the caller has set."""
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with torch.device("cpu"):
            yield
    finally:
        torch.set_default_dtype(dtype)


def check_parameters(audited: Audited) -> Iterator[Finding]:
    """The number of parameters, and names, shapes and order of the state_dict, against the built model."""
    ours, theirs = tuple(audited.tree.state_dict_shapes()), audited.meta_pass.state_dict
    yield audited.compare("parameters", audited.analysis.parameters, _ON_META, audited.meta_pass.parameters)
    yield audited.compare("state_dict.tensors", len(ours), _ON_META, len(theirs))
    unlike = [(one, other) for one, other in zip_longest(ours, theirs) if one != other]
    yield audited.compare("state_dict.unlike", 0, _ON_META, len(unlike), _first(unlike))


def check_shapes(audited: Audited) -> Iterator[Finding]:
    """The output shape of every module that forward() calls, against what it puts out."""
    ours = {row.path: row.output_shape for row in unfold(audited.analysis.layers)}
    theirs = audited.meta_pass.output_shapes
    unlike = [((path, ours.get(path)), (path, shape)) for path, shape in theirs.items() if ours.get(path) != shape]
    yield audited.compare("modules.unlike", 0, _ON_META, len(unlike), _first(unlike))


def check_forward_macs(audited: Audited) -> Iterator[Finding]:
    """MACs of the forward pass by kind of operation, against torch's counter."""
    counted = audited.meta_pass.forward
    yield from _compare_macs(audited, "macs.forward", audited.analysis.macs, counted, f"{_COUNTER} forward pass")


def check_backward_macs(audited: Audited) -> Iterator[Finding]:
    """MACs of the backward pass by kind of operation, against torch's counter."""
    ours, counted = audited.analysis.training.backward, audited.meta_pass.backward
    yield from _compare_macs(audited, "macs.backward", ours, counted, f"{_COUNTER} backward pass")


def check_real_macs(audited: Audited) -> Iterator[Finding]:
    """MACs by kind of operation, against fvcore, which needs real tensors: of a model with two of the equal layers."""
    few = replace(
        audited.analysis, tree=shallow(audited.tree, _REAL_LAYERS), workload=replace(audited.workload, dtype="float32")
    )
    cpu, meta = torch.device("cpu"), torch.device("meta")
    require_memory(cpu, few.inference.total_bytes, "the weights and the tensors alive at once")
    # Counts come from shapes: there is no need for random weights.
    model = materialize(few.tree, audited.modules, device=meta, dtype=torch.float32).to_empty(device=cpu).eval()
    audit = audit_macs(model, torch.zeros(input_shape(few.tree, few.workload)), traced_macs(few))
    layers = f"{stacked_layers(few.tree)} of {stacked_layers(audited.tree)} layers"
    source = f"{audit.source}: MACs on real tensors, {layers}"
    yield from _compare_macs(audited, "macs.real", audit.expected, audit.counted._asdict(), source)


def check_frames(audited: Audited) -> Iterator[Finding]:
    """Frames, and the shortest input that gives one, against real forward passes; of a model that makes the frames."""
    if not isinstance(audited.analysis.takes, Waveforms):
        return
    field, batch = audited.analysis.receptive_field, audited.workload.batch
    source = f"{_TORCH}: a forward pass, {_NARROW}"
    extractor = build_narrow_extractor(audited.tree, audited.modules)
    frames = count_frames(extractor, batch, audited.workload.samples)
    yield audited.compare("extractor.frames", field.frames, source, frames)
    # What comes behind may need several frames.
    calls = run(audited.tree, audited.analysis.takes.flow(field.minimum_samples))
    needed = next(call.gives.frames for call in calls if call.path == audited.analysis.takes.frames_at)
    least = find_least_samples(extractor, batch, needed)
    yield audited.compare("extractor.minimum_samples", field.minimum_samples, source, least)


def check_receptive_field(audited: Audited) -> Iterator[Finding]:
    """What one frame depends on, against where its gradient with respect to the waveform is not 0.

    Group norm makes that the whole utterance; the kernel receptive field is then what it is without the norm. Features
    are made of the waveform outside of the model.
    """
    if not isinstance(audited.analysis.takes, Waveforms):
        return
    field = audited.analysis.receptive_field
    samples = field.receptive_field_samples + _MARGIN_FRAMES * field.stride_samples
    middle = _MARGIN_FRAMES // 2
    source = f"{_TORCH}: gradient of a frame, {_NARROW}"
    extractor = build_narrow_extractor(audited.tree, audited.modules)
    if field.normalizes_over_utterance:
        [(start, end)] = find_frame_spans(extractor, samples, [middle])
        yield audited.compare("extractor.utterance_samples", samples, source, end - start)
        source += ", no norm"
        extractor = build_narrow_extractor(audited.tree, audited.modules, norms=False)
    (start, end), (next_start, _) = find_frame_spans(extractor, samples, [middle, middle + 1])
    yield audited.compare("extractor.receptive_field_samples", field.receptive_field_samples, source, end - start)
    yield audited.compare("extractor.stride_samples", field.stride_samples, source, next_start - start)
    yield audited.compare("extractor.frame_start_samples", field.frame_span(middle)[0], source, start)


def check_memory(audited: Audited) -> Iterator[Finding]:
    """Peak of a forward pass, and what training keeps with and without checkpoints, against what torch tracks."""
    cost = audited.analysis.training_in(audited.workload.dtype)
    tracked = track_memory(audited.tree, audited.modules, audited.workload)
    peak = audited.analysis.inference.peak_activation_bytes
    yield audited.compare("memory.peak_activation_bytes", peak, _TRACKED, tracked.peak)
    yield audited.compare("memory.kept_bytes", cost.kept_bytes.greatest, _TRACKED, tracked.kept)
    yield audited.compare("memory.checkpointed_bytes", cost.checkpointed_bytes.greatest, _TRACKED, tracked.checkpointed)


def check_step(audited: Audited) -> Iterator[Finding]:
    """The most that a training step in float32 holds at once, with and without checkpoints, against what torch tracks.

    Autograd adds up gradients of one tensor in another where something watches it, and so do ours here. Of a
    convolution of a single frame torch takes the layout for another, and makes copies: such workloads are left out.
    """
    analysis, workload = audited.analysis, replace(audited.workload, dtype="float32")
    if has_convolution_of_one_frame(analysis):
        return
    for figure, checkpointing in (("step_peak_bytes", False), ("checkpointed_step_peak_bytes", True)):
        timeline = TrainingTimeline(analysis.calls, checkpointing=checkpointing, in_place=False)
        peak = timeline.peak(workload, analysis.takes.flow(workload.samples))
        tracked = track_step(audited.tree, audited.modules, workload, checkpointing=checkpointing)
        yield audited.compare(f"memory.{figure}", peak.bytes, _TRACKED_STEP, tracked, peak.path)


def has_convolution_of_one_frame(analysis: Analysis) -> bool:
    """Whether any convolution takes or gives a single frame."""
    return any(
        isinstance(call.operation, Conv1d) and 1 in (call.takes[0].frames, call.gives.frames) for call in analysis.calls
    )


def check_autocast(audited: Audited) -> Iterator[Finding]:
    """What training keeps under autocast, with and without checkpoints, against what torch tracks."""
    cost = audited.analysis.training_in("amp-bfloat16")
    tracked = track_autocast(audited.tree, audited.modules, audited.workload, torch.bfloat16)
    checkpointed = cost.checkpointed_bytes.greatest + cost.checkpointed_cast_weight_bytes.greatest
    yield audited.compare("autocast.kept_bytes", cost.kept_bytes.greatest, _AUTOCAST, tracked.kept)
    yield audited.compare(
        "autocast.cast_weight_bytes", cost.cast_weight_bytes.greatest, _AUTOCAST, tracked.cast_weights
    )
    yield audited.compare("autocast.checkpointed_bytes", checkpointed, _AUTOCAST, tracked.checkpointed)


CHECKS = (
    Check("parameters", check_parameters),
    Check("shapes", check_shapes),
    Check("MACs of the forward pass", check_forward_macs),
    Check("MACs of the backward pass", check_backward_macs),
    Check("MACs on real tensors", check_real_macs),
    Check("frames", check_frames),
    Check("receptive field", check_receptive_field),
    Check("memory", check_memory),
    Check("memory of a training step", check_step),
    Check("memory under autocast", check_autocast),
)
"""All checks, in the order of the report."""


def _compare_macs(
    audited: Audited, figure: str, ours: Macs, counted: Mapping[str, int], source: str
) -> Iterator[Finding]:
    for kind, macs in counted.items():
        yield audited.compare(f"{figure}.{kind}", ours._asdict().get(kind, 0), source, macs)


_Named = tuple[str, Shape | None]


def _first(unlike: Sequence[tuple[_Named | None, _Named | None]]) -> str:
    """The first two that differ, ours and theirs."""
    if not unlike:
        return ""
    ours, theirs = (" ".join(map(str, named)) if named else "nothing" for named in unlike[0])
    return f"first {theirs}, not {ours}"
