"""`verify`: every check notices a closed form that is wrong, and says so in every format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.cli.test_process import python
from tests.program import Runner
from w2v_explore import Config, DeviceError, Layer, ModelConfig, Workload, analyze, build_architecture, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.memory import inference, training
from w2v_explore.analysis.memory.stacks import Spread
from w2v_explore.analysis.memory.step_peak import TrainingTimeline
from w2v_explore.cli import verify as command
from w2v_explore.errors import missing_extra
from w2v_explore.measure import audit, known_differences
from w2v_explore.measure import verify as module
from w2v_explore.measure.extractor_probe import (
    NarrowExtractor,
    build_narrow_extractor,
    find_frame_spans,
    find_least_samples,
)
from w2v_explore.measure.known_differences import KNOWN_DIFFERENCES
from w2v_explore.model.build import modules_of

SMALL = """\
extends: base
name: small
extractor_conv_layer_config: [[8, 10, 5], [8, 3, 2], [8, 2, 2]]
encoder_embed_dim: 16
encoder_num_heads: 2
encoder_pos_conv_kernel: 8
encoder_pos_conv_groups: 2
encoder_ff_interm_features: 8
encoder_num_layers: 3
"""
SHORT = ("--samples", "1234", "--batch", "2")


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


def test_what_holds_exits_with_0(run: Runner, small: str) -> None:
    code, out, err = run("verify", small, *SHORT, columns=80)
    assert (code, err) == (0, "")
    assert out.startswith("small: every figure holds\n")
    assert "29 figures: 28 equal, 1 different for a known reason, 0 unexplained" in out
    for source in (f"torch {torch.__version__}: the model built on meta", "fvcore 0.", "2 of 3 layers", "no norm"):
        assert source in out
    assert max(map(len, out.splitlines())) <= 80


def broken_layers(**change: Any) -> Callable[[Analysis], Analysis]:
    def break_(analysis: Analysis) -> Analysis:
        first, *others = analysis.layers
        return known(analysis, layers=(first._replace(**change), *others), **change)

    return break_


def known(analysis: Analysis, **figures: Any) -> Analysis:
    """The same analysis with other figures, as if they had been worked out so."""
    other = replace(analysis)
    vars(other).update(figures)
    return other


def broken_field(**change: Any) -> Callable[[Analysis], Analysis]:
    return lambda analysis: known(analysis, receptive_field=analysis.receptive_field._replace(**change))


BROKEN_ANALYSES = {
    "group_norm": (
        broken_layers(parameters=1, output_shape=(2, 60, 17), macs=Macs(1, 2, 3)),
        {
            "parameters": 1,
            "modules.unlike": None,
            "macs.forward.convolution": 1,
            "macs.forward.linear": 2,
            "macs.forward.attention": 3,
        },
    ),
    "layer_norm": (
        broken_field(
            frames=7,
            minimum_samples=8,
            receptive_field_samples=51,
            stride_samples=21,
            normalizes_over_utterance=True,
        ),
        {
            "extractor.frames": 7,
            "extractor.minimum_samples": 8,
            "extractor.receptive_field_samples": 51,
            "extractor.stride_samples": 21,
            "extractor.frame_start_samples": None,
            "extractor.utterance_samples": None,
        },
    ),
}
"""By the extractor's mode: what is wrong, and what is said of each figure."""


@pytest.mark.parametrize("mode", BROKEN_ANALYSES)
def test_a_wrong_analysis_exits_with_1(run: Runner, small: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    correct = analyze(load_config(small, [f"extractor_mode={mode}"]), Workload(samples=1234, batch=2))
    wrong, said = BROKEN_ANALYSES[mode]
    monkeypatch.setattr(command, "analyze_configs", lambda *arguments, **options: [wrong(correct)])
    assert_disagrees(run, small, said)


def broken(function: Callable[..., Any], **change: Any) -> Callable[..., Any]:
    """A function whose result has other values."""

    def wrong(*arguments: Any, **options: Any) -> Any:
        result = function(*arguments, **options)
        return result._replace(**change) if hasattr(result, "_replace") else replace(result, **change)

    return wrong


def spread(number: int) -> Spread:
    return Spread(*[float(number)] * 3)


def test_wrong_formulas_exit_with_1(run: Runner, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    training_cost = {
        "backward": Macs(1, 2, 3),
        "kept_bytes": spread(4),
        "checkpointed_bytes": spread(5),
        "cast_weight_bytes": spread(6),
    }
    for owner, name, change in (
        (training, "training_cost", training_cost),
        (module, "audit_macs", {"expected": Macs(7, 8, 9)}),
        (inference, "inference_memory", {"peak_activation_bytes": 10}),
        (TrainingTimeline, "peak", {"bytes": 11}),
    ):
        monkeypatch.setattr(owner, name, broken(getattr(owner, name), **change))
    said = {
        "macs.backward.convolution": 1,
        "macs.backward.linear": 2,
        "macs.backward.attention": 3,
        "macs.real.convolution": 7,
        "macs.real.linear": 8,
        "macs.real.attention": 9,
        "memory.peak_activation_bytes": 10,
        "memory.kept_bytes": 4,
        "memory.checkpointed_bytes": 5,
        "memory.step_peak_bytes": 11,
        "memory.checkpointed_step_peak_bytes": 11,
        "autocast.kept_bytes": 4,
        "autocast.cast_weight_bytes": 6,
        "autocast.checkpointed_bytes": None,
    }
    assert_disagrees(run, small, said)


def test_wrong_names_exit_with_1(run: Runner, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = list(build_architecture(load_config(small).model).state_dict_shapes())

    def claim(names: object) -> None:
        monkeypatch.setattr(Layer, "state_dict_shapes", lambda tree: names)

    claim(shapes[1:])
    assert_disagrees(run, small, {"state_dict.tensors": None, "state_dict.unlike": None})
    claim(shapes[::-1])
    findings = assert_disagrees(run, small, {"state_dict.unlike": None})
    assert findings["state_dict.unlike"]["why"] == (
        "unexplained: first feature_extractor.conv_layers.0.layer_norm.weight (8,), "
        "not encoder.transformer.layers.2.final_layer_norm.bias (16,)"
    )


def test_operations_without_a_kind_exit_with_1(run: Runner, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v_explore.measure.meta_pass._KINDS", {"aten.addmm": "linear"})
    without = (
        "macs.forward.convolution",
        "macs.forward.attention",
        "macs.backward.convolution",
        "macs.backward.attention",
    )
    figures = *without, "macs.backward.linear", "macs.forward.other", "macs.backward.other"
    assert_disagrees(run, small, dict.fromkeys(figures))


def test_a_wrong_source_exits_with_1(run: Runner, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_attention_macs", lambda inputs, outputs: 1)
    assert_disagrees(run, small, {"macs.real.attention": None})
    code, out, _ = run("verify", small, *SHORT)
    assert code == 1
    assert out.startswith("small: DOES NOT HOLD\n")
    assert "1 different for a known reason, 1 unexplained" in out
    assert re.search(r"^attention +[\d,]+ +2 +−[\d,]+ +unexplained$", out, re.MULTILINE)


@pytest.mark.parametrize("known", KNOWN_DIFFERENCES, ids=lambda known: known.figure)
def test_a_known_difference_is_known_to_the_integer(known: Any, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Autocast leaves the norms of a conformer's convolutions as they are.
    under_autocast = known.figure.startswith("autocast.")
    config = load_config(*(("wav2vec2_conformer_rope_large", ["encoder_num_layers=1"]) if under_autocast else (small,)))
    analysis = analyze(config, Workload(samples=1234, batch=2, dtype="float16"))

    def why(*knowns: Any) -> tuple[str | None, bool]:
        monkeypatch.setattr(known_differences, "KNOWN_DIFFERENCES", knowns)
        audited = module.Audited(analysis)
        checks = module.check_memory, module.check_autocast, module.check_backward_macs
        finding = next(each for check in checks for each in check(audited) if each.figure == known.figure)
        return finding.why, finding.agrees

    if known.amount(analysis):
        assert why(known) == (known.why, True)
        assert why(known._replace(amount=lambda analysis: known.amount(analysis) + 1)) == ("unexplained", False)
        assert why(known._replace(holds=lambda analysis: False)) == ("unexplained", False)
        assert why() == ("unexplained", False)
    else:
        assert why(known) == (None, True)


def assert_disagrees(run: Runner, config: str, said: Mapping[str, int | None]) -> dict[str, Any]:
    """The program exits with 1, for these figures and no others.

    Args:
        run: The program.
        config: Which is verified.
        said: What it says of each figure by closed form; None where that does not matter.

    Returns:
        The findings, by figure.
    """
    code, out, _ = run("verify", config, *SHORT, "--format", "json")
    document = json.loads(out)
    findings = {finding["figure"]: finding for finding in document["configs"][0]["findings"]}
    assert code == 1
    assert document["agrees"] is document["configs"][0]["agrees"] is False
    assert {figure for figure, finding in findings.items() if not finding["agrees"]} == {*said}
    for figure, number in said.items():
        assert number is None or findings[figure]["closed_form"] == number, figure
        assert findings[figure]["why"].startswith("unexplained")
        assert findings[figure]["difference"] == findings[figure]["theirs"] - findings[figure]["closed_form"] != 0
    return findings


def test_json(run: Runner, small: str) -> None:
    code, out, err = run("verify", small, small, "--set", "aux_num_out=5", *SHORT, "--format", "json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert (document["schema_version"], document["agrees"], len(document["configs"])) == (1, True, 2)
    config = document["configs"][0]
    assert config["config"]["name"] == "small, changed: aux_num_out 5"
    assert config["config"]["fields"]["aux_num_out"] == 5
    assert config["workload"] == {
        "batch": 2,
        "samples": 1234,
        "sample_rate": 16_000,
        "seconds": 1234 / 16_000,
        "dtype": "float32",
    }
    findings = {finding["figure"]: finding for finding in config["findings"]}
    assert set(findings["parameters"]) == {
        "figure", "closed_form", "source", "theirs", "difference", "why", "agrees",
    }  # fmt: skip
    assert findings["extractor.utterance_samples"]["theirs"] > findings["extractor.receptive_field_samples"]["theirs"]
    different = [finding for finding in config["findings"] if finding["difference"]]
    assert [(finding["figure"], finding["agrees"]) for finding in different] == [("macs.backward.convolution", True)]
    assert "grouped convolution" in different[0]["why"]
    assert all(finding["why"] is None for finding in config["findings"] if not finding["difference"])


def test_markdown(run: Runner, small: str) -> None:
    code, out, err = run("verify", small, *SHORT, "--format", "markdown")
    assert (code, err) == (0, "")
    assert "| Figure | Closed form | Theirs | Difference | Why |" in out
    assert "| receptive field, samples | 30 | 30 | = |  |" in out


def test_wrong_questions(run: Runner, small: str) -> None:
    assert run("verify", small, "--samples", "5").code == 2
    assert run("verify", small, "--samples", "5000", "--seconds", "1").code == 2
    assert run("verify", "no such config").code == 2


def test_without_torch_the_message_names_the_command_that_brings_it() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "sys.argv = ['w2v-explore', 'verify', 'base']\n"
        "from w2v_explore.cli import main; main()"
    )
    finished = python("-c", code)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == f"error: {missing_extra('verify', 'torch')}\n"


def extractor_config(mode: str, *layers: tuple[int, int, int]) -> ModelConfig:
    return replace(load_config("base").model, extractor_mode=mode, extractor_conv_layer_config=layers)


def narrow_extractor(config: ModelConfig, *, norms: bool = True) -> NarrowExtractor:
    return build_narrow_extractor(build_architecture(config), modules_of(config), norms=norms)


def test_frames_depend_on_the_whole_utterance_through_a_group_norm_alone() -> None:
    config = extractor_config("group_norm", (512, 10, 5), (512, 3, 2))
    assert find_frame_spans(narrow_extractor(config), 200, [3]) == [(0, 200)]
    assert find_frame_spans(narrow_extractor(config, norms=False), 200, [3, 4]) == [(30, 50), (40, 60)]


@pytest.mark.parametrize("mode", ["group_norm", "layer_norm"])
def test_no_gradient_is_lost_in_a_deep_extractor(mode: str) -> None:
    config = extractor_config(mode, *[(1, 3, 1)] * 400)
    extractor = narrow_extractor(config, norms=mode == "layer_norm")
    assert find_frame_spans(extractor, 811, [5]) == [(5, 5 + 801)]


def test_samples_that_strides_skip_are_no_end_of_a_span() -> None:
    config = extractor_config("layer_norm", (8, 2, 7), (8, 3, 5))
    assert find_frame_spans(narrow_extractor(config), 200, [1]) == [(35, 51)]


def test_group_norm_needs_two_frames_of_a_single_utterance() -> None:
    extractor = narrow_extractor(extractor_config("group_norm", (8, 10, 5)))
    assert find_least_samples(extractor, batch=1) == 15
    assert find_least_samples(extractor, batch=2) == 10


def test_what_does_not_fit_is_refused_before_it_is_allocated() -> None:
    wide = Config(name="wide", origin="test", model=extractor_config("layer_norm", (1, 2**30, 1)))
    audited = module.Audited(analyze(wide, Workload(samples=2**30 + 1)))
    with pytest.raises(DeviceError, match="the weights of the extractor's kernels need"):
        next(module.check_frames(audited))
    long = module.Audited(analyze(load_config("base"), Workload.of_seconds(1e6)))
    with pytest.raises(DeviceError, match="the waveforms and the extractor's first layer need"):
        next(module.check_frames(long))
    with pytest.raises(DeviceError, match="the weights and the tensors alive at once need"):
        next(module.check_real_macs(long))
