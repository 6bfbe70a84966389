"""What all tests share: hypothesis's settings, fixtures, and an environment without the user's own."""

from __future__ import annotations

import builtins
import gc
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.torchaudio_models import import_torchaudio_models

# Machines differ in speed: no test may fail for being slow. Each run draws examples of its own.
settings.register_profile("default", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")

pytest_plugins = ["tests.program"]

# Of torch, and before it is imported: threads that wait for each other take twice the time, on a busy machine more.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["W2V_EXPLORE_CACHE"] = str(Path(__file__).parent / "no-such-folder")
# Without bytecode each start of the program would compile it.
for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONDONTWRITEBYTECODE"):
    os.environ.pop(name, None)
# A shell that starts the tests in the background has them ignore Ctrl-C, nohup SIGHUP; what tests start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def torchaudio_models() -> ModuleType:
    return import_torchaudio_models()


_sum = builtins.sum


def sum_but_of_floats(items: Iterable[Any], /, start: Any = 0) -> Any:
    """`sum`, by which the package adds no floats: from Python 3.12 on it compensates, and their last digits differ."""
    total = _sum(items, start)
    if type(total) is float and sys._getframe(1).f_globals["__name__"].startswith("w2v_explore"):
        raise AssertionError("a sum of floats depends on the version of Python: use math.fsum")
    return total


@pytest.fixture
def no_float_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package may sum no floats meanwhile. Not while torch is imported, which compares its own `sum` with this."""
    monkeypatch.setattr(builtins, "sum", sum_but_of_floats)


class TorchNeededError(Exception):
    """No ImportError, which the program would answer with how to install torch."""


class Blocked(MetaPathFinder):
    """Keeps torch from being imported."""

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == "torch":
            raise TorchNeededError("with --quick no test may need torch: mark this one with @pytest.mark.slow")


class QuickModule(pytest.Module):
    """A file of tests, of which there are none where it imports torch at its top."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        try:
            return super().collect()
        except TorchNeededError:
            return []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Rewrite the golden files of the reports.")
    parser.addoption("--quick", action="store_true", help="Only tests that need no torch and are not marked slow.")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("quick"):
        sys.meta_path.insert(0, Blocked())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whether to look into a folder: what tests in browsers import comes with an extra of its own."""
    is_left_out = collection_path == Path(__file__).parent / "browser" and "browser" not in config.getoption("markexpr")
    return True if is_left_out else None


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    return QuickModule.from_parent(parent, path=module_path) if parent.config.getoption("quick") else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collecting makes hundreds of thousands of objects, all to stay: looking for garbage took a third of its time."""
    gc.disable()
    yield
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


_looks = 0


def pytest_runtest_logfinish() -> None:
    """The garbage collector looks at what outlived its look at all objects no more: each further look took a second."""
    global _looks
    looks = gc.get_stats()[2]["collections"]
    if looks > _looks:
        gc.freeze()
    _looks = looks


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = {"slow"} if config.getoption("quick") else set()
    # What needs a program that pip does not install runs where it is asked for by name.
    left_out |= {name for name in ("postgres", "shells", "browser") if name not in config.getoption("markexpr")}
    deselected = [item for item in items if any(item.get_closest_marker(name) for name in left_out)]
    config.hook.pytest_deselected(items=deselected)
    items[:] = [item for item in items if not any(item.get_closest_marker(name) for name in left_out)]
