"""Pickles read as data: what torch and fairseq write is read, and what would have to be called is refused unrun."""

from __future__ import annotations

import argparse
import collections
import enum
import io
import os
import pickle
import struct
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from tests.checkpoint_files import SMALL, model_shapes, named
from tests.program import Runner
from w2v_explore import load_checkpoint, load_config
from w2v_explore.checkpoint.pickle_reader import read_pickle
from w2v_explore.checkpoint.pytorch import open_pytorch
from w2v_explore.checkpoint.read import read_checkpoint
from w2v_explore.checkpoint.stand_ins import Instance, Name, PickleError, plain


@contextmanager
def fake(module: str, **names: Any) -> Iterator[types.ModuleType]:
    """A module of a program that is not installed, while something is pickled."""
    made = []
    for end in [place for place, letter in enumerate(module) if letter == "."] + [len(module)]:
        if module[:end] not in sys.modules:
            made.append(module[:end])
            sys.modules[module[:end]] = types.ModuleType(module[:end])
    for name, value in names.items():
        value.__module__, value.__qualname__ = module, name
        setattr(sys.modules[module], name, value)
    try:
        yield sys.modules[module]
    finally:
        for name in made:
            del sys.modules[name]


class Dictionary:
    """As fairseq's: an object with lists and a dictionary of words."""

    def __init__(self) -> None:
        self.symbols = ["<s>", "<pad>", "|", "é"]
        self.count = [1, 1, 1, 1]
        self.indices = {word: place for place, word in enumerate(self.symbols)}


# As fairseq makes them: what a member is called is its value.
Choices = enum.Enum("Choices", {"layer_norm": "layer_norm"})


FAIRSEQ = {
    "_name": "wav2vec2", "conv_feature_layers": "[(6, 4, 2), (6, 3, 2)] + [(10, 2, 1)]", "extractor_mode": "layer_norm",
    "conv_bias": True, "encoder_embed_dim": 8, "conv_pos": 5, "conv_pos_groups": 2, "encoder_layers": 3,
    "encoder_attention_heads": 4, "encoder_ffn_embed_dim": 12, "layer_norm_first": True,
}  # fmt: skip


def fairseq_weights() -> dict[str, torch.Tensor]:
    shapes = model_shapes({**SMALL, "aux_num_out": None})
    names = named(shapes, "fairseq", weight_norm="weight_g")
    return {name: torch.randn(shape) for name, shape in names.items()}


def save(path: Path, content: Any, is_zip: bool = True, protocol: int = 2) -> str:
    torch.save(content, path, _use_new_zipfile_serialization=is_zip, pickle_protocol=protocol)
    return str(path)


@pytest.mark.parametrize(
    "content",
    [
        None, True, False, 0, 255, 65_535, -1, 2**31, -(2**63), 2**200, 0.5, float("inf"), "",
        "é\U0001f600", b"\x00\xff",
        b"x" * 300, "x" * 300, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1, [2, [3]]], {}, {"a": {1: None}},
        {1.5: 2, None: 3, (1, "a"): 4, b"k": 5}, set(), {1, 2}, frozenset({"a"}), [[0] * 2_000], {"a": [1] * 1_100},
        bytearray(b"abc"),
    ],
    ids=lambda content: repr(content)[:20],
)  # fmt: skip
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_data_is_what_pickle_reads(content: Any, protocol: int) -> None:
    written = pickle.dumps(content, protocol)
    read = read_pickle(written)
    assert read.value == content
    assert read.end == len(written)


def test_one_object_in_two_places_stays_one_and_what_holds_itself_is_read() -> None:
    shared: list[Any] = [1]
    shared.append(shared)
    value = read_pickle(pickle.dumps({"a": shared, "b": shared}, 2)).value
    assert value["a"] is value["b"] is value["a"][1]
    with pytest.raises(PickleError, match="nested too deep"):
        plain(value)


@pytest.mark.parametrize("protocol", [2, 4])
def test_known_classes_are_read_as_what_they_hold(protocol: int) -> None:
    ordered = collections.OrderedDict(a=1)
    counter, default = collections.Counter("aab"), collections.defaultdict(list, b=[1])
    namespace = argparse.Namespace(arch="wav2vec2", nested=argparse.Namespace(x=(1, 2)))
    scalars = [numpy.float64(0.5), numpy.float32(0.25), numpy.int64(-3), numpy.bool_(True)]
    content = [ordered, counter, default, namespace, *scalars, numpy.arange(3), torch.Size([1, 2]), torch.device("cpu")]
    value = read_pickle(pickle.dumps(content, protocol)).value
    assert value[:3] == [{"a": 1}, {"a": 2, "b": 1}, {"b": [1]}]
    assert plain(value[3]) == {"arch": "wav2vec2", "nested": {"x": [1, 2]}}
    assert value[4:8] == [0.5, 0.25, -3, True]
    assert str(value[8].cls) == "numpy.ndarray"
    assert value[9:] == [(1, 2), "cpu"]


def test_a_class_by_itself_is_a_name_and_is_not_looked_up() -> None:
    value = read_pickle(b"cno.such.module\nThing\n.").value
    assert isinstance(value, Name)
    assert plain([value]) == ["no.such.module.Thing"]


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(
    "reduce",
    [lambda self, protocol: (Choices, (self.value,)), lambda self, protocol: (getattr, (Choices, self.name))],
    ids=["by its value", "by its name, as of Python 3.11.2"],
)
def test_a_choice_is_what_it_is_called(reduce: Any, protocol: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Choices, "__reduce_ex__", reduce)
    with fake("fairseq.dataclass.constants", Choices=Choices):
        written = pickle.dumps([Choices.layer_norm], protocol)
    assert read_pickle(written).value == ["layer_norm"]


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("where", ["cfg", "args"])
def test_a_fairseq_checkpoint_with_its_own_classes_is_summarised_and_loaded(
    where: str, is_zip: bool, tmp_path: Path, run: Runner
) -> None:
    weights = fairseq_weights()
    with fake("fairseq.data.dictionary", Dictionary=Dictionary), fake("fairseq.dataclass.constants", Choices=Choices):
        if where == "cfg":
            chosen = {**FAIRSEQ, "extractor_mode": Choices.layer_norm}
            config: Any = {"model": chosen, "task": {"_name": "audio_pretraining"}}
        else:
            arguments = {key: value for key, value in FAIRSEQ.items() if key != "_name"}
            config = argparse.Namespace(arch="wav2vec2", lr=[0.1], max_update=7, task="audio_pretraining", **arguments)
        content = {
            "args": None, "cfg": None, where: config, "model": weights,
            "task_state": {"target_dictionary": Dictionary()}, "optimizer_history": [{"num_updates": 3}],
            "extra_state": {"train_iterator": {"epoch": 1}, "val_loss": numpy.float64(0.5)},
        }  # fmt: skip
        path = save(tmp_path / "checkpoint.pt", content, is_zip)
    assert "fairseq" not in sys.modules
    model = load_config(path).model
    assert (model.encoder_num_heads, model.extractor_mode) == (4, "layer_norm")
    code, _, err = run("summary", path, "--format", "json")
    assert (code, err) == (0, "")
    assert run("check", path, path).code == 0
    assert run("inspect", path).code == 0
    loaded = load_checkpoint(path).state_dict()
    for name, weight in named(loaded, "fairseq", weight_norm="weight_g").items():
        assert torch.equal(weight, weights[name]), name


class Container:
    def __init__(self, content: Any) -> None:
        self._content, self._parent = content, self


class Node:
    def __init__(self, value: Any) -> None:
        self._val = value


def test_omegaconfs_containers_are_what_they_hold(tmp_path: Path) -> None:
    lists, nodes = type("ListConfig", (Container,), {}), type("AnyNode", (Node,), {})
    with (
        fake("omegaconf.dictconfig", DictConfig=Container),
        fake("omegaconf.listconfig", ListConfig=lists),
        fake("omegaconf.nodes", AnyNode=nodes),
    ):
        config = Container({"model": Container({"_name": nodes("wav2vec2"), "sizes": lists([nodes(1), nodes(None)])})})
        path = save(tmp_path / "checkpoint.pt", {"model": {"x": torch.zeros(1)}, "cfg": config})
    found = read_checkpoint(path).config
    assert found is not None
    assert found.values == {"model": {"_name": "wav2vec2", "sizes": [1, None]}}


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_numbers_are_read_where_strides_and_offsets_say(is_zip: bool, tmp_path: Path) -> None:
    from w2v_explore.model.tensors import read_tensors

    whole = torch.randn(6, 5, 4)
    tensors = {
        "whole": whole, "part": whole[2:5, 1], "transposed": whole.transpose(0, 2), "one": whole[3, 2, 1],
        "row": whole[:, 0, 0], "stepped": whole[::2, ::3], "none": torch.zeros(0, 3),
        "same": torch.ones(1).expand(3, 2), "bool": torch.tensor([True, False]),
        "half": torch.randn(3).half(), "bfloat16": torch.randn(3).bfloat16(), "double": torch.randn(3).double(),
        "whole numbers": torch.arange(7), "bytes": torch.arange(5, dtype=torch.uint8),
        "complex": torch.randn(2, dtype=torch.complex64), "parameter": torch.nn.Parameter(torch.randn(2)),
        "uint16": torch.arange(3).to(torch.uint16), "float8": torch.randn(4).to(torch.float8_e4m3fn),
    }  # fmt: skip
    path = save(tmp_path / "tensors.pt", tensors, is_zip)
    read = read_tensors(path)
    assert list(read) == list(tensors)
    for name, tensor in tensors.items():
        assert (read[name].dtype, read[name].shape) == (tensor.dtype, tensor.shape)
        comparable = (torch.complex64 if tensor.is_complex() else torch.float64,)
        assert torch.equal(read[name].to(*comparable), tensor.detach().to(*comparable)), name
    read["whole"].zero_()
    assert torch.equal(read_tensors(path)["whole"], whole)


PROOF = "RAN_BY_A_PICKLE"
COMMAND = f"touch {PROOF}".encode()


def long_text(text: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text


HOSTILE = {
    "a call": (b"\x80\x02cos\nsystem\n" + long_text(COMMAND) + b"\x85R.", r"os\.system"),
    "a call of protocol 4": (b"\x80\x04\x8c\x02os\x8c\x06system\x93" + long_text(COMMAND) + b"\x85R.", r"os\.system"),
    "eval": (b"\x80\x02c__builtin__\neval\n" + long_text(b"1") + b"\x85R.", r"__builtin__\.eval"),
    "getattr": (b"\x80\x02cbuiltins\ngetattr\ncos\nsystem\nX\x01\x00\x00\x00a\x86R.", r"builtins\.getattr"),
    "an object of any class": (b"\x80\x02csubprocess\nPopen\n)\x81.", r"subprocess\.Popen"),
    "an object with arguments": (b"\x80\x02csubprocess\nPopen\n" + long_text(COMMAND) + b"\x85\x81.", "subprocess"),
    "an object with keywords": (b"\x80\x04csubprocess\nPopen\n)}X\x01\x00\x00\x00ak\x01s\x92.", "opcode|keywords"),
    "INST": (b"(" + long_text(COMMAND) + b"ios\nsystem\n.", "opcode 105, which torch.save never writes"),
    "OBJ": (b"(cos\nsystem\n" + long_text(COMMAND) + b"o.", "opcode 111"),
    "an extension code": (b"\x80\x02\x82\x01.", "opcode 130"),
    "a text of protocol 0": (b"S'x'\n.", "opcode 83"),
    "a number of protocol 0": (b"I" + b"9" * 10_000 + b"\n.", "opcode 73"),
    "a reference of protocol 0": (b"Pstorage\n.", "opcode 80"),
    "a buffer beside the file": (b"\x80\x05\x97.", "opcode 151"),
    "an odd reference": (b"\x80\x02K\x01Q.", "refers to what is no storage"),
    "a reference with a class of another": (
        b"\x80\x02(X\x07\x00\x00\x00storagecos\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQ.",
        r"os\.FloatStorage",
    ),
    "a module": (b"\x80\x02(X\x06\x00\x00\x00modulecmine\nNet\nX\x01\x00\x00\x00aX\x01\x00\x00\x00btQ.", r"mine\.Net"),
    "a negative number of elements": (
        b"\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuJ\xff\xff\xff\xfftQ.",
        "has -1 elements",
    ),
    "a number without an end": (b"\x80\x02\x8b\xff\xff\xff\x7f" + b"\xff" * 100 + b".", "of 2,147,483,647 bytes"),
    "a number of a negative length": (b"\x80\x02\x8b\xff\xff\xff\xff.", "whole number of -1 bytes"),
    "a text that is not there": (b"\x80\x02X\xff\xff\xff\xff.", "cut off"),
    "a text of 2^63": (b"\x80\x04\x8d" + b"\xff" * 8 + b".", "cut off"),
    "a text that is none": (b"\x80\x02X\x01\x00\x00\x00\xff.", "no UTF-8"),
    "a frame that lies": (b"\x80\x04\x95" + b"\xff" * 7 + b"\x7fN.", "cut off"),
    "a later protocol": (b"\x80\x06N.", "protocol 6"),
    "nothing": (b"", "cut off"),
    "a stop": (b"\x80\x02.", "takes more than it has put down"),
    "a mark alone": (b"\x80\x02(.", "takes more than it has put down"),
    "no mark": (b"\x80\x02t.", "a mark that it has not set"),
    "a key without a value": (b"\x80\x02(Nd.", "a key without a value"),
    "a list as a key": (b"\x80\x02}]Ns.", "a key that is neither"),
    "a key that holds keys": (b"\x80\x02})\x85\x85\x85Ns.", "a key that is neither"),
    "a key chosen to collide": (b"\x80\x02}\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fNs.", "a key that is neither"),
    "items of a name": (b"\x80\x02cos\npath\nNa.", "what is no list"),
    "items of an object": (b"\x80\x02cargparse\nNamespace\n)\x81NNs.", "what is no dict"),
    "a value that is not kept": (b"\x80\x02h\x07.", "number 7, that it has not kept"),
    "nothing kept": (b"\x80\x02q\x00.", "keeps a value that it has not made"),
    "attributes of a class": (b"\x80\x02cargparse\nNamespace\n}b.", "attributes to what has none"),
    "attributes of a list": (b"\x80\x02]}b.", "attributes to what has none"),
    "attributes that are none": (b"\x80\x02cargparse\nNamespace\n)\x81K\x01b.", "no set of attributes"),
    "attributes by number": (b"\x80\x02cargparse\nNamespace\n)\x81}K\x01Nsb.", "no set of attributes"),
    "a call of a text": (b"\x80\x02X\x02\x00\x00\x00os)R.", "calls what is no function"),
    "a call without a tuple": (b"\x80\x02ccollections\nOrderedDict\nNR.", "no tuple of arguments"),
    "a dotted name": (
        b"\x80\x04\x8c\x08argparse\x8c\x12Namespace.__init__\x93)R.", r"argparse\.Namespace\.__init__",
    ),
    "a dotted module": (
        b"\x80\x04\x8c\x0cfairseq.data\x8c\x15dictionary.Dictionary\x93)\x81.",
        "its pickle wants fairseq.data.dictionary",
    ),
    "what a known module imports": (
        b"\x80\x04\x8c\x0fomegaconf.nodes\x8c\x0aos.system_\x93)R.",
        r"wants omegaconf\.nodes\.os",
    ),
    "a class of ours": (b"\x80\x02cw2v_explore.checkpoint.stand_ins\nInstance\n)\x81.", "w2v_explore"),
    "a name without an end": (b"\x80\x02c" + b"a" * 2_000 + b"\n.", "a name without an end"),
    "a name that is a number": (b"\x80\x04K\x01K\x02\x93.", "a name that is no text"),
    "a shape of fractions": (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000"
        b"X\x03\x00\x00\x00cpuK\x01tQK\x00G\x7f\xf8\x00\x00\x00\x00\x00\x00\x85K\x01\x85\x89}tR.",
        "other arguments than torch.save writes",
    ),
    "bytes that are none": (
        b"\x80\x02c_codecs\nencode\nX\x03\x00\x00\x00\xe2\x82\xacX\x06\x00\x00\x00latin1\x86R.", "other arguments",
    ),
    "steps without end": (b"\x80\x02" + b"N0" * 2_500_000 + b".", "takes more steps than any"),
    "copies without end": (
        b"\x80\x02" + long_text(b"x" * 1_000_000) + b"q\x00X\x06\x00\x00\x00latin1q\x010"
        + b"c_codecs\nencode\nh\x00h\x01\x86R0" * 100 + b"N.",
        "takes more steps than any",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_would_have_to_be_called_and_what_is_corrupt_is_refused(
    content: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PickleError, match=message) as raised:
        read_pickle(content)
    assert str(raised.value).isprintable()
    assert not os.path.exists(PROOF)


def test_a_value_that_doubles_is_read_and_never_written_out() -> None:
    doubled = b"\x80\x02)" + b"2\x86" * 200_000 + b"."
    value = read_pickle(doubled).value
    with pytest.raises(PickleError, match="nested too deep"):
        plain(value)
    wide = read_pickle(b"\x80\x02)" + b"2\x86" * 40 + b".").value
    with pytest.raises(PickleError, match="more steps"):
        plain(wide)


def test_a_state_is_never_called() -> None:
    written = (
        b"\x80\x02cargparse\nNamespace\n)\x81}X\x0c\x00\x00\x00__setstate__cos\nsystem\nsb}X\x01\x00\x00\x00aK\x01sb."
    )
    value = read_pickle(written).value
    assert isinstance(value, Instance)
    assert plain(value) == {"__setstate__": "os.system", "a": 1}


def test_what_is_deep_is_read_whole(tmp_path: Path) -> None:
    value = read_pickle(b"\x80\x02" + b"]" * 500_000 + b"a" * 499_999 + b".").value
    assert isinstance(value, list)
    buffer = io.BytesIO()
    torch.save({"model": {"x": torch.zeros(1)}}, buffer)
    (tmp_path / "x.pt").write_bytes(buffer.getvalue())
    assert list(open_pytorch(str(tmp_path / "x.pt")).tensors()) == ["x"]
