"""The stacked layers among the calls of a model, and figures that depend on which of them LayerDrop lets run."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from w2v_explore.tree.operations import Needs
from w2v_explore.tree.run import Call, wanted_too


class Spread(NamedTuple):
    """A figure that LayerDrop makes random: with every layer dropped, on average, and with none dropped.

    All three are the same where no layer is ever dropped.
    """

    least: float
    expected: float
    greatest: float


class Equal(NamedTuple):
    """Some equal stacked layers.

    Attributes:
        copies: How many.
        drop: With which probability each is dropped.
    """

    copies: int
    drop: float

    @property
    def none_runs(self) -> float:
        """The probability that all of them are dropped."""
        return float(self.drop**self.copies)


class Random(NamedTuple):
    """A figure that depends on which stacked layers run.

    Attributes:
        fixed: What there is of it in any case.
        each: What each of some equal layers adds.
        once: What is there once if any of some layers run.
        largest: Of these, by equal layers, the largest that runs is there once.
    """

    fixed: int
    each: Sequence[tuple[Equal, int]] = ()
    once: Sequence[tuple[Sequence[Equal], int]] = ()
    largest: Sequence[tuple[Equal, int]] = ()

    @property
    def greatest(self) -> int:
        """Where none is dropped."""
        total = self.fixed + sum([layers.copies * value for layers, value in self.each])
        return total + sum([value for _, value in self.once]) + max([value for _, value in self.largest], default=0)

    def spread(self) -> Spread:
        """The figure over all that LayerDrop may do."""
        every = [layers for layers, _ in (*self.each, *self.largest)]
        greatest = self.greatest
        if not any(layers.drop for layers in every):
            return Spread(greatest, greatest, greatest)
        kept = Random(
            self.fixed,
            [(layers, value) for layers, value in self.each if not layers.drop],
            [(some, value) for some, value in self.once if not all(layers.drop for layers in some)],
            [(layers, value) for layers, value in self.largest if not layers.drop],
        )
        expected: float = self.fixed
        for layers, value in self.each:
            expected += layers.copies * (1 - layers.drop) * value
        for some, value in self.once:
            expected += (1 - prod([layers.none_runs for layers in some])) * value
        no_larger_runs = 1.0
        for layers, value in sorted(self.largest, key=lambda each: -each[1]):
            expected += no_larger_runs * (1 - layers.none_runs) * value
            no_larger_runs *= layers.none_runs
        return Spread(kept.greatest, expected, greatest)


class _Pass(NamedTuple):
    """A call of a stacked layer: of the first of some equal ones, or of all others.

    Attributes:
        start: Its position.
        equal: The number of the equal layers.
    """

    start: int
    equal: int


class Stacks:
    """The stacked layers among calls; of stacked layers inside others only the outer ones.

    Attributes:
        equal: The equal layers, each with its passes.
        passes: Their calls, in order.
        at: By position, the number of the pass that a call is inside of; -1 for those outside all.
        only_with: By position, of calls outside all by which the backward pass comes only if any of some equal layers
            runs, since what they give is for these alone: the numbers of these.

    Args:
        calls: With folded layers apart (`run.apart`).
        needs: What `need_gradients` gives of them.
    """

    def __init__(self, calls: Sequence[Call], needs: Sequence[Needs | None]) -> None:
        self.passes: list[_Pass] = []
        self.equal: list[Equal] = []
        self.at = [-1] * len(calls)
        position = 0
        while position < len(calls):
            call = calls[position]
            if not call.layer.stacked:
                position += 1
                continue
            if call.after_first and call.after_first == call.path:
                equal = self.equal[-1]
                self.equal[-1] = equal._replace(copies=equal.copies + call.copies)
            else:
                self.equal.append(Equal(call.copies, call.layer.drop))
            self.at[position : call.end] = [len(self.passes)] * (call.end - position)
            self.passes.append(_Pass(position, len(self.equal) - 1))
            position = call.end
        self.only_with: dict[int, frozenset[int]] = {}
        if any(equal.drop for equal in self.equal):
            self._find_only_with(calls, needs)

    def _find_only_with(self, calls: Sequence[Call], needs: Sequence[Needs | None]) -> None:
        always = self._reached(calls, needs, -1)
        others = [
            position for position, need in enumerate(needs)
            if need is not None and self.at[position] < 0 and position not in always
        ]  # fmt: skip
        if others:
            reached = [self._reached(calls, needs, running) for running in range(len(self.equal))]
            for position in others:
                with_any = frozenset([running for running, each in enumerate(reached) if position in each])
                # What is for several together is taken to be for any of all.
                self.only_with[position] = with_any or frozenset(range(len(self.equal)))

    def _reached(self, calls: Sequence[Call], needs: Sequence[Needs | None], running: int) -> set[int]:
        """The calls by which the backward pass comes where of the stacked layers some equal ones alone run."""
        wanted, beside = set(calls[0].results), wanted_too(calls)
        for position in range(len(calls) - 1, -1, -1):
            call, number = calls[position], self.at[position]
            if number >= 0 and self.passes[number].equal != running:
                if position == self.passes[number].start and call.results[0] in wanted:
                    wanted.add(call.sources[0])
            elif position in wanted:
                if position in beside:
                    wanted.add(beside[position])
                if needs[position] is not None:
                    wanted.update(call.needs)
        return wanted

    def random(
        self,
        calls: Sequence[Call],
        fixed: int,
        by_pass: Sequence[int],
        shared: Mapping[frozenset[int], int],
        largest: Sequence[int] = (),
    ) -> Random:
        """A figure from what each copy of a pass adds, and from what is there once if any of some equal layers run."""
        each: dict[int, int] = {}
        once: list[tuple[Sequence[Equal], int]] = []
        most: dict[int, int] = {}
        for number, (_, equal) in enumerate(self.passes):
            value = by_pass[number]
            if equal in each and value != each[equal]:
                # All copies are counted as those after the first: what the first has more is there if any runs.
                once.append(([self.equal[equal]], each[equal] - value))
            each[equal] = value
            if largest:
                most[equal] = max(most.get(equal, 0), largest[number])
        once += [([self.equal[equal] for equal in sorted(every)], value) for every, value in shared.items()]
        return Random(
            fixed,
            [(self.equal[equal], value) for equal, value in each.items()],
            once,
            [(self.equal[equal], value) for equal, value in most.items()],
        )
