"""What fits is the largest that fits, and memory grows with the workload, on which the search rests."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import configs
from w2v_explore import Config, ModelConfig, Workload, analyze, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.largest_workload import LargestWorkloads, fit_inference, fit_training
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.analysis.workload import MAX_BATCH, MAX_SAMPLES
from w2v_explore.errors import WorkloadError


def needed_bytes(analysis: Analysis) -> tuple[int, int, int]:
    """For inference, training, and training with checkpoints."""
    cost = analysis.training
    inference = analysis.inference
    return inference.total_bytes, cost.peak_bytes(checkpointing=False), cost.peak_bytes(checkpointing=True)


@st.composite
def analyses(draw: st.DrawFn) -> Analysis:
    config, batch = draw(configs()), draw(st.integers(1, 3))
    samples = minimum_samples(config, batch) + draw(st.just(0) | st.integers(0, 2000))
    workload = Workload(samples=samples, batch=batch, dtype=draw(st.sampled_from(["float32", "float16"])))
    return analyze(Config(name="random", origin="test", model=config), workload)


@pytest.mark.slow
@given(analysis=analyses(), factor=st.floats(0.5, 50))
@settings(max_examples=25)
def test_one_more_would_not_fit(analysis: Analysis, factor: float) -> None:
    memory_bytes = int(factor * max(needed_bytes(analysis)))
    fits = (
        fit_inference(analysis, memory_bytes),
        fit_training(analysis, memory_bytes, checkpointing=False),
        fit_training(analysis, memory_bytes, checkpointing=True),
    )
    model, given = analysis.config.model, analysis.workload
    # Under group norm a batch of one needs more samples than a larger one does.
    fewest = 1 if given.samples >= minimum_samples(model, 1) else 2
    smallest = {"batch": fewest, "samples": minimum_samples(model, given.batch)}
    for (number, fit), name in product(enumerate(fits), LargestWorkloads._fields):
        largest, least = getattr(fit, name), smallest[name]
        for value in {max(largest, least), max(largest, least - 1) + 1}:
            workload = replace(analysis.workload, **{name: value})
            needed = needed_bytes(analyze(analysis.config, workload))[number]
            assert (needed <= memory_bytes) == (value <= largest)


@given(analysis=analyses(), batch=st.integers(0, 3), samples=st.integers(0, 700))
@settings(max_examples=40)
def test_memory_never_falls_with_the_workload(analysis: Analysis, batch: int, samples: int) -> None:
    workload = analysis.workload
    larger = replace(workload, batch=workload.batch + batch, samples=workload.samples + samples)
    after = needed_bytes(analyze(analysis.config, larger))
    assert all(least <= most for least, most in zip(needed_bytes(analysis), after, strict=True))


def test_one_frame_under_group_norm_needs_a_batch_of_two() -> None:
    """Which torch refuses in a batch of one, training or not."""
    model = replace(load_config("base").model, extractor_conv_layer_config=((8, 10, 5),), encoder_num_layers=1)
    config = Config(name="one frame", origin="test", model=model)
    pair = analyze(config, Workload(samples=10, batch=2))
    with pytest.raises(WorkloadError, match="give 15 samples, or a batch of 2"):
        analyze(config, Workload(samples=10))
    for number, fit in enumerate(
        (
            lambda memory_bytes: fit_inference(pair, memory_bytes),
            lambda memory_bytes: fit_training(pair, memory_bytes, checkpointing=False),
            lambda memory_bytes: fit_training(pair, memory_bytes, checkpointing=True),
        )
    ):
        needed = needed_bytes(pair)[number]
        assert (fit(needed - 1).batch, fit(needed).batch) == (0, 2)


def test_nothing_fits_less_than_the_weights() -> None:
    base = analyze(load_config("base"), Workload.of_seconds(1))
    assert fit_inference(base, base.parameter_bytes) == LargestWorkloads(0, 0)


def test_a_memory_past_any_use_is_filled_to_the_limits() -> None:
    base = analyze(load_config("base"), Workload.of_seconds(1))
    assert fit_inference(base, 2**90) == LargestWorkloads(MAX_BATCH, MAX_SAMPLES)


@given(
    config=configs(max_layers=4).map(
        lambda config: replace(config, encoder_layer_drop=0.3)  # type: ignore[type-var]
    )
)
@settings(max_examples=15)
def test_what_layer_drop_makes_random_is_the_mean_over_the_layers_that_run(config: ModelConfig) -> None:
    """Each number of layers that run, as a model of its own, weighed with its binomial probability."""
    workload = Workload(samples=minimum_samples(config, 2) + 100, batch=2)
    cost = analyze(Config(name="random", origin="test", model=config), workload).training
    num_layers, drop = config.encoder_num_layers, config.encoder_layer_drop

    def probability(running: int) -> float:
        choices = 1.0
        for number in range(running):
            choices = choices * (num_layers - number) / (number + 1)
        return choices * (1 - drop) ** running * drop ** (num_layers - running)

    for name in ("kept_bytes", "checkpointed_bytes", "macs", "checkpointed_macs"):
        spread = getattr(cost, name)
        mean = probability(0) * spread.least
        for running in range(1, num_layers + 1):
            model = replace(config, encoder_num_layers=running, encoder_layer_drop=0.0)
            smaller = analyze(Config(name="random", origin="test", model=model), workload).training
            mean += probability(running) * getattr(smaller, name).greatest
        assert spread.expected == pytest.approx(mean)
        assert spread.least < spread.expected < spread.greatest


def test_all_audio_up_to_the_longest_fits() -> None:
    """With a bias in attention 40 frames need less memory than 39: rows of a multiple of 8 numbers are not copied."""
    fields = {"extractor_conv_layer_config": [[4, 10, 20]], "encoder_num_layers": 1, "encoder_num_heads": 8}
    sizes = {"encoder_embed_dim": 16, "encoder_ff_interm_features": 8, "encoder_pos_conv_groups": 2}
    config = load_config("wavlm_base", {**fields, **sizes, "encoder_pos_conv_kernel": 2})
    analysis = analyze(config, Workload(samples=1000))
    needed = {
        samples: analyze(config, replace(analysis.workload, samples=samples)).inference.total_bytes
        for samples in range(30, 1100)
    }
    assert needed[790] < needed[789]
    for memory_bytes in {needed[samples] for samples in range(600, 900, 15)}:
        longest = next(samples for samples, each in needed.items() if each > memory_bytes) - 1
        assert fit_inference(analysis, memory_bytes).samples == longest
