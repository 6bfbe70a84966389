"""How long an update takes on so many cards, and what share of their peak that is: a law with six parameters.

An update's products take no less than the card's peak allows, and no less than a time that goes with its memory's
bandwidth: what published runs reached does so from card to card, and with the peak it does not. Between the two roofs
the root of the sum of squares is taken. Devices wait for the slowest, the more the longer, and then exchange gradients
and step the optimizer. The parameters are fitted on published runs (`fit`); docs/plan.md has the errors.
"""

from math import exp, fsum, log, log2, sqrt
from typing import NamedTuple

from w2v_explore.analysis.plan.cards import TYPE_OF_PRECISION, Card
from w2v_explore.config.family import Family
from w2v_explore.errors import ArgumentError


class Law(NamedTuple):
    """The parameters.

    Attributes:
        bytes_per_flop: What an operation of 16-bit training waits for, in bytes of memory traffic.
        older: By what that is more on cards that came before Ampere, all of whose runs are of 2020 and 2021.
        wide: By what float32 and TF32 take more than 16 bits, exchange included.
        compiled: By what torch.compile takes less.
        waiting: What devices wait for the slowest, by each doubling of their number, as a share of the work.
        seconds_per_parameter: What exchange and optimizer take, on more than one device.
    """

    bytes_per_flop: float
    older: float
    wide: float
    compiled: float
    waiting: float
    seconds_per_parameter: float

    def work_seconds(self, flops: float, card: Card, precision: str, *, compiled: bool) -> float:
        """What the work of one device takes by itself.

        Args:
            flops: Of an update on one device.
            card: The device.
            precision: As in `cards.TYPE_OF_PRECISION`.
            compiled: Whether by torch.compile.
        """
        traffic = self.bytes_per_flop * flops * self.wideness(precision)
        traffic *= (self.older if card.is_older else 1.0) * (self.compiled if compiled else 1.0)
        return sqrt((flops / card.peak_flops(precision)) ** 2 + (traffic / card.bandwidth) ** 2)

    def together_seconds(self, work_seconds: float, parameters: int, precision: str, devices: int) -> float:
        """What an update takes on several devices, each of which has so much work."""
        if devices == 1:
            return work_seconds
        exchange = self.seconds_per_parameter * parameters * self.wideness(precision)
        return work_seconds * (1 + self.waiting * log2(devices)) + exchange

    def wideness(self, precision: str) -> float:
        """By what the precision takes more than 16 bits."""
        return self.wide if TYPE_OF_PRECISION[precision] in ("float32", "tf32") else 1.0


LAW = Law(
    bytes_per_flop=0.038074,
    older=1.86879,
    wide=1.33421,
    compiled=0.758920,
    waiting=0.0241929,
    seconds_per_parameter=2.54395e-10,
)
"""As fitted on runs.yaml; a test fits again."""

FIT_SPREAD = 0.02
"""Standard deviation of the logarithm of the times of fitted runs, each predicted from the others; a test holds it."""

LABORATORY_SPREAD = 0.15
"""The same from one laboratory's runs to another's.

Assumed: held-out runs of two others were off by a twentieth at most, which is too few to rely on, and surveys of the
same trainings' authors differ from their papers by factors of 0.8 and 1.9.
"""

LENGTHS_SPREAD = 0.08
"""What is less certain where the lengths of utterances are not known: how full batches are, and attention; assumed."""

OPERATIONS_SPREAD = 0.3
"""What is less certain of a model with operations that no fitted run's model has; assumed.

Such operations move numbers in memory of which the MACs say nothing, as a bias of the scores does. On one H100 a step
of a model with a bias took 1.41 times as long as that of a model without, and compiled 1.15 times, where the law says
as long: logarithms of 0.35 and 0.14, whose root mean square is 0.27. Of the multiples of 0.05 this is the least with
which the interval holds both steps (docs/gpu.md).
"""

CONFIDENCE = 0.9
"""How often the interval of a time is meant to hold it."""

# Standard normal: 90 % lie within so many deviations.
_DEVIATIONS = 1.645


class Unlike(NamedTuple):
    """In what no published run is like what is asked about.

    Attributes:
        what: As a clause: ``none was compiled``.
        spread: By how much the logarithm of the time is less certain for it, a standard deviation; assumed.
    """

    what: str
    spread: float


class Seen(NamedTuple):
    """What the fitted runs on cards of one kind were.

    Attributes:
        runs: How many there are.
        title: What they are called in a sentence.
        types: The types of their products.
        compiled: Whether any was compiled.
        devices: The fewest and the most.
    """

    runs: int
    title: str
    types: tuple[str, ...]
    compiled: bool
    devices: tuple[int, int]


SEEN = {
    "v100": Seen(5, "wav2vec 2.0 and HuBERT on V100, by fairseq", ("float16",), False, (32, 128)),
    "a100": Seen(
        2,
        "SpidR on 16 A100, compiled and not; and how wav2vec 2.0 grew from 1 to 8",
        ("bfloat16", "tf32"),
        True,
        (1, 16),
    ),
    "h100": Seen(2, "SpidR on 16 H100, compiled and not", ("bfloat16",), True, (16, 16)),
}
"""The fitted runs by the beginning of a card's name; a test holds it against runs.yaml."""

SEEN_PARAMETERS = (93_000_000, 318_000_000)
"""The smallest and the largest model of the fitted runs."""


SEEN_BATCH_FLOPS = 3.5e12
"""Of the smallest batch of a device, forward and backward, in the fitted runs."""


class Utilisation(NamedTuple):
    """The share of the cards' peak that training reaches.

    Attributes:
        value: FLOP/s of the update over those of all cards.
        low: With the longest time of the interval.
        high: With the shortest.
        basis: What it rests on, sentences.
    """

    value: float
    low: float
    high: float
    basis: str


class Range(NamedTuple):
    """A figure with the interval that is meant to hold it nine times of ten."""

    estimate: float
    low: float
    high: float

    def times(self, factor: float) -> "Range":
        """All three by a factor."""
        return Range(self.estimate * factor, self.low * factor, self.high * factor)


class TimeEstimate(NamedTuple):
    """What training takes.

    Attributes:
        seconds_per_update: Wall time of an update.
        updates: How many there are.
        devices: On how many devices.
        utilisation: What the time rests on.
        unlike: In what no published run is like this one; empty where some is.
    """

    seconds_per_update: Range
    updates: int
    devices: int
    utilisation: Utilisation
    unlike: tuple[str, ...]

    @property
    def hours(self) -> Range:
        """Wall time of all updates."""
        return self.seconds_per_update.times(self.updates / 3600)

    @property
    def device_days(self) -> Range:
        """Days of all devices together."""
        return self.hours.times(self.devices / 24)

    def cost(self, price: float) -> Range:
        """What all devices cost at a price for each and hour, in its currency.

        Raises:
            ArgumentError: The price is negative or past any use.
        """
        if not 0 <= price <= 1e6:
            raise ArgumentError(f"{price:g} is no price of a device and hour; give one as 1.80")
        return self.hours.times(self.devices * price)


def estimate_time(
    macs: float,
    parameters: int,
    card: Card,
    precision: str,
    *,
    updates: int,
    devices: int = 1,
    batches: float | None = None,
    compiled: bool = False,
    fine_tuning: bool = False,
    lengths_known: bool = False,
    family: Family | None = None,
) -> TimeEstimate:
    """How long training takes.

    Args:
        macs: Of an update, on all devices together (`step.step_macs`).
        parameters: That are trained: their gradients are exchanged.
        card: Each device.
        precision: As in `cards.TYPE_OF_PRECISION`.
        updates: Steps of the optimizer.
        devices: How many.
        batches: That an update has, on all devices together; one on each by default.
        compiled: Whether by torch.compile.
        fine_tuning: Whether no pre-training.
        lengths_known: Whether the MACs are of batches of the utterances' own lengths, as the fitted runs' are.
        family: The model's; None for one whose operations are those of the fitted runs' models.

    Raises:
        ArgumentError: The card does not compute in the precision, or a number is not positive.
    """
    for name, number in (("MACs", macs), ("parameters", parameters), ("updates", updates), ("devices", devices)):
        if not 0 < number < 1e30:
            raise ArgumentError(f"{number:g} {name} cannot be computed; give a positive number")
    flops, peak = 2 * macs / devices, card.peak_flops(precision)
    seconds = _seconds(card, flops, parameters, precision, compiled, devices)
    # On other cards the memory's bandwidth may tell as little as between V100 and A100.
    other = card._replace(generation="" if card.is_older else "volta")
    kind = SEEN.get(card.name.split("-")[0])
    ends = [seconds]
    if kind is None:
        ends.append(_seconds(other, flops, parameters, precision, compiled, devices))
    batch_flops = 2 * macs / (batches or devices)
    unlike = _unlike(kind, parameters, precision, compiled, devices, batch_flops, fine_tuning, family)
    variance = FIT_SPREAD**2 + LABORATORY_SPREAD**2 + fsum(each.spread**2 for each in unlike)
    factor = exp(_DEVIATIONS * sqrt(variance + (0.0 if lengths_known else LENGTHS_SPREAD**2)))
    # No card is faster than its peak.
    times = Range(seconds, max(min(ends) / factor, flops / peak), max(ends) * factor)
    reached = flops / peak
    return TimeEstimate(
        seconds_per_update=times,
        updates=updates,
        devices=devices,
        utilisation=Utilisation(
            reached / times.estimate, reached / times.high, reached / times.low, _basis(card, kind, unlike)
        ),
        unlike=tuple(each.what for each in unlike),
    )


def _seconds(card: Card, flops: float, parameters: int, precision: str, compiled: bool, devices: int) -> float:
    work = LAW.work_seconds(flops, card, precision, compiled=compiled)
    return LAW.together_seconds(work, parameters, precision, devices)


def _unlike(
    kind: Seen | None,
    parameters: int,
    precision: str,
    compiled: bool,
    devices: int,
    batch_flops: float,
    fine_tuning: bool,
    family: Family | None,
) -> list[Unlike]:
    found = []
    if kind is None:
        # What other cards reach is a range of its own (`estimate_time`).
        found.append(Unlike("none was on this card", 0.0))
    else:
        if TYPE_OF_PRECISION[precision] not in kind.types:
            found.append(Unlike(f"none on this card was in {precision}", 0.15))
        if compiled and not kind.compiled:
            found.append(Unlike("none on this card was compiled", 0.1))
        fewest, most = kind.devices
        if not fewest / 2 <= devices <= 2 * most:
            counts = f"{fewest}" if fewest == most else f"{fewest} to {most}"
            found.append(Unlike(f"those on this card had {counts} devices", 0.1))
    if family is not None and not family.is_timed:
        found.append(Unlike(f"no model had all operations of {family.title}", OPERATIONS_SPREAD))
    smallest, largest = SEEN_PARAMETERS
    if not smallest / 2 <= parameters <= 2 * largest:
        found.append(Unlike(f"all models had {smallest / 1e6:.0f} to {largest / 1e6:.0f} million parameters", 0.15))
    if batch_flops < SEEN_BATCH_FLOPS / 2:
        # The less a batch is, the more of its time goes into launching kernels, of which the law knows nothing.
        spread = 0.1 + log(SEEN_BATCH_FLOPS / 2 / batch_flops) / 2
        found.append(Unlike("all batches of a device were more than twice as much work", spread))
    if fine_tuning:
        found.append(Unlike("all were pre-training", 0.1))
    return found


def _basis(card: Card, kind: Seen | None, unlike: list[Unlike]) -> str:
    sentences = []
    if unlike:
        sentences.append(f"No published run is like this one: {'; '.join(each.what for each in unlike)}.")
    if kind is None:
        like = "V100" if card.is_older else "A100 and H100"
        sentences.append(
            f"The estimate goes with its memory's bandwidth as on {like}; the interval spans what all cards of "
            "published runs reached."
        )
    else:
        sentences.append(f"It rests on {kind.runs} published runs: {kind.title}.")
    if card.is_older:
        sentences.append("All runs on V100 are of 2020 and 2021: newer software is likely to be faster.")
    if card.measured:
        sentences.append(f"Peak and bandwidth are {card.measured}, and not the datasheet's.")
    return " ".join(sentences)
