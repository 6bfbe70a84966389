"""The report on a search: which designs are shown, what stands beside them, and what is drawn."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from tests.program import Runner
from w2v_explore import Workload, find_designs, load_config
from w2v_explore.cli import pictures
from w2v_explore.errors import missing_extra
from w2v_explore.report import search as search_module
from w2v_explore.report.labels import Box, around, place_labels
from w2v_explore.report.markdown import report_markdown
from w2v_explore.report.scatter import Axis, Named, Scatter, draw_scatter
from w2v_explore.report.search import _spread as spread
from w2v_explore.report.search import plot_search, search_report
from w2v_explore.report.search_scatter import scatter_of
from w2v_explore.report.terminal import print_report
from w2v_explore.report.ticks import round_numbers
from w2v_explore.search.answer import Answer
from w2v_explore.search.edits import Edit
from w2v_explore.search.question.pareto import Pareto

SMALL = {"encoder_num_layers": [2, 4, 6], "encoder_embed_dim": [384, 768]}


FRONTIER: dict[str, Any] = {"minimize": ["macs"], "maximize": ["parameters"]}
_answers: dict[str, Answer] = {}


def found(space: dict[str, Any] = SMALL, **asked: Any) -> Answer:
    """An answer, which nobody changes and several tests share."""
    key = repr((space, asked))
    if key not in _answers:
        _answers[key] = find_designs("base", space, workers=1, **asked)
    return _answers[key]


def front(**asked: Any) -> Answer:
    return found(**{**FRONTIER, **asked})


def printed(answer: Answer, width: int = 80) -> str:
    file = io.StringIO()
    print_report(search_report(answer), Console(file=file, width=width, color_system=None))
    return file.getvalue()


def many(number: int) -> Answer:
    """A frontier of so many designs, all of one config."""
    answer = front()
    design = answer.designs[0]
    designs = [
        design._replace(figures={**design.figures, "macs": 10**9 + 10**7 * place, "parameters": 10**6 + place})
        for place in range(number)
    ]
    return replace(answer, designs=tuple(designs))


def rows(report: str, title: str) -> list[str]:
    return report.partition(f"\n{title}\n")[2].partition("\n\n")[0].splitlines()


@pytest.mark.parametrize(("number", "most"), [(60, 60), (61, 40), (1_500, 40)])
def test_of_many_designs_those_are_shown_that_are_spread_along_the_first_figure(number: int, most: int) -> None:
    text = printed(replace(many(number), published=()))
    begun = [re.match(r" *([\d,]+) +\d", line) for line in rows(text, "Frontier")]
    numbers = [int(match[1].replace(",", "")) for match in begun if match]
    assert (numbers[0], numbers[-1], len(numbers)) == (1, number, most)
    remark = f"{most} of {number:,} designs, spread evenly along MACs; --format csv and json have all."
    assert (remark in text) == (number > most)


def test_a_design_to_which_a_published_model_points_has_a_row() -> None:
    answer = many(1_500)
    model = answer.published[0]._replace(equal=None, dominating=(777, 3), figures=answer.designs[0].figures)
    assert any(line.startswith("  778 ") for line in rows(printed(replace(answer, published=(model,))), "Frontier"))
    far = model._replace(figures={name: 100 * value for name, value in model.figures.items()})
    assert not any(line.startswith("  778 ") for line in rows(printed(replace(answer, published=(far,))), "Frontier"))


@pytest.mark.parametrize(
    "values",
    [range(1, 2_000), [10.0**power for power in range(60)], [1] * 100, [0, *[5] * 90, 6], [*range(50), 10**9]],
)
def test_what_is_spread_goes_from_the_least_to_the_greatest(values: Sequence[float]) -> None:
    places = spread(values, 40)
    assert (places[0], places[-1]) == (0, len(values) - 1)
    assert places == sorted(set(places))
    assert 2 <= len(places) <= 40


def test_equal_ratios_lie_between_what_is_spread_over_a_wide_range() -> None:
    values = [1.01**power for power in range(1_000)]
    ratios = [values[after] / values[before] for before, after in pairwise(spread(values, 40))]
    assert max(ratios) / min(ratios) < 1.1


def test_one_design_and_one_figure_have_no_picture() -> None:
    text = printed(front(minimize=["macs"], maximize=[]))
    assert "\n1 of 6 configs is on the frontier; 6 evaluated\n" in text
    assert "over" not in text
    assert "\nDesign 1 by itself:\nw2v-explore summary base --set " in text


def test_one_design_of_two_figures_has_a_picture() -> None:
    text = printed(front(minimize=["macs", "parameters"], maximize=[]))
    assert "parameters over MACs" in text
    assert "● the frontier" in text


def test_nothing_found_is_said_first_and_has_no_table() -> None:
    answer = front(require=["parameters < 1M"])
    lines = printed(answer).splitlines()
    assert lines[:2] == ["wav2vec 2.0 Base", "None of 6 configs is as required; 6 evaluated"]
    assert lines[2].startswith("why: none of 6 configs satisfies 'parameters < 1M'; nearest is")
    assert "asked: least MACs, most parameters; required: parameters < 1M" in lines
    assert search_report(answer).tables == []


def test_the_linter_is_not_asked_of_all_that_are_counted() -> None:
    space = {"encoder_num_layers": [11, 12], "encoder_embed_dim": [768]}
    assert "\n2 of 2 configs are on the frontier; 2 evaluated\n" in printed(found(space, lint_clean=True, **FRONTIER))
    text = printed(found(space, lint_clean=True, require=["macs <= 100G"], **FRONTIER), 120)
    assert "; 2 evaluated, all of them as required, the linter aside\n" in text


def test_a_search_that_was_broken_off_says_so_first() -> None:
    answer = front()
    broken = replace(answer, found=answer.found._replace(complete=False))
    text = printed(broken, 120)
    assert text.splitlines()[1].startswith("INCOMPLETE: ")
    assert f"\n{len(answer.designs)} of the 6 configs that were looked at are on the frontier; 6 evaluated\n" in text


def test_a_sample_without_a_config_says_so() -> None:
    each = {"extractor_conv_layer_config[*].kernel": {"each": "8000..9999"}}
    answer = find_designs("base", each, Workload.of_seconds(1), trials=3, minimize=["macs"])
    text = " ".join(printed(answer).split())
    assert "SAMPLED: the best of 3 trials in a space of 1.28e+23, " in text
    assert "No config was looked at; 0 evaluated, 3 are no config" in text


def test_a_sample_says_that_it_is_one_first() -> None:
    answer = found({**SMALL, "encoder_num_layers": [2, 3, 4, 6]}, trials=3, seed=0, **FRONTIER)
    lines = printed(answer).splitlines()
    assert lines[1] == "SAMPLED: the best of 3 trials in a space of 8, which may have better configs"
    number = answer.found.evaluated
    looked = "config that was" if number == 1 else "configs that were"
    assert f" of the {number} {looked} looked at " in lines[2]
    assert answer.sampled is not None
    broken = replace(answer, sampled=answer.sampled._replace(is_interrupted=True))
    assert "\nSAMPLED: the best of 3 trials, broken off, in a space of 8, which may have" in printed(broken)


def test_published_results_stand_with_their_source() -> None:
    text = printed(found({"encoder_num_layers": [11, 12]}, **FRONTIER), 200)
    assert "\nasr_base_960h: facebook/wav2vec2-base-960h " in text
    assert "  LibriSpeech WER: test-clean 3.4 %, test-other 8.6 %" in text
    assert "\nAs stated in the model's card on the Hugging Face hub, evaluation results.\n" in text
    assert "Published results" not in printed(front())


def test_ties_have_a_column_where_there_are_any() -> None:
    tied = found({"encoder_num_heads": [6, 8, 12]}, minimize=["macs"])
    heading, row = rows(printed(tied, 140), "Frontier")[:2]
    assert heading.endswith("Ties")
    assert row.endswith("  2")
    assert "Ties: further configs that are equal in what was asked." in printed(tied, 140)
    assert "Ties" not in printed(front())


def test_what_all_designs_have_alike_is_no_column() -> None:
    answer = front(require=["parameters > 24M"])
    assert {design.fields["encoder_embed_dim"] for design in answer.designs} == {768}
    text = printed(answer)
    assert "\n# num_layers  " in text
    assert "\nAll have embed_dim 768, num_heads 12.\n" in text


def test_edits_stand_with_their_shares_of_the_change() -> None:
    answer = found(target=["macs -45%"])
    text = printed(answer)
    assert "asked: macs -45% by the fewest edits, then the least\n" in text
    assert "num_layers 12 → 4" in text
    design = answer.designs[0]
    width = ("encoder_embed_dim", "encoder_num_heads")
    edits = (
        Edit("encoder_embed_dim", 768, 384, {"macs": -30}, width),
        Edit("encoder_num_heads", 12, 6, {"macs": -30}, width),
        Edit("encoder_num_layers", 12, 13, {"macs": 10}, ("encoder_num_layers",)),
        Edit("encoder_dropout", 0.1, 0.0, {"macs": 0}, ("encoder_dropout",)),
    )
    text = printed(replace(answer, designs=(design._replace(edits=edits),)), 140)
    assert "embed_dim 768 → 384 with num_heads 12 → 6 (150.0 %), num_layers 12 → 13 (−50.0 %), " in text
    assert "dropout 0.1 → 0.0 (0.0 %)" in text.replace("encoder_dropout", "dropout")
    # Half the layers and half the width, of which the work of attention is the product, have equal shares.
    text = printed(found({"encoder_num_layers": [6], "encoder_embed_dim": [384]}, target=["macs.attention -75%"]), 160)
    assert "embed_dim 768 → 384 (50.0 %), num_layers 12 → 6 (50.0 %), num_heads 12 → 6 (0.0 %)" in text


CONVOLUTIONS = {
    "extractor_conv_layer_config[*].channels": [256, 512],
    "extractor_conv_layer_config[6].stride": [1, 2],
    "encoder_num_heads": {"ratio": "1/64", "of": "encoder_embed_dim"},
    "encoder_num_layers": [11, 12],
}


def test_of_convolutions_the_numbers_are_told_that_vary() -> None:
    text = printed(found(CONVOLUTIONS, **FRONTIER), 160)
    assert re.search(r"\n# +num_layers +conv_layer_config\[\*\] channels +MACs ", text)
    assert re.search(r"\n1 +11 +256 ", text)
    assert "\nAll have num_heads 12, conv_layer_config[6].stride 2.\n" in text
    assert (
        "2 of extractor_conv_layer_config[*].channels × 2 of extractor_conv_layer_config[6].stride × 2 of "
        "encoder_num_layers; encoder_num_heads / encoder_embed_dim = 1/64"
    ) in " ".join(text.split())
    nearest = printed(found(CONVOLUTIONS, target=["macs -20%"], top=1), 160)
    assert "conv_layer_config[*].channels 512 → 256 " in nearest
    # What begins with layers of several sizes is told whole.
    uneven = find_designs(
        load_config("base", {"extractor_conv_layer_config": [[512, 10, 5], *[[256, 3, 2]] * 6]}),
        {"extractor_conv_layer_config[*].channels": [128]},
        target=["macs -5%"],
        workers=1,
    )
    assert "conv_layer_config 512·10/5, 6 × 256·3/2 → 128·10/5, 6 × 128·3/2" in printed(uneven, 160)


@pytest.mark.parametrize(("width", "left_out"), [(60, "MACs/s, Inference"), (48, "num_heads, MACs, MACs/s, Inference")])
def test_what_was_asked_for_is_left_out_last(width: int, left_out: str) -> None:
    text = printed(found(minimize=["memory.training_bytes"], maximize=["parameters"]), width)
    assert f"Left out at this width: {left_out}; " in " ".join(text.split())


def test_a_single_edit_has_no_share() -> None:
    text = printed(found({"encoder_num_layers": [6, 12]}, target=["macs -20%"]))
    assert "num_layers 12 → 6 " in text
    assert "Shapley" not in text
    assert "%)" not in text


def test_lists_that_are_as_long_as_there_are_layers_are_no_edits_to_tell() -> None:
    answer = find_designs("hubert_base_prunable", free=["encoder_num_layers"], target=["macs -30%"], workers=1)
    assert len(answer.designs[0].edits) == 5
    assert re.match(r"1 +num_layers 12 → 6 +50\.58 G ", rows(printed(answer, 120), "Nearest")[1])


def test_matched_designs_say_how_far_off_they_are() -> None:
    answer = found(like="base", ratio={"parameters": 0.4, "macs": 0.55})
    design = answer.designs[1]
    base = load_config("base")
    assert answer.analysis.config.name == base.name
    wanted = 0.4 * answer.analysis.parameters, 0.55 * answer.analysis.macs.total
    ratios = [design.figures["parameters"] / wanted[0], design.figures["macs"] / wanted[1]]
    furthest = max(ratios, key=lambda ratio: max(ratio, 1 / ratio))
    assert f" {100 * (furthest - 1):+.1f} %".replace("-", "−") in rows(printed(answer), "Matched")[2]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
@pytest.mark.parametrize("asked", [FRONTIER, {"like": "large", "ratio": {"macs": 0.3}}, {"target": ["macs -45%"]}])
def test_nothing_is_wider_than_the_terminal(width: int, asked: dict[str, Any]) -> None:
    answer = found({**SMALL, "extractor_mode": ["layer_norm"]}, **asked)
    config = replace(answer.analysis.config, name="a config of many words that says " * 4)
    text = printed(replace(answer, analysis=replace(answer.analysis, config=config)), width)
    commands = text.partition(" by itself:\n")[2]
    assert max(map(len, text.removesuffix(commands).splitlines())) <= width


def test_markdown_has_the_tables_and_no_picture() -> None:
    text = report_markdown([search_report(front())])
    assert "| # | num\\_layers | embed\\_dim | num\\_heads | MACs | Params |" in text
    assert "### Beside the frontier" in text
    assert "┤" not in text


def test_without_plotext_a_report_says_what_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "find_spec", lambda name: None)
    report = search_report(front())
    assert report.picture is None
    assert str(report.tables[-1].remark).endswith(f"{missing_extra('drawing points', 'plotext', 'search')}.")


@pytest.mark.parametrize("maximized", [set(), {"macs"}, {"parameters"}, {"macs", "parameters"}])
def test_a_frontier_is_no_better_between_its_designs(maximized: set[str]) -> None:
    names = ["macs", "parameters"]
    answer = front()
    mode = Pareto(("macs", "parameters"), frozenset(maximized))
    # Of a rising line or a falling one, whichever is a frontier.
    rising = len(maximized) == 1
    figures = [{"macs": 10 * place, "parameters": 3 * (place if rising else 5 - place)} for place in range(1, 5)]
    designs = tuple(answer.designs[0]._replace(figures={**answer.designs[0].figures, **each}) for each in figures)
    scatter = scatter_of(replace(answer, question=replace(answer.question, mode=mode), designs=designs, published=()))
    assert scatter is not None
    assert len(scatter.corners) == 3
    for corner, (before, after) in zip(scatter.corners, pairwise(scatter.points), strict=True):
        for name, value, one, other in zip(names, corner, before, after, strict=True):
            assert value == (min if name in maximized else max)(one, other)
    assert len(scatter.line) == 7


POINTS = Scatter(
    Axis("width", "{:g} M".format),
    Axis("height", "{:g} s".format),
    "the frontier",
    [(1.0, 2.0), (2.0, 5.0), (4.0, 9.0)],
    [(2.0, 2.0), (4.0, 5.0)],
    Named("the config", 3.0, 3.0),
    [Named("one", 1.5, 8.0), Named("two", 3.0, 3.01), Named("three", 3.5, 7.0)],
    [Named("away", 100.0, 1.0)],
)


def test_what_is_0_beside_a_wide_frontier_is_drawn() -> None:
    heads = found({"aux_num_out": [1, 32, 1_000]}, minimize=["aux.parameters"], maximize=["parameters"])
    scatter = scatter_of(heads)
    assert scatter is not None
    assert scatter.own is not None
    assert (scatter.own.x, scatter.logarithmic) == (0, False)
    assert "parameters over aux parameters" in printed(heads)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_scatter_has_a_mark_for_each_name(width: int) -> None:
    drawn = draw_scatter(POINTS, width, colour=False)
    plot, _, legend = drawn.partition("● the frontier")
    assert max(map(len, drawn.splitlines())) <= min(width, 140)
    assert " ".join(legend.split()) == "◆ the config, two a one b three not drawn, far off: away"
    assert {mark: plot.count(mark) for mark in "●◆"} == {"●": 3, "◆": 1}
    assert [len(re.findall(rf"[│┤].*{letter}.*│", plot)) for letter in "ab"] == [1, 1]
    assert "\x1b" not in drawn
    coloured = draw_scatter(POINTS, width, colour=True)
    assert "\x1b[" in coloured
    assert [line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", coloured).splitlines()] == drawn.splitlines()


@pytest.mark.parametrize("own", [{"own": Named("\x1b[2Jbase", 3.0, 3.0)}, {"far": [Named("\x1b[2Jbase", 100.0, 1.0)]}])
def test_a_name_below_a_scatter_does_nothing(own: dict[str, Any]) -> None:
    drawn = draw_scatter(POINTS._replace(**own), 80, colour=False)
    assert r"\x1b[2Jbase" in drawn
    assert "\x1b" not in drawn


@pytest.mark.parametrize(
    "values", [[1.0], [0.0], [3.0, 3.1], [94.4, 96.7], [1.01, 2.99], [0, 1e9], [1, 7, 900], [-5.0, 5.0], [999, 1000]]
)
@pytest.mark.parametrize("most", [3, 7])
def test_ticks_are_few_round_numbers_within_the_values(values: Sequence[float], most: int) -> None:
    ticks = round_numbers(values, most, logarithmic=False)
    assert 1 <= len(ticks) <= most + 2
    span = max(values) - min(values) or max(1.0, max(values))
    assert all(min(values) - span <= tick <= max(values) + span for tick in ticks)
    assert all(float(f"{tick:.4g}") == pytest.approx(tick) for tick in ticks)
    if min(values) > 0 and max(values) > min(values):
        logarithmic = round_numbers(values, most, logarithmic=True)
        assert 2 <= len(logarithmic) <= (most if max(values) > 3 * min(values) else most + 2)
        assert min(logarithmic) > 0


@pytest.mark.parametrize(
    "points",
    [
        [(500.0, 300.0)] * 8,
        [(990.0 - 3 * place, 590.0 - 2 * place) for place in range(8)],
        [(10.0 + 120 * place, 10.0 + 70 * place) for place in range(8)],
        [(5.0, 5.0), (995.0, 5.0), (5.0, 595.0), (995.0, 595.0)],
    ],
)
def test_names_hide_no_point_and_no_other_name(points: list[tuple[float, float]]) -> None:
    bounds, size = Box(0, 0, 1000, 600), (120.0, 14.0)
    taken = [around(point, 4) for point in points]
    labels = place_labels(points, [size] * len(points), taken, bounds, 1.4)
    boxes = [label.box for label in labels]
    for number, box in enumerate(boxes):
        assert (box.right - box.left, box.high - box.low) == pytest.approx(size)
        assert box.overlap(bounds) == pytest.approx(box.area)
        assert sum(box.overlap(other) for other in (*taken, *boxes[:number])) == 0
    assert labels == place_labels(points, [size] * len(points), taken, bounds, 1.4)


@pytest.mark.slow
def test_a_picture_has_every_name_and_is_the_same_each_time() -> None:
    plain = front()
    config = replace(plain.analysis.config, name="$\\nosuch{$ \x1b\u202e --> <b>")
    answer = replace(plain, analysis=replace(plain.analysis, config=config))
    drawn = plot_search(answer, "svg")
    assert drawn == plot_search(answer, "svg")
    text = drawn.decode()
    ElementTree.fromstring(text)
    assert "\x1b" not in text
    comments = re.findall("<!-- (.*?) -->", text)
    assert {"distilhubert", "lighthubert_small_subnet", "published models", "MACs", "parameters"} <= set(comments)
    assert any("\\nosuch{$" in comment for comment in comments)
    assert any("are on the frontier; 6 evaluated" in comment for comment in comments)
    assert plot_search(answer, "png").startswith(b"\x89PNG")


@pytest.mark.slow
def test_plot_writes_a_file_beside_the_report(run: Runner, tmp_path: Any) -> None:
    asked = ("search", "base", "--free", "encoder_num_layers=2,4", "--minimize", "macs", "--maximize", "parameters")
    path = tmp_path / "front.svg"
    plain, drawn = run(*asked), run(*asked, "--plot", str(path))
    assert plain == drawn
    assert b"<svg" in path.read_bytes()
    assert run(*asked, "--require", "macs < 1", "--plot", str(tmp_path / "none.svg")).code == 1
    assert not (tmp_path / "none.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--plot", "front.pdf", "--maximize", "parameters"], "--plot writes .svg and .png, not front.pdf\n"),
        (
            ["--plot", "no/such/front.svg", "--maximize", "parameters"],
            "--plot cannot write no/such/front.svg: give a f",
        ),
        (["--plot", "front.svg"], "--plot draws a frontier of two figures or more, or what is --like a teacher\n"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_the_search(run: Runner, arguments: list[str], message: str) -> None:
    code, out, err = run("search", "base", "--free", "encoder_num_layers=2,4", "--minimize", "macs", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {message}")


def test_without_matplotlib_plot_says_how_it_gets_here(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    asked = ("search", "base", "--free", "encoder_num_layers=2", "--minimize", "macs", "--minimize", "parameters")
    assert run(*asked, "--plot", "front.svg") == (2, "", f"error: {missing_extra('--plot', 'matplotlib', 'plot')}\n")
