"""Manifests of every kind: the lengths that they list, and one message for what is wrong with a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from w2v_explore import ArgumentError, SourceError
from w2v_explore.analysis.plan import lengths as module
from w2v_explore.analysis.plan.lengths import Lengths, read_histogram, read_lengths

RATE = 16_000


def read(folder: Path, content: str | bytes, name: str = "manifest", **options: bool) -> Lengths:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_lengths(str(folder / name), RATE, **options)


def listed(lengths: Lengths) -> dict[int, int]:
    return dict(zip(lengths.samples, lengths.counts, strict=True))


ONE_AND_TWO_SECONDS = {16_000: 2, 32_000: 1}


@pytest.mark.parametrize(
    ("content", "name", "format"),
    [
        ("/data\na.flac\t32000\nb.flac\t16000\nc.flac\t16000\n", "train.tsv", "fairseq manifest"),
        ("/data\r\na.flac\t32000\r\nb.flac\t16000\r\nc.flac\t16000", "train.tsv", "fairseq manifest"),
        ("\na.flac\t32000\nb.flac\t16000\nc.flac\t16000\n", "train.tsv", "fairseq manifest"),
        (b"/d\xe4ta\n\xe4.flac\t32000\nb c.flac\t16000\nc.flac\t16000\n", "train.tsv", "fairseq manifest"),
        ("utt-a 2.0\nutt-b 1\n\nutt-c 1.00\n", "utt2dur", "utt2dur"),
        ("utt-a\t2.0\nutt-b\t1\nutt-c\t1.00\n", "durations", "utt2dur"),
        ("utt-a 32000\nutt-b 16000\nutt-c 16000\n", "utt2num_samples", "utt2num_samples"),
        ('{"duration": 2.0}\n{"duration": 1, "text": "é"}\n{"text": "a", "duration": 1.0}\n', "a.json", "JSON lines"),
        ('{"num_samples": 32000}\n{"length": 16000}\n{"input_length": 16000}\n', "a.jsonl", "JSON lines"),
        ("2\n1.0\n1e0\n", "seconds.txt", "list of seconds"),
        (b"\xef\xbb\xbf2\n1.0\n1\n", "seconds.txt", "list of seconds"),
    ],
)
def test_each_kind_of_manifest_is_told_by_its_content(
    tmp_path: Path, content: str | bytes, name: str, format: str
) -> None:
    lengths = read(tmp_path, content, name)
    assert (lengths.format, listed(lengths)) == (format, ONE_AND_TWO_SECONDS)
    assert (lengths.num_utterances, lengths.total_samples, lengths.hours) == (3, 64_000, 4 / 3600)


def test_of_a_wav_scp_the_durations_beside_it_are_read(tmp_path: Path) -> None:
    scp = "utt-a sox a.sph -t wav - |\nutt-b /data/b.wav\n"
    with pytest.raises(SourceError, match=r"wav\.scp names audio and no lengths, and no utt2dur lies beside it; make"):
        read(tmp_path, scp, "wav.scp")
    (tmp_path / "utt2num_samples").write_text("utt-a 16000\nutt-b 32000\n")
    assert read(tmp_path, scp, "wav.scp").format == "utt2num_samples"
    (tmp_path / "utt2dur").write_text("utt-a 1\nutt-b 2\n")
    assert read(tmp_path, scp, "wav.scp").source == str(tmp_path / "utt2dur")


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("/data\na.flac\t32000\nb.flac 16000\n", "a.tsv", "a.tsv:3: 'b.flac 16000'; write a path, a tab and the"),
        ("/data\na.flac\t32000\nb.flac\t1\t2\n", "a.tsv", "a.tsv:3: 'b.flac\\t1\\t2'; write a path, a tab"),
        (
            "/data\na.flac\t12.5\n",
            "a.tsv",
            "a.tsv:2: '12.5'; write a whole number of samples, above 0 and at most 1,38",
        ),
        ("/data\na.flac\t0\n", "a.tsv", "a.tsv:2: '0'; write a whole number of samples"),
        (f"/data\na.flac\t{'9' * 5000}\n", "a.tsv", "9…'; write a whole number of samples"),
        ("u 1.0\nu b 2.0\n", "utt2dur", "utt2dur:2: 'u b 2.0'; write the name of an utterance and its seconds"),
        ("u 1.0\nv 160000\n", "utt2dur", "utt2dur:2: '160000' (a number of samples?); write seconds, above 0 and at"),
        ("1\nnan\n", "list", "list:2: 'nan'; write seconds, above 0 and at most 86,400"),
        ("1\n-1\n", "list", "list:2: '-1'; write seconds"),
        ("1\n1_0\n", "list", "list:2: '1_0'; write seconds"),
        ("1\n\n1 s\n", "list", "list:3: '1 s'; write seconds"),
        ('{"duration": 1}\n{"duration": "1"}\n', "a.json", "a.json:2: duration is no number; write seconds"),
        ('{"duration": 1}\n{"duration": true}\n', "a.json", "a.json:2: duration is no number; write seconds"),
        ('{"duration": 1}\n{"duration": NaN}\n', "a.json", "a.json:2: 'nan'; write seconds"),
        ('{"length": 12.3}\n', "a.json", "a.json:1: '12.3'; write a whole number of samples"),
        ('{"duration": 1}\n{"text": "a"}\n', "a.json", """a.json:2: '{"text": "a"}' has no length; write an object"""),
        ('{"duration": 1}\n{"duration": 1\n', "a.json", """a.json:2: '{"duration": 1' is no JSON; write an object"""),
        ('{"duration": 1}\n' + "[" * 100_000, "a.json", "' is no JSON; write an object with a duration in one line"),
        (
            "a/b.flac\t16000\nc.flac\t16000\n",
            "a.tsv",
            "a.tsv:1: 'a/b.flac\\t16000' is a path and a number of samples; ",
        ),
        ("[\n", "a.json", "a.json is JSON over several lines; write one object a line, as NeMo and Hugging Face do"),
        ("{\n", "a.json", "a.json is JSON over several lines"),
        ("", "a.tsv", "a.tsv lists no utterance; a manifest is fairseq's"),
        ("/data\n", "a.tsv", "a.tsv is no manifest: its first line is '/data'; a manifest is fairseq's"),
        ("id,duration\na,1\n", "a.csv", "a.csv is no manifest: its first line is 'id,duration'; a manifest is"),
        (b"\x1f\x8b\x08\x00", "a.gz", "a.gz is compressed by gzip; unpack it"),
        ("1\n2\n".encode("utf-16"), "a.txt", "a.txt is in UTF-16; save it as UTF-8"),
        ("u 12\rv 3\r", "a.txt", "a.txt ends its lines with CR, as old Macs did; end them with LF"),
        (b"RIFF\x00\x00", "a.wav", "a.wav is no text; a manifest is fairseq's"),
        ("1" * 2**20 + "1\n", "a.txt", "a.txt:1: a line of more than 1,048,576 bytes; a manifest is fairseq's"),
    ],
)
def test_what_is_wrong_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | bytes, name: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SourceError) as error:
        read_lengths(name, RATE)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_bad_lines_are_counted_where_that_is_asked_for(tmp_path: Path) -> None:
    content = "/data\na.flac\t32000\nb.flac\nc.flac\t-1\nd.flac\t16000\ne.flac\t16000\n"
    lengths = read(tmp_path, content, skip_bad=True)
    assert (listed(lengths), lengths.skipped) == (ONE_AND_TWO_SECONDS, 2)
    with pytest.raises(SourceError, match="has no utterance: all of its 2 lines are wrong"):
        read(tmp_path, "/data\nb.flac\t0\nc.flac\t-1\n", skip_bad=True)


def test_a_folder_and_nothing_are_refused(tmp_path: Path) -> None:
    for name, reason in (("", "it is a folder"), ("none", "No such file")):
        with pytest.raises(SourceError, match=reason):
            read_lengths(str(tmp_path / name), RATE)
    (tmp_path / "list").write_text("1\n")
    with pytest.raises(ArgumentError, match="0 samples per second; give a number from 1 to 1,000,000"):
        read_lengths(str(tmp_path / "list"), 0)


def test_a_manifest_ends_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(SourceError, match="it has 12 bytes; the most allowed is 10"):
        read(tmp_path, "1\n" * 6)


@pytest.mark.parametrize("piece", [1, 7, 64])
def test_where_pieces_end_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(module, "_PIECE_BYTES", piece)
    told: list[tuple[str, int, int]] = []
    content = "/data\r\n" + "".join(f"{number}.flac\t{16_000 + number % 3}\r\n" for number in range(50))
    (tmp_path / "a.tsv").write_bytes(content.encode())
    lengths = read_lengths(str(tmp_path / "a.tsv"), RATE, progress=lambda *step: told.append(step))
    assert listed(lengths) == {16_000: 17, 16_001: 17, 16_002: 16}
    assert told[-1] == ("reading", len(content), len(content))


def test_numbers_that_never_come_again_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_REMEMBERED", 2)
    assert listed(read(tmp_path, "1\n2\n3\n1\n2\n3\n")) == {16_000: 2, 32_000: 2, 48_000: 2}


@pytest.mark.parametrize("between", [",", ", ", ";", "\t", "  "])
def test_a_histogram_is_seconds_and_how_many_have_them(tmp_path: Path, between: str) -> None:
    path = tmp_path / "lengths.csv"
    path.write_text(f"# of a corpus\nseconds{between}count\n1{between}2\n\n2.0{between}1\n1.0{between}0\n3{between}0\n")
    lengths = read_histogram(str(path), RATE)
    assert (lengths.format, listed(lengths)) == ("histogram", ONE_AND_TWO_SECONDS)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1", "'1'; write seconds and the number of utterances, as 12.5,3100"),
        ("1,2,3", "'1,2,3'; write seconds and the number of utterances"),
        ("1,2.5", "'1,2.5'; write seconds and a whole number of utterances"),
        ("1,-2", "'1,-2'; write seconds and a whole number of utterances"),
        (f"1,{'9' * 5000}", "; write seconds and a whole number of utterances"),
        ("0,2", "'0'; write seconds, above 0"),
        ("seconds,count", "'seconds'; write seconds, above 0"),
    ],
)
def test_a_bad_line_of_a_histogram_is_one_message(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "lengths.csv"
    path.write_text(f"seconds,count\n1,1\n{line}\n")
    with pytest.raises(SourceError) as error:
        read_histogram(str(path), RATE)
    assert f"{path}:3: {message}" in str(error.value) or message in str(error.value)


@pytest.mark.parametrize("hours", [0.01, 1, 960, 60_000.5])
def test_a_corpus_of_other_hours_has_the_same_lengths(tmp_path: Path, hours: float) -> None:
    path = tmp_path / "lengths.csv"
    path.write_text("".join(f"{seconds},{1000 - 25 * seconds}\n" for seconds in range(1, 36)))
    lengths = read_histogram(str(path), RATE)
    scaled = lengths.scaled_to(hours)
    # Of each length and all shorter ones, the share is the same to half an utterance.
    assert abs(scaled.hours - hours) <= 36 / 3600
    factor = hours / lengths.hours
    for length in lengths.samples:
        wanted = factor * sum(count for samples, count in listed(lengths).items() if samples <= length)
        assert abs(sum(count for samples, count in listed(scaled).items() if samples <= length) - wanted) <= 0.5 + 1e-6


def test_hours_that_are_none_are_refused(tmp_path: Path) -> None:
    lengths = read(tmp_path, "10\n")
    for hours in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ArgumentError, match="hours of audio; give a number above 0"):
            lengths.scaled_to(hours)
    with pytest.raises(ArgumentError, match=r"1e-05 hours of audio are less than an utterance of .* has"):
        lengths.scaled_to(1e-5)


def test_json_of_any_writer_is_read(tmp_path: Path) -> None:
    rows = [{"audio_filepath": "ä.wav", "duration": 1.5, "text": '"duration": 7', "more": [{"duration": 9}]}] * 3
    assert listed(read(tmp_path, "\n".join(map(json.dumps, rows)))) == {24_000: 3}
