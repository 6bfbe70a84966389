"""What a training step allocates and frees, in order, forward and backward: sizes, which have no bytes yet.

The forward pass runs as `liveness` has it, and holds what the backward pass needs. The backward pass runs the
operations in reverse: each takes the gradient of what it gave, makes the gradients of what it took and of its
parameters while all that it kept is still there, and then lets go of what it kept and of the gradient. Gradients of one
tensor from several operations are added up as they come. With a checkpoint at each stacked layer the forward pass holds
what the layer takes, and the backward pass first runs the layer again.

The loss itself is not among it: what it makes of the outputs, which are held, is their gradients, which are there when
the backward pass begins. No layer is dropped.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from w2v_explore.analysis.memory.autocast import AutocastTypes
from w2v_explore.analysis.memory.liveness import Lives
from w2v_explore.analysis.memory.stacks import Stacks
from w2v_explore.tree.operations import NOTHING, Dropout, Needs, Operation
from w2v_explore.tree.run import Call, Trained, need_gradients, own_parameters, shared_parameters

Phase = Literal["forward", "backward"]


class Size(NamedTuple):
    """What a number of bytes is worked out from.

    Attributes:
        what: Of the call.
        place: The call's position among the folded ones; of what the model takes its number, below 0.
        lower: Whether it is of the lower precision.
        number: Of what the call takes; or the name of a parameter; or whether sums of gradients are among it.
        needs: What needs a gradient.
    """

    what: Literal[
        "value",
        "turned",
        "taken",
        "cast",
        "beside",
        "kept beside",
        "more",
        "parameter",
        "gradients",
        "gradients after",
    ]
    place: int
    lower: bool
    number: Any = None
    needs: Needs | None = None


class _Block:
    """Some memory.

    Attributes:
        size: The number of its size.
        holders: How many hold it.
    """

    __slots__ = ("holders", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.holders = 1


class StepWriter:
    """Writes down what a step allocates and frees.

    Attributes:
        sizes: The sizes, each with its number.
        order: The number of a size where so much is allocated, and its complement where that is freed.
        marks: From which number in that order on which module runs in which pass.
        complete: From which number in that order on a parameter's gradient is complete, and the number of its size.
    """

    def __init__(
        self,
        calls: Sequence[Call],
        of: Sequence[int],
        lives: Lives,
        trained: Trained | None,
        autocast: bool,
        gradients_stay: bool,
        in_place: bool,
        copied: Mapping[int, Sequence[int]],
        kept_casts: Mapping[int, Sequence[int]],
    ) -> None:
        self.calls, self.of, self.lives, self.trained = calls, of, lives, trained
        self.autocast, self.gradients_stay, self.in_place = autocast, gradients_stay, in_place
        self.copied, self.kept_casts = copied, kept_casts
        self.sizes: dict[Size, int] = {}
        self.order: list[int] = []
        self.marks: list[tuple[int, str, Phase]] = []
        self.complete: list[tuple[int, int]] = []
        types = AutocastTypes(calls) if autocast else None
        self.lower: Collection[int] = types.lower if types else ()
        self.casts = types.casts if types else {}
        self.needs = lives.needs
        self.for_nothing, self.until = _for_nothing(calls, lives, trained)
        self.dying: dict[int, list[int]] = {}
        for tensor, end in lives.until.items():
            self.dying.setdefault(end, []).append(tensor)
        self.tensors: dict[int, _Block] = {}
        # Gradients of what was taken before the operation ran, by where it was; and by which call that was made.
        self.waiting: dict[int, list[tuple[int, _Block]]] = {}
        self.made_again: set[int] = set()
        self.saved: dict[int, list[_Block]] = {}
        # By the path of a module and the name of a parameter; where it was cast, and the cast.
        self.weight_casts: dict[tuple[str, str], tuple[int, _Block]] = {}
        self.gradients: dict[Any, _Block] = {}
        # The calls of which the gradient is laid out otherwise than what they give.
        self.turned: set[int] = set()
        self.users: dict[tuple[str, str], int] = {}
        for call, needs in zip(calls, self.needs, strict=True):
            for name in needs.own if needs else ():
                key = self.parameter(call, name)
                self.users[key] = self.users.get(key, 0) + 1

    @staticmethod
    def parameter(call: Call, name: str) -> tuple[str, str]:
        """A parameter that a call computes with, by the path of its module and its name."""
        for shared in shared_parameters(call):
            if shared[1] == name:
                return shared
        return call.path, name

    # Memory.

    def size(self, *of: Any) -> int:
        """The number of a size."""
        return self.sizes.setdefault(Size(*of), len(self.sizes))

    def make(self, *of: Any) -> _Block:
        """Allocate so much, held once."""
        number = self.size(*of)
        self.order.append(number)
        return _Block(number)

    def hold(self, block: _Block) -> _Block:
        """Hold a block once more."""
        block.holders += 1
        return block

    def drop(self, block: _Block) -> None:
        """Hold a block once less; what nobody holds is freed."""
        block.holders -= 1
        if not block.holders:
            self.order.append(~block.size)

    def touch(self, *of: Any) -> None:
        """Allocate so much and free it at once."""
        number = self.size(*of)
        self.order += (number, ~number)

    def mark(self, position: int, phase: Phase) -> None:
        """Say who runs from here on."""
        self.marks.append((len(self.order), self.calls[position].path, phase))

    # The step.

    def write(self, checkpointing: bool) -> None:
        """Write down the whole step."""
        calls = self.calls
        layers = Stacks(calls, self.needs) if checkpointing else None
        layer_of = layers.at if layers else [-1] * len(calls)
        self.mark(0, "forward")
        if self.gradients_stay:
            parameters = {
                self.parameter(calls[position], name): self.of[position]
                for position, needs in enumerate(self.needs)
                for name in (needs.own if needs else ())
            }
            for (_, name), place in parameters.items():
                self.make("parameter", place, False, name)
        given = {tensor for tensor in self.lives.until if tensor < 0}
        for tensor in given:
            self.tensors[tensor] = self.make("value", tensor, False)
        outputs = dict.fromkeys([self.lives.tensor(made) for made in calls[0].results])
        frames: dict[int, list[_Block]] = {}
        for position, call in enumerate(calls):
            self.mark(position, "forward")
            self.free(position, given)
            layer = layer_of[position]
            if call.operation is not None:
                self.forward(position, keeping=layer < 0)
            elif layer >= 0 and layers and layers.passes[layer].start == position:
                ends = [end for end, those in self.until.items() if any(position <= each < call.end for each in those)]
                if ends or self.saving(position):
                    taken = dict.fromkeys([self.lives.tensor(made) for made in call.sources])
                    frames[layer] = [self.hold(self.tensors[tensor]) for tensor in taken]
                if ends and not self.saving(position):
                    self.saved[position] = frames.pop(layer)
                    self.until.setdefault(max(ends), []).append(position)
        # Outputs and what the model was given stay.
        self.free(len(calls), {*given, *outputs})
        for _, block in self.weight_casts.values():
            self.drop(block)
        for made in dict.fromkeys(map(self.source, calls[0].results)):
            if made >= 0 and self.needs[made] is not None:
                self.mark(made, "backward")
                self.gradients[made] = self.gradient(made)
        recomputed: set[int] = set()
        for position in range(len(calls) - 1, -1, -1):
            if position not in self.gradients:
                self.hand_over(position)
                continue
            self.mark(position, "backward")
            layer = layer_of[position]
            if layer in frames and self.saves(position) and layer not in recomputed:
                recomputed.add(layer)
                assert layers is not None
                self.again(layers.passes[layer].start)
                self.mark(position, "backward")
            checkpointed: list[_Block] = []
            if layer in frames:
                assert layers is not None
                start = layers.passes[layer].start
                if not any(self.saves(before) for before in range(start, position)):
                    checkpointed = frames.pop(layer)
            self.backward(position, checkpointed)

    def free(self, end: int, but: Collection[int]) -> None:
        """Let go of the tensors that live until a call, but for some, and of what was kept for nothing until then."""
        for position in self.until.get(end, ()):
            self.let_go(position)
        for tensor in self.dying.get(end, ()):
            if tensor not in but and tensor in self.tensors:
                self.drop(self.tensors[tensor])

    def saves(self, position: int) -> bool:
        """Whether an operation keeps anything, weights among it."""
        operation, needs = self.calls[position].operation, self.needs[position]
        if operation is None or needs is None:
            return False
        if operation.passes_on(True):
            return False
        if operation.keeps_input or operation.keeps_output or not _makes_nothing_beside(self.calls[position]):
            return True
        return bool(operation.parameter_shapes()) and 0 not in operation.hands_on

    def saving(self, start: int) -> list[int]:
        """The operations inside a layer that keep anything."""
        return [position for position in range(start, self.calls[start].end) if self.saves(position)]

    def forward(self, position: int, keeping: bool) -> None:
        """Run an operation."""
        operation = self.calls[position].operation
        assert operation is not None
        place, lower, needs = self.of[position], position in self.lower, self.needs[position]
        casts = self.cast(position)
        if operation.passes_on(True):
            for block in casts.values():
                self.tensors[position] = block
            return
        self.tensors[position] = self.make("value", place, lower)
        beside = self.make("beside", place, lower)
        if type(operation).training_moments is not Operation.training_moments or (
            type(operation).moments is not Operation.moments
        ):
            self.touch("more", place, lower)
        if keeping and needs is not None:
            self.save(position, needs, casts, beside)
        elif keeping and position in self.for_nothing:
            self.save(position, self.for_nothing[position], casts, beside)
        for block in casts.values():
            self.drop(block)
        self.drop(beside)

    def cast(self, position: int) -> dict[int | str, _Block]:
        """Cast for an operation what it takes, and its parameters: of those that are trained one cast is for all."""
        call = self.calls[position]
        operation = call.operation
        assert operation is not None
        place = self.of[position]
        is_lower = operation.autocast == "lower"
        casts: dict[int | str, _Block] = {}
        # The last of its arguments is cast first.
        if self.autocast and is_lower:
            trained = own_parameters(call, operation, self.trained)
            in_parts = operation.takes_weight_in_parts
            for name in ["weight"] if in_parts else reversed(operation.parameter_shapes()):
                if in_parts or name not in trained:
                    casts[name] = self.make("parameter", place, True, name)
                elif (call.path, name) not in self.weight_casts:
                    self.weight_casts[call.path, name] = position, self.make("parameter", place, True, name)
        for number in sorted(self.casts.get(position, ()), reverse=True):
            casts[number] = self.make("cast", place, is_lower, number)
        return casts

    def save(self, position: int, needs: Needs, casts: dict[int | str, _Block], beside: _Block) -> None:
        """Keep what the backward pass needs."""
        call = self.calls[position]
        operation = call.operation
        assert operation is not None
        place = self.of[position]
        taken = () if operation.reads_lengths else call.sources
        copied = self.copied.get(place, ())
        saved = []
        numbers = operation.kept_of(range(len(taken)), len(taken), needs)
        for number in numbers:
            if number == len(taken):
                saved.append(self.tensors[position])
            elif number not in copied and number not in casts:
                saved.append(self.tensors[self.lives.tensor(taken[number])])
        if casts:
            kept = self.kept_casts.get(place, numbers)
            saved += [block for number, block in casts.items() if number in kept and number in numbers]
        if type(operation).kept_of_beside is not Operation.kept_of_beside:
            needs_key = Needs(tuple(needs.taken), tuple(needs.own))
            self.drop(beside)
            beside.size = self.size("kept beside", place, position in self.lower, None, needs_key)
            beside.holders = 1
            self.order.append(beside.size)
        saved.append(beside)
        _, weight = self.weight_casts.get((call.path, "weight"), (position, casts.get("weight")))
        if weight is not None and operation.keeps_weight(needs):
            saved.append(weight)
        self.saved[position] = [self.hold(block) for block in saved]

    def again(self, start: int) -> None:
        """Run a layer again, up to the last operation that keeps anything."""
        before, casts_before = self.tensors, self.weight_casts
        self.tensors, self.weight_casts = dict(before), {}
        *_, last = self.saving(start)
        made: set[int] = set()
        for position in range(start, last + 1):
            self.mark(position, "backward")
            for tensor in self.dying.get(position, ()):
                if tensor in made:
                    made.discard(tensor)
                    self.drop(self.tensors[tensor])
            operation = self.calls[position].operation
            if operation is None:
                continue
            if position == last and _keeps_before_it_computes(self.calls[position]):
                # It is stopped then.
                casts = self.cast(position)
                beside = self.make("beside", self.of[position], position in self.lower)
                needs = self.needs[position]
                assert needs is not None
                self.save(position, needs, casts, beside)
                for block in (*casts.values(), beside):
                    self.drop(block)
                self.made_again.add(position)
                continue
            self.forward(position, keeping=True)
            self.made_again.add(position)
            if self.makes(position):
                made.add(position)
        for tensor in made:
            self.drop(self.tensors[tensor])
        for _, block in self.weight_casts.values():
            self.drop(block)
        self.tensors, self.weight_casts = before, casts_before

    # Gradients.

    def source(self, made: int) -> int:
        """By which call a value was made of which the gradient is asked: not by one that gives what it takes."""
        while made >= 0:
            call = self.calls[made]
            if self.makes(made) or call.gives != call.takes[0]:
                break
            made = call.sources[0]
        return made

    def makes(self, position: int) -> bool:
        """Whether an operation makes a tensor: what only passes on does where that is cast for it."""
        operation = self.calls[position].operation
        assert operation is not None
        return not operation.passes_on(True) or position in self.casts

    def gradient(self, made: int) -> _Block:
        """Allocate the gradient of a value."""
        return self.make("value", self.of[made], made in self.lower)

    def backward(self, position: int, checkpointed: list[_Block]) -> None:
        """Run the backward pass of an operation, and let go of what a checkpoint has held until then."""
        call, needs = self.calls[position], self.needs[position]
        operation = call.operation
        assert operation is not None
        assert needs is not None
        place, lower, given = self.of[position], position in self.lower, self.gradients.pop(position)
        casts = self.casts.get(position, ())
        is_custom = type(operation).backward_moments is not Operation.backward_moments
        if is_custom:
            needs_key = Needs(tuple(needs.taken), tuple(needs.own))
            self.touch("gradients", place, lower, position not in self.made_again, needs_key)
            handed = self.hold(given) if operation.hands_on else None
            self.drop(given)
            self.let_go(position, checkpointed)
            self.touch("gradients after", place, lower, None, needs_key)
        copied = self.make("turned", place, lower) if operation.turns_gradient and position in self.turned else None
        numbers = [number for number, does in enumerate(needs.taken) if does]
        of_taken: dict[int, _Block] = {}
        for number in numbers:
            is_handed = number in operation.hands_on and (call.sources[number] in self.lower) == lower
            if is_handed or (operation.passes_on(True) and casts):
                of_taken[number] = self.hold(given)
            else:
                of_taken[number] = self.make("taken", place, lower, number)
        of_own: dict[str, _Block] = {}
        for name in needs.own:
            if not is_custom and name in operation.sums_after and position in self.made_again:
                # A checkpoint lets go of each tensor as soon as the operation itself is through.
                self.let_go(position)
            of_own[name] = self.make("parameter", place, self.parameter(call, name) in self.weight_casts, name)
        if not casts:
            for number, block in of_taken.items():
                if (call.sources[number] in self.lower) != lower:
                    of_taken[number] = self.gradient(self.source(call.sources[number]))
                    self.drop(block)
        if is_custom:
            if handed is not None:
                self.drop(handed)
        else:
            self.drop(given)
            self.let_go(position, checkpointed)
        if copied is not None:
            self.drop(copied)
        if operation.hands_own_first:
            for name in reversed(of_own):
                self.add_own(position, name, of_own[name])
        later: list[tuple[int, _Block]] = []
        for number, block in of_taken.items():
            source = self.source(call.sources[number])
            if self.turns(position, source):
                self.turned.add(source)
            if number in casts:
                cast = self.gradient(source)
                self.drop(block)
                block = cast
            taken_at = self.taken_at(position)
            if source < taken_at < position:
                self.waiting.setdefault(taken_at, []).append((source, block))
            elif call.layer.channels_first and not self.calls[source].layer.channels_first:
                # What it takes was transposed before its parameters were cast.
                later.append((source, block))
            else:
                self.add(source, block, "value", self.of[source], source in self.lower)
        for name, block in of_own.items():
            if not operation.hands_own_first:
                self.add_own(position, name, block)
            self.end_own(position, name)
        for source, block in later:
            self.add(source, block, "value", self.of[source], source in self.lower)

    def turns(self, position: int, source: int) -> bool:
        """Whether the gradient that an operation makes of something of channels by frames is laid out otherwise."""
        call = self.calls[position]
        if not self.calls[source].layer.channels_first:
            return False
        is_product = call.operation is not None and call.operation.mac_kind is not None
        return not call.layer.channels_first or (position in self.turned and not is_product)

    def taken_at(self, position: int) -> int:
        """Where an operation takes what it takes: before the modules inside its own run, if there are any."""
        call = self.calls[position]
        if not call.layer.children:
            return position
        while self.calls[position].operation is not None or self.calls[position].path != call.path:
            position -= 1
        return position

    def hand_over(self, position: int) -> None:
        """Add the gradients of what was taken at a position."""
        for source, block in self.waiting.pop(position, ()):
            self.add(source, block, "value", self.of[source], source in self.lower)

    def let_go(self, position: int, others: Collection[_Block] = ()) -> None:
        """Free what an operation has kept, and others."""
        for block in (*self.saved.pop(position, ()), *others):
            self.drop(block)

    def add(self, key: Any, block: _Block, *of: Any) -> None:
        """Add a gradient to those that there are."""
        there = self.gradients.get(key)
        if there is None:
            self.gradients[key] = block
        elif self.in_place and there.holders == 1:
            self.drop(block)
        elif self.in_place and block.holders == 1:
            self.gradients[key] = block
            self.drop(there)
        else:
            self.gradients[key] = self.make(*of)
            self.drop(there)
            self.drop(block)

    def add_own(self, position: int, name: str, block: _Block) -> None:
        """Add the gradient of a parameter, or of what it was cast to."""
        key, place = self.parameter(self.calls[position], name), self.of[position]
        is_cast = key in self.weight_casts
        self.add((*key, "cast") if is_cast else key, block, "parameter", place, is_cast, name)

    def end_own(self, position: int, name: str) -> None:
        """Cast the gradient of a parameter that was cast first here, and give it away where it is whole."""
        key, place = self.parameter(self.calls[position], name), self.of[position]
        if key in self.weight_casts:
            if self.weight_casts[key][0] != position:
                return
            self.users[key] = 1
            lower = self.gradients.pop((*key, "cast"))
            block = self.make("parameter", place, False, name)
            self.drop(lower)
            self.add(key, block, "parameter", place, False, name)
        self.users[key] -= 1
        if not self.users[key]:
            self.complete.append((len(self.order), self.gradients[key].size))
            if self.gradients_stay:
                self.drop(self.gradients.pop(key))


def _for_nothing(
    calls: Sequence[Call], lives: Lives, trained: Trained | None
) -> tuple[dict[int, Needs], dict[int, list[int]]]:
    """What needs a gradient of operations that keep tensors though no loss depends on them, and until when they do.

    That is as long as what they give is there, or what others make of it: the first by the operation's position, the
    second the positions by the end.
    """
    if None not in lives.needs:
        return {}, {}
    every = need_gradients([calls[0]._replace(results=tuple(range(len(calls)))), *calls[1:]], (), trained)
    ends: dict[int, int] = {}
    found: dict[int, Needs] = {}
    until: dict[int, list[int]] = {}
    for position in range(len(calls) - 1, 0, -1):
        needs = every[position]
        if needs is None or lives.needs[position] is not None or calls[position].operation is None:
            continue
        found[position] = needs
        end = max(ends.get(position, 0), lives.until[lives.tensor(position)])
        until.setdefault(end, []).append(position)
        for source in calls[position].needs:
            ends[source] = max(ends.get(source, 0), end)
    return found, until


def _makes_nothing_beside(call: Call) -> bool:
    return call.operation is None or call.operation.kept_beside(2, *call.takes) == NOTHING


def _keeps_before_it_computes(call: Call) -> bool:
    operation = call.operation
    assert operation is not None
    is_zero = isinstance(operation, Dropout) and operation.p == 1
    return not operation.keeps_output and (is_zero or _makes_nothing_beside(call))
