"""`Layer`: a node of a model's tree, and so a module of the torch model, by construction.

Three words are used everywhere for what is folded and stacked:

- **Folded.** Equal modules of a list that run one after the other are one `Layer` with ``copies``; their names count up
  from its own. Whatever is said of it is said of each. The *folded path* of a module is the path of the layer that
  stands for it: where ``layers.0`` has 12 copies, that of ``layers.5.dropout`` is ``layers.0.dropout``; where
  ``layers.0`` stands apart and ``layers.1`` has 11 copies, it is ``layers.1.dropout`` (`Layer.folded_path`).
- **Stacked.** A layer that LayerDrop may skip in training (with the probability ``drop``), and round which a checkpoint
  may go; a folded one stands for as many. A model may have several stacks, and a stack unequal layers.
- **Registered and run.** ``children`` are the modules that are registered, in that order; ``schedule`` says which of
  them forward() runs, in which order and on what. A module may run twice, or never.
"""

from collections.abc import Iterator
from typing import NamedTuple

from w2v_explore.tree.inputs import Features, Waveforms
from w2v_explore.tree.operations import Operation, Shape

Source = str | int
"""What a module takes: what a sibling gives, by its name (the first of several; the second is ``name.1``); what its
parent takes, by its position from 0; or `PREVIOUS`. Names of siblings may be numbers: ``"1"`` is one, 1 is none."""

PREVIOUS = -1
"""The source that is meant where none is stated: what the module that runs before it gives; for the first, what their
parent takes first. Folded layers that take it follow each other; those that do not all take the same."""

OWN = ""
"""In a schedule: the layer's own operation."""

_LISTS = frozenset(("ModuleList", "ModuleDict"))


class Step(NamedTuple):
    """A module run once, where its name alone does not say how.

    Attributes:
        name: Of the child; the dotted path of one further below; or `OWN`.
        sources: What it takes; empty where the child says.
        result: The name under which siblings take what it gives; empty where that is its own.
    """

    name: str
    sources: tuple[Source, ...] = ()
    result: str = ""


class Layer(NamedTuple):
    """A module: its name under its parent, what it computes, and the modules inside it.

    Attributes:
        name: The attribute under which its parent holds it; empty for the model itself.
        kind: The name of its class in reports, ``Linear`` or ``EncoderLayer``.
        operation: What it computes itself; None where it only calls its children.
        children: In the order of their registration, which decides the order of the state_dict and of seeded
            initialisation.
        schedule: What forward() runs, in order; empty where that is each child as registered. A layer with an operation
            and children says when the operation runs (`OWN`).
        sources: What it takes; empty where that is `PREVIOUS`.
        gives: Which of its children's results it returns, as sources; empty where that is the last one's.
        options: Names and values of a composite module's constructor arguments beside its children.
        channels_first: Whether torch lays its output out ``(batch, channels, frames)``.
        copies: How many equal layers in a row it stands for; their names count up from ``name``.
        stacked: Whether it is one of a stack.
        drop: Of a stacked one: with which probability LayerDrop skips it.
        takes: Of a model: what it is given, and where its frames come out.
        lent: Whether its parameters are registered with its parent, which hands them to it, before the parent's
            children: ``in_proj_weight`` is the ``weight`` of ``in_proj``, as in ``torch.nn.MultiheadAttention``.
        shares: The parameters of siblings that it computes with, ``label.embeddings``; they are no more its own.
    """

    name: str
    kind: str
    operation: Operation | None = None
    children: tuple["Layer", ...] = ()
    schedule: tuple[str | Step, ...] = ()
    sources: tuple[Source, ...] = ()
    gives: tuple[Source, ...] = ()
    options: tuple[tuple[str, float | bool], ...] = ()
    channels_first: bool = False
    copies: int = 1
    stacked: bool = False
    drop: float = 0.0
    takes: Waveforms | Features | None = None
    lent: bool = False
    shares: tuple[str, ...] = ()

    def __repr__(self) -> str:
        copies = f" × {self.copies}" if self.copies > 1 else ""
        return (
            f"<Layer {self.name!r}, {self.kind}{copies}: {self.parameters:,} parameters, "
            f"{len(self.children)} layers inside>"
        )

    @property
    def is_list(self) -> bool:
        """Whether it only holds its children, which its parent calls: nothing lives for the time of a call of it."""
        return self.kind in _LISTS

    @property
    def follows_itself(self) -> bool:
        """Of a folded layer: whether each copy takes what the one before it gives, or all the same."""
        return not self.sources or self.sources[0] == PREVIOUS

    def in_order(self) -> tuple["Layer", ...]:
        """The children in the order in which they, or any below them, first run; those that never run come last."""
        if not self.schedule:
            return self.children
        children = {child.name: child for child in self.children}
        run = []
        for step in self.schedule:
            path = step if isinstance(step, str) else step.name
            child = children.pop(path.partition(".")[0], None)
            if child is not None:
                run.append(child)
        return (*run, *children.values())

    def child(self, path: str) -> "Layer":
        """The layer that stands for the module at a dotted path below this one.

        Raises:
            KeyError: There is none.
        """
        layer = self
        for name in path.split("."):
            layer = layer._standing_for(name)
        return layer

    def with_child(self, path: str, child: "Layer") -> "Layer":
        """The same with another module at a dotted path below it, by which a family changes a part of another's tree.

        Raises:
            KeyError: There is none at the path.
        """
        name, _, rest = path.partition(".")
        if name not in [here.name for here in self.children]:
            raise KeyError(name)
        children = [
            here if here.name != name else here.with_child(rest, child) if rest else child for here in self.children
        ]
        return self._replace(children=tuple(children))

    def folded_path(self, path: str) -> str:
        """The path of the layer that stands for the module at a path: ``layers.5.dropout`` → ``layers.0.dropout``.

        Raises:
            KeyError: There is none.
        """
        layer, names = self, []
        for name in path.split(".") if path else ():
            layer = layer._standing_for(name)
            names.append(layer.name)
        return ".".join(names)

    def _standing_for(self, name: str) -> "Layer":
        for child in self.children:
            if child.name == name:
                return child
        if name.isdecimal():
            for child in self.children:
                if child.copies > 1 and 0 < int(name) - int(child.name) < child.copies:
                    return child
        raise KeyError(name)

    @property
    def parameters(self) -> int:
        """Elements of the parameters of one such layer, those below it included; buffers are none."""
        parameters = self.operation.parameters if self.operation is not None else 0
        for child in self.children:
            operation = child.operation
            # Of a module without others inside the operation is asked at once: most modules are such.
            of_one = child.parameters if operation is None or child.children else operation.parameters
            if of_one:
                parameters += child.copies * of_one
        return parameters

    def copy_names(self) -> Iterator[str]:
        """The names of the ``copies`` modules that it stands for."""
        if self.copies == 1:
            yield self.name
        else:
            first = int(self.name)
            yield from map(str, range(first, first + self.copies))

    def state_dict_shapes(self, prefix: str = "") -> Iterator[tuple[str, Shape]]:
        """The keys and shapes of the state_dict, in its order: own parameters and buffers, then the children's.

        Args:
            prefix: What stands before every key: the module's path and a dot, or nothing for the model itself.
        """
        if self.operation is not None:
            parameters = {} if self.lent else self.operation.parameter_shapes()
            for shapes in (parameters, self.operation.buffer_shapes()):
                for name, shape in shapes.items():
                    yield f"{prefix}{name}", shape
        for child in self.children:
            if child.lent and child.operation is not None:
                for name, shape in child.operation.parameter_shapes().items():
                    yield f"{prefix}{child.name}_{name}", shape
        for child in self.children:
            for name in child.copy_names():
                yield from child.state_dict_shapes(f"{prefix}{name}.")

    def named_parameters(self, prefix: str = "", path: str = "") -> Iterator[tuple[str, str, str]]:
        """The key of each parameter, in the order of the state_dict; its module's folded path, and its name there.

        Args:
            prefix: As in `state_dict_shapes`.
            path: The module's folded path.
        """
        if self.operation is not None and not self.lent:
            for name in self.operation.parameter_shapes():
                yield f"{prefix}{name}", path, name
        below = f"{path}." if path else ""
        for child in self.children:
            if child.lent and child.operation is not None:
                for name in child.operation.parameter_shapes():
                    yield f"{prefix}{child.name}_{name}", below + child.name, name
        for child in self.children:
            for name in child.copy_names():
                yield from child.named_parameters(f"{prefix}{name}.", below + child.name)
