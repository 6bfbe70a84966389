"""A card with the roofs that `calibrate` measured, where there is a calibration of this machine's card."""

import os

from w2v_explore.analysis.plan.cards import TYPE_OF_PRECISION, Card
from w2v_explore.errors import MissingExtraError


def calibrated(card: Card, precision: str) -> Card:
    """The card with its measured peak and bandwidth; as it is where nothing has been measured of such a card here.

    The law of utilisation is fitted on datasheets' figures, of which a card attains some nine tenths: an estimate from
    measured ones is the longer by as much.

    Args:
        card: By its datasheet.
        precision: As in `cards.TYPE_OF_PRECISION`; nothing is measured in TF32.

    Raises:
        CalibrationError: A file that may hold a calibration cannot be read.
    """
    dtype = TYPE_OF_PRECISION.get(precision)
    if dtype is None or dtype == "tf32" or not _has_any():
        return card
    # Imported here: few machines that plan have a card, and the file has some 300 KB.
    from w2v_explore.analysis.latency.calibration import find_calibration

    try:
        found = find_calibration("cuda", dtype)
    except MissingExtraError:
        return card
    if found is None or not card.is_called(found.device_name):
        return card
    roofs = found.roofs
    measured = f"those that calibrate measured of {found.device_name} on {found.created[:10]}"
    return card.with_roofs(dtype, 2 * roofs.macs_per_s, roofs.bytes_per_s, measured)


def _has_any() -> bool:
    """Whether anything was calibrated here that may be a card: a look into the folder, before more is imported."""
    from w2v_explore import host

    try:
        return any(name.startswith("cuda") for name in os.listdir(host.cache_folder() / "calibrations"))
    except OSError:
        return False
