"""What fits a time: how many devices are enough, and how many updates there is time for."""

from collections.abc import Callable
from typing import NamedTuple

from w2v_explore.analysis.plan.utilisation import TimeEstimate
from w2v_explore.errors import ArgumentError


class Within(NamedTuple):
    """What fits a time.

    Attributes:
        seconds: The time.
        devices: The fewest devices whose estimate fits; None where not as many are enough as an update has
            utterances.
        devices_surely: The fewest whose interval ends before it; None likewise.
        updates: As many as the estimate has time for, on the devices that were asked about.
        updates_surely: As many as there is time for where the interval's longest holds.
    """

    seconds: float
    devices: int | None
    devices_surely: int | None
    updates: int
    updates_surely: int


def fits_within(
    seconds: float, estimate: TimeEstimate, on_devices: Callable[[int], TimeEstimate], most_devices: int
) -> Within:
    """What fits a time.

    Args:
        seconds: The time.
        estimate: On the devices that were asked about.
        on_devices: The estimate of the same training on another number of them.
        most_devices: As many as the batch of an update can be divided among.

    Raises:
        ArgumentError: The time is not positive.
    """
    if not seconds > 0:
        raise ArgumentError(f"nothing fits {seconds:g} seconds; give a positive time")
    update = estimate.seconds_per_update
    return Within(
        seconds=seconds,
        devices=_fewest(lambda devices: 3600 * on_devices(devices).hours.estimate <= seconds, most_devices),
        devices_surely=_fewest(lambda devices: 3600 * on_devices(devices).hours.high <= seconds, most_devices),
        updates=int(seconds / update.estimate),
        updates_surely=int(seconds / update.high),
    )


def _fewest(fits: Callable[[int], bool], most: int) -> int | None:
    """The fewest devices that fit: by doubling, then between the last two."""
    if fits(1):
        return 1
    too_few, enough = 1, min(2, most)
    while not fits(enough):
        if enough >= most:
            return None
        too_few, enough = enough, min(2 * enough, most)
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if fits(middle) else (middle, enough)
    return enough
