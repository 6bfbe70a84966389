"""Sliders of a page give what `analyze` gives, to the integer, and write it as reports do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Opener
from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.figures import FIGURES, LazyTotals
from w2v_explore.analysis.formulas import workloads
from w2v_explore.analysis.formulas.workloads import WorkloadFormulas
from w2v_explore.analysis.workload import MAX_BATCH, Workload
from w2v_explore.config.load import load_config
from w2v_explore.report.html import sliders
from w2v_explore.report.html.page import Page, Section
from w2v_explore.report.html.write import html_text
from w2v_explore.report.units import exact, figure_text, signed_percent

pytestmark = pytest.mark.browser

DRAWS = 10_000
PRESETS = (
    "base",
    "xlsr_2b",
    "wavlm_base",
    "w2v_bert_2",
    "data2vec_audio_base",
    "wav2vec2_conformer_rel_pos_large",
    "wav2vec2_pretrain_base",
    "distilhubert",
    "mms_1b_all",
    "lighthubert_small_subnet",
)

# Sets the numbers of each workload as a reader does, and gives what the page shows then.
SHOWN = """(workloads) => {
  const input = (label) => document.querySelector(`[aria-label="${label}"]`);
  const set = (element, value) => { element.value = value; element.dispatchEvent(new Event("input")); };
  return workloads.map(([samples, batch, dtype]) => {
    set(input("Samples"), samples);
    set(input("Utterances in a batch"), batch);
    set(document.querySelector("[data-script=sliders] select"), dtype);
    const rows = [...document.querySelectorAll("[data-script=sliders] tbody tr")];
    return rows.map((row) => [...row.cells].slice(1).map((cell) => cell.textContent));
  });
}"""


def page_of(*analyses: Analysis, words: Sequence[str] = ("w2v-explore", "summary", "base")) -> str:
    section = Section("A model", [], sliders.workload_sliders(analyses))
    return html_text(Page("A model", [analysis.config for analysis in analyses], [section]), {}, words)


def expected(analysis: Analysis, before: Sequence[Any]) -> list[list[str]]:
    """What the rows of an analysis are to be."""
    totals = LazyTotals(analysis)
    rows = []
    for name, then in zip(sliders.ROWS, before, strict=True):
        figure, now = FIGURES[name], FIGURES[name].of(totals)
        change = "=" if now == then else signed_percent(now / then)
        rows.append([figure_text(figure.unit)(now), exact(now) if isinstance(now, int) else "", change])
    return rows


def drawn(analysis: Analysis, number: int, rng: random.Random) -> list[Workload]:
    """Workloads of any size from an eighth of a second on, many of them short and many of a single utterance."""
    formulas, found = WorkloadFormulas(analysis), []
    while len(found) < number:
        batch = rng.choice((1, int(2 ** rng.uniform(0, 20)), MAX_BATCH))
        samples = int(2 ** rng.uniform(11, rng.choice((20, 40)))) if formulas.moves_samples else 160_000
        if formulas.holds(samples, batch):
            dtype = rng.choice(sliders.DTYPES)
            found.append(replace(analysis.workload, samples=samples, batch=batch, dtype=dtype))
    return found


@pytest.mark.parametrize("preset", PRESETS)
def test_what_sliders_show_is_what_analyze_says(preset: str, open_page: Opener) -> None:
    analysis = analyze(load_config(preset))
    workloads = drawn(analysis, DRAWS // len(PRESETS), random.Random(preset))
    shown = open_page(page_of(analysis)).evaluate(
        SHOWN, [[workload.samples, workload.batch, workload.dtype] for workload in workloads]
    )
    totals = LazyTotals(analysis)
    before = [FIGURES[name].of(totals) for name in sliders.ROWS]
    greatest = 0
    for workload, rows in zip(workloads, shown, strict=True):
        found = replace(analysis, workload=workload)
        assert rows == expected(found, before), workload
        greatest = max(greatest, found.macs.total)
    assert greatest > 2**60, "no draw was past what a script's own numbers hold"


def test_numbers_are_written_as_reports_write_them(open_page: Opener) -> None:
    rng = random.Random(1)
    whole = [int(10 ** rng.uniform(0, 30)) for _ in range(500)]
    # Halfway between two that are written, and beside that.
    whole += [
        (2 * rng.randrange(1000, 9999) + 1) * 5 * 10 ** rng.randrange(18) + by for by in (-1, 0, 1) for _ in whole
    ]
    whole += [size * 99995 // 100_000 + by for size in (10**3, 10**6, 10**9, 10**12, 10**15) for by in (-1, 0, 1)]
    ratios = [10 ** rng.uniform(-9, 9) for _ in range(500)]
    ratios += [1 + rng.choice((-1, 1)) * 10 ** rng.uniform(-7, 1) for _ in range(500)]
    ratios += [1 + number / 1024 for number in range(1000)]
    script = (Path(sliders.__file__).parent / "assets" / "sliders.js").read_text(encoding="utf-8")
    page = open_page(f"<!doctype html><title>Numbers</title><script>const scripts = {{}};\n{script}</script>")
    written = "numbers => numbers.map(number => figureText('{}', {}(number)))"
    for unit in ("bytes", "frames", "MACs"):
        assert page.evaluate(written.format(unit, "BigInt"), list(map(str, whole))) == list(
            map(figure_text(unit), whole)
        )
    fractions = [number / 7 for number in whole]
    assert page.evaluate(written.format("MACs", "Number"), fractions) == list(map(figure_text("MACs"), fractions))
    assert page.evaluate("ratios => ratios.map(signedPercent)", ratios) == list(map(signed_percent, ratios))


def test_sliders_numbers_and_the_command_move_together(open_page: Opener) -> None:
    asked = "--seconds=4 --batch 2 --format html -oa.html"
    words = ["w2v-explore", "summary", "my config.yaml", *asked.split()]
    config = load_config("base")
    page = open_page(page_of(analyze(config, Workload.of(config, seconds=4, batch=2)), words=words))
    part = page.locator("[data-script=sliders]")
    status = part.get_by_role("status")
    seconds, samples = page.get_by_label("Duration in seconds"), page.get_by_label("Samples")
    batch = page.get_by_label("Utterances in a batch")
    command = part.locator("pre")
    assert command.text_content() == "w2v-explore summary 'my config.yaml' --seconds 4 --batch 2"
    page.get_by_label("Duration", exact=True).press("ArrowRight")
    assert (seconds.input_value(), samples.input_value()) == ("5", "80000")
    page.get_by_label("Batch", exact=True).press("Home")
    page.get_by_label("Dtype").select_option("float16")
    assert command.text_content() == "w2v-explore summary 'my config.yaml' --seconds 5 --dtype float16"
    assert part.locator("tbody tr").first.text_content() == "frames249249+25.1 %"
    samples.fill("1600001")
    assert seconds.input_value() == "100.0000625"
    assert command.text_content() == "w2v-explore summary 'my config.yaml' --samples 1600001 --dtype float16"
    samples.fill("399")
    assert status.text_content() == ("Give a longer duration: wav2vec 2.0 Base makes a frame of 400 samples at least.")
    assert part.locator("tbody td").all_text_contents() == ["\u2013"] * len(sliders.ROWS) * 3
    seconds.fill("")
    assert status.text_content() == "Give 1 to 1,099,511,627,776 samples."
    batch.fill("0")
    assert status.text_content() == "Give a batch from 1 to 1,048,576."
    page.get_by_role("button", name="As asked").click()
    assert (seconds.input_value(), batch.input_value(), status.text_content()) == ("4", "2", "")


def test_several_configs_move_together_each_at_its_own_sample_rate(open_page: Opener) -> None:
    config = load_config("base")
    twice = replace(load_config("large"), sample_rate=32_000)
    page = open_page(page_of(analyze(config), analyze(twice)))
    page.get_by_label("Duration in seconds").fill("2.5")
    one, other = (analyze(each, Workload.of(each, seconds=2.5)).macs.total for each in (config, twice))
    row = page.locator("[data-script=sliders] tbody tr").nth(1).locator("td").all_text_contents()
    assert row == [figure_text("MACs")(one), figure_text("MACs")(other), signed_percent(other / one)]


def test_a_duration_that_is_no_samples_of_one_of_several_configs_is_refused_as_compare_does(open_page: Opener) -> None:
    config = load_config("base")
    page = open_page(page_of(analyze(config), analyze(replace(config, sample_rate=44_100))))
    part = page.locator("[data-script=sliders]")
    page.get_by_label("Samples").fill("48001")
    status = part.get_by_role("status")
    assert status.text_content() == "Give another duration: at 44,100 Hz it is no whole number of samples."
    page.get_by_label("Samples").fill("197530720")
    assert status.text_content() == ""
    assert part.locator("pre").text_content() == "w2v-explore summary base --seconds 12345.67"


def test_as_many_samples_stay_as_many_at_another_sample_rate(open_page: Opener) -> None:
    config, other = load_config("base"), replace(load_config("large"), sample_rate=32_000)
    page = open_page(page_of(*(analyze(each, Workload.of(each, samples=100_000)) for each in (config, other))))
    part = page.locator("[data-script=sliders]")
    frames = part.locator("tbody tr").first.locator("td")
    assert frames.all_text_contents() == ["312", "312", "="]
    page.get_by_label("Samples").fill("160000")
    assert frames.all_text_contents() == ["499", "499", "="]
    assert part.locator("pre").text_content() == "w2v-explore summary base --samples 160000"


def test_there_is_nothing_to_move_without_a_script(open_page: Opener) -> None:
    page = open_page(page_of(analyze(load_config("base"))), java_script_enabled=False)
    assert not page.locator("[data-script=sliders]").is_visible()


def test_a_workload_whose_formulas_are_not_known_is_the_commands(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workloads, "_MOST_PATHS", 1)
    page = open_page(page_of(analyze(load_config("w2v_bert_2"))))
    page.get_by_label("Utterances in a batch").fill("2")
    status = page.get_by_role("status").text_content()
    assert status == "No formula here holds for this workload: the command answers."
    assert page.locator("[data-script=sliders] pre").text_content() == "w2v-explore summary base --batch 2"


def test_there_is_no_slider_of_the_duration_where_no_formula_is_for_it(open_page: Opener) -> None:
    page = open_page(page_of(analyze(load_config("hubert_pretrain_base"))))
    assert page.locator("[data-script=sliders] h2").text_content() == "At another batch or dtype"
    assert page.locator("[data-script=sliders] input").count() == 2
    assert "The duration stays as asked" in page.locator("[data-script=sliders]").inner_text()
    page.get_by_label("Utterances in a batch").fill("3")
    assert "+200.0 %" in str(page.locator("[data-script=sliders] tbody tr").nth(1).text_content())
