"""What optimizers keep of each parameter from step to step, from the shapes of the parameters.

The number of steps, a single number for each parameter, is left out: torch keeps it on the host.
"""

from collections.abc import Callable, Iterable
from math import ceil, prod
from typing import NamedTuple

from w2v_explore.tree.operations import Shape


class Optimizer(NamedTuple):
    """An optimizer.

    Attributes:
        name: As options and JSON have it.
        title: As reports have it.
        keeps: What it keeps, in words.
        state_bytes: Of a parameter of a shape whose numbers take so many bytes.
        by_element: Whether that is in proportion to the elements, however they are shaped.
        shared_bytes: What all parameters have in common, where any needs it.
    """

    name: str
    title: str
    keeps: str
    state_bytes: Callable[[Shape, int], int]
    by_element: bool = False
    shared_bytes: int = 0


def _moments(shape: Shape, element_bytes: int) -> int:
    return 2 * prod(shape) * element_bytes


# bitsandbytes: smaller tensors keep moments of 32 bits; each block of a moment has a scale of 32 bits.
_FEWEST_QUANTIZED = 4096
_BLOCK = 256
_QUANTILES_BYTES = 2 * 256 * 4


def _quantized_moments(shape: Shape, element_bytes: int) -> int:
    numbers = prod(shape)
    if numbers < _FEWEST_QUANTIZED:
        return 2 * numbers * 4
    return 2 * (numbers + 4 * ceil(numbers / _BLOCK))


def _momentum(shape: Shape, element_bytes: int) -> int:
    return prod(shape) * element_bytes


def _factored_moment(shape: Shape, element_bytes: int) -> int:
    """Of a matrix, or of each along the leading axes, the means of rows and of columns; of a vector all of it."""
    if len(shape) < 2:
        return prod(shape) * element_bytes
    *leading, rows, columns = shape
    return prod(leading) * (rows + columns) * element_bytes


OPTIMIZERS: dict[str, Optimizer] = {
    optimizer.name: optimizer
    for optimizer in (
        Optimizer("adamw", "AdamW", "two moments", _moments, True),
        Optimizer(
            "adamw-8bit",
            "AdamW in 8 bits",
            f"two moments of a byte each, with a float32 scale for every {_BLOCK}; of tensors of fewer than "
            f"{_FEWEST_QUANTIZED:,} numbers two float32 moments (bitsandbytes)",
            _quantized_moments,
            shared_bytes=_QUANTILES_BYTES,
        ),
        Optimizer("sgd", "SGD with momentum", "one momentum", _momentum, True),
        Optimizer("adafactor", "Adafactor", "the means of rows and columns of the second moment", _factored_moment),
        Optimizer("none", "no optimizer", "nothing", lambda shape, element_bytes: 0, True),
    )
}
"""By name, the usual one first."""


def optimizer_state_bytes(optimizer: str, shapes: Iterable[Shape], element_bytes: int = 4) -> int:
    """What an optimizer keeps of parameters.

    Args:
        optimizer: A name in `OPTIMIZERS`.
        shapes: Of the parameters that it changes.
        element_bytes: Of the numbers that it changes: 4 where there is a float32 copy of parameters in 16 bits.
    """
    chosen = OPTIMIZERS[optimizer]
    shapes = list(shapes)
    is_shared = chosen.shared_bytes and any(prod(shape) >= _FEWEST_QUANTIZED for shape in shapes)
    states = sum([chosen.state_bytes(shape, element_bytes) for shape in shapes])
    return states + (chosen.shared_bytes if is_shared else 0)
