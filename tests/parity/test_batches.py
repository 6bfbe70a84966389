"""The parts of batching that numpy and transformers have, against theirs."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
import torch
from transformers.trainer_pt_utils import get_length_grouped_indices

from w2v_explore.analysis.plan.batches import bucket_lengths, grouped_by_length


@pytest.mark.parametrize("buckets", [1, 2, 3, 7, 10, 49])
def test_buckets_are_numpys_percentiles(buckets: int) -> None:
    chance = random.Random(buckets)
    for number in (1, 2, 10, 101, 1000):
        samples = [chance.randint(1, 300) for _ in range(number)]
        wanted = np.unique(np.percentile(samples, np.linspace(0, 100, buckets + 1), method="lower")[1:])
        assert bucket_lengths(Counter(samples), buckets) == list(wanted)


@pytest.mark.parametrize(("number", "batch_size"), [(1, 4), (7, 4), (100, 4), (1000, 4), (997, 3)])
def test_utterances_are_grouped_as_trainer_groups_them(number: int, batch_size: int) -> None:
    samples = [random.Random(number).randint(1, 500) for _ in range(number)]
    shuffled = [samples[at] for at in torch.randperm(number, generator=torch.Generator().manual_seed(1))]
    order = get_length_grouped_indices(samples, batch_size, generator=torch.Generator().manual_seed(1))
    assert grouped_by_length(shuffled, batch_size) == [samples[at] for at in order]
