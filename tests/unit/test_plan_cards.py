"""Cards: the table, a user's own, what is measured of one, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.calibrations import keep, make_calibration
from w2v_explore import ArgumentError, SourceError, host
from w2v_explore.analysis.latency.roofline import Roofs
from w2v_explore.analysis.plan.calibrated import calibrated
from w2v_explore.analysis.plan.cards import TYPE_OF_PRECISION, TYPES, card_named, known_cards

_OWN = "memory: 48GiB\nbandwidth_gb_s: 768\ndense_tflops: {float32: 38.7, bfloat16: 154.8}\n"


def test_the_cards_of_the_table() -> None:
    assert list(known_cards()) == [
        *("v100-16gb", "v100-32gb", "a100-40gb", "a100-80gb", "h100-80gb", "h200-141gb", "l4", "l40s"),
        *("rtx3090", "rtx4090", "t4", "mi250x", "mi300x"),
    ]


@pytest.mark.parametrize("name", known_cards())
def test_a_card_is_plausible(name: str) -> None:
    card = known_cards()[name]
    assert card.name == name
    assert "data" in card.source or "whitepaper" in card.source
    assert any(year in card.source for year in ("2018", "2019", "2020", "2021", "2023", "2024", "GA102", "Ada"))
    assert card.note.endswith(".")
    assert card.interconnect is not None
    assert 14 * 2**30 <= card.memory_bytes <= 192 * 2**30
    assert 3e11 <= card.bandwidth <= 5.5e12
    assert set(card.flops) <= set(TYPES)
    # Tensor cores do twice, or half, of TF32's in 16 bits; float32 is slowest; both types of 16 bits are alike.
    assert card.flops["float16"] == card.flops.get("bfloat16", card.flops["float16"])
    assert card.flops["float16"] >= 1.9 * card.flops.get("tf32", card.flops["float32"])
    assert card.flops.get("tf32", card.flops["float32"]) >= card.flops["float32"]
    # FLOPs for a byte of memory traffic: a figure with sparsity, or of two dies, stands out.
    assert 70 <= card.flops["float16"] / card.bandwidth <= 450


@pytest.mark.parametrize("name", ["v100-16gb", "v100-32gb", "t4"])
def test_a_card_without_bfloat16_says_what_it_has(name: str) -> None:
    with pytest.raises(ArgumentError, match=f"{name} has no bfloat16; give one of float32, amp-float16, float16"):
        known_cards()[name].peak_flops("amp-bfloat16")


def test_every_precision_is_of_a_type() -> None:
    card = known_cards()["a100-80gb"]
    assert {precision: card.peak_flops(precision) for precision in TYPE_OF_PRECISION} == {
        "float32": 19.5e12,
        "tf32": 156e12,
        **dict.fromkeys(("amp-float16", "float16", "amp-bfloat16", "bfloat16", "pure-bfloat16"), 312e12),
    }
    with pytest.raises(ArgumentError, match="there is no precision 'fp8'; give one of float32, tf32"):
        card.peak_flops("fp8")


@pytest.mark.parametrize(
    ("given", "name", "assumed"),
    [
        ("a100-80gb", "a100-80gb", ""),
        (" A100-40GB ", "a100-40gb", ""),
        ("a100", "a100-80gb", "a100 is taken as a100-80gb, the one of the most memory; there is a100-40gb too"),
        ("v100", "v100-32gb", "v100 is taken as v100-32gb, the one of the most memory; there is v100-16gb too"),
        ("h100", "h100-80gb", "h100 is taken as h100-80gb"),
        ("3090", "rtx3090", "3090 is taken as rtx3090"),
        ("RTX 4090", "rtx4090", "rtx 4090 is taken as rtx4090"),
    ],
)
def test_cards_by_their_names(given: str, name: str, assumed: str) -> None:
    card = card_named(given)
    assert card.name == name
    assert card.assumed == assumed


def test_an_unknown_card() -> None:
    with pytest.raises(ArgumentError) as caught:
        card_named("mi250")
    assert str(caught.value) == (
        "there is no card 'mi250': did you mean mi250x? For another card give a file, as mine.yaml, with its memory, "
        "bandwidth_gb_s and dense_tflops, a line each: memory: 48GiB; bandwidth_gb_s: 768; dense_tflops: "
        "{float32: 38.7, bfloat16: 154.8}"
    )
    with pytest.raises(ArgumentError, match=r"there are v100-16gb, .*, mi300x\. For another card"):
        card_named("b300")


def test_a_card_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "a40.yaml"
    path.write_text(_OWN + "name: a40\nsource: its datasheet\n", encoding="utf-8")
    card = card_named(str(path))
    assert (card.name, card.title, card.source, card.interconnect) == ("a40", "a40", "its datasheet", None)
    assert card.memory_bytes == 48 * 2**30
    assert card.bandwidth == 768e9
    assert card.flops == {"float32": 38.7e12, "bfloat16": 154.8e12}


def test_the_card_of_the_page_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/plan.md").read_text(encoding="utf-8")
    path = tmp_path / "a40.yaml"
    path.write_text("memory" + page.partition("```text\nmemory")[2].partition("```")[0], encoding="utf-8")
    card = card_named(str(path))
    assert card.flops == {"float32": 38.7e12, "tf32": 77.4e12, "float16": 154.8e12, "bfloat16": 154.8e12}
    assert card.interconnect == 112.5e9


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_OWN + "intercon_gb_s: 3\n", ":4:1: intercon_gb_s: a card has no such key; did you mean interconnect_gb_s?"),
        (
            _OWN.replace("768", "fast"),
            ":2:17: bandwidth_gb_s: fast is none; write a number of 10^9 bytes a second, from",
        ),
        (_OWN.replace("768", ".nan"), ":2:17: bandwidth_gb_s: .nan is none"),
        (_OWN.replace("768", "768e9"), ":2:17: bandwidth_gb_s: 768e9 is none"),
        (_OWN.replace("768", "[768]"), ":2:17: bandwidth_gb_s: write a single value"),
        (_OWN.replace("48GiB", "48"), ":1:9: memory: 48 would be 48 bytes; write 48GiB"),
        (_OWN.replace("48GiB", "48PB"), ":1:9: memory: '48PB' is no size of a memory"),
        (_OWN.replace("48GiB", "48MiB"), ":1:9: memory: no card has 48MiB; write its memory as 24GiB"),
        (_OWN.replace("float32", "fp32"), ":3:15: dense_tflops: there is no type 'fp32'; the types are float32, tf32"),
        (_OWN.replace("38.7", "-1"), ":3:15: dense_tflops: -1 is none; write a number of 10^12 FLOP/s"),
        ("memory: 48GiB\n", ":1:1: there is no bandwidth_gb_s and no dense_tflops; write them as memory: 48GiB; bandw"),
        (_OWN + "? [a]\n: b\n", ":4:3: "),
        (_OWN + "note: [a]\n", ":4:7: note: write a single value"),
        ("dense_tflops: {[a]: 1}\n", ":1:15: dense_tflops: there is no type"),
        ("- a\n", ":1:1: no mapping; write the keys of a card, as memory: 48GiB; "),
        ("memory: [\n", ":2:1: "),
        ("", ": no mapping; write the keys of a card"),
        (_OWN + "memory: 40GiB\n", ":4:1: memory was given on line 1 already"),
    ],
)
def test_a_wrong_file_of_a_card(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ArgumentError) as caught:
        card_named(str(path))
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_all_that_is_wrong_with_a_card_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("memory: 24\ndense_tflops: {fp32: 3}\ncolour: red\n", encoding="utf-8")
    with pytest.raises(ArgumentError) as caught:
        card_named(str(path))
    assert len(str(caught.value).splitlines()) == 4


def test_no_file_of_a_card(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file is named"):
        card_named(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("device_name", "name"),
    [
        ("NVIDIA A100-SXM4-80GB", "a100-80gb"),
        ("NVIDIA A100-SXM4-40GB", "a100-40gb"),
        ("Tesla V100-SXM2-16GB", "v100-16gb"),
        ("NVIDIA H100 80GB HBM3", "h100-80gb"),
        ("NVIDIA H200", "h200-141gb"),
        ("NVIDIA L4", "l4"),
        ("NVIDIA L40S", "l40s"),
        ("Tesla T4", "t4"),
        ("NVIDIA GeForce RTX 4090", "rtx4090"),
        ("AMD Instinct MI300X", "mi300x"),
    ],
)
def test_which_card_a_device_is(device_name: str, name: str) -> None:
    assert [card.name for card in known_cards().values() if card.is_called(device_name)] == [name]


def test_a_calibration_of_the_card_stands_in_for_its_datasheet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path))
    monkeypatch.setattr(host, "torch_version", lambda: "2.99.0")
    card = known_cards()["h100-80gb"]
    assert calibrated(card, "amp-bfloat16") is card
    roofs = Roofs(macs_per_s=350e12, bytes_per_s=2.9e12)
    device = {"device": "cuda", "device_name": "NVIDIA H100 80GB HBM3", "threads": None, "dtype": "bfloat16"}
    keep(make_calibration(roofs=roofs, **device))
    measured = calibrated(card, "amp-bfloat16")
    assert measured.peak_flops("amp-bfloat16") == 700e12
    assert measured.bandwidth == 2.9e12
    assert measured.flops["float32"] == card.flops["float32"]
    assert measured.measured == "those that calibrate measured of NVIDIA H100 80GB HBM3 on 2026-01-02"
    # Of another type, of TF32 and of another card nothing was measured.
    for other, precision in ((card, "float32"), (card, "tf32"), (known_cards()["a100-80gb"], "bfloat16")):
        assert calibrated(other, precision) is other
