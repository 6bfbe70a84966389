"""Memory in closed form, held against what torch tracks on tensors without data; of presets by `test_audit`."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import configs
from w2v_explore import Config, ModelConfig, Workload, analyze
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory import inference_memory
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.analysis.training import training_cost
from w2v_explore.measure.tracking import TrackedMemory, track_memory


def analysis_of(config: ModelConfig, workload: Workload) -> Analysis:
    return analyze(Config(name="random", origin="test", model=config), workload)


def assert_memory_is_what_torch_tracks(config: ModelConfig, workload: Workload) -> None:
    analysis = analysis_of(config, workload)
    cost = training_cost(analysis)
    assert track_memory(config, workload) == TrackedMemory(
        peak=inference_memory(analysis.architecture, workload).peak_activation_bytes,
        kept=int(cost.kept_bytes.greatest),
        checkpointed=int(cost.checkpointed_bytes.greatest),
    )


@given(
    config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000), dtype=st.sampled_from(["float32", "float64"])
)
@settings(max_examples=60)
def test_random_configs(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))
