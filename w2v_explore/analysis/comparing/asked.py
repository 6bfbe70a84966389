"""The fields and figures that callers name: whether there are such, and what to write instead."""

from collections.abc import Iterable, Sequence

from w2v_explore.analysis.figures import ALIASES, FIGURES, known_names, measured_names
from w2v_explore.arguments import kind_of
from w2v_explore.config.family import Family
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError


def require_names(argument: str, names: object, wanted: str = "names, as ['parameters']") -> None:
    """Refuse what is no list of names, as one text, whose letters would be the names.

    Args:
        argument: What it was given for.
        names: What was given.
        wanted: What should have been, with an example.

    Raises:
        TypeError: It is none.
    """
    if (
        isinstance(names, (str, bytes))
        or not isinstance(names, Sequence)
        or not all(isinstance(name, str) for name in names)
    ):
        raise TypeError(f"{argument} is {kind_of(names)}; give a list of {wanted}")


def require_fields(names: Iterable[str], family: Family) -> None:
    """Refuse what is no field of a family.

    Raises:
        ArgumentError: A name is none, with what was most likely meant.
    """
    for name in names:
        if name not in family.config.FIELDS:
            # Imported only where something is wrong.
            from w2v_explore.config.unknown_keys import instead_of_field

            raise ArgumentError(instead_of_field(name, family))


def require_figures(names: Iterable[str], family: Family) -> None:
    """Refuse what is no figure that is known in closed form, of a model of a family.

    Raises:
        ArgumentError: A name is none, with what was most likely meant; or comes from a device.
    """
    for name in names:
        if name in FIGURES or name in ALIASES or name in known_names(family.components):
            continue
        # Imported only where something is wrong.
        from w2v_explore.analysis.comparing.conditions import instead_of_figure, is_figure

        if not is_figure(name):
            raise ArgumentError(f"there is no figure {shorten(name) or repr(name)}; {instead_of_figure(name)}")
        if name in measured_names(family.components):
            raise ArgumentError(
                f"{name} comes from a device, and nothing is run here; give parameters, macs or another"
            )
        raise ArgumentError(f"{name} is of a component that no {family.title} has")
