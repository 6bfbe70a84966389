"""What optimizers keep, against torch's own; of 8 bits against what bitsandbytes 0.50 was seen to make."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from w2v_explore import analyze, build_model, load_config
from w2v_explore.analysis.memory.optimizers import OPTIMIZERS, optimizer_state_bytes

THEIRS = {
    "adamw": torch.optim.AdamW,
    "sgd": partial(torch.optim.SGD, momentum=0.9),
    "adafactor": torch.optim.Adafactor,
    "none": torch.optim.SGD,
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", THEIRS)
def test_the_states_are_those_of_torch(name: str, dtype: torch.dtype) -> None:
    config = load_config(
        "base", overrides={"encoder_num_layers": 1, "encoder_embed_dim": 48, "encoder_ff_interm_features": 40}
    )
    model = build_model(config).to(dtype)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer = THEIRS[name](model.parameters(), lr=1e-3)
    optimizer.step()
    states = [each for state in optimizer.state.values() for key, each in state.items() if key != "step"]
    kept = sum(each.nbytes for each in states if isinstance(each, torch.Tensor))
    shapes = [shape for _, shape in analyze(config).tree.state_dict_shapes()]
    assert optimizer_state_bytes(name, shapes, dtype.itemsize) == kept


@pytest.mark.parametrize(
    ("shape", "codes", "scales"),
    [
        ((768, 768), 589_824, 9_216),
        ((5_000,), 5_000, 80),
        ((16, 256), 4_096, 64),
        ((100, 41), 4_100, 68),
        ((512, 512, 3), 786_432, 12_288),
        ((4_095,), 4 * 4_095, 0),
        ((3_072,), 4 * 3_072, 0),
    ],
)
def test_moments_of_8_bits_are_those_of_bitsandbytes(shape: tuple[int, ...], codes: int, scales: int) -> None:
    quantiles = 2_048 if scales else 0
    assert optimizer_state_bytes("adamw-8bit", [shape]) == 2 * (codes + scales) + quantiles
    assert optimizer_state_bytes("adamw-8bit", [shape, shape]) == 4 * (codes + scales) + quantiles


def test_the_usual_optimizer_comes_first() -> None:
    assert list(OPTIMIZERS) == ["adamw", "adamw-8bit", "sgd", "adafactor", "none"]
