"""A process that joins a study and says of each trial when it is told: python -m tests.sampling_worker URL TRIALS."""

from __future__ import annotations

import sys
from unittest.mock import patch

from optuna.trial import FrozenTrial

from w2v_explore import Workload, load_preset
from w2v_explore.analysis.comparing.conditions import parse_condition
from w2v_explore.search.question.candidates import Mode
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.sampling import sample as module
from w2v_explore.search.sampling.storage import TOKEN, Store
from w2v_explore.search.space.space import Axis, Given, Space

FRONT = Pareto(("macs_per_audio_second", "parameters"), frozenset({"parameters"}))
AXES = (
    Axis("encoder_embed_dim", (384, 512, 640, 768)),
    Axis("encoder_num_layers", tuple(range(1, 25))),
    Axis("encoder_ff_interm_features", tuple(range(256, 4097, 256))),
    # 12 heads do not divide all of the widths.
    Axis("encoder_num_heads", (4, 12, 16)),
    Axis("extractor_mode", ("group_norm", "layer_norm")),
)


def question(axes: tuple[Axis, ...] = AXES, mode: Mode = FRONT, constraint: str = "parameters > 30M") -> Question:
    """A question about configs like base."""
    config = load_preset("base")
    space = Space(config, axes, {axis.name: Given(number) for number, axis in enumerate(axes)})
    return Question(space, Workload.of(config), mode, (parse_condition(constraint),))


class SayingStore(Store):
    def add(self, trial: FrozenTrial) -> None:
        super().add(trial)
        print(trial.user_attrs[TOKEN], flush=True)


if __name__ == "__main__":
    with patch.object(module, "Store", SayingStore):
        module.sample(question(), int(sys.argv[2]), storage=sys.argv[1])
