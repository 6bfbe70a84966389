"""torchaudio, which the model and its figures are held against."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
import types
import warnings
from types import ModuleType


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
            vars(package)["__version__"] = importlib.metadata.version("torchaudio")
            sys.modules["torchaudio"] = package
            import torchaudio.models
        models: ModuleType = torchaudio.models
        return models
