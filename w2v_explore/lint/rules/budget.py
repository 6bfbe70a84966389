"""A limit of budgets is broken.

What it does
    Works out the figures that `budgets` sets limits for, in the config or in pyproject.toml, and compares. A limit is a
    number (the most allowed), finite and not negative, with k, M, G or T for thousands if you like, as 100M, or
    {min: …, max: …}. A limit in bytes below 1 MiB needs a unit, so that a forgotten one is no limit of a few bytes:
    2GB (10^9 bytes each) or 1.5GiB (2^30). A budget may be of every figure that --fail-if and docs/json.md name and
    that needs no device, in float32 for one utterance of 10 seconds, or of the linter's `seconds`. peak_memory_bytes is
    that of inference: parameters and the most that tensors take at once. A budget of pyproject.toml may be of a
    component that some architectures alone have, as logit_generator.macs; it costs nothing in a model that lacks it.
Why is this bad
    It is what you asked to be told: a config that outgrows the device or the latency it was meant for.
Example
    extends: base
    budgets:
      parameters: 90M
Use instead
    extends: base
    budgets:
      parameters: 100M
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.quantity import parse_quantity, require_unit
from w2v_explore.config.entries import plain_value
from w2v_explore.config.validate import describe
from w2v_explore.errors import QuantityError, WorkloadError
from w2v_explore.lint.codes import BUDGET as RULE
from w2v_explore.lint.subject import Finding, Subject

if TYPE_CHECKING:
    from w2v_explore.analysis.figures import Figures

__all__ = ["RULE", "check"]

TORCH = "never sees it"
KEYS = ("budgets",)

_DURATION_S = 10.0
_INSTEAD = "write a number, as 100M, or {min: …, max: …}"
# No figure comes near it.
_MOST = 1e30


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the figures against the config's own limits, then against those for all configs."""
    entry = subject.document.entries.get(*KEYS)
    own = plain_value(entry.value) if entry is not None else {}
    if isinstance(own, dict):
        yield from _check_limits(subject, own, "")
    yield from _check_limits(subject, subject.settings.budgets, " of pyproject.toml")


def _check_limits(subject: Subject, limits: Mapping[str, Any], whose: str) -> Iterator[Finding]:
    if not limits:
        return
    # Most files have no budgets: what works the figures out is imported where one has.
    from w2v_explore.analysis.figures import ALIASES, figure_named, known_names, measured_names

    components = subject.model.family.components
    known, measured = known_names(components), measured_names(components)
    keys, figures = (KEYS if not whose else ()), None
    for name, limit in limits.items():
        item = (name,) if not whose else ()
        if name in measured:
            message = f"budgets.{name}{whose} is measured, and a budget is of what needs no device"
            yield Finding(f"{message}; write `summary CONFIG --device cpu --fail-if '{name} > …'`", keys, item)
            continue
        if name not in known and name not in ALIASES and not (whose and _is_of_another_family(name)):
            of_what = f" of {subject.model.family.title}" if _is_of_another_family(name) else ""
            yield Finding(f"budgets.{name}{whose} is no figure{of_what}; {_instead_of(name, known)}", keys, item)
            continue
        try:
            bounds = _bounds(limit, in_bytes=figure_named(name).unit == "bytes")
        except QuantityError as error:
            _, _, instead = str(error).partition("; ")
            yield Finding(f"budgets.{name}{whose} is {describe(limit)}; {instead}", keys, item)
            continue
        try:
            figures = figures or _figures(subject)
        except WorkloadError as error:
            yield Finding(f"the shortest input that gives a frame is past any budget: {error}", keys, item)
            return
        least, most = bounds
        # What a model lacks is a component's, which costs nothing there.
        value = figures[name] if name in known or name in ALIASES else 0
        if not least <= value <= most:
            bound = f"at least {_exact(least)}" if value < least else f"at most {_exact(most)}"
            yield Finding(f"{name} is {_exact(value)}; the budget{whose} is {bound}", keys, item)


def _is_of_another_family(name: str) -> bool:
    """Whether a name that no figure of a model has is that of a component of others."""
    # Imported only where a model lacks what a budget is of.
    from w2v_explore.analysis.comparing.conditions import is_figure

    return is_figure(name)


def _exact(value: float) -> str:
    """All digits of a whole number: a figure that is over by one must not read as its budget."""
    return f"{int(value):,}" if value == int(value) else f"{value:,.10g}"


def _instead_of(name: str, known: Sequence[str]) -> str:
    # Imported only where something is wrong.
    from w2v_explore.analysis.figures import ALIASES, FIGURES, USUAL
    from w2v_explore.config.suggest import did_you_mean, nearest

    # In TOML a name with a dot is a table unless it is quoted.
    within = [f'"{figure}"' for figure in FIGURES if figure.startswith(f"{name}.")]
    guesses = within or nearest(name, (*ALIASES, *known))
    return did_you_mean(guesses, USUAL)


def _bounds(limit: Any, *, in_bytes: bool) -> tuple[float, float]:
    """The least and the most that are allowed.

    Raises:
        QuantityError: The limit is none.
    """
    if not isinstance(limit, dict):
        return float("-inf"), _number(limit, in_bytes)
    if not limit or not set(limit) <= {"min", "max"}:
        raise QuantityError(f"{describe(limit)} is no limit; {_INSTEAD}")
    least = _number(limit["min"], in_bytes) if "min" in limit else float("-inf")
    most = _number(limit["max"], in_bytes) if "max" in limit else float("inf")
    if least > most:
        raise QuantityError(
            "the least is above the most; write {min: …, max: …} with a max that is no less than the min"
        )
    return least, most


def _number(value: Any, in_bytes: bool) -> float:
    if isinstance(value, str) and value:
        number = parse_quantity(value, in_bytes=in_bytes)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = value
    else:
        raise QuantityError(f"{describe(value)} is no limit; {_INSTEAD}")
    # Not a number is in no range.
    if not 0 <= number <= _MOST:
        raise QuantityError(f"{describe(value)} is no limit; {_INSTEAD}")
    if in_bytes and not isinstance(value, str):
        require_unit(number, f"{number:g}")
    return number


def _figures(subject: Subject) -> "Figures":
    from w2v_explore.analysis.analyze import Analysis
    from w2v_explore.analysis.figures import Figures
    from w2v_explore.analysis.receptive_field import fewest_samples_of
    from w2v_explore.analysis.workload import Workload
    from w2v_explore.config.architecture import build_architecture
    from w2v_explore.config.load import Config

    rate, tree = subject.reading.sample_rate, build_architecture(subject.model)
    config = Config(name="config", origin="<config>", model=subject.model, sample_rate=rate)
    samples = max(1, round((subject.settings.seconds or _DURATION_S) * rate))
    analysis = Analysis(config=config, workload=Workload(samples=samples, sample_rate=rate), tree=tree)
    least = fewest_samples_of(analysis.calls, analysis.takes, batch=1)
    if samples < least:
        analysis = Analysis(config=config, workload=Workload(samples=least, sample_rate=rate), tree=tree)
    return Figures(analysis)
