"""Accelerator cards: what their vendors state of each, in cards.yaml, or a user in a file with the same keys."""

import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from w2v_explore.analysis.plan.tables import table_bytes
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError, QuantityError
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:
    import yaml

TYPES = ("float32", "tf32", "float16", "bfloat16")
"""The types that products are computed in."""

TYPE_OF_PRECISION = {
    "float32": "float32",
    "tf32": "tf32",
    "amp-float16": "float16",
    "float16": "float16",
    "amp-bfloat16": "bfloat16",
    "bfloat16": "bfloat16",
    "pure-bfloat16": "bfloat16",
}
"""The type of the products of each precision of training. ``tf32`` is float32 where torch may round factors."""

# Those that came before Ampere, for which the published runs are of another kind (utilisation.py).
_OLDER_GENERATIONS = ("volta", "turing")
_FILE = "cards.yaml"
_EXAMPLE = """\
memory: 48GiB
bandwidth_gb_s: 768
dense_tflops: {float32: 38.7, bfloat16: 154.8}"""
_EXAMPLE_LINE = _EXAMPLE.replace("\n", "; ")
_NEEDED = ("memory", "bandwidth_gb_s", "dense_tflops")
_TEXTS = ("name", "title", "generation", "source", "note")
_KEYS = (*_TEXTS, *_NEEDED, "interconnect_gb_s")
# Wide of all cards that there are or will be for a while, and narrow enough to find a wrong unit.
_BANDWIDTHS_GB_S = (1.0, 1e5)
_TFLOPS = (0.01, 1e5)
_MEMORY_BYTES = (2**28, 2**43)


class Card(NamedTuple):
    """What a card can do, by its datasheet.

    Attributes:
        name: As it is asked for.
        title: What its vendor calls it.
        memory_bytes: What the driver shows.
        flops: FLOP/s by type, two for each multiply–accumulate, dense; of the types in `TYPES` that it has.
        bandwidth: Of its memory, in bytes a second.
        interconnect: To other cards of the machine, in bytes a second, both ways together; None where it is not known.
        generation: The architecture, in lower case; empty where it is not known.
        source: Where the figures stand.
        note: What is easily mistaken about them.
        assumed: What was understood by the name that was given, a sentence; empty where it was a card's own.
        measured: Where the roofs come from if not from the datasheet; empty otherwise.
    """

    name: str
    title: str
    memory_bytes: int
    flops: Mapping[str, float]
    bandwidth: float
    interconnect: float | None
    generation: str
    source: str
    note: str
    assumed: str = ""
    measured: str = ""

    @property
    def is_older(self) -> bool:
        """Whether it came before Ampere."""
        return self.generation in _OLDER_GENERATIONS

    def peak_flops(self, precision: str) -> float:
        """FLOP/s of products in a precision of training.

        Raises:
            ArgumentError: There is no such precision, or the card does not compute in its type.
        """
        kind = TYPE_OF_PRECISION.get(precision)
        if kind is None:
            raise ArgumentError(
                f"there is no precision {shorten(precision)!r}; give one of {', '.join(TYPE_OF_PRECISION)}"
            )
        if kind not in self.flops:
            others = [name for name, of in TYPE_OF_PRECISION.items() if of in self.flops]
            raise ArgumentError(f"{self.name} has no {kind}; give one of {', '.join(others)} as the precision")
        return self.flops[kind]

    def is_called(self, device_name: str) -> bool:
        """Whether torch's name of a device is this card's; where it states no memory, that of any such card."""
        words = re.findall(r"[a-z0-9]+", device_name.lower())
        words += [first + second for first, second in pairwise(words)]
        model, _, size = self.name.lower().partition("-")
        sizes = [word for word in words if re.fullmatch(r"\d+gb", word)]
        return model in words and (not size or not sizes or size in sizes)

    def with_roofs(self, type_name: str, flops: float, bandwidth: float, measured: str) -> "Card":
        """The card with what was measured of it in place of what its datasheet states.

        Args:
            type_name: The type in which it was measured, of `TYPES`.
            flops: FLOP/s; two for each MAC of a calibration's roof.
            bandwidth: Bytes a second.
            measured: Where the two come from.
        """
        return self._replace(flops={**self.flops, type_name: flops}, bandwidth=bandwidth, measured=measured)


@cache
def known_cards() -> Mapping[str, Card]:
    """The cards of the table, by name."""
    from w2v_explore.config.text.source import Source

    path, content = table_bytes(_FILE)
    root = _compose(Source(path, content, path))
    return {key.value: _card(path, node, key.value) for key, node in root.value}


def card_named(reference: str) -> Card:
    """The card that a name or a file names.

    Args:
        reference: A name of the table in letters of any case; the beginning of several, as ``a100``, which is the one
            of the most memory; or a YAML file with the keys of one.

    Raises:
        ArgumentError: There is no such card; or the file holds none, with the place of what is wrong.
        SourceError: The file cannot be read.
    """
    cards, name = known_cards(), reference.strip().lower()
    if name in cards:
        return cards[name]
    plain = _plain(name)
    # Everybody knows what 3090 and RTX 4090 mean.
    alike = [card for card in cards.values() if plain and _plain(card.name) in (plain, f"rtx{plain}")]
    alike = alike or [card for card in cards.values() if card.name.split("-")[0] == name]
    if alike:
        card = max(alike, key=lambda card: card.memory_bytes)
        others = [other.name for other in alike if other is not card]
        more = f", the one of the most memory; there is {' and '.join(others)} too" if others else ""
        return card._replace(assumed=f"{name} is taken as {card.name}{more}")
    if reference.lower().endswith((".yaml", ".yml", ".json")) or os.sep in reference:
        return _read_card(reference)
    raise ArgumentError(_no_such_card(reference))


def cards_document(cards: Sequence[Card]) -> dict[str, Any]:
    """The JSON document of ``plan --cards`` (docs/json.md), as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "cards": [
            {
                "name": card.name,
                "title": card.title,
                "memory_bytes": card.memory_bytes,
                "flops_per_s": dict(card.flops),
                "bytes_per_s": card.bandwidth,
                "interconnect_bytes_per_s": card.interconnect,
                "generation": card.generation,
                "source": card.source,
                "note": card.note,
            }
            for card in cards
        ],
    }


def _no_such_card(reference: str) -> str:
    from w2v_explore.config.suggest import did_you_mean, nearest

    names = list(known_cards())
    meant = did_you_mean(nearest(reference, names), f"there are {', '.join(names)}.")
    return (
        f"there is no card {shorten(reference)!r}: {meant} For another card give a file, as mine.yaml, "
        f"with its {', '.join(_NEEDED[:-1])} and {_NEEDED[-1]}, a line each: {_EXAMPLE_LINE}"
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name)


def _read_card(path: str) -> Card:
    from w2v_explore.config.text.source import read_file

    source = read_file(path)
    return _card(source.name, _compose(source), source.stem)


def _compose(source: Any) -> "yaml.MappingNode":
    from w2v_explore.config import codes
    from w2v_explore.config.text.limits import RejectedError
    from w2v_explore.config.text.nodes import compose, decode

    try:
        root, problems = compose(source.name, decode(source), source.suffix)
    except RejectedError as error:
        problem = error.problem
        # What a config would need instead is of no help here.
        found = "no mapping" if problem.rule is codes.NOT_A_MAPPING else problem.message
        raise ArgumentError(f"{problem.place}: {found}; write the keys of a card, as {_EXAMPLE_LINE}") from error
    if problems:
        raise ArgumentError(*(f"{problem.place}: {problem.message}" for problem in problems))
    return root


def _card(path: str, root: "yaml.Node", name: str) -> Card:
    """The card of a mapping; all that is wrong with it is said at once."""
    import yaml

    from w2v_explore.config.text.nodes import place_of

    if not isinstance(root, yaml.MappingNode):
        raise ArgumentError(f"{place_of(path, root)}: no mapping; write the keys of a card, as {_EXAMPLE_LINE}")
    wrong: list[str] = []
    found: dict[str, Any] = {}
    for key, value in root.value:
        try:
            if key.value not in _KEYS:
                raise _WrongError(_no_such_key(str(key.value)))
            found[key.value] = _value(key.value, value)
        except (_WrongError, QuantityError) as error:
            place = place_of(path, value if key.value in _KEYS else key)
            wrong.append(f"{place}: {shorten(str(key.value))}: {error}")
    given = [key.value for key, _ in root.value]
    missing = [key for key in _NEEDED if key not in given]
    if missing:
        wrong.append(f"{place_of(path, root)}: there is no {' and no '.join(missing)}; write them as {_EXAMPLE_LINE}")
    if wrong:
        raise ArgumentError(*wrong)
    gigabytes = found.get("interconnect_gb_s")
    return Card(
        name=found.get("name", name),
        title=found.get("title", found.get("name", name)),
        memory_bytes=found["memory"],
        flops=found["dense_tflops"],
        bandwidth=1e9 * found["bandwidth_gb_s"],
        interconnect=None if gigabytes is None else 1e9 * gigabytes,
        generation=found.get("generation", "").lower(),
        source=found.get("source", path),
        note=found.get("note", ""),
    )


def _no_such_key(key: str) -> str:
    from w2v_explore.config.suggest import did_you_mean, nearest

    return f"a card has no such key; {did_you_mean(nearest(key, _KEYS), 'its keys are ' + ', '.join(_KEYS))}"


class _WrongError(ValueError):
    """What a key of a card may not hold."""


def _value(key: str, node: "yaml.Node") -> Any:
    import yaml

    if key == "dense_tflops":
        if not isinstance(node, yaml.MappingNode) or not node.value:
            raise _WrongError("write the FLOP/s of each type in 10^12, as {float32: 38.7, bfloat16: 154.8}")
        unknown = [kind.value for kind, _ in node.value if kind.value not in TYPES]
        if unknown:
            raise _WrongError(f"there is no type {shorten(str(unknown[0]))!r}; the types are {', '.join(TYPES)}")
        return {kind.value: 1e12 * _number(value, _TFLOPS, "10^12 FLOP/s") for kind, value in node.value}
    if not isinstance(node, yaml.ScalarNode):
        raise _WrongError("write a single value")
    if key in _TEXTS:
        return node.value
    if key == "memory":
        from w2v_explore.analysis.quantity import parse_size_bytes

        size = parse_size_bytes(node.value)
        if not _MEMORY_BYTES[0] <= size <= _MEMORY_BYTES[1]:
            raise _WrongError(f"no card has {shorten(node.value)}; write its memory as 24GiB")
        return size
    return _number(node, _BANDWIDTHS_GB_S, "10^9 bytes a second")


def _number(node: "yaml.Node", limits: tuple[float, float], unit: str) -> float:
    try:
        number = float(node.value) if isinstance(node.value, str) else float("nan")
    except ValueError:
        number = float("nan")
    if not limits[0] <= number <= limits[1]:
        found = shorten(node.value) if isinstance(node.value, str) else "no number"
        raise _WrongError(f"{found} is none; write a number of {unit}, from {limits[0]:g} to {limits[1]:g}")
    return number
