"""The figures of many configs that differ in a few fields: what each part of a model adds, worked out once for all.

A tree's builder marks its parts (`tree.parts`). Each is worked out by itself, and stands as one operation (`Sealed`)
in the remainder, which is what of a model lies in no part. What a part adds depends on the fields that it reads and on
what the remainder does with it (`Use`); so configs that differ in all fields cost some dozens of small evaluations.
The remainder and its parts together have the figures of the whole model, exactly.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from operator import is_
from typing import Any, NamedTuple

from w2v_explore.analysis.comparing.sealed import (
    Part,
    PartFigures,
    PartLayer,
    Sealed,
    TwoWaysError,
    ViewError,
    in_inference,
    more_kept,
)
from w2v_explore.analysis.compute import Macs, total_macs
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.kept import kept_activations
from w2v_explore.analysis.memory.liveness import Lives
from w2v_explore.analysis.memory.stacks import Random
from w2v_explore.analysis.memory.step_macs import training_macs
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import Probability
from w2v_explore.tree.inputs import Features, Waveforms
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import SAME_FRAME, Flow, Needs
from w2v_explore.tree.parts import Build, Reads
from w2v_explore.tree.run import Call, apart, elements_of, need_gradients, run, with_gradients


class Use(NamedTuple):
    """A call of a part, of its first copy or of all others: all that its figures depend on beside its fields.

    Attributes:
        part: What is called.
        takes: The sizes of what it takes.
        needs: Of each, whether it needs a gradient; None where the backward pass does not come by.
        held_bytes: What is alive all along beside what it takes and makes.
        copies: For how many equal calls it stands.
        drop: With which probability LayerDrop skips it.
    """

    part: Part
    takes: tuple[Flow, ...]
    needs: tuple[bool, ...] | None
    held_bytes: int
    copies: int
    drop: float


class Remainder(NamedTuple):
    """What of a model lies in no part, for a workload.

    Attributes:
        parameters: Elements of its parameters.
        learned: Elements of those that get a gradient.
        macs: Of the forward pass.
        training_macs: Of the forward and the backward pass.
        kept_bytes: What the backward pass keeps, what parts take and give included.
        peak_bytes: The most that is alive in inference while one of its own operations runs; 0 where it has none.
        registered: By path, the parts that are registered, and in how many copies.
        uses: By path, the calls of each part.
        lives: The lives of its tensors, those of parts inside them left out; with masks or without.
        calls: All calls, those of the parts among them.
        takes: What the model takes.
    """

    parameters: int
    learned: int
    macs: Macs
    training_macs: Random
    kept_bytes: int
    peak_bytes: int
    registered: Mapping[str, tuple[Part, int]]
    uses: Mapping[str, tuple[Use, ...]]
    lives: Lives
    calls: Sequence[Call]
    takes: Waveforms | Features


class WholeFigures(NamedTuple):
    """Figures of a whole model.

    Attributes:
        parameters: Elements of its parameters.
        learned: Elements of those that get a gradient.
        macs: Of the forward pass.
        training_macs: Of the forward and the backward pass.
        kept_bytes: What the backward pass keeps, no layer dropped.
        peak_bytes: The most that is alive at once in inference.
    """

    parameters: int
    learned: int
    macs: Macs
    training_macs: Random
    kept_bytes: int
    peak_bytes: int


class Parts:
    """The parts of models that are built for one batch and dtype, each worked out once."""

    def __init__(self) -> None:
        self._reads: dict[Part, tuple[str, ...]] = {}
        self._built: dict[tuple[Any, ...], tuple[Layer, PartLayer]] = {}
        # By the identity of configs, which live as long as they stand here.
        self._recent: dict[tuple[Part, int], tuple[ModelConfig, Layer, PartLayer]] = {}
        self._layers: dict[Layer, PartLayer] = {}
        self._remainder_reads: dict[str, set[str]] = {}
        self._remainders: dict[Hashable, Remainder] = {}
        self._alike: dict[Hashable, Remainder] = {}

    def fields_of(self, part: Part) -> tuple[str, ...]:
        """The fields that a part has been seen to read."""
        return self._reads[part]

    def fields_of_remainder(self, family: str) -> set[str]:
        """The fields that the remainder of a family's models has been seen to read."""
        return self._remainder_reads[family]

    def fields_for_frames(self, family: str, remainder: Remainder) -> set[str]:
        """The fields on which the frames depend, and how many samples they need.

        They are those that are read for all that runs until frames come, and for what gives fewer of them behind.
        """
        frames_at, end = remainder.takes.frames_at, len(remainder.calls)
        names: set[str] = set()
        for position, call in enumerate(remainder.calls):
            if call.path == frames_at:
                end = call.end
            if call.operation is None or (position >= end and not _gives_fewer(call)):
                continue
            if position >= end or not isinstance(call.operation, Sealed):
                # Whether anything gives fewer is for what is around to say.
                names |= self._remainder_reads[family]
            if isinstance(call.operation, Sealed):
                names.update(self._reads[call.operation.part])
                if frames_at.startswith(f"{call.path}."):
                    end = position + 1
        return names

    def has_fewer_frames(self, config: ModelConfig, workload: Workload) -> bool:
        """Whether something gives fewer frames than the model's, behind where they come."""
        remainder = self.remainder(config, workload)
        given = remainder.calls[0].gives.frames
        return any(call.gives.frames != given for call in remainder.calls if call.path == remainder.takes.frames_at)

    def figures(self, use: Use, config: ModelConfig, workload: Workload) -> PartFigures:
        """What one copy of a part adds, called as it is in a use."""
        return self._figures(use.part, use.takes, use.needs, config, workload)

    def _figures(
        self,
        part: Part,
        takes: tuple[Flow, ...],
        needs: tuple[bool, ...] | None,
        config: ModelConfig,
        workload: Workload,
    ) -> PartFigures:
        layer = self._build(part, config)[1]
        if (takes, needs) in layer.known:
            return layer.known[takes, needs][0]
        plain = self._build(part, without_chances(config))[1]
        return layer.figures(takes, needs, workload, None if plain is layer else plain)

    def parameters(self, part: Part, config: ModelConfig) -> int:
        """Elements of the parameters of one copy of a part."""
        return self._build(part, config)[1].parameters

    def learned(self, uses: Sequence[Use], config: ModelConfig, workload: Workload) -> int:
        """Elements of the parameters of one copy of a part that get a gradient, in any of its calls."""
        return max([self.figures(use, config, workload).learned for use in uses], default=0)

    def shown(self, part: Part, uses: Sequence[Use], config: ModelConfig, workload: Workload) -> Hashable:
        """All of a part, in some calls, on which the remainder depends; None where it is none for a config."""
        outside, layer = self._build(part, config)
        if not layer.is_part:
            return None
        try:
            return outside, tuple([self.figures(use, config, workload).seen_outside for use in uses])
        except ViewError:
            return None

    def remainder(self, config: ModelConfig, workload: Workload) -> Remainder:
        """What lies in no part.

        Args:
            config: With samples enough in the workload for a frame.
            workload: The workload.
        """
        while True:
            reads = Reads(config, config.FIELDS, self._seal)
            try:
                tree = config.family.build(reads)  # type: ignore[arg-type]  # which stands in for a config
            except KeyError:
                # A builder that looks for a module inside a part (`Layer.with_child`) is given all parts whole.
                reads = Reads(config, config.FIELDS, _whole)
                tree = config.family.build(reads)  # type: ignore[arg-type]
            self._remainder_reads.setdefault(config.family.name, set()).update(reads.names)
            tree = _without_options(tree)
            parts = tuple([id(layer) for _, (_, layer, _) in _registered(tree, "", 1)])
            key = tree, parts, workload.samples
            # A key is a whole tree, of which each hash takes as long as its building.
            known = self._remainders.get(key)
            if known is None:
                try:
                    known = self._remainders[key] = self._of_tree(tree, config, workload)
                except (ViewError, TwoWaysError):
                    continue  # what gives a view, or is called in two ways, is known to be no part now
            return known

    def total(self, config: ModelConfig, workload: Workload) -> WholeFigures:
        """The figures of a whole model."""
        remainder = self.remainder(config, workload)
        parameters, learned, macs = remainder.parameters, remainder.learned, remainder.macs
        kept_bytes, peak_bytes = remainder.kept_bytes, remainder.peak_bytes
        for path, (part, copies) in remainder.registered.items():
            parameters += copies * self.parameters(part, config)
            learned += copies * self.learned(remainder.uses.get(path, ()), config, workload)
        for uses in remainder.uses.values():
            for use in uses:
                each = self.figures(use, config, workload)
                macs = macs.plus(each.macs, use.copies)
                kept_bytes += use.copies * each.kept_bytes
                peak_bytes = max(peak_bytes, use.held_bytes + each.peak_bytes)
        step = training_macs_with_parts(remainder, workload)
        return WholeFigures(parameters, learned, macs, step, kept_bytes, peak_bytes)

    def _seal(self, reads: Reads, build: Build, arguments: tuple[Any, ...]) -> Layer:
        part = build, arguments
        outside, layer = self._build(part, reads.config)
        if layer.is_part:
            return outside._replace(operation=Sealed(part, layer))
        return build(reads, *arguments)

    def _build(self, part: Part, config: ModelConfig) -> tuple[Layer, PartLayer]:
        """What is seen of a part from outside, and the part by itself."""
        recent = self._recent.get((part, id(config)))
        if recent is None:
            recent = self._recent[part, id(config)] = (config, *self._build_anew(part, config))
        return recent[1:]

    def _build_anew(self, part: Part, config: ModelConfig) -> tuple[Layer, PartLayer]:
        names = self._reads.get(part)
        if names is not None:
            found = self._built.get(_key(part, names, config))
            if found is not None:
                return found
        build, arguments = part
        reads = Reads(config, config.FIELDS, _whole)
        layer = build(reads, *arguments)
        # A part that reads another field than it was known to does so since a field that it was known to read differs:
        # what was built before is never met again under the longer key, and is built anew.
        names = self._reads[part] = tuple(sorted({*(names or ()), *reads.names}))
        outside = layer._replace(children=(), schedule=(), gives=(), options=(), operation=None)
        inner = layer._replace(name="", copies=1, stacked=False, drop=0.0, sources=())
        known = self._layers.get(inner)
        if known is None:
            known = self._layers[inner] = PartLayer(inner)
        built = outside, known
        self._built[_key(part, names, config)] = built
        return built

    def _of_tree(self, tree: Layer, config: ModelConfig, workload: Workload) -> Remainder:
        assert tree.takes is not None
        calls = apart(run(tree, tree.takes.flow(workload.samples)))
        needs = need_gradients(calls)
        shown = []
        for call, need in zip(calls, needs, strict=True):
            operation = call.operation
            if isinstance(operation, Sealed):
                operation.figures = self._figures(operation.part, call.takes, _needs(call, need), config, workload)
                shown.append(operation.figures.seen_outside)
        key = tree, workload.samples, tuple(shown)
        if key not in self._alike:
            self._alike[key] = self._work_out(tree, calls, config, workload)
        return self._alike[key]._replace(calls=calls)

    def _work_out(self, tree: Layer, calls: Sequence[Call], config: ModelConfig, workload: Workload) -> Remainder:
        assert tree.takes is not None
        takes = tree.takes.flow(workload.samples)
        plain: Remainder | None = None
        if any(getattr(config, name) for name in chances_of(config)):
            plain = self.remainder(without_chances(config), workload)
            masked = _masked(plain, calls, workload)
            if masked is not None:
                return masked
        lives, drops = Lives(calls, training=True), _drops(calls)
        trace = lives.trace(workload, takes)
        peak_bytes = 0
        uses: dict[str, list[Use]] = {}
        inference = in_inference(trace, workload, takes)
        for position, live_bytes in zip(inference.lives.makers(), inference.live_bytes, strict=True):
            call = calls[position]
            operation = call.operation
            if isinstance(operation, Sealed):
                # Of a view the part counts what it shows; the rest of the tensor behind it is held outside.
                own = {position: inference.tensor_bytes[position]}
                for made, flow in zip(call.sources, call.takes, strict=True):
                    tensor = inference.lives.tensor(made)
                    is_view = tensor != made
                    shown = DTYPE_BYTES[workload.dtype] * flow.elements(workload.batch)
                    own[tensor] = shown if is_view else inference.tensor_bytes[tensor]
                held_bytes = live_bytes - sum(own.values())
                use = Use(
                    operation.part,
                    call.takes,
                    _needs(call, lives.needs[position]),
                    held_bytes,
                    call.copies,
                    drops[position],
                )
                uses.setdefault(call.path, []).append(use)
            else:
                peak_bytes = max(peak_bytes, live_bytes)
        if plain is not None:
            peak_bytes = plain.peak_bytes
            uses = {
                path: [
                    use._replace(held_bytes=other.held_bytes) for use, other in zip(each, plain.uses[path], strict=True)
                ]
                for path, each in uses.items()
            }
        registered = dict(_registered(tree, "", 1))
        parts = sum([copies * layer.parameters for _, layer, copies in registered.values()])
        return Remainder(
            parameters=tree.parameters - parts,
            learned=_own_learned(tree, lives),
            macs=total_macs(calls, workload.batch),
            training_macs=_own_training_macs(calls, lives.needs, workload),
            kept_bytes=kept_activations(trace).plain.greatest,
            peak_bytes=peak_bytes,
            registered={path: (part, copies) for path, (part, _, copies) in registered.items()},
            uses={path: tuple(each) for path, each in uses.items()},
            lives=lives,
            calls=calls,
            takes=tree.takes,
        )


def _masked(plain: Remainder, calls: Sequence[Call], workload: Workload) -> Remainder | None:
    """A remainder with probabilities, from the one without; None where more differs than masks and what is skipped."""
    if len(calls) != len(plain.calls):
        return None
    for call, other in zip(plain.calls, calls, strict=True):
        before, after = call.operation, other.operation
        if (
            isinstance(before, Sealed)
            and isinstance(after, Sealed)
            and before.figures.seen_outside != after.figures.seen_outside
        ):
            return None
    more = more_kept(plain.lives, calls, workload, is_part=False)
    if more is None:
        return None
    drops: dict[str, list[float]] = {}
    for call, drop in zip(calls, _drops(calls), strict=True):
        drops.setdefault(call.path, []).append(drop)
    return plain._replace(
        training_macs=_own_training_macs(calls, plain.lives.needs, workload),
        kept_bytes=plain.kept_bytes + more,
        uses={
            path: tuple([use._replace(drop=drop) for use, drop in zip(uses, drops[path], strict=True)])
            for path, uses in plain.uses.items()
        },
        calls=calls,
    )


def _own_learned(tree: Layer, lives: Lives) -> int:
    """Elements of the parameters of a remainder alone that get a gradient."""
    parts = {call.path for call in lives.calls if isinstance(call.operation, Sealed)}
    names = with_gradients(lives.calls, lives.needs)
    return elements_of(tree, {path: own for path, own in names.items() if path not in parts})


def _own_training_macs(calls: Sequence[Call], needs: Sequence[Needs | None], workload: Workload) -> Random:
    """The MACs of a training step of a remainder alone."""
    if all(
        call.operation is None or call.operation.mac_kind is None or isinstance(call.operation, Sealed)
        for call in calls
    ):
        return Random(0)
    return training_macs(calls, workload.batch, needs).plain


def _whole(reads: Reads, build: Build, arguments: tuple[Any, ...]) -> Layer:
    """A part as it is built."""
    return build(reads, *arguments)


def _key(part: Part, names: Sequence[str], config: ModelConfig) -> tuple[Any, ...]:
    return (part, *[getattr(config, name) for name in names])


def training_macs_with_parts(remainder: Remainder, workload: Workload) -> Random:
    """The MACs of a training step of a whole model."""
    parts = [call.operation for call in remainder.calls if isinstance(call.operation, Sealed)]
    for each in parts:
        each.is_counted = True
    every = training_macs(remainder.calls, workload.batch, remainder.lives.needs).plain
    for each in parts:
        each.is_counted = False
    return every


def chances_of(config: ModelConfig) -> list[str]:
    """The fields of a config that are probabilities."""
    return [name for name, field in config.FIELDS.items() if isinstance(field.kind, Probability)]


def with_values(config: ModelConfig, values: Mapping[str, Any]) -> ModelConfig:
    """A config with some other values, which are right."""
    return config.from_checked({name: values.get(name, getattr(config, name)) for name in config.FIELDS})


def without_chances(config: ModelConfig) -> ModelConfig:
    """A config with all of its probabilities 0."""
    return with_values(config, dict.fromkeys(chances_of(config), 0.0))


def _gives_fewer(call: Call) -> bool:
    """Whether an operation makes fewer frames of those it takes; a weight or a table is no frames.

    What chooses among frames makes none, and needs no more of them than it gives. Of one frame what sees several may
    make one.
    """
    operation = call.operation
    if operation is None or call.gives.shared:
        return False
    taken, is_fewer = call.takes[0].frames, call.gives.frames < call.takes[0].frames
    if not (is_fewer or taken == call.gives.frames == 1):
        return False
    if isinstance(operation, Sealed):
        return any(map(_gives_fewer, operation.layer.calls(call.takes)))
    return operation.reach() is not SAME_FRAME if is_fewer else max(operation.reach()[:2]) > 1


def _needs(call: Call, need: Needs | None) -> tuple[bool, ...] | None:
    """Of what a part takes, what needs a gradient; of what it only reads the length of nothing does."""
    if need is None:
        return None
    return tuple(need.taken) or (False,) * len(call.sources)


def _drops(calls: Sequence[Call]) -> list[float]:
    """With which probability LayerDrop skips each call: that of the outermost stacked layer of which it is a part."""
    drops, end = [0.0] * len(calls), 0
    for position, call in enumerate(calls):
        if position >= end and call.layer.stacked:
            end = call.end
            drops[position:end] = [call.layer.drop] * (end - position)
    return drops


def _registered(layer: Layer, path: str, copies: int) -> Iterator[tuple[str, tuple[Part, PartLayer, int]]]:
    """The parts at and below a layer, by path."""
    if isinstance(layer.operation, Sealed):
        yield path, (layer.operation.part, layer.operation.layer, copies)
    for child in layer.children:
        yield from _registered(child, f"{path}.{child.name}" if path else child.name, copies * child.copies)


def _without_options(layer: Layer) -> Layer:
    """What runs: the options of a module's constructor change nothing of it that the tree does not say itself."""
    children = tuple([_without_options(child) if child.children else child for child in layer.children])
    if not layer.options and all(map(is_, children, layer.children)):
        return layer
    return layer._replace(children=children, options=())
