"""Folders of hostile files: configs, checkpoints, baselines, calibrations, what steers the linter, and odd kinds."""

from __future__ import annotations

import json
import os
import pickle
import stat
import struct
import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.calibrations import make_for_this_machine
from tests.checkpoint_files import SMALL, model_shapes, named, safetensors_bytes
from tests.fuzz.hostile import MARK, SECRET, Hostile
from w2v_explore import analyze, load_config
from w2v_explore.analysis.latency.calibration import encode_calibration
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.dialects.programs import DIALECTS
from w2v_explore.config.dialects.write import unwritable, write_config
from w2v_explore.config.family import ARCHITECTURE, FAMILIES, Family, family_named
from w2v_explore.config.kinds import Choice, ConvLayers, Flag, Integer, Kind, PerLayer, Probability, Real
from w2v_explore.config.presets import preset_names
from w2v_explore.families.wav2vec2.fields import FIELDS
from w2v_explore.lint.codes import all_rules

PRESETS = ("base", "large", "hubert_xlarge", "xlsr_300m")
ALL_FIELDS = tuple(dict.fromkeys(field for family in FAMILIES for field in family_named(family).config.FIELDS))
PLAIN = {
    "extractor_mode": ("group_norm", "layer_norm"),
    "extractor_conv_layer_config": ("null", "[[10, 3, 2], [10, 3, 2]]", "[[512, 10, 5], [512, 3, 2]]"),
    "extractor_conv_bias": ("true", "false"),
    "encoder_embed_dim": ("768", "48", "1024"),
    "encoder_projection_dropout": ("0.1", "0", "1"),
    "encoder_pos_conv_kernel": ("128", "3"),
    "encoder_pos_conv_groups": ("16", "1"),
    "encoder_num_layers": ("1", "12", "1000"),
    "encoder_num_heads": ("12", "1", "5"),
    "encoder_attention_dropout": ("0.1", "0.0"),
    "encoder_ff_interm_features": ("3072", "1", "2147483647"),
    "encoder_ff_interm_dropout": ("0.1", "1.0"),
    "encoder_dropout": ("0.1", "0"),
    "encoder_layer_norm_first": ("true", "false"),
    "encoder_layer_drop": ("0.05", "1"),
    "aux_num_out": ("null", "32"),
}
"""Values that each field of a wav2vec 2.0 may have."""

_METADATA = ("name", "description", "sample_rate", "budgets", "search", "family", "published_parameters", "extends")
_HERE = Path(__file__).parent
_DATA = _HERE.parent / "data" / "dialects"


class Folder(NamedTuple):
    """A folder that was made.

    Attributes:
        root: Holds all that a case may see; ``outside`` is none of its business.
        work: Where the program is started.
        configs: Of configs, by their names from ``work``.
        checkpoints: Of files and folders of weights.
        baselines: Of saved summaries.
        others: Of all else: folders, links, pipes.
    """

    root: Path
    work: Path
    configs: list[str]
    checkpoints: list[str]
    baselines: list[str]
    others: list[str]


def make_folder(random: Random, root: Path) -> Folder:
    """A folder of hostile files and names, with some plain ones between them."""
    return _Maker(random, root).make()


@cache
def _written() -> tuple[tuple[str, bytes], ...]:
    """Configs of all families and dialects as the program writes them, with the suffix that each goes by."""
    found = []
    for preset in ("base", "large_lv60k", *(family_named(name).reference for name in FAMILIES)):
        config = load_config(preset)
        found += [
            (".json" if dialect == "huggingface" else ".yaml", write_config(config, dialect).encode())
            for dialect in ("w2v", "torchaudio", *DIALECTS)
            if unwritable(config.model, dialect) is None
        ]
    return tuple(found)


@cache
def _texts() -> tuple[tuple[str, bytes], ...]:
    """Configs of all dialects, written by the program and by others, with the suffix that each goes by."""
    paths = sorted((*_DATA.rglob("*.*"), *(_HERE / "corpus").iterdir()))
    return (*_written(), *((path.suffix, path.read_bytes()) for path in paths if path.is_file()))


@cache
def _stated(family: Family) -> dict[str, Any]:
    """A config of a family that states all; a wav2vec 2.0's is small."""
    if family.config.FIELDS is FIELDS:
        return SMALL
    return {ARCHITECTURE: family.name, **load_config(family.reference).model.to_mapping()}


@cache
def _summary() -> dict[str, Any]:
    document = analyze(load_config("base", ["encoder_num_layers=1"]), Workload.of_seconds()).to_dict()
    assert isinstance(document, dict)
    return document


@cache
def _calibration() -> dict[str, Any]:
    document = json.loads(encode_calibration(make_for_this_machine()))
    document["samples"] = document["samples"][:60] + document["samples"][-20:]
    assert isinstance(document, dict)
    return document


@cache
def _calibration_name() -> str:
    return make_for_this_machine().path.name


@cache
def _pickles() -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted((_HERE / "corpus_pickle").iterdir()))


@cache
def _shapes(dialect: str) -> dict[str, tuple[int, ...]]:
    shapes = model_shapes()
    if dialect == "":
        return shapes
    return named(shapes, dialect)


class _Maker:
    def __init__(self, random: Random, root: Path) -> None:
        self._hostile = Hostile(random)
        self._random = random
        self._root = root
        # What a case starts in has an odd name itself now and then.
        name = self._hostile.name() if self._hostile.chance(0.1) else "work"
        self._folder = Folder(root, root / "in" / name, [], [], [], [])

    def make(self) -> Folder:
        self._make_outside()
        work = self._folder.work
        work.mkdir()
        for _ in range(self._random.randint(1, 6)):
            self._config(work)
        if self._hostile.chance(0.35):
            inner = work / self._hostile.one(("sub", "[z-a]", "a b", "new\nfolder", f"{MARK}x", "caf\udce9", "conf.d"))
            inner.mkdir(exist_ok=True)
            self._folder.others.append(inner.name)
            for _ in range(self._random.randint(1, 3)):
                self._config(inner)
            if self._hostile.chance(0.5):
                self._gitignore(inner)
        for probability, make in (
            (0.5, self._checkpoint), (0.15, self._shards), (0.3, self._baseline), (0.25, self._calibrations),
            (0.3, self._pyproject), (0.25, self._git), (0.35, self._odd_kind), (0.2, self._odd_kind),
        ):  # fmt: skip
            if self._hostile.chance(probability):
                make()
        if self._hostile.chance(0.3):
            self._gitignore(work)
        return self._folder

    def _make_outside(self) -> None:
        for name in ("in", "outside", "home", "cache", "tmp"):
            (self._root / name).mkdir(parents=True)
        outside = self._root / "outside"
        (outside / "secret.yaml").write_text(f"root:{SECRET}:19000:0:99999:7:::\ndaemon:{SECRET}:1::::\n")
        (outside / "keys.yaml").write_text(f"password: {SECRET}\n{SECRET}_key: 1\n")
        (outside / "shadow").write_text(f"root:{SECRET}:19000:0:99999:7:::\n")
        (outside / "shard.safetensors").write_bytes(safetensors_bytes({SECRET: (1,)}))
        (outside / "plain.yaml").write_text("extends: base\n")

    def _put(self, path: Path, content: bytes) -> bool:
        """Write a file; False where its name is taken or none."""
        try:
            with open(path, "xb") as file:
                file.write(content)
        except OSError:
            return False
        return True

    def _config(self, folder: Path) -> None:
        kind = self._hostile.weighted(ours=6, dialect=4, json=2)
        suffix = ".yaml"
        if kind == "ours":
            content = self._hostile.bytes_of(self._our_config())
        elif kind == "dialect":
            suffix, content = self._hostile.one(_texts() if self._hostile.odd(1) else _written())
        else:
            suffix = ".json"
            text = self._hostile.one([content for suffix, content in _written() if suffix == ".json"])
            content = self._hostile.bytes_of(
                self._hostile.json(json.loads(text), self._random.randint(1, 6) if self._hostile.odd(0.9) else 0)
            )
        if self._hostile.odd(0.35 if kind == "ours" else 0.8):
            content = self._hostile.mutate(content, self._random.randint(1, 4))
        name = self._hostile.name() if suffix == ".yaml" or self._hostile.chance(0.3) else "config.json"
        if self._put(folder / name, content):
            self._folder.configs.append(os.path.relpath(folder / name, self._folder.work))

    def _our_config(self) -> str:
        hostile = self._hostile
        lines: dict[str, str] = {}
        family = family_named(hostile.one(list(FAMILIES)) if hostile.chance(0.5) else "wav2vec2")
        fields = family.config.FIELDS
        if hostile.chance(0.7):
            lines["extends"] = hostile.one(PRESETS) if family.config.FIELDS is FIELDS else family.reference
        else:
            lines = {name: json.dumps(value) for name, value in _stated(family).items()}
        for _ in range(self._random.choice((0, 1, 1, 2, 4))):
            field = hostile.one(ALL_FIELDS if hostile.odd(0.3) else list(fields))
            is_plain = field in fields and not hostile.odd(0.9)
            lines[field] = self._plain(fields[field].kind) if is_plain else hostile.yaml_value()
        if hostile.odd(0.1):
            lines[ARCHITECTURE] = hostile.one((*FAMILIES, hostile.yaml_value()))
        if hostile.chance(0.5):
            lines["name"] = hostile.yaml_text()
        if hostile.chance(0.25):
            lines["description"] = hostile.yaml_text()
        if hostile.chance(0.15):
            figure = json.dumps(hostile.text()) if hostile.odd(0.3) else hostile.one(("parameters", "macs"))
            lines["budgets"] = f"{{{figure}: {hostile.yaml_value() if hostile.odd(0.7) else '1M'}}}"
        if hostile.odd(0.25):
            lines[json.dumps(hostile.text())] = hostile.yaml_value()
        if hostile.odd(0.2):
            lines[hostile.one(_METADATA)] = hostile.yaml_value()
        if hostile.odd(0.3):
            lines["extends"] = self._base()
        texts = [f"{key}: {value}" for key, value in lines.items()]
        if hostile.chance(0.3):
            self._random.shuffle(texts)
        for _ in range(self._random.choice((0, 0, 1, 2))):
            number = self._random.randrange(len(texts))
            codes = hostile.one((hostile.one([*all_rules()]).code, "E", hostile.text(), "E999", "W305, A400"))
            texts[number] += f"  # w2v: ignore[{codes}]"
        if hostile.chance(0.1):
            texts.insert(0, f"# yaml-language-server: $schema={hostile.one(('x.json', '/dev/zero', hostile.text()))}")
        return "\n".join([*texts, ""])

    def _plain(self, kind: Kind) -> str:
        """A value of a kind, as YAML; a list for the layers of some preset."""
        match kind:
            case Choice():
                return self._hostile.one(kind.values)
            case Flag():
                return self._hostile.one(("true", "false"))
            case Probability():
                return self._hostile.one(("0", "0.1", "1"))
            case Real():
                return self._hostile.one(("0.1", "1", "100"))
            case ConvLayers():
                return self._hostile.one(PLAIN["extractor_conv_layer_config"])
            case PerLayer():
                count = self._hostile.one((1, 2, 12, 12, 12, 24))
                return f"[{', '.join(self._plain(kind.each) for _ in range(count))}]"
            case Integer():
                return self._hostile.one(("1", "2", "3", "12", "64", "1024", *["null"] * bool(kind.optional)))

    def _base(self) -> str:
        outside = self._root / "outside"
        bases = [
            "../../outside/secret.yaml", "../../outside/keys.yaml", "../../outside/shadow",
            "../../outside/plain.yaml", "pipe.yaml",
            f"{outside}/secret.yaml", f"{outside}/keys.yaml", "/dev/zero", "/dev/null", "/dev/stdin",
            "/proc/self/mem",
            "/proc/self/environ", ".", "..", "zero.yaml", "loop.yaml", "[base, large]", "[]", "~", "a.yaml", "b.yaml",
            *self._folder.configs, json.dumps(self._hostile.text()),
        ]  # fmt: skip
        base = self._hostile.one(bases)
        return base if base.isprintable() else json.dumps(base)

    def _checkpoint(self) -> None:
        hostile = self._hostile
        shapes = dict(_shapes(hostile.one(("", "huggingface", "fairseq"))))
        for _ in range(self._random.choice((1, 1, 3)) if hostile.odd(0.6) else 0):
            name = hostile.one(list(shapes))
            shape = shapes.pop(name)
            kind = hostile.weighted(left_out=1, name=2, shape=1)
            if kind == "name":
                shapes[hostile.text()] = shape
            elif kind == "shape":
                shapes[name] = hostile.one(((), (0,), (1, 2, 3, 4, 5), (2**31,), (3, *shape), (0, 2**62)))
        kind = hostile.weighted(safetensors=5, zip=3, corpus=2, folder=3)
        if kind == "corpus":
            self._add_checkpoint("model.pt", hostile.mutate(hostile.one(_pickles()), self._random.randint(0, 3)))
            return
        changes = self._random.choice((1, 3)) if hostile.odd(0.4) else 0
        if kind == "zip":
            config = {"model": {"_name": "wav2vec2", "encoder_layers": 2, hostile.text(): hostile.text()}}
            content = torch_zip(shapes, config if hostile.chance(0.6) else None)
            self._add_checkpoint(hostile.one(("model.pt", "c.ckpt", "[red].bin")), hostile.mutate(content, changes))
            return
        metadata = {hostile.text(): hostile.text()} if hostile.chance(0.3) else None
        small = {name: shape for name, shape in shapes.items() if all(size < 2**20 for size in shape)}
        is_small = len(small) == len(shapes)
        try:
            content = safetensors_bytes(shapes, metadata, data=is_small)
        except UnicodeError:
            content = safetensors_bytes(_shapes(""), None)
        content = hostile.mutate(content[:20_000], changes) + content[20_000:] if changes else content
        if kind == "safetensors":
            self._add_checkpoint(hostile.one(("model.safetensors", "a[b].safetensors", "\n.safetensors")), content)
            return
        folder = self._folder.work / hostile.one(("hub", "[red]", "new\nhub"))
        if folder.exists():
            return
        folder.mkdir()
        self._put(folder / "model.safetensors", content)
        text = next(content for suffix, content in _texts() if suffix == ".json")
        self._put(folder / "config.json", hostile.bytes_of(hostile.json(json.loads(text), 2 * hostile.odd(0.6))))
        self._put(
            folder / "preprocessor_config.json",
            hostile.json({"sampling_rate": 16000, "a": 1}, 1).encode("utf-8", "replace"),
        )
        self._folder.checkpoints.append(folder.name)

    def _add_checkpoint(self, name: str, content: bytes) -> None:
        if self._put(self._folder.work / name, content):
            self._folder.checkpoints.append(name)

    def _shards(self) -> None:
        hostile, work = self._hostile, self._folder.work
        shapes = _shapes("")
        names = list(shapes)
        half = len(names) // 2
        shard = hostile.one((
            "a.safetensors", "../../outside/shard.safetensors", str(self._root / "outside" / "shard.safetensors"),
            "/dev/zero",
            "link.safetensors", "pipe.safetensors", ".", "", hostile.text(),
        ))  # fmt: skip
        self._put(work / "a.safetensors", safetensors_bytes({name: shapes[name] for name in names[:half]}))
        self._put(work / "b.safetensors", safetensors_bytes({name: shapes[name] for name in names[half:]}))
        self._link("link.safetensors", "../../outside/shard.safetensors")
        if hostile.chance(0.2):
            os.mkfifo(work / "pipe.safetensors")
        files = {name: shard if number < half else "b.safetensors" for number, name in enumerate(names)}
        index = {"metadata": {"total_size": 1}, "weight_map": files}
        text = hostile.json(index, hostile.odd(0.5))
        self._add_checkpoint("model.safetensors.index.json", text.encode("utf-8", "replace"))

    def _baseline(self) -> None:
        text = self._hostile.json(_summary(), self._random.choice((1, 1, 2, 5)) if self._hostile.odd(0.7) else 0)
        content = self._hostile.bytes_of(text)
        if self._hostile.odd(0.2):
            content = self._hostile.mutate(content, 2)
        if self._put(self._folder.work / "saved.json", content):
            self._folder.baselines.append("saved.json")

    def _calibrations(self) -> None:
        text = self._hostile.json(_calibration(), self._random.choice((1, 1, 2, 4)) if self._hostile.odd(0.7) else 0)
        path = self._root / "cache" / _calibration_name()
        kind = (
            self._hostile.weighted(file=8, mutated=2, pipe=0.5, zero=0.5, folder=0.5)
            if self._hostile.odd(1)
            else "file"
        )
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "zero":
            os.symlink("/dev/zero", path)
        elif kind == "folder":
            path.mkdir()
        else:
            content = text.encode("utf-8", "surrogatepass")
            self._put(path, self._hostile.mutate(content, 2) if kind == "mutated" else content)

    def _pyproject(self) -> None:
        hostile = self._hostile

        def value() -> str:
            return hostile.one((
                "5", "-1", "nan", "inf", "1e400", "9" * 400, "0x" + "f" * 300, "true", '""', "[]", "{}", "[[]]",
                "[1]",
                "2026-01-01", '["E", "W"]', '["."]', '["E999"]', '"error"', '"json"', "[" * 300 + "]" * 300,
                '{ "*" = ["W305"] }', '{ "[z-a]" = ["W"] }', '{ parameters = "1G" }', '{ "x\\n" = 1 }',
                json.dumps(hostile.text().encode("utf-8", "replace").decode()),
                f"[{json.dumps(hostile.argument())}]",
            ))  # fmt: skip

        keys = ("paths", "select", "ignore", "fail-on", "seconds", "format", "budgets", "per-path-ignores")
        lines = ["[tool.w2v-explore]"]
        lines += [
            f"{key} = {value()}"
            for key in self._random.sample(keys, self._random.randint(1, 3) if hostile.odd(0.9) else 0)
        ]
        if hostile.odd(0.2):
            lines.append(f"{json.dumps(hostile.argument())} = {value()}")
        text = "\n".join(lines) if not hostile.odd(0.5) else hostile.one((
            "[tool]\nw2v-explore = 5", "tool = 5", "tool = [1]\n# w2v-explore",
            "[[tool.w2v-explore]]\na = 1", "[tool]\n[w2v-explore]\na = 1", "[tool.w2v_explore]\na = 1", "",
            f"[{'a.' * 500}w2v-explore]", "# w2v-explore\n" + "x" * 200_000,
        ))  # fmt: skip
        content = hostile.bytes_of(text)
        path = self._folder.work / "pyproject.toml"
        self._file_or_odd(path, hostile.mutate(content, 2) if hostile.chance(0.2) else content)

    def _gitignore(self, folder: Path) -> None:
        pattern = (
            "!", "\\", "[z-a]", "[", "[!", "[^", "[]", "[]]", "[[:alpha:]]", "[[:x:]]", "*a" * 14 + "b",
            "**/" * 30 + "x",
            "?" * 60, "*" * 60 + "b", "(a+)+b", "/", "//", "!*", "!*.yaml", "*", "*.yaml", "a\\", "a\\ ", " ", "#",
            "\\#", "\\!",
            "{a,b}", "a/**/b", "**", "***", "[a-c]*", "!a*", "\udcff", "\0", "\x1b", "é", "x" * 5_000, "+", "^",
            "$", ".",
            "[a-", "[\\", "[\\]", "[a\\-z]", "\\\\", "sub/", "/sub", "!sub/a.yaml", "(?P<x>", "\r", "a\r",
        )  # fmt: skip
        lines = [self._hostile.one(pattern) for _ in range(self._random.randint(1, 6))]
        self._file_or_odd(folder / ".gitignore", "\n".join([*lines, ""]).encode("utf-8", "surrogateescape"))

    def _git(self) -> None:
        """What git keeps, hostile: its index, and a configuration that would run a program."""
        git = self._folder.work / ".git"
        kind = self._hostile.weighted(folder=6, file=1, odd=1)
        if kind == "odd":
            self._odd(git)
            return
        if kind == "file":
            aim = self._hostile.one(("../../outside", "/dev/zero", "nowhere", "\0", ".", self._hostile.argument()))
            self._put(git, f"gitdir: {aim}\n".encode())
            return
        for name in ("objects", "refs", "info", "hooks"):
            (git / name).mkdir(parents=True)
        self._put(git / "HEAD", self._hostile.one((b"ref: refs/heads/main\n", b"", b"\xff" * 40)))
        run = f"touch {self._root}/outside/RUN; false"
        self._put(git / "config", f'[core]\n\trepositoryformatversion = 0\n\tfsmonitor = "{run}"\n'.encode())
        self._put(git / "info" / "exclude", self._hostile.one((b"*.yaml\n", b"[z-a]\n", b"\xff\n")))
        index = b"DIRC" + struct.pack(">II", self._hostile.one((2, 3, 4, 9)), self._hostile.one((0, 1, 2**31)))
        index += bytes(62) + b"a.yaml\0\0\0\0" + bytes(20)
        self._file_or_odd(git / "index", self._hostile.mutate(index, self._random.randint(0, 3)))

    def _file_or_odd(self, path: Path, content: bytes) -> None:
        """A file; now and then something else in its place."""
        if self._hostile.odd(0.2):
            self._odd(path)
        else:
            self._put(path, content)

    def _odd_kind(self) -> None:
        name = self._hostile.one(
            ("pipe.yaml", "zero.yaml", "loop.yaml", "config.yaml", "config.json", "odd.yml", "odd")
        )
        path = self._folder.work / name
        if self._odd(path):
            self._folder.others.append(name)

    def _odd(self, path: Path) -> bool:
        """Something that is no regular file, or a link; False where the name is taken."""
        if path.exists() or path.is_symlink():
            return False
        kind = self._hostile.one(("pipe", "socket", "folder", "closed", "link"))
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "socket":
            os.mknod(path, stat.S_IFSOCK | 0o600)
        elif kind == "folder":
            path.mkdir()
        elif kind == "closed":
            path.write_bytes(b"extends: base\n")
            path.chmod(0)
        else:
            aims = (
                "/dev/zero",
                "/dev/null",
                "/dev/full",
                "/dev/tty",
                "nowhere",
                path.name,
                ".",
                "..",
                "/proc/self/mem",
            )
            os.symlink(self._hostile.one((*aims, "../../outside/plain.yaml")), path)
        return True

    def _link(self, name: str, aim: str) -> None:
        path = self._folder.work / name
        if not path.is_symlink():
            os.symlink(aim, path)


def torch_zip(shapes: dict[str, tuple[int, ...]], config: dict[str, Any] | None) -> bytes:
    """A file as ``torch.save`` writes it, of zeros, made without torch."""

    def text(value: str) -> bytes:
        content = value.encode("utf-8", "surrogatepass")
        return b"X" + struct.pack("<I", len(content)) + content

    def number(value: int) -> bytes:
        content = value.to_bytes(9, "little")
        return b"\x8a" + bytes([len(content)]) + content

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(number, values)) + b"t"

    def tensor(key: int, shape: tuple[int, ...]) -> bytes:
        storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(key)) + text("cpu") + number(1) + b"tQ"
        strides = numbers(tuple(0 for _ in shape))
        view = storage + number(0) + numbers(shape) + strides + b"\x89ccollections\nOrderedDict\n)R"
        return b"ctorch._utils\n_rebuild_tensor_v2\n(" + view + b"tR"

    weights = (
        b"}(" + b"".join(text(name) + tensor(key, shape) for key, (name, shape) in enumerate(shapes.items())) + b"u"
    )
    content = weights
    if config is not None:
        plain = BytesIO()
        pickler = pickle.Pickler(plain, 2)
        pickler.fast = True  # without memory, so that it stands inside another pickle
        pickler.dump(json.loads(json.dumps(config)))
        content = b"}(" + text("model") + weights + text("cfg") + plain.getvalue()[2:-1] + b"u"
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + content + b".")
        archive.writestr("archive/version", b"3\n")
        for key in range(len(shapes)):
            archive.writestr(f"archive/data/{key}", bytes(4))
    return file.getvalue()


ALL_PRESETS = tuple(preset_names())
