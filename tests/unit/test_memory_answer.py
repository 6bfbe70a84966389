"""Whether a training step fits, with margins by hand; what makes it fit does, by the fewest changes."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from w2v_explore import Config, Workload, analyze, load_config, memory
from w2v_explore.analysis.memory.answer import Answer, Remedy
from w2v_explore.analysis.memory.costs import MemoryCosts
from w2v_explore.analysis.memory.trained import select_trained
from w2v_explore.errors import QuantityError

TWELVE_BYTES = 12 * 94_370_944
"""Weights and two moments of base in float32."""

TWENTY_SECONDS = Workload.of_seconds(20, batch=6)


def answered(config: str | Config, workload: Workload, memory_bytes: int, **way: Any) -> Answer:
    """The answer without a reserve."""
    fits = memory(config, workload, fit=memory_bytes, reserve=0, **way).fits
    assert fits is not None
    return fits.answer


def needed(costs: MemoryCosts, precision: str, *, checkpointing: bool) -> int:
    return costs.training[precision].peak_bytes(checkpointing=checkpointing)


def test_the_margin_by_hand() -> None:
    peak_bytes = 1_845_749_912 - TWELVE_BYTES  # of base for 10 s in float32, as the golden file of CSV has it
    costs = memory("base", fit="4GB", precision="float32")
    assert costs.fits is not None
    assert costs.fits.reserve_bytes == 2**30
    assert costs.fits.answer == Answer(
        "float32", False, TWELVE_BYTES + peak_bytes, 4 * 10**9 - 2**30 - TWELVE_BYTES - peak_bytes, ()
    )
    assert costs.fits.answer.fits
    exactly = TWELVE_BYTES + peak_bytes
    assert answered("base", Workload.of_seconds(10), exactly, precision="float32")[3:] == (0, ())
    assert not answered("base", Workload.of_seconds(10), exactly - 1, precision="float32").fits


@pytest.mark.parametrize("precision", ["amp-float16", "float32", "pure-bfloat16"])
@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("way", [{}, {"attention": "eager"}, {"lora": "r=8:q_proj"}, {"optimizer": "sgd"}])
def test_the_way_that_is_asked_about_is_answered(precision: str, checkpointing: bool, way: dict[str, Any]) -> None:
    shallow = load_config("base", {"encoder_num_layers": 2})
    costs = memory(shallow, TWENTY_SECONDS, fit="3.5GB", precision=precision, checkpointing=checkpointing, **way)
    assert costs.fits is not None
    answer = costs.fits.answer
    assert answer.needed_bytes == needed(costs, precision, checkpointing=checkpointing)
    assert (answer.precision, answer.checkpointing) == (precision, checkpointing)
    fit = (costs.fits.checkpointed_training if checkpointing else costs.fits.training)[precision]
    assert answer.fits == costs.workload_fits == (fit.batch >= 6)


def test_autocast_is_what_people_run() -> None:
    costs = memory("base", TWENTY_SECONDS, fit="4GB")
    assert costs.fits is not None
    assert costs.fits.answer.needed_bytes == needed(costs, "amp-bfloat16", checkpointing=False)


# Each change by itself, as a user would ask for it.
TRIED: dict[str, list[dict[str, Any]]] = {
    "checkpointing": [{"checkpointing": True}],
    "train": [{"train": "not-extractor"}],
    "precision": [{"precision": "bfloat16"}, {"precision": "pure-bfloat16"}],
    "attention": [{"attention": "fused"}],
    "batch": [{"batch": batch, "accumulate": 6 // batch} for batch in (3, 2, 1)],
}


BY_HAND: dict[str, int] = {}
"""What changes need that were asked for before, by their text: no size of a memory has a say in it."""


def by_hand(config: str, change: dict[str, Any]) -> int:
    """What `memory` says of a config with a change."""
    if (asked := f"{config} {change}") not in BY_HAND:
        way = {"attention": "eager", "precision": "amp-bfloat16"} | change
        batch, checkpointing = way.pop("batch", 6), way.pop("checkpointing", False)
        costs = memory(config, Workload.of_seconds(20, batch=batch), **way)
        BY_HAND[asked] = needed(costs, way["precision"], checkpointing=checkpointing)
    return BY_HAND[asked]


@pytest.mark.slow
@pytest.mark.parametrize("size", [30, 14, 10, 7, 4, 3, 2, 1.5])
def test_what_is_said_to_suffice_does_and_nothing_smaller(size: float) -> None:
    """From what every change alone makes fit down to what nothing does, each combination tried by itself."""
    limit = int(size * 10**9)
    found = answered("base", TWENTY_SECONDS, limit, attention="eager")
    if by_hand("base", {}) <= limit:
        assert found.changes == ()
        return
    for number in range(1, len(TRIED) + 1):
        expected = []
        for kinds in combinations(TRIED, number):
            mildest = next((change for change in _joined(kinds) if by_hand("base", change) <= limit), None)
            if mildest is not None:
                size_bytes = by_hand("base", mildest)
                expected.append(Remedy(mildest, size_bytes, limit - size_bytes))
        if expected:
            break
    assert list(found.changes) == expected


def _joined(kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = [{}]
    for kind in kinds:
        changes = [before | change for before in changes for change in TRIED[kind]]
    return changes


def test_a_change_that_suffices_is_found_where_another_takes_more_than_it_spares() -> None:
    """A batch that keeps next to nothing: gradients that stay, for smaller batches, take more."""
    short = Workload(samples=800, batch=4)
    for precision in ("bfloat16", "pure-bfloat16"):
        limit = needed(memory("base", short), precision, checkpointing=False)
        assert {"precision": precision} in [dict(remedy.change) for remedy in answered("base", short, limit).changes]


@pytest.mark.parametrize(
    ("way", "offered"),
    [
        ({}, {"checkpointing", "train", "precision", "batch"}),
        ({"checkpointing": True}, {"train", "precision", "batch"}),
        # No layer keeps anything, so that checkpoints spare nothing.
        ({"train": "head"}, {"precision", "batch"}),
        ({"lora": "r=8:q_proj"}, {"checkpointing", "precision", "batch"}),
        ({"lora": "r=8:q_proj", "train": "all"}, {"checkpointing", "train", "precision", "batch"}),
        ({"attention": "math"}, {"checkpointing", "train", "precision", "attention", "batch"}),
        ({"precision": "pure-bfloat16"}, {"checkpointing", "train", "batch"}),
        ({"precision": "float16"}, {"checkpointing", "train", "batch"}),
    ],
)
def test_no_change_is_offered_that_is_made_already(way: dict[str, Any], offered: set[str]) -> None:
    """A byte too few is had by every change that there is and that spares anything."""
    config = load_config("base", {"aux_num_out": 32})
    workload = Workload.of_seconds(20, batch=6)
    needed_bytes = memory(config, workload, fit=2**40, **way).fits.answer.needed_bytes  # type: ignore[union-attr]
    fits = memory(config, workload, fit=needed_bytes - 1, reserve=0, **way).fits
    assert fits is not None
    assert {name for remedy in fits.answer.changes for name in remedy.change} - {"accumulate"} == offered


def test_a_model_without_an_extractor_has_none_to_freeze() -> None:
    answer = answered("w2v_bert_2", Workload.of_seconds(10, batch=2), 11 * 10**9)
    assert not answer.fits
    assert all("train" not in remedy.change for remedy in answer.changes)


def test_float16_stays_float16() -> None:
    """A card that has no bfloat16 is told nothing of it."""
    answer = answered("base", TWENTY_SECONDS, 6 * 10**9, precision="amp-float16")
    assert {remedy.change.get("precision") for remedy in answer.changes} <= {None, "float16"}
    assert any(remedy.change == {"precision": "float16"} for remedy in answer.changes)


def test_a_batch_of_one_that_a_norm_cannot_take_is_not_offered() -> None:
    """One frame under group norm, as in test_fit: torch refuses a batch of one."""
    config = load_config("base", {"extractor_conv_layer_config": [[8, 10, 5]], "encoder_num_layers": 1})
    few: dict[str, Any] = {
        "train": "re:extractor.*norm.bias"
    }  # whose gradients, which stay while batches are accumulated, are small
    needed_bytes = answered(config, Workload(samples=10, batch=4), 2**40, **few).needed_bytes
    two = Workload(samples=10, batch=2)
    least = answered(config, two, 2**40, accumulate=2, **few).needed_bytes
    assert least < needed_bytes
    batches = [
        remedy.change["batch"]
        for limit in range(least - 10_000, needed_bytes, 1_000)
        for remedy in answered(config, Workload(samples=10, batch=4), limit, **few).changes
        if "batch" in remedy.change
    ]
    assert set(batches) == {2}


def test_what_a_reserve_may_be() -> None:
    costs = memory("base", fit="24GiB", reserve="2GB")
    assert costs.fits is not None
    assert costs.fits.reserve_bytes == 2 * 10**9
    less = memory("base", fit=24 * 2**30 - 2 * 10**9, reserve=0).fits
    assert less is not None
    assert (costs.fits.training, costs.fits.inference) == (less.training, less.inference)
    with pytest.raises(QuantityError, match="no size of a memory"):
        memory("base", fit="24GiB", reserve="-1GB")
    with pytest.raises(TypeError, match="reserve is"):
        memory("base", fit="24GiB", reserve=1.5)  # type: ignore[arg-type]


def test_a_reserve_that_takes_all() -> None:
    answer = memory("base", fit="1GiB").fits.answer  # type: ignore[union-attr]
    assert answer.margin_bytes == -answer.needed_bytes
    assert answer.changes == ()


def test_freezing_is_not_offered_where_nothing_that_is_left_is_trained() -> None:
    """A HuBERT in pre-training that predicts nothing learns from a penalty on what its extractor gives."""
    config = load_config("hubert_pretrain_base", {"skip_masked": True, "skip_nomask": True})
    answer = answered(config, Workload.of_seconds(10, batch=4), 10**9)
    assert not answer.fits
    assert all("train" not in remedy.change for remedy in answer.changes)


def test_no_figure_depends_on_the_order_of_a_set() -> None:
    """Parameters get their gradients in the model's order, whether all are trained or all are named."""
    for preset in ("base", "data2vec_audio_base"):
        named = memory(preset, train="re:.").training["amp-bfloat16"]
        assert named.peak_bytes(checkpointing=False) == memory(preset).training["amp-bfloat16"].peak_bytes(
            checkpointing=False
        )
    trained = select_trained(analyze("base").tree, {}, "re:.").trained
    assert trained is not None
    assert list(trained["encoder.transformer.layer_norm"]) == ["weight", "bias"]
