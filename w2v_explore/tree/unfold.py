"""Folded layers that stand apart: as all of their copies, or as fewer equal ones in a row."""

from w2v_explore.tree.layer import PREVIOUS, Layer, Step


def unfolded(layer: Layer) -> Layer:
    """The same model with each folded layer as its copies."""
    children = [(child, unfolded(child)) for child in layer.children]
    return with_children_apart(
        layer, tuple([whole._replace(name=name, copies=1) for child, whole in children for name in child.copy_names()])
    )


def with_children_apart(layer: Layer, children: tuple[Layer, ...]) -> Layer:
    """A module with children of which some that were folded stand apart; it runs what it ran, on what that took."""
    apart = layer._replace(children=children)
    last: dict[str, str] = {}
    schedule: list[str | Step] = []
    for step in layer.schedule or [child.name for child in layer.children]:
        name, sources, result = (step, (), "") if isinstance(step, str) else step
        names = _apart_names(layer, apart, name)
        if len(names) == 1:
            schedule.append(step)
            continue
        sources = sources or layer.child(name).sources
        for number, each in enumerate(names):
            if number and layer.child(name).follows_itself:
                sources = (PREVIOUS, *sources[1:])
            schedule.append(Step(each, sources, result if number == len(names) - 1 else ""))
        if not result:
            last[name] = names[-1]

    def moved(source: str | int) -> str | int:
        if isinstance(source, int):
            return source
        if source in last:
            return last[source]
        name, dot, number = source.partition(".")
        return f"{last[name]}.{number}" if dot and name in last else source

    if children == layer.children:
        return layer
    return apart._replace(
        children=tuple([child._replace(sources=tuple(map(moved, child.sources))) for child in children]),
        schedule=tuple(
            [
                step if isinstance(step, str) else step._replace(sources=tuple(map(moved, step.sources)))
                for step in schedule
            ]
        )
        if layer.schedule
        else (),
        gives=tuple(map(moved, layer.gives)),
    )


def _apart_names(layer: Layer, apart: Layer, path: str) -> list[str]:
    """The paths of the layers that stand for what one layer below a module stood for."""
    if not path or layer.child(path).copies == 1:
        return [path]
    parent, dot, name = path.rpartition(".")
    first, copies = int(name), layer.child(path).copies
    children = apart.child(parent).children if parent else apart.children
    return [
        f"{parent}{dot}{child.name}"
        for child in children
        if child.name.isdecimal() and first <= int(child.name) < first + copies
    ]
