"""A process that joins a study and says of each trial when it is told: ``python -m tests.sampling_worker URL TRIALS``."""

from __future__ import annotations

import sys
from unittest.mock import patch

from optuna.trial import FrozenTrial

from tests.searches import small_question
from w2v_explore.search.sampling import sample as module
from w2v_explore.search.sampling.storage import TOKEN, Store


class SayingStore(Store):
    def add(self, trial: FrozenTrial) -> None:
        super().add(trial)
        print(trial.user_attrs[TOKEN], flush=True)


if __name__ == "__main__":
    with patch.object(module, "Store", SayingStore):
        module.sample(small_question(), int(sys.argv[2]), storage=sys.argv[1])
