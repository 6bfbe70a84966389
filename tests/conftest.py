"""What all tests share: hypothesis's settings, fixtures, and an environment without the user's own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

from tests.torchaudio_models import import_torchaudio_models

# Machines differ in speed: no test may fail for being slow.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")

pytest_plugins = ["tests.program"]

os.environ["W2V_EXPLORE_CACHE"] = str(Path(__file__).parent / "no-such-folder")
for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
    os.environ.pop(name, None)
# A shell that starts the tests in the background has them ignore Ctrl-C, nohup SIGHUP; what tests start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def torchaudio_models() -> ModuleType:
    return import_torchaudio_models()


@pytest.fixture
def one_thread() -> Iterator[None]:
    """For tests of many small models: several threads that wait for each other on a busy machine cost seconds."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Rewrite the golden files of the reports.")
