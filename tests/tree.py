"""What the architecture tree says of a model's state_dict."""

from __future__ import annotations

from collections.abc import Iterator

from w2v_explore import Layer


def parameter_shapes(layer: Layer, path: str = "") -> Iterator[tuple[str, tuple[int, ...]]]:
    """What the tree says of the state_dict: own parameters first, then the children as they are registered."""
    if layer.operation is not None:
        for name, shape in layer.operation.parameter_shapes().items():
            yield f"{path}{name}", shape
    for child in layer.children:
        for name in child.copy_names():
            yield from parameter_shapes(child, f"{path}{name}.")
