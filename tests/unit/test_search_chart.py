"""The chart of a search: where its points lie, and what each says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from tests.unit.test_charts import drawn, has_room_for_numbers, ticks
from tests.unit.test_search_report import SMALL, found, front, many
from w2v_explore import Config
from w2v_explore.report.html.pictures.scatter import scatter_pictures
from w2v_explore.search.answer import Answer


def chart(answer: Answer) -> Element:
    [picture] = scatter_pictures(answer)
    return drawn(picture)


def on_line(root: Element, along: str, place: float) -> float:
    (one, low), *_, (other, high) = ticks(root, along)
    return low + (high - low) * (place - one) / (other - one)


def test_points_of_a_frontier_lie_at_their_figures_and_say_their_fields() -> None:
    answer = front()
    root = chart(answer)
    points = list(root.iter("circle"))
    assert len(points) == len(answer.designs) > 2
    for number, (point, design) in enumerate(zip(points, answer.designs, strict=True), start=1):
        assert on_line(root, "x", float(point.get("cx", ""))) == pytest.approx(design.figures["macs"], rel=0.01)
        y = on_line(root, "y", float(point.get("cy", "")) + 4)
        assert y == pytest.approx(design.figures["parameters"], rel=0.02)
        said = (point.findtext("title") or "").split("\n")
        assert said[0] == f"Design {number}"
        assert f"encoder_num_layers: {design.fields['encoder_num_layers']}" in said


def test_published_models_and_the_config_itself_have_names() -> None:
    root = chart(front())
    names = [each.text for each in root.iter("text") if each.get("class") == "name"]
    titles = [title.split("\n")[0] for each in root.iter("path") if (title := each.findtext("title"))]
    assert sorted(map(str, names)) == sorted(titles)
    assert "distilhubert" in names
    assert len(names) > 1


def test_what_matches_is_told_from_what_does_not() -> None:
    space: dict[str, Any] = {"encoder_num_layers": [2, 12, 24], "encoder_embed_dim": [768, 896, 1024]}
    answer = found(space, like="large", ratio={"macs": 0.5})
    root = chart(answer)
    points = list(root.iter("circle"))
    assert {each.get("class") for each in points} == {"k1 strong tip", "k1 line tip"}
    for point in points:
        said = dict(line.split(": ") for line in (point.findtext("title") or "").split("\n")[1:])
        depth = on_line(root, "y", float(point.get("cy", "")) + 4)
        assert depth == pytest.approx(float(said["encoder_num_layers"]), abs=0.1)


def test_of_a_thousand_designs_each_is_a_point_without_words() -> None:
    points = list(chart(many(1_000)).iter("circle"))
    assert len(points) == 1_000
    assert all(each.find("title") is None for each in points)


def test_numbers_of_any_size_have_room_beside_the_axis() -> None:
    answer = many(3)
    designs = [design._replace(figures={**design.figures, "parameters": 10**20 * number})
               for number, design in enumerate(answer.designs, start=1)]  # fmt: skip
    root = chart(replace(answer, designs=tuple(designs)))
    assert "1e+05 P" in [each.text for each in root.iter("text")]
    assert has_room_for_numbers(root)


def test_one_figure_has_no_chart() -> None:
    assert scatter_pictures(found(SMALL, minimize=["macs"])) == []
    assert scatter_pictures(found(SMALL, minimize=["macs"], maximize=["parameters"], require=["macs <= 1"])) == []


def test_a_hostile_name_is_text() -> None:
    name = "</svg><script>alert(1)</script>"
    answer = front()
    config = answer.analysis.config
    hostile = Config(name=name, origin="test", model=config.model)
    root = chart(replace(answer, analysis=replace(answer.analysis, config=hostile)))
    assert not list(root.iter("script"))
