"""The pictures of a model's tree, of what a frame sees and of the memory over a pass: what is drawn is what is so."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.calibrations import make_calibration
from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.latency.prediction import predict
from w2v_explore.analysis.memory.costs import memory
from w2v_explore.analysis.memory.liveness import Lives
from w2v_explore.analysis.memory.over_pass import MemoryOverPass, memory_over_inference, memory_over_step
from w2v_explore.analysis.workload import Workload
from w2v_explore.report.html.page import Picture
from w2v_explore.report.html.pictures.boxes import Box, lay_out
from w2v_explore.report.html.pictures.treemap import treemap
from w2v_explore.report.html.structure import (
    MACS,
    PARAMETERS,
    inference_picture,
    receptive_field_pictures,
    step_picture,
    tree_picture,
)
from w2v_explore.report.units import duration, short, size_bytes
from w2v_explore.results.result import Result
from w2v_explore.tree.run import each_copy

CONV = "feature_extractor.conv_layers"


def parsed(picture: Picture) -> ElementTree.Element:
    """The elements of a picture, none of which has a style that a page's policy would forbid."""
    root = ElementTree.fromstring(picture.svg)
    assert all(name != "style" and not name.startswith("on") for element in root.iter() for name in element.attrib)
    return root


def areas(picture: Picture) -> dict[str, float]:
    """The area of each module that is named in a treemap, by its path."""
    found = {}
    for group in parsed(picture).iter("g"):
        title = group.find("title")
        if title is not None:
            rect = group.find("rect")
            assert rect is not None
            found[str(title.text).partition(":")[0]] = float(rect.attrib["width"]) * float(rect.attrib["height"])
    return found


@pytest.mark.parametrize(
    "shares",
    [
        [1.0],
        [0.5, 0.5],
        [1 / 12] * 12,
        [1 / 47] * 47,
        [0.6, 0.2, 0.1, 0.05, 0.04, 0.01],
        [0.01, 0.9, 0.02],
        [1e-6, 0.7, 1e-4, 0.2],
        [0.5**number for number in range(1, 40)],
    ],
)
@pytest.mark.parametrize("box", [Box(0, 0, 720, 420), Box(5, 7, 40, 300)])
def test_rectangles_are_as_large_as_their_shares_and_do_not_overlap(shares: list[float], box: Box) -> None:
    boxes = lay_out(shares, box)
    for share, each in zip(shares, boxes, strict=True):
        assert each.width * each.height == pytest.approx(share * box.width * box.height, rel=1e-6, abs=1e-6)
        assert each.x >= box.x - 1e-6
        assert each.y >= box.y - 1e-6
        assert each.x + each.width <= box.x + box.width + 1e-6
        assert each.y + each.height <= box.y + box.height + 1e-6
    for one, other in combinations(boxes, 2):
        across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
        down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
        assert min(across, down) < 1e-6


def test_a_treemap_has_each_copy_of_a_folded_layer_at_the_size_of_what_it_costs() -> None:
    analysis = analyze("base")
    found = areas(treemap("base", analysis.layers, [PARAMETERS]))
    layers = [found[f"encoder.transformer.layers.{number}"] for number in range(12)]
    assert layers == pytest.approx([layers[0]] * 12, rel=0.02)
    found = areas(treemap("base", analysis.layers, [MACS]))
    macs = {layer.path: layer.macs.total for layer in analysis.layers}
    for one, other in (("encoder", CONV), (f"{CONV}.1", f"{CONV}.2"), (f"{CONV}.1", f"{CONV}.3")):
        assert found[one] / found[other] == pytest.approx(macs[one] / macs[other], rel=0.02)


def test_a_treemap_is_drawn_by_what_the_model_has_any_of() -> None:
    analysis = analyze("base")
    nothing = PARAMETERS._replace(name="Nothing", of=lambda layer: 0)
    picture = treemap("base", analysis.layers, [nothing, MACS, PARAMETERS])
    assert picture.title == "MACs by module"
    assert picture.data["measures"] == ["MACs", "Parameters"]
    assert picture.words.endswith("encoder 66.9 %, feature_extractor 33.1 %.")


def test_a_treemap_of_another_architecture_says_what_its_report_does() -> None:
    analysis = analyze("wavlm_base")
    data = tree_picture(Result(analysis=analysis)).data
    texts: dict[str, list[Any]] = {}

    def note(node: list[Any], path: str) -> None:
        texts[path] = node
        for child in node[-1]:
            note(child, f"{path}.{child[0]}" if path else child[0])

    note(data["root"], "")
    assert list(texts) == [layer.path for layer in analysis.layers]
    [_, kind, shape, *_, shown, _] = texts[""]
    kept = size_bytes(analysis.training.kept_bytes.greatest)
    assert (kind, shape, shown) == ("Wav2Vec2Model", "1×499×768", ["94.38 M", short(analysis.macs.total), kept])


def test_a_treemap_has_the_latency_that_is_predicted() -> None:
    analysis = analyze("base")
    prediction = predict(analysis, make_calibration())
    data = tree_picture(Result(analysis=analysis, prediction=prediction)).data
    *_, name = data["measures"]
    seconds = prediction.layer_seconds(analysis, "")
    assert (name, data["root"][6][-1]) == ("Predicted latency", duration(seconds))


def test_what_a_name_says_is_text_in_a_treemap() -> None:
    name = "<script>alert(1)</script>&\"'"
    picture = treemap(name, analyze("base").layers, [PARAMETERS])
    assert "<script" not in picture.svg
    words = next(element for element in parsed(picture).iter("text"))
    assert (words.text or "").rstrip() == name
    assert treemap("a\u202eb", analyze("base").layers, [PARAMETERS]).data["name"] == "a\\u202eb"


@pytest.mark.parametrize("name", ["base", "distilhubert"])
def test_each_layer_has_the_frames_that_one_frame_is_made_of(name: str) -> None:
    analysis = analyze(name)
    layers = analysis.receptive_field.layers
    [picture] = receptive_field_pictures(analysis)
    rows = [group for group in parsed(picture).iter("g") if group.get("class") == "tip row"]
    assert len(rows) == len(layers)
    # Backwards, n frames are made of (n - 1) · s + k.
    frames = 1
    for row, layer in zip(reversed(rows), reversed(layers), strict=True):
        ticks = row.find("path")
        assert ticks is not None
        assert ticks.attrib["d"].count("M") == frames
        frames = (frames - 1) * layer.stride + layer.kernel
    assert frames == analysis.receptive_field.receptive_field_samples
    assert rows[3].findtext("title") == (
        "Layer 3: kernel 3, stride 2. A frame sees 80 samples (5 ms), the next begins 40 samples (2.5 ms) later; there "
        "are 3,999."
    )
    assert "400 samples (25 ms), the next begins 320 samples (20 ms) later" in picture.words


def test_a_model_that_is_given_features_has_no_picture_of_an_extractor() -> None:
    assert receptive_field_pictures(analyze("w2v_bert_2")) == []


@pytest.mark.parametrize("name", ["base", "wavlm_base", "hubert_pretrain_base", "lighthubert_small_subnet"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_what_is_held_over_a_forward_pass_is_most_where_the_report_says(name: str, dtype: str) -> None:
    analysis = analyze(name, Workload.of_seconds(3, batch=2, dtype=dtype))
    over = memory_over_inference(analysis)
    assert over.peak_bytes == analysis.inference.total_bytes
    assert peak_path(analysis, over) == analysis.inference.peak_path


@pytest.mark.parametrize(
    "name", ["base", "wavlm_base", "hubert_pretrain_base", "lighthubert_small_subnet", "mms_1b_all"]
)
def test_what_is_held_of_folded_layers_is_what_is_held_of_layers_that_stand_apart(name: str) -> None:
    analysis = analyze(name, Workload.of_seconds(3))
    calls, _ = each_copy(analysis.calls)
    lives = Lives(calls, training=False)
    over = memory_over_inference(analysis)
    assert list(over.live_bytes) == lives.trace(analysis.workload, analysis.takes.flow(48_000)).live_bytes
    assert [path for _, path, _ in over.marks] == [calls[position].path for position in lives.makers()]


@pytest.mark.parametrize("attention", ["eager", "math"])
def test_what_is_held_is_that_of_the_kernel_of_attention(attention: str) -> None:
    costs = memory("base", attention=attention)  # type: ignore[arg-type]
    assert memory_over_inference(costs.analysis).peak_bytes == costs.inference["float32"].total_bytes


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize(("precision", "accumulate"), [("float32", 1), ("amp-bfloat16", 4)])
def test_what_is_held_over_a_training_step_is_most_where_the_report_says(
    checkpointing: bool, precision: str, accumulate: int
) -> None:
    costs = memory("distilhubert", precision=precision, accumulate=accumulate, teacher=True)
    training = costs.training[precision]
    over = memory_over_step(costs.analysis, training, checkpointing=checkpointing)
    assert over.peak_bytes == training.peak_bytes(checkpointing=checkpointing)
    # At the end there are the gradients of all parameters that get any.
    assert over.gradient_bytes[-1] == training.gradient_bytes
    peak = training.checkpointed_peak if checkpointing else training.peak
    picture = step_picture(costs.analysis, training, checkpointing=checkpointing)
    assert f"the {peak.phase} pass of {peak.path}: {size_bytes(over.peak_bytes)}" in picture.words
    assert "are weights, optimizer and teacher, there all along" in picture.words


def test_a_picture_of_memory_keeps_its_peak_in_the_width_of_a_picture() -> None:
    # An operation that is alone in its column or not: what is drawn reaches as high as the peak.
    analysis = analyze("xlsr_2b")
    picture = inference_picture(analysis)
    root = parsed(picture)
    circle = next(element for element in root.iter("circle"))
    area = next(element for element in root.iter("path"))
    heights = [float(height) for height in re.findall(r"V([\d.]+)", area.attrib["d"])]
    assert min(heights) == float(circle.attrib["cy"])
    said = [element.findtext("title") or "" for element in root.iter("rect") if element.get("class") == "tip hit"]
    most = size_bytes(analysis.inference.peak_activation_bytes)
    assert said[0] == f"feature_extractor.conv_layers.0, forward: at most {most}"
    assert any("encoder.transformer.layers.47, forward" in each for each in said)


def peak_path(analysis: Analysis, over: MemoryOverPass) -> str:
    held = list(over.live_bytes)
    return analysis.tree.folded_path({step: path for step, path, _ in over.marks}[held.index(max(held))])
