"""w2v-explore: what a wav2vec 2.0 config costs and does, before anyone trains it.

Everything public is importable from here and loaded when it is first used: `load_config` and `analyze` never import
torch, `wav2vec2_model` and the factories do.
"""

from __future__ import annotations

from w2v_explore.version import __version__

# What is imported here comes before Ctrl-C is listened for; type checkers know the name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from w2v_explore.analysis.analyze import Analysis as Analysis
    from w2v_explore.analysis.analyze import analyze as analyze
    from w2v_explore.analysis.comparing.compare import Comparison as Comparison
    from w2v_explore.analysis.comparing.compare import compare as compare
    from w2v_explore.analysis.comparing.sensitivity import Sensitivity as Sensitivity
    from w2v_explore.analysis.comparing.sweep import Sweep as Sweep
    from w2v_explore.analysis.comparing.sweep import sweep as sweep
    from w2v_explore.analysis.latency.calibration import Calibration as Calibration
    from w2v_explore.analysis.latency.calibration import require_calibration as require_calibration
    from w2v_explore.analysis.latency.prediction import Prediction as Prediction
    from w2v_explore.analysis.latency.prediction import predict as predict
    from w2v_explore.analysis.memory.costs import MemoryCosts as MemoryCosts
    from w2v_explore.analysis.memory.costs import memory as memory
    from w2v_explore.analysis.plan.plan import plan as plan
    from w2v_explore.analysis.plan.training_plan import TrainingPlan as TrainingPlan
    from w2v_explore.analysis.presets.catalogue import Catalogue as Catalogue
    from w2v_explore.analysis.presets.catalogue import find_presets as find_presets
    from w2v_explore.analysis.presets.identify import Identity as Identity
    from w2v_explore.analysis.presets.identify import identify as identify
    from w2v_explore.analysis.weights.check import CheckpointFit as CheckpointFit
    from w2v_explore.analysis.weights.check import check_checkpoint as check_checkpoint
    from w2v_explore.analysis.weights.inspection import Inspection as Inspection
    from w2v_explore.analysis.weights.inspection import inspect_checkpoint as inspect_checkpoint
    from w2v_explore.analysis.workload import Workload as Workload
    from w2v_explore.config.architecture import build_architecture as build_architecture
    from w2v_explore.config.dialects.conversion import Conversion as Conversion
    from w2v_explore.config.dialects.conversion import convert as convert
    from w2v_explore.config.family import ModelConfig as ModelConfig
    from w2v_explore.config.load import Config as Config
    from w2v_explore.config.load import load_config as load_config
    from w2v_explore.config.load import load_preset as load_preset
    from w2v_explore.config.presets import preset_names as preset_names
    from w2v_explore.diagnostics import Place as Place
    from w2v_explore.diagnostics import Problem as Problem
    from w2v_explore.errors import ArgumentError as ArgumentError
    from w2v_explore.errors import CalibrationError as CalibrationError
    from w2v_explore.errors import CheckpointError as CheckpointError
    from w2v_explore.errors import ConditionError as ConditionError
    from w2v_explore.errors import ConfigError as ConfigError
    from w2v_explore.errors import DeviceError as DeviceError
    from w2v_explore.errors import MissingExtraError as MissingExtraError
    from w2v_explore.errors import QuantityError as QuantityError
    from w2v_explore.errors import SourceError as SourceError
    from w2v_explore.errors import UnusedWeightsWarning as UnusedWeightsWarning
    from w2v_explore.errors import W2vExploreError as W2vExploreError
    from w2v_explore.errors import WorkersError as WorkersError
    from w2v_explore.errors import WorkloadError as WorkloadError
    from w2v_explore.families.hubert_pretrain.components import HuBERTPretrainModel as HuBERTPretrainModel
    from w2v_explore.families.hubert_pretrain.python import hubert_pretrain_base as hubert_pretrain_base
    from w2v_explore.families.hubert_pretrain.python import hubert_pretrain_large as hubert_pretrain_large
    from w2v_explore.families.hubert_pretrain.python import hubert_pretrain_model as hubert_pretrain_model
    from w2v_explore.families.hubert_pretrain.python import hubert_pretrain_xlarge as hubert_pretrain_xlarge
    from w2v_explore.families.wav2vec2.components import Wav2Vec2Model as Wav2Vec2Model
    from w2v_explore.families.wav2vec2.python import hubert_base as hubert_base
    from w2v_explore.families.wav2vec2.python import hubert_large as hubert_large
    from w2v_explore.families.wav2vec2.python import hubert_xlarge as hubert_xlarge
    from w2v_explore.families.wav2vec2.python import import_fairseq_model as import_fairseq_model
    from w2v_explore.families.wav2vec2.python import wav2vec2_base as wav2vec2_base
    from w2v_explore.families.wav2vec2.python import wav2vec2_large as wav2vec2_large
    from w2v_explore.families.wav2vec2.python import wav2vec2_large_lv60k as wav2vec2_large_lv60k
    from w2v_explore.families.wav2vec2.python import wav2vec2_model as wav2vec2_model
    from w2v_explore.families.wav2vec2.python import wav2vec2_xlsr_1b as wav2vec2_xlsr_1b
    from w2v_explore.families.wav2vec2.python import wav2vec2_xlsr_2b as wav2vec2_xlsr_2b
    from w2v_explore.families.wav2vec2.python import wav2vec2_xlsr_300m as wav2vec2_xlsr_300m
    from w2v_explore.families.wavlm.python import wavlm_base as wavlm_base
    from w2v_explore.families.wavlm.python import wavlm_large as wavlm_large
    from w2v_explore.families.wavlm.python import wavlm_model as wavlm_model
    from w2v_explore.lint.report import LintReport as LintReport
    from w2v_explore.lint.run import lint_files as lint_files
    from w2v_explore.lint.stepped import sensitivity as sensitivity
    from w2v_explore.measure.latency import Latency as Latency
    from w2v_explore.measure.latency import Plan as Plan
    from w2v_explore.measure.latency import measure_latency as measure_latency
    from w2v_explore.measure.verify import Verification as Verification
    from w2v_explore.measure.verify import verify as verify
    from w2v_explore.model.build import build_model as build_model
    from w2v_explore.model.export import Export as Export
    from w2v_explore.model.export import export as export
    from w2v_explore.model.importers import import_huggingface_model as import_huggingface_model
    from w2v_explore.model.modules import SpeechEncoder as SpeechEncoder
    from w2v_explore.model.weights import load_checkpoint as load_checkpoint
    from w2v_explore.search.answer import Answer as Answer
    from w2v_explore.search.answer import Design as Design
    from w2v_explore.search.find import find_designs as find_designs
    from w2v_explore.search.formulas.many import Columns as Columns
    from w2v_explore.search.formulas.many import analyze_many as analyze_many
    from w2v_explore.tree.layer import Layer as Layer

_NEEDS = {
    "w2v_explore.model": "torch",
    "w2v_explore.measure": "torch",
    "w2v_explore.families": "torch",
    "w2v_explore.search": "search",
}
"""The extra that what is below a package needs."""

_HOMES = {
    "w2v_explore.analysis.analyze": ("Analysis", "analyze"),
    "w2v_explore.analysis.latency.calibration": ("Calibration", "require_calibration"),
    "w2v_explore.analysis.weights.check": ("CheckpointFit", "check_checkpoint"),
    "w2v_explore.analysis.comparing.compare": ("Comparison", "compare"),
    "w2v_explore.analysis.presets.catalogue": ("Catalogue", "find_presets"),
    "w2v_explore.analysis.presets.identify": ("Identity", "identify"),
    "w2v_explore.analysis.weights.inspection": ("Inspection", "inspect_checkpoint"),
    "w2v_explore.analysis.memory.costs": ("MemoryCosts", "memory"),
    "w2v_explore.analysis.plan.plan": ("plan",),
    "w2v_explore.analysis.plan.training_plan": ("TrainingPlan",),
    "w2v_explore.analysis.latency.prediction": ("Prediction", "predict"),
    "w2v_explore.analysis.comparing.sweep": ("Sweep", "sweep"),
    "w2v_explore.analysis.comparing.sensitivity": ("Sensitivity",),
    "w2v_explore.analysis.workload": ("Workload",),
    "w2v_explore.search.answer": ("Answer", "Design"),
    "w2v_explore.search.find": ("find_designs",),
    "w2v_explore.search.formulas.many": ("Columns", "analyze_many"),
    "w2v_explore.tree.layer": ("Layer",),
    "w2v_explore.config.architecture": ("build_architecture",),
    "w2v_explore.config.dialects.conversion": ("Conversion", "convert"),
    "w2v_explore.config.load": ("Config", "load_config", "load_preset"),
    "w2v_explore.config.family": ("ModelConfig",),
    "w2v_explore.config.presets": ("preset_names",),
    "w2v_explore.diagnostics": ("Place", "Problem"),
    "w2v_explore.errors": (
        "ArgumentError",
        "CalibrationError",
        "CheckpointError",
        "ConditionError",
        "ConfigError",
        "DeviceError",
        "MissingExtraError",
        "QuantityError",
        "SourceError",
        "UnusedWeightsWarning",
        "W2vExploreError",
        "WorkersError",
        "WorkloadError",
    ),
    "w2v_explore.lint.report": ("LintReport",),
    "w2v_explore.lint.run": ("lint_files",),
    "w2v_explore.lint.stepped": ("sensitivity",),
    "w2v_explore.measure.latency": ("Latency", "Plan", "measure_latency"),
    "w2v_explore.measure.verify": ("Verification", "verify"),
    "w2v_explore.model.build": ("build_model",),
    "w2v_explore.families.wav2vec2.components": ("Wav2Vec2Model",),
    "w2v_explore.model.export": ("Export", "export"),
    "w2v_explore.families.wav2vec2.python": (
        "wav2vec2_model",
        "wav2vec2_base",
        "wav2vec2_large",
        "wav2vec2_large_lv60k",
        "wav2vec2_xlsr_300m",
        "wav2vec2_xlsr_1b",
        "wav2vec2_xlsr_2b",
        "hubert_base",
        "hubert_large",
        "hubert_xlarge",
        "import_fairseq_model",
    ),
    "w2v_explore.families.hubert_pretrain.components": ("HuBERTPretrainModel",),
    "w2v_explore.families.hubert_pretrain.python": (
        "hubert_pretrain_model",
        "hubert_pretrain_base",
        "hubert_pretrain_large",
        "hubert_pretrain_xlarge",
    ),
    "w2v_explore.families.wavlm.python": ("wavlm_model", "wavlm_base", "wavlm_large"),
    "w2v_explore.model.importers": ("import_huggingface_model",),
    "w2v_explore.model.modules": ("SpeechEncoder",),
    "w2v_explore.model.weights": ("load_checkpoint",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    home = _HOME[name]
    try:
        value = getattr(importlib.import_module(home), name)
    except ModuleNotFoundError as error:
        extra = next((extra for package, extra in _NEEDS.items() if home.startswith(package)), None)
        if extra is None:
            raise
        from w2v_explore.errors import missing_extra

        raise missing_extra(f"w2v_explore.{name}", error.name, extra) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
