"""Hostile and odd files through the command: a located problem or one clear message each, and the others still checked.

Time and memory are bounded in benchmarks/, where they are measured.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.program import Runner


def bomb(item: str) -> bytes:
    """Ten levels, each nine times the one before."""
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{level}: &a{level} {item.format(', '.join([f'*a{level - 1}'] * 9))}" for level in range(1, 10)]
    return "\n".join(lines).encode()


CONTENTS = {
    "latin1.yaml": ("name: Müller\n".encode("latin-1"), "E101", 1),
    "nul.yaml": (b"extends: base\nname: a\0b\n", "E101", 2),
    "utf16_without_bom.yaml": ("extends: base\n".encode("utf-16-le"), "E101", 1),
    "empty.yaml": (b"", "E106", None),
    "binary.yaml": (bytes(range(256)) * 4, "E101", 2),
    "big.yaml": (b"a: " + b"x" * 600_000, "E102", None),
    "brackets.yaml": (b"extractor_conv_layer_config: " + b"[" * 25_000, "E102", 1),
    "dashes.yaml": (b"encoder_num_heads: 1\nx:\n" + b"- " * 25_000, "E102", 3),
    "braces.yaml": (b"{" * 25_000, "E102", 1),
    "alias_bomb.yaml": (bomb("[{}]"), "E103", 5),
    "merge_bomb.yaml": (bomb("{{<<: [{}]}}"), "E103", 5),
    "recursive.yaml": (b"extends: base\nextractor_conv_layer_config: &a [*a]\n", "E103", 2),
    "many_keys.yaml": (b"".join(b"k%d: 1\n" % n for n in range(100_000)), "E102", None),
    "unknown_keys.yaml": (b"extends: base\n" + b"".join(b"k%d: 1\n" % n for n in range(40_000)), "E200", 2),
    "repeated_keys.yaml": (b"extends: base\n" + b"name: a\n" * 50_000, "E104", 3),
    "digits.yaml": (b"extends: base\nencoder_num_layers: " + b"9" * 5_000 + b"\n", "E210", 2),
    "object.yaml": (b"extends: base\nname: !!python/object/apply:os.system [ls]\n", "E105", 2),
    "date.yaml": (b"extends: base\nencoder_num_layers: 2026-13-45\n", "E210", 2),
    "sexagesimal.yaml": (b"extends: base\nencoder_num_layers: 1:30\n", "W107", 2),
    "list_key.yaml": (b"extends: base\n? [a, b]\n: 1\n", "E200", 2),
    "duplicate.yaml": (b"extends: base\nbudgets: {parameters: 1G, parameters: 2G}\n", "E104", 2),
    "deep_encoder.yaml": (b"extends: base\nencoder_num_layers: 1000000000000000000\n", "E214", 2),
    "float_encoder.yaml": (b"extends: base\nencoder_num_layers: 1e18\n", "E210", 2),
    "many_layers.yaml": (b"extractor_conv_layer_config: [" + b"[1,1,1]," * 60_000 + b"]\nextends: base\n", "E222", 1),
    "expression.yaml": (b"extends: base\nextractor_conv_layer_config: '[(512, 3, 2)] * 1000000000000'\n", "E222", 2),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTENTS)
def test_a_located_problem_each_and_the_others_are_still_checked(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    content, code, line = CONTENTS[name]
    Path(name).write_bytes(content)
    Path("z.yaml").write_text("extends: base\nencoder_num_heads: 7\n")
    finished = run("lint", name, "z.yaml", "--format", "json")
    assert (finished.code, finished.err) == (1, "")
    *found, last = json.loads(finished.out)["problems"]
    assert (last["path"], last["code"]) == ("z.yaml", "E234")
    assert (code, line) in [(problem["code"], problem["line"]) for problem in found]
    assert {problem["path"] for problem in found} == {name}


def test_a_byte_order_mark_is_fine(run: Runner, tmp_path: Path) -> None:
    for codec in ("utf-8-sig", "utf-16"):
        path = tmp_path / f"{codec}.yaml"
        path.write_text("extends: base\nname: Müller\n", encoding=codec)
        assert run("lint", str(path)).code == 0


def test_what_cannot_be_read_is_one_message_and_the_others_are_still_checked(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo.yaml")
    os.symlink("nowhere", "broken.yaml")
    os.symlink("loop.yaml", "loop.yaml")
    Path("wrong.yaml").write_text("extends: base\nencoder_num_heads: 7\n")
    finished = run("lint", ".", "--format", "json")
    assert finished.code == 2
    assert [problem["path"] for problem in json.loads(finished.out)["problems"]] == ["wrong.yaml"]
    messages = finished.err.splitlines()
    assert [message.partition(":")[0] for message in messages] == ["error"] * 3
    assert "broken.yaml" in messages[0]
    assert "fifo.yaml: it is no regular file" in messages[1]
    assert "loop.yaml" in messages[2]


def test_a_file_that_vanishes(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v_explore.lint import run as linting
    from w2v_explore.lint.discovery import Found

    gone = Found(str(tmp_path / "gone.yaml"), searched=True, source=".")
    monkeypatch.setattr(linting, "find_files", lambda paths, complain, pass_by: iter([gone]))
    finished = run("lint", ".")
    assert finished.code == 2
    assert len(finished.err.splitlines()) == 1
    assert "gone.yaml" in finished.err
    assert "Traceback" not in finished.err


WHOLE_NUMBERS = (
    "0x" + "f" * 5_000,
    "-0x" + "f" * 5_000,
    "0b" + "1" * 20_000,
    "0" + "7" * 6_000,
    "1" + ":59" * 300,
    "9" * 4_000,
)


@pytest.mark.parametrize("number", WHOLE_NUMBERS, ids=lambda number: number[:4])
@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_num_layers: {}\n",
        "extends: base\nsample_rate: {}\n",
        "extends: base\naux_num_out: [{}]\n",
        "extends: base\nextractor_conv_layer_config: [[{}, 10, 5], [512, {}, 2]]\n",
        "extends: base\nbudgets: {{parameter_bytes: {}, macs: {{min: {}, max: {}}}}}\n",
        "model_type: wav2vec2\nmask_time_length: {}\nmask_feature_length: {}\nmask_feature_prob: {}\n",
        "task: {{_name: audio_pretraining, label_rate: {}}}\nmodel: {{_name: hubert, mask_length: {}}}\n",
        "{}: 1\nextends: base\n",
    ],
    ids=["field", "rate", "list", "layers", "budgets", "masks", "labels", "key"],
)
def test_a_whole_number_of_thousands_of_digits_is_a_problem_like_any_other(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, number: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(text.replace("{}", number).replace("{{", "{").replace("}}", "}"))
    Path("z.yaml").write_text("extends: base\nencoder_num_heads: 7\n")
    for options in (("--seconds", "1"), ("--seconds", "1", "--diff"), ("--format", "json", "--select", "E,W,A")):
        finished = run("lint", "a.yaml", "z.yaml", *options)
        assert finished.code in (0, 1)
        assert finished.err == ""
        assert "--diff" in options or "E234" in finished.out


@pytest.mark.parametrize("value", [WHOLE_NUMBERS[0], "[5]", "{a: 1}", "text"])
@pytest.mark.parametrize("format", ["table", "json"])
def test_what_an_override_replaces_may_have_been_anything(run: Runner, tmp_path: Path, value: str, format: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"extends: base\nencoder_num_layers: {value}\nextractor_conv_layer_config: {value}\n")
    overrides = ("--set", "encoder_num_layers=3", "--set", "extractor_conv_layer_config=null")
    finished = run("summary", str(path), *overrides, "--format", format, columns=200)
    assert (finished.code, finished.err) == (0, "")


@pytest.mark.parametrize("seconds", ["1e308", "1e300", "100001"])
def test_clips_are_at_most_a_day_long(run: Runner, tmp_path: Path, seconds: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("extends: base\nsample_rate: 10000000\nbudgets: {macs: 1}\n")
    finished = run("lint", str(path), "--seconds", seconds)
    assert finished.code == 2
    assert finished.err.endswith("seconds are no length of audio; give at most 100,000\n")
    assert run("lint", str(path), "--seconds", "100000").code == 1
