"""How many random configs a second are analysed for their parameters, MACs and bytes, on one core.

Rows of layers and the receptive field are worked out where they are asked for, which this benchmark does not.
"""

from __future__ import annotations

import random
import statistics
import time

from w2v_explore import Config, ModelConfig, Workload, analyze, load_config

_CONFIGS = 2_000
_ROUNDS = 7


def random_config(rng: random.Random) -> ModelConfig:
    """A config whose every field is drawn anew, with one to eight conv layers."""
    heads, groups = rng.choice([4, 8, 12, 16]), rng.choice([1, 2, 4, 8, 16])
    conv_layers = [(rng.randint(16, 512), rng.randint(2, 10), rng.randint(1, 3)) for _ in range(rng.randint(1, 8))]
    return ModelConfig(
        extractor_mode=rng.choice(["group_norm", "layer_norm"]),
        extractor_conv_layer_config=rng.choice([None, tuple(conv_layers)]),
        extractor_conv_bias=rng.random() < 0.5,
        encoder_embed_dim=heads * groups * rng.randint(1, 8),
        encoder_projection_dropout=rng.random(),
        encoder_pos_conv_kernel=rng.randint(1, 160),
        encoder_pos_conv_groups=groups,
        encoder_num_layers=rng.randint(1, 48),
        encoder_num_heads=heads,
        encoder_attention_dropout=rng.random(),
        encoder_ff_interm_features=rng.randint(64, 8192),
        encoder_ff_interm_dropout=rng.random(),
        encoder_dropout=rng.random(),
        encoder_layer_norm_first=rng.random() < 0.5,
        encoder_layer_drop=rng.random(),
        aux_num_out=rng.choice([None, rng.randint(1, 1000)]),
    )


def configs_per_second() -> float:
    """The median over a few rounds of the same random configs, ten seconds of audio each."""
    rng = random.Random(0)
    configs = [Config(name="random", origin="benchmark", model=random_config(rng)) for _ in range(_CONFIGS)]
    workload = Workload.of_seconds(10.0, batch=2)

    def round_seconds() -> float:
        start = time.perf_counter()
        for config in configs:
            analysis = analyze(config, workload)
            assert analysis.parameters
            assert analysis.flops
            assert analysis.macs_per_audio_second
            assert analysis.parameter_bytes_by_dtype
        return time.perf_counter() - start

    return _CONFIGS / statistics.median(round_seconds() for _ in range(_ROUNDS))


def depth_ratio() -> float:
    """The time for an encoder of 2,000 layers over that for 2, in turns."""
    workload = Workload.of_seconds(10.0)
    shallow, deep = (load_config("base", [f"encoder_num_layers={layers}"]) for layers in (2, 2_000))

    def seconds(config: Config) -> float:
        start = time.perf_counter()
        for _ in range(100):
            analyze(config, workload)
        return time.perf_counter() - start

    return statistics.median(seconds(deep) / seconds(shallow) for _ in range(15))
