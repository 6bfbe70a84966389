"""Figures by formulas of samples and batch are those of `analyze`, and say where they are not known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.figures import FIGURES, LazyTotals
from w2v_explore.analysis.formulas import workloads
from w2v_explore.analysis.formulas.workloads import BATCH, NAMES, NAMES_BY_DTYPE, SAMPLES, WorkloadFormulas
from w2v_explore.analysis.memory.costs import memory
from w2v_explore.analysis.workload import MAX_BATCH, MAX_SAMPLES, Workload
from w2v_explore.cli.options import Dtype
from w2v_explore.config.load import load_config
from w2v_explore.report.html.memory import memory_page
from w2v_explore.report.html.page import Sliders
from w2v_explore.report.html.sliders import DTYPES, workload_sliders
from w2v_explore.report.memory import memory_report


def figures_of(formulas: WorkloadFormulas, samples: int, batch: int, dtype: str) -> dict[str, Any]:
    end = formulas.end(samples, batch)
    assert end is not None
    fields, known = {SAMPLES: samples, BATCH: batch}, dict[int, Any]()
    given = zip((*NAMES, *NAMES_BY_DTYPE), (*end.figures, *end.by_dtype[dtype]), strict=True)
    return {name: formulas.steps.value(each, fields, known) for name, each in given}


def analyzed(analysis: Analysis, samples: int, batch: int, dtype: str) -> dict[str, Any]:
    totals = LazyTotals(
        replace(analysis, workload=replace(analysis.workload, samples=samples, batch=batch, dtype=dtype))
    )
    return {name: FIGURES[name].of(totals) for name in (*NAMES, *NAMES_BY_DTYPE)}


@pytest.mark.parametrize("preset", ["base", "wavlm_base", "w2v_bert_2"])
@pytest.mark.parametrize("precision", [None, "amp-float16"])
def test_formulas_give_what_analyze_says(preset: str, precision: str | None) -> None:
    config = load_config(preset)
    analysis = analyze(config, Workload.of(config, precision=precision))
    formulas = WorkloadFormulas(analysis)
    lengths = [2_048, 16_001, 160_000, MAX_SAMPLES]
    for samples, batch, dtype in zip(lengths, (1, 3, MAX_BATCH, MAX_BATCH), DTYPE_BYTES, strict=True):
        assert figures_of(formulas, samples, batch, dtype) == analyzed(analysis, samples, batch, dtype)


def test_only_the_batch_moves_where_no_formula_is_for_the_samples() -> None:
    analysis = analyze(load_config("hubert_pretrain_base"))
    formulas = WorkloadFormulas(analysis)
    samples = analysis.workload.samples
    assert not formulas.moves_samples
    assert formulas.holds(samples, 8)
    assert not formulas.holds(samples + 1, 8)
    assert figures_of(formulas, samples, 8, "float32") == analyzed(analysis, samples, 8, "float32")


def test_a_workload_on_another_path_than_those_known_has_no_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads, "_MOST_PATHS", 1)
    formulas = WorkloadFormulas(analyze(load_config("w2v_bert_2")))
    assert formulas.end(160_000, 1) is not None
    assert formulas.end(160_000, 2) is None


@pytest.mark.parametrize(
    ("preset", "setup"),
    [
        ("base", {"train": "not-extractor"}),
        ("base", {"attention": "math", "precision": "float16"}),
        ("wavlm_base", {"attention": "eager", "precision": "amp-bfloat16"}),
        ("mms_1b_all", {"lora": "r=8:q_proj,v_proj", "precision": "bfloat16"}),
    ],
)
def test_formulas_give_what_memory_says(preset: str, setup: dict[str, Any]) -> None:
    costs = memory(preset, **setup)
    config, workload = costs.analysis.config, replace(costs.analysis.workload, precision=setup.get("precision"))
    formulas = WorkloadFormulas(replace(costs.analysis, workload=workload))
    found = memory(preset, Workload.of(config, seconds=7.5, batch=3), **setup)
    figures = figures_of(formulas, 120_000, 3, "float32")
    training = found.training[found.precision]
    assert figures["memory.inference_bytes"] == found.inference["float32"].total_bytes
    assert figures["memory.training_bytes"] == training.total_bytes(checkpointing=False)
    assert figures["memory.kept_bytes"] == training.kept_bytes.greatest
    assert figures["training.expected_macs"] == training.macs.expected


def test_each_dtype_that_sliders_have_can_be_asked_for() -> None:
    assert [each.value for each in Dtype] == list(DTYPES)
    [sliders] = workload_sliders([analyze(load_config("base"))])
    assert sliders.data["dtypes"] == DTYPES


@pytest.mark.parametrize(
    ("asked", "said"),
    [(None, "Training is in the dtype, of which"), ("float32", "Training is in float32, whatever the dtype.")],
)
def test_sliders_of_memory_train_in_the_precision_that_the_command_names(asked: str | None, said: str) -> None:
    costs = memory("base", precision=asked)
    [section] = memory_page([[costs]], [memory_report(costs, False)], False, asked).sections
    [sliders] = [part for part in section.parts if isinstance(part, Sliders)]
    assert said in sliders.remark


@pytest.mark.parametrize("of", [lambda totals: int(totals.macs.total), lambda totals: totals.macs.total**0.5])
def test_nothing_moves_where_a_figure_is_no_formula_for_a_script(
    of: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workload_sliders([analyze(load_config("base"))])
    monkeypatch.setitem(FIGURES, "macs", FIGURES["macs"]._replace(of=of))
    assert workload_sliders([analyze(load_config("base"))]) == []
