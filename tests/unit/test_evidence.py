"""What is said of files that another file, a link or a checkpoint names, and the user does not: nothing they hold."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.checkpoint_files import SMALL, write_model
from tests.program import Runner
from w2v_explore import ConfigError, load_config
from w2v_explore.checkpoint.keys import CONFIG_METADATA_KEY
from w2v_explore.config.evidence import names_a_model

SECRET = "hunter2"
STRANGERS = {
    "secrets.yaml": "password: hunter2\nuser: admin\n",
    "keys.yaml": "hunter2: password\n",
    "shadow": "root:$6$hunter2:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n",
    "unclosed.yaml": "'hunter2\n",
    "alias.yaml": "a: *hunter2\n",
    "tag.yaml": "a: !hunter2 1\n",
    "twice.yaml": "hunter2: 1\nhunter2: 2\n",
    "auths.json": '{"auths": {"hunter2": 1}, "hunter2": 1, "hunter2": 2}',
    "broken.json": '{"hunter2": }',
    "bert.yaml": "model_type: hunter2\n",
    "arch.yaml": "arch: hunter2\npassword: hunter2\n",
    "task.yaml": "model: {password: hunter2}\ntask: hunter2\n",
    "group.yaml": "defaults: [{model: hunter2}]\n",
    "path.yaml": "w2v_path: /hunter2\n",
    "chain.yaml": "extends: hunter2\nhunter2: 1\n",
    "linter.yaml": "extends: default\nrules: {hunter2: enable}\n",
    "book.yaml": "name: [hunter2]\ndescription: {hunter2: 1}\n",
    "budget.yaml": "budgets: hunter2\nhunter2: 1\n",
    "list.yaml": "- hunter2\n",
    "latin1": b"hunter2 \xff\n",
    "settings.ini": "[hunter2]\npassword = hunter2\n",
}
FORMATS = ("text", "json", "github", "gitlab", "sarif", "junit")


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of files that the repository, which is the working folder, has no part in."""
    folder = tmp_path / "outside"
    folder.mkdir()
    for name, content in STRANGERS.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    return folder


@pytest.mark.parametrize("name", STRANGERS)
def test_a_base_that_is_no_config_is_named_and_not_quoted(run: Runner, outside: Path, name: str) -> None:
    Path("child.yaml").write_text(f"extends: parent.yaml\nencoder_num_layers: 3\nname: {name}\n")
    Path("parent.yaml").write_text(f"encoder_num_heads: 8\nextends: ../outside/{name}\n")
    said = f"parent.yaml:2:10: error E260 extends-missing: ../outside/{name}: what `extends` names is no config of a"
    for command in (["summary"], ["memory"], ["convert", "--to", "w2v"], ["identify"], ["compare", "base"]):
        code, out, err = run(*command, "child.yaml")
        assert (code, out) == (2, "")
        assert err.count(said) == 1
        assert SECRET not in err
    for report in FORMATS:
        code, out, err = run("lint", ".", "--format", report, "--select", "E,W,A", "--show-files")
        assert code == 1
        assert out.count("E260") >= 1
        assert SECRET not in out + err
    with pytest.raises(ConfigError) as caught:
        load_config("child.yaml")
    assert [problem.rule.code for problem in caught.value.problems] == ["E260"]


def test_a_folder_whose_config_json_is_none(run: Runner, outside: Path) -> None:
    (outside / "config.json").write_text(json.dumps({"auths": {"hunter2": "x"}}))
    Path("child.yaml").write_text("extends: ../outside\n")
    code, _, err = run("summary", "child.yaml")
    assert code == 2
    assert "../outside/config.json: what `extends` names is no config" in err
    assert SECRET not in err


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("encoder_num_layers: hunter2\n", "encoder_num_layers is text 'hunter2'"),
        ("extends: base\nhunter2: 1\n", "hunter2 is no field"),
        ("encoder_num_layer: 3\n", "did you mean encoder_num_layers?"),
        ("encoder_num_layers: 3\na: [\n", "parent.yaml:3:1: error E100"),
        ("model: {encoder_num_layers: 3, encoder_num_heads: 4, aux_num_out: 3, extractor_mode: x}\n", "below `model`"),
        ('{"model_type": "wav2vec2", "hidden_size": "hunter2"}', "hidden_size is text 'hunter2'"),
        ("model: {_name: wav2vec2, encoder_layers: hunter2}\n", "encoder_layers is text 'hunter2'"),
        ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_a_base_that_is_a_config_is_told_what_is_wrong_with_it(
    run: Runner, outside: Path, base: str, said: str
) -> None:
    (outside / "parent.yaml").write_text(base)
    Path("child.yaml").write_text("extends: ../outside/parent.yaml\n")
    Path("link.yaml").symlink_to(outside / "parent.yaml")
    for name in ("child.yaml", "link.yaml"):
        err = run("summary", name).err
        assert said.replace("parent", "link" if name == "link.yaml" else "parent") in err


@pytest.mark.parametrize("base", ["sample_rate: 8000\n", "extends: base\n", "family: mine\nextends: base\n"])
def test_what_a_base_may_leave_out(outside: Path, base: str) -> None:
    (outside / "parent.yaml").write_text(base)
    fields = "".join(f"{key}: {json.dumps(value)}\n" for key, value in SMALL.items())
    Path("child.yaml").write_text(f"extends: ../outside/parent.yaml\n{fields}")
    assert load_config("child.yaml").model.encoder_num_layers == 3


@pytest.mark.parametrize("name", STRANGERS)
def test_a_link_to_what_is_no_config_is_one_line(run: Runner, outside: Path, name: str) -> None:
    Path("link").symlink_to(outside, target_is_directory=True)
    Path("config.json" if name.endswith("json") else "a.yaml").symlink_to(outside / name)
    [file] = [path.name for path in Path().iterdir() if path.name != "link"]
    for path in (file, f"link/{name}", os.path.abspath(file)):
        code, out, err = run("summary", path)
        assert (code, out) == (2, "")
        assert f"{path}" in err
        assert "this link leads to no config of a model" in err
        assert SECRET not in err
        for options in (["--diff"], ["--fix"], *(["--format", name, "--select", "E,W,A"] for name in FORMATS)):
            code, out, err = run("lint", path, *options)
            assert code == 1
            assert SECRET not in out + err
    code, out, err = run("lint", ".", "--show-files", "--allow-empty", "--format", "json")
    assert {entry["reason"] for entry in json.loads(out)["passed_over"]} >= {"this link leads to no config of a model"}
    assert SECRET not in out + err
    # What the user names itself may be quoted, and so may what lies in the repository.
    assert "this link" not in run("summary", str(outside / name)).err


@pytest.mark.parametrize("name", ["preprocessor_config.json", "processor_config.json"])
@pytest.mark.parametrize("content", ['{"hunter2": 1, "hunter2": 2}', "hunter2", '{"hunter2": }'])
def test_a_link_beside_a_config_json_is_not_quoted(run: Runner, outside: Path, name: str, content: str) -> None:
    (outside / "secret").write_text(content)
    Path("config.json").write_text('{"model_type": "wav2vec2"}')
    Path(name).symlink_to(outside / "secret")
    code, _, err = run("summary", "config.json")
    assert code == 2
    assert f"{name}: error E281 foreign-incomplete: this link leads to no file of a feature extractor" in err
    assert SECRET not in err


def test_a_config_beside_weights_that_is_a_link_is_not_quoted(run: Runner, outside: Path) -> None:
    write_model(Path("model.safetensors"))
    Path("config.yaml").symlink_to(outside / "secrets.yaml")
    for command in ("inspect", "summary"):
        code, out, err = run(command, "model.safetensors")
        assert code == 2
        assert "config.yaml" in err
        assert SECRET not in out + err


def write_safetensors(values: dict[str, Any]) -> Path:
    return write_model(Path("model.safetensors"), metadata={CONFIG_METADATA_KEY: json.dumps(values)})


def write_pytorch(values: dict[str, Any]) -> Path:
    import torch

    from tests.checkpoint_files import model_shapes

    path = Path("model.pt")
    torch.save({"model": {name: torch.zeros(shape) for name, shape in model_shapes().items()}, "cfg": values}, path)
    return path


@pytest.mark.parametrize("write", [write_safetensors, pytest.param(write_pytorch, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reference", ["../outside/secrets.yaml", "base.yaml", "base", "mine.yaml"])
def test_a_config_inside_a_checkpoint_extends_nothing(
    run: Runner, outside: Path, write: Callable[[dict[str, Any]], Path], reference: str
) -> None:
    Path("mine.yaml").write_text("extends: base\n")
    path = write({**SMALL, "extends": reference})
    for command in ("inspect", "summary"):
        code, out, err = run(command, str(path))
        assert (code, out) == (2, "")
        assert "a config inside a checkpoint extends nothing" in err
        assert SECRET not in err


_opened: list[str] | None = None


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _opened is not None and isinstance(arguments[0], (str, bytes)):
        _opened.append(os.fsdecode(arguments[0]))


sys.addaudithook(_note)


@pytest.mark.parametrize("write", [write_safetensors, pytest.param(write_pytorch, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "values",
    [
        {"extends": "bait"},
        {"defaults": [{"model": "bait"}, "bait"], "model": {"_name": "wav2vec2"}},
        {"model": {"_name": "wav2vec_ctc", "w2v_path": "bait", "data": "bait"}},
        {"model": {"_name": "wav2vec2", "encoder_layers": 3}, "task": {"data": "bait", "labels": "bait"}},
        {"model_type": "wav2vec2", "_name_or_path": "bait", "auto_map": {"AutoModel": "bait"}},
        {"model_type": "wav2vec2", "quantization_config": "bait"},
    ],
)
def test_a_config_inside_a_checkpoint_leads_to_no_file(
    run: Runner, outside: Path, write: Callable[[dict[str, Any]], Path], values: dict[str, Any]
) -> None:
    global _opened
    for name in ("bait", "bait.yaml", "config/model/bait.yaml", "model/bait.yaml"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("encoder_num_layers: 3\n")
    path = write(values)
    _opened = []
    try:
        run("inspect", str(path))
        opened = _opened
    finally:
        _opened = None
    assert not [name for name in opened if "bait" in name]


@pytest.mark.parametrize("name", ["HubertModel", "UniSpeechSatForCTC", "UniSpeechSatModel"])
def test_a_text_names_a_class_of_a_model_type_with_hyphens(name: str) -> None:
    assert names_a_model(f'{{"architectures": ["{name}"]')
    assert not names_a_model('{"architectures": ["ViTModel"]')
