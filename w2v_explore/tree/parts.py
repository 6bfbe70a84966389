"""The parts of a tree: subtrees whose figures are worked out by themselves, and which fields of a config each reads.

A builder marks a part where it builds it, `part(build_encoder_layer, config)`, and builds the same tree as without.
Where a `Reads` stands in for the config, whoever made it is given each part to put something in its place, and knows
which fields were read: what a pure builder builds depends on nothing else.
"""

from collections.abc import Callable, Collection
from typing import Any

from w2v_explore.tree.layer import Layer

Build = Callable[..., Layer]


def part(build: Build, config: Any, *arguments: Any) -> Layer:
    """A part of a tree.

    What a part takes is its caller's matter, and so is what else takes it: what it reads decides what is inside it, how
    many copies it has, and with which probability LayerDrop skips it. Nothing inside it runs but as the part runs. What
    is called in two ways, as one layer at two places of a tree, is found out, and stands for no part.

    Args:
        build: A function of a module, which builds the part from the config and the other arguments alone.
        config: The config.
        arguments: What else it is given: plain values.
    """
    if config.__class__ is Reads:
        sealed: Layer = config.seal(config, build, arguments)
        return sealed
    return build(config, *arguments)


class Reads:
    """A config that remembers which of its fields were asked for.

    Attributes:
        config: Whose fields they are.
        names: The fields that were asked for.
        seal: What gives the layer that stands for a part, from this, the part's builder and its other arguments.

    Args:
        config: The config.
        fields: The names of all its fields.
        seal: As above.
    """

    def __init__(
        self, config: Any, fields: Collection[str], seal: Callable[["Reads", Build, tuple[Any, ...]], Layer]
    ) -> None:
        self.config = config
        self.names: set[str] = set()
        self.seal = seal
        self._fields = fields

    def __getattr__(self, name: str) -> Any:
        if name in self._fields:
            self.names.add(name)
            return getattr(self.config, name)
        own = getattr(type(self.config), name)
        # What a config works out from its fields asks this for them; all else is its class's.
        return own.__get__(self, type(self.config)) if hasattr(own, "__get__") else own
