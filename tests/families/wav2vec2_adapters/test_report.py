"""What reports say of models whose frames become fewer behind the encoder."""

from __future__ import annotations

import re

import pytest

from tests.families.wav2vec2_adapters.model import SMALL
from tests.program import Runner
from w2v_explore import Workload, analyze, load_config
from w2v_explore.analysis.comparing.attribution import attribute
from w2v_explore.config.load import Config
from w2v_explore.families.wav2vec2_adapters.fields import Wav2Vec2AdaptersConfig
from w2v_explore.lint.stepped import sensitivity


def test_frames_that_come_out_are_told_beside_the_extractors(run: Runner) -> None:
    out = run("summary", "mms_1b_all", "--set", "add_adapter=true", "--full", columns=100).out
    rows = [line.split() for line in out.splitlines()]
    assert ["frames", "499"] in rows
    assert ["frames", "that", "come", "out", "63"] in rows
    assert ["per", "second", "6.25", "one", "in", "2,560", "samples"] in rows
    assert "come out" not in run("summary", "mms_1b_all", "--full", columns=100).out
    answer = run("summary", "mms_1b_all", "--set", "add_adapter=true").out
    assert re.search(r"^output rate +6.25 Hz  63 frames come out, one every 2,560 samples$", answer, re.MULTILINE)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"frames": 499, "stride_samples": 320}),
        ({"add_adapter": True}, {"frames": 63, "stride_samples": 2560}),
        ({"add_adapter": True, "adapter_num_layers": 2, "adapter_stride": 3}, {"frames": 56, "stride_samples": 2880}),
    ],
)
def test_output_in_the_json(changes: dict[str, object], expected: dict[str, int]) -> None:
    document = analyze(load_config("mms_1b_all", changes)).to_dict(depth=0)
    assert document["output"] == expected
    assert document["workload"]["frames"] == 499


def test_steps_and_shares_are_those_of_whole_analyses() -> None:
    small = Config(name="small", origin="test", model=Wav2Vec2AdaptersConfig(**SMALL))
    workload = Workload(samples=3_000, batch=2)
    before, effects = analyze(small, workload), sensitivity(small, workload).effects
    own = {"add_adapter", "adapter_num_layers", "adapter_kernel", "adapter_stride", "adapter_embed_dim"}
    assert {effect.change.target for effect in effects} >= own
    for effect in effects:
        model = Wav2Vec2AdaptersConfig(**{**small.model.to_mapping(), **effect.change.values})
        after = analyze(Config(name="after", origin="test", model=model), workload)
        assert effect.figures["parameters"] == after.parameters
        assert effect.figures["macs"] == after.macs.total
        assert effect.figures["memory.inference_bytes"] == after.inference.total_bytes
    wider = Wav2Vec2AdaptersConfig(**{**SMALL, "adapter_stride": 3, "adapter_embed_dim": None, "aux_num_out": None})
    after = analyze(Config(name="wider", origin="test", model=wider), workload)
    shares = attribute(before, after)
    assert sum(share.figures.get("macs", 0) for share in shares) == after.macs.total - before.macs.total
