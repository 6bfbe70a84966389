"""How many configs a second `analyze_many` works out on one core, beside `analyze`, Optuna's loop and torch's counter.

All have the same configs, in one process. Of the first two every figure of a model as a whole is asked for, memory of
inference and of training among them; of torch's counter on meta, the parameters and the MACs. Optuna's loop gives each
config to an objective, once to one that does nothing and once to one that works out all figures by known formulas.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from w2v_explore import Workload, analyze, analyze_many, build_model, load_preset
from w2v_explore.analysis.figures import FIGURES, total_figures
from w2v_explore.arguments import plain_data

_CONFIGS = 200_000
_ONE_BY_ONE = 1_000
_ON_META = 5
_ROUNDS = 3
_PRESETS = ("base", "wavlm_base", "data2vec_audio_base")

_SECTION = """\
## Many configs at once

Parameters, MACs, memory of inference and of training, receptive field: all {figures} figures of random configs that
differ in width, heads, inner width, layers, the positional convolution's kernel and the order of norms, {configs:,} of
each preset's family, 10 s of audio; `analyze` on {one_by_one:,} of them, torch's `FlopCounterMode` on {on_meta} models
on meta, building them included. Optuna's `Study.optimize` in memory has {one_by_one:,} of them as well, which it is
told and need not draw: with an objective that does nothing, and with one that works each out by the known formulas.
Configs a second of processor time on one core, the median of {rounds} rounds:

| configs like | `analyze_many` | formulas known | `analyze` | torch's counter | Optuna alone | Optuna, formulas |
| :--- | ---: | ---: | ---: | ---: | ---: | ---: |
{rows}

How many times as fast `analyze_many` is:

| configs like | over `analyze` | over torch's counter | over Optuna alone | over Optuna, formulas |
| :--- | ---: | ---: | ---: | ---: |
{times}

The aim is 100,000 a second, and 100 times Optuna's loop where it works the same figures out.
Each figure of the {one_by_one:,} equals that of `analyze`.
"""


class Rates(NamedTuple):
    """Configs a second.

    Attributes:
        many: By `analyze_many`.
        known: By formulas that were found before.
        one: By `analyze`.
        counter: By torch's counter.
        optuna: By Optuna's loop, with an objective that does nothing.
        optuna_known: By Optuna's loop, with one that works each out by formulas that were found before.
    """

    many: float
    known: float
    one: float
    counter: float
    optuna: float
    optuna_known: float


def columns_like(preset: str) -> dict[str, Any]:
    """Random valid configs near a preset."""
    rng = np.random.default_rng(0)
    heads = rng.choice([4, 8, 12, 16], _CONFIGS)
    return {
        "encoder_num_heads": heads,
        "encoder_embed_dim": heads * 16 * rng.integers(1, 8, _CONFIGS),
        "encoder_ff_interm_features": rng.integers(64, 4097, _CONFIGS),
        "encoder_num_layers": rng.integers(1, 49, _CONFIGS),
        "encoder_pos_conv_kernel": rng.integers(3, 160, _CONFIGS),
        **({} if preset.startswith("data2vec") else {"encoder_layer_norm_first": rng.random(_CONFIGS) < 0.5}),
    }


def rates(preset: str) -> Rates:
    """The rates for configs near a preset, each checked against the others."""
    from w2v_explore.search.formulas.many import Formulas
    from w2v_explore.search.formulas.members import column

    config = load_preset(preset)
    workload, columns = Workload.of(config), columns_like(preset)
    many = analyze_many(config, columns, workload)
    members = random.Random(0).sample(range(_CONFIGS), _ONE_BY_ONE)
    configs = [many.member(member) for member in members]
    for member, each in zip(members, configs, strict=True):
        assert {name: figures[member].item() for name, figures in many.figures.items()} == total_figures(
            analyze(each, workload)
        )

    model = config.model
    base: Mapping[str, Any] = {name: getattr(model, name) for name in model.FIELDS}
    formulas = Formulas(model.family, base, workload, tuple(many.figures))

    def known() -> None:
        formulas.figures([column(model.family, name, values) for name, values in columns.items()])

    def known_of_one(values: Mapping[str, Any]) -> None:
        formulas.figures([column(model.family, name, [value]) for name, value in values.items()])

    known()
    given = [{name: plain_data(values[member]) for name, values in columns.items()} for member in members]
    return Rates(
        _CONFIGS / _seconds(lambda: analyze_many(config, columns, workload)),
        _CONFIGS / _seconds(known),
        _ONE_BY_ONE / _seconds(lambda: [total_figures(analyze(each, workload)) for each in configs]),
        _ON_META / _seconds(lambda: [_count(each, workload) for each in configs[:_ON_META]]),
        _ONE_BY_ONE / _seconds(lambda: _optimize(given, lambda values: None)),
        _ONE_BY_ONE / _seconds(lambda: _optimize(given, known_of_one)),
    )


def _optimize(configs: Sequence[Mapping[str, Any]], work: Callable[[Mapping[str, Any]], None]) -> None:
    """Optuna's loop over configs, one by one."""
    import optuna

    class Given(optuna.samplers.BaseSampler):
        """Draws nothing."""

        def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
            return {}

        def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
            return {}

        def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
            return configs[trial.number][param_name]

    def objective(trial: optuna.Trial) -> float:
        values = {
            name: trial.suggest_categorical(name, [False, True])
            if isinstance(value, bool)
            else trial.suggest_int(name, 1, 10_000)
            for name, value in configs[trial.number].items()
        }
        work(values)
        return 0.0

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.create_study(sampler=Given()).optimize(objective, n_trials=len(configs))


def _count(config: Any, workload: Workload) -> tuple[int, int]:
    """Parameters and MACs by torch's own counter."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    model = build_model(config, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.empty(workload.batch, workload.samples, device="meta"))
    return sum(parameter.numel() for parameter in model.parameters()), counter.get_total_flops() // 2


def _seconds(work: Callable[[], object]) -> float:
    def once() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return statistics.median(once() for _ in range(_ROUNDS))


def section() -> str:
    """A section of docs/performance.md."""
    rows, times = [], []
    for preset in _PRESETS:
        found = rates(preset)
        rows.append(
            f"| {preset} | {found.many:,.0f} | {found.known:,.0f} | {found.one:,.0f} | {found.counter:,.1f} "
            f"| {found.optuna:,.0f} | {found.optuna_known:,.0f} |"
        )
        others = (found.one, found.counter, found.optuna, found.optuna_known)
        times.append(f"| {preset} | {' | '.join(f'{found.many / other:,.0f}' for other in others)} |")
    return _SECTION.format(
        figures=len(FIGURES),
        configs=_CONFIGS,
        one_by_one=_ONE_BY_ONE,
        on_meta=_ON_META,
        rounds=_ROUNDS,
        rows="\n".join(rows),
        times="\n".join(times),
    )


if __name__ == "__main__":
    print(section(), end="")
