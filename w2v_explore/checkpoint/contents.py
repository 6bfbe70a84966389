"""What the bytes of a file of weights are that are no weights: optimizer states, averages, the container itself."""

import re
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple


class Kind(str, Enum):
    """What bytes are; the values are the words of reports and JSON."""

    FIRST_MOMENT = "optimizer: first moment (exp_avg)"
    SECOND_MOMENT = "optimizer: second moment (exp_avg_sq)"
    MOMENTUM = "optimizer: momentum"
    MASTER = "master weights in full precision"
    OPTIMIZER = "optimizer: other states"
    AVERAGE = "moving average of the weights"
    TENSORS = "other tensors"
    UNUSED = "numbers that no tensor has"
    HEADER = "header"
    PICKLE = "names, shapes and plain data (pickle)"
    RECORDS = "other records"
    INDEX = "index of the shards"
    CONTAINER = "container and padding"


class SizeOfKind(NamedTuple):
    """How many tensors are of a kind, and the bytes that they take in the files."""

    kind: Kind
    tensors: int
    bytes: int


_STATES = {
    "exp_avg": Kind.FIRST_MOMENT,
    "exp_avg_sq": Kind.SECOND_MOMENT,
    "max_exp_avg_sq": Kind.SECOND_MOMENT,
    "momentum_buffer": Kind.MOMENTUM,
}
_MASTER = re.compile(r"fp32|master|float32_params")
_OPTIMIZER = re.compile(r"optim")
_AVERAGE = re.compile(r"(^|_)ema(_|$)|averaged?_|moving_average|swa_")


def kind_of(path: Sequence[str]) -> Kind:
    """What a tensor beside the weights is, by the keys that lead to it.

    Args:
        path: As in ``("optimizer", "state", "0", "exp_avg")``.
    """
    for key in reversed(path):
        if key in _STATES:
            return _STATES[key]
    names = [key.lower() for key in path]
    # An average is kept in full precision too.
    if any(map(_AVERAGE.search, names)):
        return Kind.AVERAGE
    if any(map(_MASTER.search, names)):
        return Kind.MASTER
    return Kind.OPTIMIZER if any(map(_OPTIMIZER.search, names)) else Kind.TENSORS
