"""In which precision a model is trained: what is kept of each parameter, and the types of what is computed."""

from collections.abc import Mapping
from typing import NamedTuple

from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.errors import WorkloadError


class Recipe(NamedTuple):
    """What training with AdamW keeps of each parameter, in bytes, and in which types it computes.

    Attributes:
        name: As reports call it.
        weight: The copy that the forward pass uses.
        gradient: Its gradient.
        optimizer: AdamW's two moments, and the float32 copy of the weight that mixed precision updates.
        float32_copy: Of the optimizer's, that copy.
        dtype: Of the weights that the forward pass uses and, without autocast, of all that it computes.
        autocast: The lower precision in which ``torch.autocast`` has operations run; empty where it does not run.
    """

    name: str
    weight: int
    gradient: int
    optimizer: int
    float32_copy: int
    dtype: str
    autocast: str = ""

    def bytes_of(self, parameters: int, learned: int) -> int:
        """All together with AdamW, of some parameters of which so many get a gradient."""
        return self.weight * parameters + (self.gradient + self.optimizer) * learned + self.scaler_bytes

    def teacher_bytes(self, parameters: int) -> int:
        """An average over time of some parameters: what runs, and the float32 copy in which it is taken."""
        return (self.weight + self.float32_copy) * parameters

    @property
    def scaler_bytes(self) -> int:
        """What torch's GradScaler holds on the device, a scale and a counter, where gradients may vanish in float16."""
        return 8 if self.autocast == "float16" else 0


def recipe_of(dtype: str) -> Recipe:
    """What training in a dtype keeps of each parameter, which 16 bits take for mixed precision.

    Mixed precision is that of Micikevicius et al. 2018 (arXiv 1710.03740) with Adam, 16 bytes a parameter as in
    Rajbhandari et al. 2020 (arXiv 1910.02054).
    """
    size = DTYPE_BYTES[dtype]
    if size == 2:
        return Recipe(f"mixed precision, {dtype}", weight=2, gradient=2, optimizer=4 + 8, float32_copy=4, dtype=dtype)
    return Recipe(dtype, weight=size, gradient=size, optimizer=2 * size, float32_copy=0, dtype=dtype)


def _autocast(lower: str) -> Recipe:
    return recipe_of("float32")._replace(name=f"autocast, {lower}", autocast=lower)


PRECISIONS: Mapping[str, Recipe] = {
    "amp-bfloat16": _autocast("bfloat16"),
    "amp-float16": _autocast("float16"),
    "float32": recipe_of("float32"),
    "bfloat16": recipe_of("bfloat16"),
    "float16": recipe_of("float16"),
    "pure-bfloat16": Recipe("pure bfloat16", weight=2, gradient=2, optimizer=4, float32_copy=0, dtype="bfloat16"),
}
"""The precisions in which people train, by name, what most of them run first."""

PEOPLE_RUN = next(iter(PRECISIONS))
"""What most of them run."""


def precision_named(name: str) -> Recipe:
    """One of the precisions, or that of a dtype which is none of them: float64.

    Raises:
        WorkloadError: There is none of that name.
    """
    if name in PRECISIONS:
        return PRECISIONS[name]
    if name not in DTYPE_BYTES:
        raise WorkloadError(f"unknown precision {name}; give one of {', '.join(PRECISIONS)}")
    return recipe_of(name)
