"""A limit of budgets is broken.

What it does
    Works out the figures that `budgets` sets limits for, in the config or in pyproject.toml, and compares. A limit is a
    number (the most allowed), finite and not negative, with k, M, G or T for thousands if you like, as 100M, or
    {min: …, max: …}. A limit in bytes below 1 MiB needs a unit, so that a forgotten one is no limit of a few bytes:
    2GB (10^9 bytes each) or 1.5GiB (2^30). peak_memory_bytes is that of inference: float32 parameters and the most that
    tensors take at once, for one utterance of 10 seconds, or of the linter's `seconds`.
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

from collections.abc import Iterator, Mapping
from typing import Any

from w2v_explore.analysis.quantity import is_in_bytes, parse_quantity, require_unit
from w2v_explore.analysis.receptive_field import kernel_field
from w2v_explore.config.document import plain_value
from w2v_explore.config.validate import describe
from w2v_explore.errors import QuantityError, WorkloadError
from w2v_explore.lint.codes import BUDGET as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "never sees it"

_KEY = "budgets"
_DURATION_S = 10.0
_INSTEAD = "write a number, as 100M, or {min: …, max: …}"
# No figure comes near it.
_MOST = 1e30
LIMITS = (
    "parameters",
    "parameter_bytes",
    "peak_memory_bytes",
    "macs",
    "macs_per_audio_second",
    "receptive_field",
    "receptive_field_ms",
    "stride",
    "stride_ms",
)


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the figures against the config's own limits, then against those for all configs."""
    entry = subject.document.entries.get(_KEY)
    own = plain_value(entry.value) if entry is not None else {}
    if isinstance(own, dict):
        yield from _check_limits(subject, own, "")
    yield from _check_limits(subject, subject.settings.budgets, " of pyproject.toml")


def _check_limits(subject: Subject, limits: Mapping[str, Any], whose: str) -> Iterator[Finding]:
    keys, figures = ((_KEY,) if not whose else ()), None
    for name, limit in limits.items():
        item = (name,) if not whose else ()
        if name not in LIMITS:
            yield Finding(f"budgets.{name}{whose} is no figure; {_instead_of(name)}", keys, item)
            continue
        try:
            bounds = _bounds(limit, in_bytes=is_in_bytes(name))
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
        if not least <= figures[name] <= most:
            bound = f"at least {_exact(least)}" if figures[name] < least else f"at most {_exact(most)}"
            yield Finding(f"{name} is {_exact(figures[name])}; the budget{whose} is {bound}", keys, item)


def _exact(value: float) -> str:
    """All digits of a whole number: a figure that is over by one must not read as its budget."""
    return f"{int(value):,}" if value == int(value) else f"{value:,.10g}"


def _instead_of(name: str) -> str:
    # Imported only where something is wrong.
    from w2v_explore.analysis.figures import BUDGET_NAMES
    from w2v_explore.config.suggest import did_you_mean, nearest

    budget = next((budget for budget, figure in BUDGET_NAMES.items() if figure == name), None)
    guesses = [budget] if budget else nearest(name, LIMITS)
    return did_you_mean(guesses, f"there is {', '.join(LIMITS)}")


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


def _figures(subject: Subject) -> dict[str, float]:
    # Most files have no budgets: what works the figures out is imported where one has.
    from w2v_explore.analysis.compute import analyze_layers
    from w2v_explore.analysis.memory.inference import inference_memory
    from w2v_explore.analysis.receptive_field import minimum_samples
    from w2v_explore.analysis.workload import Workload
    from w2v_explore.config.architecture import build_architecture

    model, rate = subject.model, subject.reading.sample_rate
    samples = max(round((subject.settings.seconds or _DURATION_S) * rate), minimum_samples(model, batch=1))
    tree = build_architecture(model)
    whole = analyze_layers(tree, 1, samples)[0]
    field, stride = kernel_field(model)
    return {
        "parameters": whole.parameters,
        "parameter_bytes": 4 * whole.parameters,
        "peak_memory_bytes": inference_memory(tree, Workload(samples=samples)).total_bytes,
        "macs": whole.macs.total,
        "macs_per_audio_second": whole.macs.total * rate / samples,
        "receptive_field": field,
        "receptive_field_ms": 1000 * field / rate,
        "stride": stride,
        "stride_ms": 1000 * stride / rate,
    }
