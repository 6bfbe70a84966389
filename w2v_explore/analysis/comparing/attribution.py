"""What each changed field contributes to the difference between two configs, exactly.

A field's contribution is its Shapley value: the change that it makes to a figure, averaged over all orders in which the
fields could be changed one after the other. The contributions add up to the difference. Fields of which one cannot
change without the other (a width and the number of heads that divide it) are one player. Between two families the
fields that both have are players, and all that only one of them has, its own fields among it, is one more: the
architecture. A field that may not hold in one family what it holds in the other is each family's own.

A figure is a sum of terms (of the peak of memory the greatest of some), one for the remainder of the model and one for
each part (`parts`). A term depends on the fields that are read to build it, and on what it is given by others; on how
many of them is seen by trying all that it could depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from w2v_explore.analysis.comparing.parts import Parts, Remainder, Use, with_values
from w2v_explore.analysis.comparing.sealed import Part
from w2v_explore.analysis.comparing.shapley import Value, shapley_values
from w2v_explore.analysis.compute import NO_MACS, Macs
from w2v_explore.analysis.figures import FIGURES, Totals
from w2v_explore.analysis.memory.stacks import Random
from w2v_explore.analysis.receptive_field import fewest_samples_of, receptive_field_of
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import plain_data
from w2v_explore.config.family import ARCHITECTURE, ModelConfig
from w2v_explore.config.kinds import Agreement, Probability
from w2v_explore.tree.inputs import Features, Waveforms
from w2v_explore.tree.run import Call, run

if TYPE_CHECKING:  # which imports this module
    from w2v_explore.analysis.analyze import Analysis

METHOD = (
    "Shapley values: the change that a field makes, averaged over all orders in which the fields could change; exact, "
    "they add up to the difference"
)

BETWEEN_FAMILIES = (
    "architecture stands for all that only one of the two has, fields and values that the other cannot have included"
)

WORKLOAD = "sample_rate"
"""Beside the fields: the length of the utterances, which follows the config's ``sample_rate``."""

MOST_APART = 8
"""As many fields that bear on the same figures are told apart, beside the architecture; their coalitions are all tried,
twice as many with each further one. More of them count as one player, and the contributions are as exact."""

_PEAK = "memory.peak_activation_bytes"
_KEPT = "memory.kept_bytes"
_TRAINING = "training.expected_macs"
_LEARNED = "learned"
"""Elements of the parameters that get a gradient, which are no figure of their own."""
_PER_SECOND = "macs_per_audio_second"

Figures = Mapping[str, Value]


class Contribution(NamedTuple):
    """What one player contributes.

    Attributes:
        fields: The field that changed; several where they can only change together.
        figures: Its part of each figure's difference, by name; figures that it does not change are left out.
    """

    fields: tuple[str, ...]
    figures: dict[str, Fraction]


class _Term(NamedTuple):
    """Figures that depend on some players alone; the terms' figures of one name add up to the model's.

    Attributes:
        players: A bit for each.
        figures: By the coalition of these players.
    """

    players: int
    figures: Callable[[int], Mapping[str, Value]]


_Seen = tuple[tuple[Part, int] | None, tuple[Use, ...]]
"""What the remainder does with the parts at one path: what is registered, in how many copies, and the calls."""


def attribute(first: Analysis, other: Analysis) -> tuple[Contribution, ...]:
    """The difference between two configs under one workload (its length may follow their sample rates), by field."""
    game = _Game(first, other)
    contributions: list[dict[str, Fraction]] = [{} for _ in game.players]
    for term in game.terms():
        concerned = [number for number in range(len(game.players)) if term.players >> number & 1]
        if not concerned:
            continue

        def worth(coalition: int, term: _Term = term, concerned: Sequence[int] = concerned) -> Mapping[str, Value]:
            return term.figures(sum([1 << number for bit, number in enumerate(concerned) if coalition >> bit & 1]))

        for name, shares in shapley_values(len(concerned), worth).items():
            for number, share in zip(concerned, shares, strict=True):
                contributions[number][name] = contributions[number].get(name, Fraction(0)) + share
    return tuple(
        Contribution(player, _with_derived(figures, first.workload, game.durations_differ))
        for player, figures in zip(game.players, contributions, strict=True)
    )


class _AtPath(NamedTuple):
    """What is known of the parts at one path.

    Attributes:
        seen: What the remainder does with them, by the coalitions of the remainder's players.
        seen_by: The players on which that depends.
        players: These, and those whose fields the parts read.
    """

    seen: Mapping[int, _Seen]
    seen_by: int
    players: int

    @property
    def parts(self) -> set[Part]:
        """All parts that may be registered there."""
        return {registered[0] for registered, _ in self.seen.values() if registered is not None}

    def uses(self, coalition: int) -> tuple[Use, ...]:
        """The calls of the parts."""
        return self.seen[coalition & self.seen_by][1]


class _Game:
    """The configs between two, each known by a coalition: bit i says that player i has the second config's values.

    Attributes:
        players: The fields of each.
        durations_differ: Whether the workloads are of different lengths in seconds.
    """

    def __init__(self, first: Analysis, other: Analysis) -> None:
        self._workloads = first.workload, other.workload
        self._models = first.config.model, other.config.model
        self._common = [
            name for name in self._models[0].FIELDS if name in self._models[1].FIELDS and self._is_alike(name)
        ]
        self._parts = Parts()
        fields = self._models[0].FIELDS
        # Of probabilities that differ the terms are apart from all others, which so depend on fewer players.
        self._chances = [
            name for name in self._changed() if name in fields and isinstance(fields[name].kind, Probability)
        ]
        self._configs: dict[int, ModelConfig] = {}
        self._plains: dict[int, ModelConfig] = {}
        self._with_one: dict[tuple[int, str], ModelConfig] = {}
        self._remainders: dict[tuple[int, str], Remainder] = {}
        self._calls: dict[int, tuple[Sequence[Call], Waveforms | Features]] = {}
        self._set_players([(name,) for name in self._changed()])
        self._set_players(self._joined())
        self.durations_differ = _per_second(first.workload) != _per_second(other.workload)

    def _is_alike(self, name: str) -> bool:
        """Whether a field that both families have may hold in each what it holds in the other."""
        one, other = self._models
        if one.family is other.family:
            return True
        pairs = ((one, other), (other, one))
        return not any(of.family.faults({name: plain_data(getattr(model, name))}) for model, of in pairs)

    def _changed(self) -> list[str]:
        before, after = (model.to_mapping() for model in self._models)
        changed = [name for name in self._common if before[name] != after[name]]
        families = {model.family.name for model in self._models}
        workload = [WORKLOAD] if self._workloads[0] != self._workloads[1] else []
        return [*([ARCHITECTURE] if len(families) > 1 else []), *changed, *workload]

    def _set_players(self, players: Sequence[tuple[str, ...]]) -> None:
        self.players = players
        self._bits = {field: 1 << number for number, player in enumerate(players) for field in player}
        for model in self._models:
            for name in model.FIELDS.keys() - set(self._common):
                self._bits[name] = self._bits[ARCHITECTURE]
        # Players of a probability alone, which matter to no config in which it is 0.
        self._idle = sum([1 << number for number, player in enumerate(players) if {*player} <= {*self._chances}])
        self._configs.clear()
        self._plains.clear()
        self._with_one.clear()
        self._remainders.clear()
        self._calls.clear()

    def _joined(self) -> list[tuple[str, ...]]:
        """The players; fields that give no valid config by themselves are one, and so are more than are told apart."""
        changed = self._changed()
        groups = [{name} for name in changed]
        for names, is_valid in self._constraints():
            if len(names) < 2:
                continue
            is_too_many = len(names) - (ARCHITECTURE in names) > MOST_APART
            if is_too_many or not all(map(is_valid, _subsets(self._players_of(names)))):
                joined = [group for group in groups if not group.isdisjoint(names)]
                groups = [group for group in groups if group not in joined]
                groups.append(set().union(*joined))
        players = [tuple(sorted(group, key=changed.index)) for group in groups]
        return sorted(players, key=lambda player: changed.index(player[0]))

    def _constraints(self) -> Iterator[tuple[list[str], Callable[[int], bool]]]:
        """All that several fields have to come to together: agreements, and an input long enough for a frame."""
        families = {model.family.name: model.family for model in self._models}.values()
        for agreement in dict.fromkeys(agreement for family in families for agreement in family.agreements):
            is_common = all(agreement in family.agreements for family in families)

            def holds(coalition: int, agreement: Agreement = agreement) -> bool:
                config = self._config(coalition)
                return agreement not in config.family.agreements or agreement.holds(config.to_mapping())

            yield self._changed_of(agreement.fields if is_common else (ARCHITECTURE, *agreement.fields)), holds
        for_frames = self._read_for_frames()
        yield self._changed_of((ARCHITECTURE, *for_frames, WORKLOAD)), self._is_long_enough
        # What is read around the parts, of which the remainder knows since frames were asked for, bears on all figures.
        around = set().union(*[self._parts.fields_of_remainder(family.name) for family in families]) - set(
            self._chances
        )
        yield self._changed_of((ARCHITECTURE, *around, WORKLOAD)), lambda coalition: True

    def _changed_of(self, names: Iterable[str]) -> list[str]:
        """The fields among some that are players; of those that one family alone has the player is the architecture."""
        bits = self._players_of(names)
        return [field for number, player in enumerate(self.players) if bits >> number & 1 for field in player]

    def _players_of(self, names: Iterable[str]) -> int:
        bits = 0
        for name in names:
            bits |= self._bits.get(name, 0)
        return bits

    def _config(self, coalition: int) -> ModelConfig:
        """The config of a coalition."""
        if coalition not in self._configs:
            values = {
                name: getattr(self._models[bool(coalition & self._bits.get(name, 0))], name) for name in self._common
            }
            model = self._models[bool(coalition & self._bits.get(ARCHITECTURE, 0))]
            self._configs[coalition] = with_values(model, values)
        return self._configs[coalition]

    def _plain(self, coalition: int) -> ModelConfig:
        """The config of a coalition with the probabilities 0 that differ."""
        coalition &= ~self._idle
        if coalition not in self._plains:
            self._plains[coalition] = with_values(self._config(coalition), dict.fromkeys(self._chances, 0.0))
        return self._plains[coalition]

    def _workload(self, coalition: int) -> Workload:
        return self._workloads[bool(coalition & self._bits.get(WORKLOAD, 0))]

    def _run(self, coalition: int) -> tuple[Sequence[Call], Waveforms | Features]:
        """What the model of a coalition runs, and what it takes."""
        if coalition not in self._calls:
            config = self._config(coalition)
            tree = config.family.build(config)
            assert tree.takes is not None
            self._calls[coalition] = run(tree, tree.takes.flow(self._workload(coalition).samples)), tree.takes
        return self._calls[coalition]

    def _is_long_enough(self, coalition: int) -> bool:
        workload = self._workload(coalition)
        return fewest_samples_of(*self._run(coalition), workload.batch) <= workload.samples

    def _read_for_frames(self) -> set[str]:
        """The fields on which it depends how many frames there are: all that is read for what runs until they come.

        Probabilities are of training alone, and change none.
        """
        names: set[str] = set()
        for model, workload in zip(self._models, self._workloads, strict=True):
            names |= self._parts.fields_for_frames(model.family.name, self._parts.remainder(model, workload))
        return {name for name in names if name not in self._chances}

    def terms(self) -> Iterator[_Term]:
        """All terms of the figures."""
        everywhere = self._players_of([WORKLOAD] if self.durations_differ else [])
        remainders, paths = self._settle(everywhere)
        for at in paths.values():
            yield _Term(at.players, partial(self._of_parts, at))
        yield _Term(max(remainders), lambda coalition: self._of_remainder(remainders[coalition], coalition))
        yield from self._of_chances(remainders, paths)
        yield self._peak(remainders, paths)
        yield _Term(self._players_of((ARCHITECTURE, WORKLOAD, *self._read_for_frames())), self._frames)

    def _settle(self, everywhere: int) -> tuple[dict[int, Remainder], dict[str, _AtPath]]:
        """The remainder by the coalitions of the players on which it depends, and the parts.

        The remainder depends on the fields that it reads and on what the parts show it; a part on the fields that it
        reads and on what the remainder does with it. Each is tried for all coalitions of the players on which it is
        known to depend, until nothing turns out to depend on more.
        """
        among = everywhere | self._players_of((ARCHITECTURE, WORKLOAD))
        tried: dict[int, Remainder] = {}
        while True:
            for coalition in _subsets(among):
                if coalition not in tried:
                    tried[coalition] = self._parts.remainder(self._plain(coalition), self._workload(coalition))
            remainders = {coalition: tried[coalition] for coalition in _subsets(among)}
            known = among
            for model in self._models:
                known |= self._players_of(self._parts.fields_of_remainder(model.family.name) - set(self._chances))
            if known == among:
                # Not before: how many values the remainder gives a part may depend on a field that both read.
                paths: dict[str, _AtPath] = {}
                for path in dict.fromkeys(path for remainder in remainders.values() for path in remainder.registered):
                    paths[path], shown = self._at_path(path, remainders, everywhere)
                    known |= _needed(shown)
                if known == among:
                    return remainders, paths
            among = known

    def _at_path(
        self, path: str, remainders: Mapping[int, Remainder], everywhere: int
    ) -> tuple[_AtPath, dict[int, Hashable]]:
        """What is known of the parts at a path, and what they show the remainder."""
        seen: dict[int, _Seen] = {
            coalition: (remainder.registered.get(path), remainder.uses.get(path, ()))
            for coalition, remainder in remainders.items()
        }
        seen_by = _needed(seen)
        players = everywhere | seen_by
        shown: dict[int, Hashable] = {}
        while True:
            at = _AtPath(seen, seen_by, players)
            shown = {coalition: self._shown(at, coalition, self._plain(coalition)) for coalition in _subsets(players)}
            for part in at.parts:
                players |= self._players_of(set(self._parts.fields_of(part)) - set(self._chances))
            if players == at.players:
                return at, shown

    def _shown(self, at: _AtPath, coalition: int, config: ModelConfig) -> Hashable:
        """All of some parts on which the remainder depends."""
        registered, uses = at.seen[coalition & at.seen_by]
        if registered is None:
            return None
        return self._parts.shown(registered[0], uses, config, self._workload(coalition))

    def _of_remainder(self, remainder: Remainder, coalition: int) -> Figures:
        training = _expected(remainder.training_macs)
        counts = remainder.parameters, remainder.learned
        return self._figures(counts, remainder.macs, remainder.kept_bytes, training, coalition)

    def _of_parts(self, at: _AtPath, coalition: int) -> Figures:
        registered, uses = at.seen[coalition & at.seen_by]
        config, workload = self._plain(coalition), self._workload(coalition)
        macs, kept, training = NO_MACS, 0, Fraction(0)
        for use in uses:
            each = self._parts.figures(use, config, workload)
            macs = macs.plus(each.macs, use.copies)
            kept += use.copies * each.kept_bytes
            training += use.copies * (1 - Fraction(use.drop)) * each.training_macs
        counts = 0, 0
        if registered:
            part, copies = registered
            learned = self._parts.learned(uses, config, workload)
            counts = copies * self._parts.parameters(part, config), copies * learned
        return self._figures(counts, macs, kept, training, coalition)

    def _figures(
        self, counts: tuple[int, int], macs: Macs, kept_bytes: int, training_macs: Value, coalition: int
    ) -> dict[str, Value]:
        parameters, learned = counts
        figures = {
            "parameters": parameters,
            _LEARNED: learned,
            **{f"macs.{kind}": count for kind, count in macs._asdict().items()},
            _KEPT: kept_bytes,
            _TRAINING: training_macs,
        }
        if self.durations_differ:
            figures[_PER_SECOND] = macs.total * _per_second(self._workload(coalition))
        return figures

    def _of_chances(self, remainders: Mapping[int, Remainder], paths: Mapping[str, _AtPath]) -> Iterator[_Term]:
        """What each probability that differs adds where it is not 0: masks of dropout, layers that LayerDrop skips."""
        around = max(remainders)
        for chance in self._chances:
            player, players = self._players_of([chance]), around
            is_read = any(chance in self._parts.fields_of_remainder(model.family.name) for model in self._models)
            is_seen = is_read
            for path, at in paths.items():
                may_drop = is_read
                if any(chance in self._parts.fields_of(part) for part in at.parts):
                    yield _Term(at.players | player, partial(self._masks_of_parts, at, chance))
                    shown = {
                        coalition: self._shown(at, coalition, self._with_chance(coalition, chance))
                        for coalition in _subsets(at.players | player)
                    }
                    if any(
                        each != self._shown(at, coalition, self._plain(coalition)) for coalition, each in shown.items()
                    ):
                        is_seen = may_drop = True
                        players |= _needed(shown)
                if may_drop:
                    drops = {
                        coalition: [use.drop for use in self._remainder(coalition, chance).uses.get(path, ())]
                        for coalition in _subsets(at.seen_by | player)
                    }
                    if any(map(any, drops.values())):
                        yield _Term(at.players | player, partial(self._skipped, at, drops, at.seen_by | player))
            if is_seen:
                yield _Term(players | player, partial(self._chance_in_remainder, remainders, around, chance))

    def _with_chance(self, coalition: int, chance: str) -> ModelConfig:
        """The config of a coalition with one probability alone."""
        coalition &= ~self._idle | self._players_of([chance])
        plain, value = self._plain(coalition), getattr(self._config(coalition), chance, 0)
        if not value:
            return plain
        key = coalition, chance
        if key not in self._with_one:
            self._with_one[key] = with_values(plain, {chance: value})
        return self._with_one[key]

    def _remainder(self, coalition: int, chance: str) -> Remainder:
        coalition &= ~self._idle | self._players_of([chance])
        key = coalition, chance
        if key not in self._remainders:
            config = self._with_chance(coalition, chance)
            self._remainders[key] = self._parts.remainder(config, self._workload(coalition))
        return self._remainders[key]

    def _chance_in_remainder(
        self, remainders: Mapping[int, Remainder], players: int, chance: str, coalition: int
    ) -> Figures:
        if self._with_chance(coalition, chance) is self._plain(coalition):
            return {_KEPT: 0, _TRAINING: Fraction(0)}
        without, remainder = remainders[coalition & players], self._remainder(coalition, chance)
        return {
            _KEPT: remainder.kept_bytes - without.kept_bytes,
            _TRAINING: _expected(remainder.training_macs) - _expected(without.training_macs),
        }

    def _masks_of_parts(self, at: _AtPath, chance: str, coalition: int) -> Figures:
        plain, other, workload = self._plain(coalition), self._with_chance(coalition, chance), self._workload(coalition)
        kept = 0
        if other is not plain:
            for use in at.uses(coalition):
                without, each = (self._parts.figures(use, config, workload) for config in (plain, other))
                kept += use.copies * (each.kept_bytes - without.kept_bytes)
        return {_KEPT: kept}

    def _skipped(self, at: _AtPath, drops: Mapping[int, Sequence[float]], players: int, coalition: int) -> Figures:
        plain, workload = self._plain(coalition), self._workload(coalition)
        training = Fraction(0)
        for use, drop in zip(at.uses(coalition), drops[coalition & players], strict=True):
            if drop != use.drop:
                skipped = Fraction(drop) - Fraction(use.drop)
                training -= use.copies * skipped * self._parts.figures(use, plain, workload).training_macs
        return {_TRAINING: training}

    def _peak(self, remainders: Mapping[int, Remainder], paths: Mapping[str, _AtPath]) -> _Term:
        """The peak of memory: the greatest of the remainder's and the parts'."""
        peaks = [{coalition: remainder.peak_bytes for coalition, remainder in remainders.items()}]
        peaks += [
            {coalition: self._peak_at(at, coalition) for coalition in _subsets(at.players)} for at in paths.values()
        ]
        needed = [(peak, _needed(peak)) for peak in peaks]
        players = 0
        for _, each in needed:
            players |= each
        return _Term(players, lambda coalition: {_PEAK: max([peak[coalition & each] for peak, each in needed])})

    def _peak_at(self, at: _AtPath, coalition: int) -> int:
        config, workload = self._plain(coalition), self._workload(coalition)
        each = [use.held_bytes + self._parts.figures(use, config, workload).peak_bytes for use in at.uses(coalition)]
        return max(each, default=0)

    def _frames(self, coalition: int) -> Figures:
        workload = self._workload(coalition)
        field = receptive_field_of(*self._run(coalition), workload.batch)
        return {
            "extractor.receptive_field_samples": field.receptive_field_samples,
            "extractor.stride_samples": field.stride_samples,
            "extractor.minimum_samples": field.minimum_samples,
            "extractor.frame_rate_hz": Fraction(workload.sample_rate, field.stride_samples),
            "extractor.frames": field.frames,
        }


def _subsets(players: int) -> Iterator[int]:
    """All coalitions of some players."""
    coalition = players
    while coalition:
        yield coalition
        coalition = coalition - 1 & players
    yield 0


def _needed(table: Mapping[int, Any]) -> int:
    """The players on whom something depends, of which it is known what it is in all of their coalitions."""
    players = most = max(table)
    needed = 0
    while players:
        player = players & -players
        players ^= player
        if any(table[coalition] != table[coalition | player] for coalition in _subsets(most ^ player)):
            needed |= player
    return needed


def _expected(macs: Random) -> Fraction:
    """What `Spread.expected` is, exactly."""
    expected = Fraction(macs.fixed)
    for layers, value in macs.each:
        expected += layers.copies * (1 - Fraction(layers.drop)) * value
    for some, value in macs.once:
        expected += (1 - prod([Fraction(layers.drop) ** layers.copies for layers in some])) * value
    return expected


def _with_derived(figures: Mapping[str, Fraction], workload: Workload, durations_differ: bool) -> dict[str, Fraction]:
    """The figures that follow from others in proportion, beside them; without those that are 0."""

    def of(name: str) -> Any:
        # What makes a figure of whole numbers makes it of fractions too.
        return figures.get(name, Fraction(0))

    shares = Totals(
        workload=workload,
        parameters=of("parameters"),
        learned=of(_LEARNED),
        macs=Macs(*[of(f"macs.{kind}") for kind in Macs._fields]),
        peak_activation_bytes=of(_PEAK),
        kept_bytes=of(_KEPT),
        expected_macs=of(_TRAINING),
        receptive_field_samples=of("extractor.receptive_field_samples"),
        stride_samples=of("extractor.stride_samples"),
        minimum_samples=of("extractor.minimum_samples"),
        frames=of("extractor.frames"),
    )
    derived: dict[str, Any] = {name: figure.of(shares) for name, figure in FIGURES.items() if figure.is_linear}
    every: dict[str, Fraction] = {**figures, **derived}
    every.pop(_LEARNED, None)
    if not durations_differ:
        every[_PER_SECOND] = every["macs"] * _per_second(workload)
    return {name: value for name, value in every.items() if value}


def _per_second(workload: Workload) -> Fraction:
    """One over the seconds of all utterances."""
    return Fraction(workload.sample_rate, workload.batch * workload.samples)
