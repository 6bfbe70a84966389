"""What training keeps of each parameter: the weight, its gradient, and the optimizer's states."""

from typing import NamedTuple

from w2v_explore.analysis.workload import DTYPE_BYTES


class Recipe(NamedTuple):
    """What training with Adam keeps of each parameter, in bytes.

    Attributes:
        name: ``float32``, or ``mixed precision, bfloat16``.
        weight: The copy that the forward pass uses.
        gradient: Its gradient.
        optimizer: Adam's two moments, and the float32 copy of the weight that mixed precision updates.
    """

    name: str
    weight: int
    gradient: int
    optimizer: int

    @property
    def is_mixed(self) -> bool:
        """Whether a float32 copy of the weights is kept beside those of the forward pass."""
        return self.weight == 2

    def bytes_of(self, parameters: int, learned: int) -> int:
        """All together, of some parameters of which so many get a gradient."""
        return self.weight * parameters + (self.gradient + self.optimizer) * learned


def recipe_of(dtype: str) -> Recipe:
    """What training in a dtype keeps of each parameter.

    Mixed precision is that of Micikevicius et al. 2018 (arXiv 1710.03740) with Adam, 16 bytes a parameter as in
    Rajbhandari et al. 2020 (arXiv 1910.02054).
    """
    size = DTYPE_BYTES[dtype]
    if size == 2:
        return Recipe(f"mixed precision, {dtype}", weight=2, gradient=2, optimizer=4 + 8)
    return Recipe(dtype, weight=size, gradient=size, optimizer=2 * size)
