"""torchaudio, which these tests hold the program against, and hypothesis's settings."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys
import types
import warnings
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

# Machines differ in speed: no test may fail for being slow.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")

pytest_plugins = ["tests.program"]

for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
    os.environ.pop(name, None)


def import_torchaudio_models() -> ModuleType:
    """``torchaudio.models``, by a plain import where that works.

    torchaudio's wheels for Linux want CUDA's libraries, so that beside a CPU build of torch the package itself does
    not import. Its models are plain Python: a bare package of the same name lets them be imported.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import torchaudio.models
        except (ImportError, OSError):
            for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
                del sys.modules[name]
            spec = importlib.util.find_spec("torchaudio")
            assert spec is not None
            assert spec.submodule_search_locations is not None
            package = types.ModuleType("torchaudio")
            package.__path__ = list(spec.submodule_search_locations)
            package.__spec__ = spec
            package.__version__ = importlib.metadata.version("torchaudio")
            sys.modules["torchaudio"] = package
            import torchaudio.models
        return torchaudio.models


@pytest.fixture(scope="session")
def torchaudio_models() -> ModuleType:
    return import_torchaudio_models()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Rewrite the golden files of the reports.")
