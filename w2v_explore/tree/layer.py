"""`Layer`: a node of the architecture tree, and so a module of the torch model, by construction."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from w2v_explore.tree.inputs import Features, Waveforms
from w2v_explore.tree.operations import Operation, Shape


@dataclass(frozen=True, slots=True, repr=False)
class Layer:
    """A module: its name under its parent, what it computes, and the modules inside it.

    Attributes:
        name: The attribute under which its parent holds it; empty for the model itself.
        kind: The name of its class in reports, ``Linear`` or ``EncoderLayer``.
        operation: What it computes itself; None where it only calls its children.
        children: In the order of their registration, which decides the order of the state_dict and of seeded
            initialisation.
        schedule: The names of the children in the order in which forward() calls them, which decides how shapes
            flow; empty where that is the order of registration.
        sources: The names of the siblings whose outputs it takes, ``""`` for what its parent takes; empty where that is
            the output of the sibling that runs before it or, for the first, what its parent takes. Decides how long a
            tensor lives.
        options: Names and values of a composite module's constructor arguments beside its children.
        channels_first: Whether its output is laid out ``(batch, channels, frames)``.
        copies: How many equal layers in a row it stands for; their names count up from ``name``.
        stacked: Whether it is one of a stack.
        drop: Of a stacked one: with which probability LayerDrop skips it.
        takes: Of a model: what it is given, and where its frames come out.
    """

    name: str
    kind: str
    operation: Operation | None = None
    children: tuple["Layer", ...] = ()
    schedule: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    options: tuple[tuple[str, float | bool], ...] = ()
    channels_first: bool = False
    copies: int = 1
    stacked: bool = False
    drop: float = 0.0
    takes: Waveforms | Features | None = None

    def __repr__(self) -> str:
        copies = f" × {self.copies}" if self.copies > 1 else ""
        return (
            f"<Layer {self.name!r}, {self.kind}{copies}: {self.parameters:,} parameters, "
            f"{len(self.children)} layers inside>"
        )

    def in_schedule(self) -> tuple["Layer", ...]:
        """The children in the order in which forward() calls them."""
        if not self.schedule:
            return self.children
        by_name = {child.name: child for child in self.children}
        return tuple(by_name[name] for name in self.schedule)

    def child(self, path: str) -> "Layer":
        """The layer at a dotted path below this one.

        Raises:
            KeyError: There is none.
        """
        layer = self
        for name in path.split("."):
            layer = {child.name: child for child in layer.children}[name]
        return layer

    @property
    def own_parameters(self) -> int:
        """Elements of the parameters that the layer holds itself."""
        return sum(map(prod, self.operation.parameter_shapes().values())) if self.operation else 0

    @property
    def parameters(self) -> int:
        """Elements of the parameters of one such layer, those below it included."""
        return self.own_parameters + sum(child.copies * child.parameters for child in self.children)

    def copy_names(self) -> Iterator[str]:
        """The names of the ``copies`` modules that it stands for."""
        if self.copies == 1:
            yield self.name
        else:
            first = int(self.name)
            yield from map(str, range(first, first + self.copies))

    def state_dict_shapes(self, prefix: str = "") -> Iterator[tuple[str, Shape]]:
        """The keys and shapes of the state_dict, in its order: own parameters, then the children's as registered.

        Args:
            prefix: What stands before every key: the module's path and a dot, or nothing for the model itself.
        """
        if self.operation is not None:
            for name, shape in self.operation.parameter_shapes().items():
                yield f"{prefix}{name}", shape
        for child in self.children:
            for name in child.copy_names():
                yield from child.state_dict_shapes(f"{prefix}{name}.")
