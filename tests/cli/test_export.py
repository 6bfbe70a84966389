"""What ``export`` writes, loaded by the programs that it is for: the outputs are ours."""

from __future__ import annotations

import copy
import json
import os
import re
import resource
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

from tests.program import Runner
from tests.small import overrides
from w2v_explore import ModelConfig, Wav2Vec2Model, build_model, load_checkpoint, load_config
from w2v_explore.checkpoint.keys import CONFIG_METADATA_KEY
from w2v_explore.config.load import as_config
from w2v_explore.errors import SourceError, missing_extra
from w2v_explore.model import export

SMALL = overrides(encoder_num_layers=1)
CTC = [*SMALL, "aux_num_out=5"]
# Two frames at the least; unlike the example that is traced in both dimensions.
SHAPES = [(1, 401), (3, 77), (5, 30)]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def options(overrides: list[str]) -> list[str]:
    return [word for override in overrides for word in ("--set", override)]


def ours(preset: str, overrides: list[str]) -> tuple[Wav2Vec2Model, ModelConfig]:
    """The model of a config as export makes it."""
    config = load_config(preset, overrides).model
    torch.manual_seed(0)
    return build_model(config).eval(), config


def inputs(batch: int, samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.linspace(20, samples, batch).long() if batch > 1 else torch.tensor([samples])
    return torch.randn(batch, samples, generator=torch.Generator().manual_seed(1)), lengths


def assert_onnx_outputs_equal(model: Wav2Vec2Model, path: str, output: str) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    assert [(item.name, item.shape) for item in session.get_inputs()] == [
        ("waveforms", ["batch", "samples"]),
        ("lengths", ["batch"]),
    ]
    assert [item.name for item in session.get_outputs()] == [output, "frames"]
    for shape in SHAPES:
        waveforms, lengths = inputs(*shape)
        result, frames = session.run(None, {"waveforms": waveforms.numpy(), "lengths": lengths.numpy()})
        with torch.no_grad():
            expected, expected_frames = model(waveforms, lengths)
        torch.testing.assert_close(torch.from_numpy(result), expected, rtol=1e-5, atol=1e-5)
        assert torch.equal(torch.from_numpy(frames), expected_frames)


def test_onnx_of_any_batch_and_length_and_beyond_two_gigabytes(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one graph, which takes seconds to make.

    Weights beyond 2 GB are beside it, and whoever is killed between two renames leaves the old graph with the old ones.
    """
    graphs: list[Any] = []
    trace = torch.onnx.export

    def keep(*given: Any, **options: Any) -> Any:
        graphs.append(trace(*given, **options))
        return graphs[-1]

    with monkeypatch.context() as patch:
        patch.setattr(torch.onnx, "export", keep)
        code, out, err = run("export", "base", "--to", "onnx", *options(CTC))
    assert (code, out) == (0, "")
    assert err == "base is a config: the weights are initial ones, from seed 0\nwrote base.onnx\n"
    model = ours("base", CTC)[0]
    assert_onnx_outputs_equal(model, "base.onnx", "logits")
    Path("base.onnx").unlink()

    monkeypatch.setattr(export, "MAX_ONNX_BYTES", 0)
    monkeypatch.setattr(torch.onnx, "export", lambda *given, **options: graphs[0])
    arguments = ("export", "base", "--to", "onnx", *options(CTC))
    assert run(*arguments).code == 0
    assert sorted(path.name for path in Path().iterdir()) == ["base.onnx", "base.onnx.data"]
    rename = os.replace

    def fail_at_the_graph(source: str | Path, target: str | Path) -> None:
        if Path(target).name == "base.onnx":
            raise OSError("killed")
        rename(source, target)

    name = "feature_extractor.conv_layers.1.conv.weight"
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.get_parameter(name).mul_(2)
    assert model.state_dict()[name].numpy().tobytes() in Path("base.onnx.data").read_bytes()
    graphs[0].apply_weights({name: other.state_dict()[name]})
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_at_the_graph)
        assert run(*arguments).code == 2
    assert_onnx_outputs_equal(model, "base.onnx", "logits")
    assert run(*arguments).code == 0
    assert_onnx_outputs_equal(other, "base.onnx", "logits")
    [graph, weights] = sorted(path.name for path in Path().iterdir())
    assert (graph, weights.startswith("base.onnx."), weights.endswith(".data")) == ("base.onnx", True, True)


@pytest.mark.parametrize(("overrides", "output"), [(SMALL, "features"), (CTC, "logits")])
def test_the_output_of_a_graph_is_named_for_what_it_is(
    run: Runner, monkeypatch: pytest.MonkeyPatch, overrides: list[str], output: str
) -> None:
    named: list[list[str]] = []

    def note(program: None, *, output_names: list[str], **options: Any) -> Any:
        named.append(output_names)
        return SimpleNamespace(save=lambda path, external_data: path.touch())

    monkeypatch.setattr(export, "_trace", lambda model, config: None)
    monkeypatch.setattr(torch.onnx, "export", note)
    assert run("export", "base", "--to", "onnx", *options(overrides)).code == 0
    assert named == [[output, "frames"]]


def test_a_device_is_not_replaced(run: Runner) -> None:
    os.mkfifo("pipe")
    code, out, err = run("export", "base", "--to", "safetensors", "-o", "pipe", *options(SMALL))
    assert (code, out, err) == (2, "", "error: pipe is no regular file, which an export would replace; name another\n")


def test_torch_export_of_any_batch_and_length(run: Runner) -> None:
    assert run("export", "base", "--to", "torch-export", *options(CTC)).code == 0
    program = torch.export.load("base.pt2").module()
    model, _ = ours("base", CTC)
    for shape in SHAPES:
        with torch.no_grad():
            result, frames = program(*inputs(*shape))
            expected, expected_frames = model(*inputs(*shape))
        torch.testing.assert_close(result, expected, rtol=1e-5, atol=1e-5)
        assert torch.equal(frames, expected_frames)


def test_safetensors_holds_our_names_and_the_config(run: Runner) -> None:
    from safetensors import safe_open

    assert run("export", "base", "--to", "safetensors", *options(CTC)).code == 0
    model, config = ours("base", CTC)
    with safe_open("base.safetensors", "pt") as file:
        assert json.loads(file.metadata()[CONFIG_METADATA_KEY]) == config.to_mapping()
    loaded = load_checkpoint("base.safetensors", config)
    for name, weight in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight), name


@pytest.mark.parametrize("to", ["safetensors", "huggingface"])
def test_the_sample_rate_goes_along(to: str, run: Runner) -> None:
    rate = ["--set", "sample_rate=8000"]
    assert run("export", "base", "--to", to, "-o", "written", *options(CTC), *rate).code == 0
    (expected,) = run("summary", "base", "--format", "csv", "--depth", "0", *options(CTC), *rate).out.splitlines()[1:]
    assert load_config("written").sample_rate == 8000
    (found,) = run("summary", "written", "--format", "csv", "--depth", "0").out.splitlines()[1:]
    assert found.rpartition("Wav2Vec2Model")[2] == expected.rpartition("Wav2Vec2Model")[2]


@pytest.mark.parametrize(("preset", "overrides"), [("base", CTC), ("xlsr_300m", SMALL)])
def test_transformers_loads_the_folder_without_a_word(
    run: Runner, torchaudio_models: ModuleType, preset: str, overrides: list[str]
) -> None:
    import transformers

    assert run("export", preset, "--to", "huggingface", "-o", "folder", *options(overrides)).code == 0
    model, config = ours(preset, overrides)
    loader = transformers.AutoModel if config.aux_num_out is None else transformers.AutoModelForCTC
    theirs: Any
    theirs, info = loader.from_pretrained("folder", output_loading_info=True)
    assert not any(info.values()), info
    assert theirs.num_parameters() == sum(weight.numel() for weight in model.parameters())
    waveforms, _ = inputs(2, 300)
    with torch.no_grad():
        result = theirs.eval()(waveforms)[0]
        torch.testing.assert_close(result, model(waveforms)[0], rtol=1e-5, atol=1e-5)


@pytest.mark.filterwarnings("error")
def test_a_checkpoint_is_exported_with_its_own_weights_and_all_of_its_config(run: Runner) -> None:
    model, config = ours("base", CTC)
    with torch.no_grad():
        model.aux.bias.add_(1)
    export.export_model(model, as_config(config), "safetensors", Path("mine.safetensors"))
    for reference, to in [("mine.safetensors", "huggingface"), ("mine-huggingface", "safetensors")]:
        code, _, err = run("export", reference, "--to", to)
        suffix = "" if to == "huggingface" else ".safetensors"
        assert (code, err) == (0, f"wrote mine-huggingface{suffix}\n")
    loaded = load_checkpoint("mine-huggingface.safetensors")
    assert load_config("mine-huggingface.safetensors").model == config
    for name, weight in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight), name


def test_files_are_for_everyone_whom_the_umask_lets_read(run: Runner) -> None:
    Path("plain").touch()
    assert run("export", "base", "--to", "safetensors", *options(SMALL)).code == 0
    assert Path("base.safetensors").stat().st_mode == Path("plain").stat().st_mode


def test_a_write_that_fails_leaves_what_was_there(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(model: Wav2Vec2Model, config: ModelConfig, path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(export.WRITERS, "safetensors", fail)
    Path("base.safetensors").write_text("old")
    code, _, err = run("export", "base", "--to", "safetensors", *options(SMALL))
    assert code == 2
    assert "cannot write base.safetensors: No space left on device" in err
    assert [path.name for path in Path().iterdir()] == ["base.safetensors"]
    assert Path("base.safetensors").read_text() == "old"


def test_a_full_disk_is_said_before_anything_is_written(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export.shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    code, _, err = run("export", "base", "--to", "torch-export", *options(SMALL))
    assert code == 2
    assert "cannot write base.pt2: No space left on device" in err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("to", "output", "message"),
    [
        ("onnx", "missing/base.onnx", "there is no folder missing"),
        ("onnx", "full", "full is a folder; name a file"),
        ("huggingface", "full", "full is there already; name a folder that is new or empty"),
        ("onnx", "same.yaml", "same.yaml would be replaced by what is made from it; give another file"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_the_work(
    run: Runner, monkeypatch: pytest.MonkeyPatch, to: str, output: str, message: str
) -> None:
    monkeypatch.setattr(export, "export_model", lambda *arguments: pytest.fail("the work began"))
    Path("full").mkdir()
    Path("full/file").touch()
    Path("same.yaml").write_text("extends: base\n")
    code, out, err = run("export", "same.yaml", "--to", to, "-o", output, *options(SMALL))
    assert (code, out) == (2, "")
    assert message in err


def test_weights_that_python_exports_are_not_replaced() -> None:
    small = load_config("base", SMALL)
    export.export(small, "safetensors", "small.safetensors")
    before = Path("small.safetensors").read_bytes()
    Path("hard").hardlink_to("small.safetensors")
    for config in (None, small):
        with pytest.raises(SourceError, match="hard would be replaced by what is made from it"):
            export.export("small.safetensors", "safetensors", "hard", config=config)
    assert Path("hard").read_bytes() == before
    # A call that has ended holds nothing back.
    export.export("small.safetensors", "safetensors", "copy.safetensors")
    export.export(small, "safetensors", "small.safetensors")


def test_a_missing_package_is_named_with_the_extra_that_brings_it(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    code, _, err = run("export", "base", "--to", "onnx", *options(SMALL))
    assert code == 2
    assert str(missing_extra("export --to onnx", "onnxscript", "export")) in err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("to", ["torch-export", "safetensors"])
def test_a_disk_that_fills_up_is_one_line(to: str, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch would end this process, in many lines, where its archive cannot be written."""
    program = torch.export.export(torch.nn.Linear(64, 64), (torch.zeros(1, 64),))
    monkeypatch.setattr(export, "_trace", lambda model, config: program)
    limit, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, most))
    try:
        code, _, err = run("export", "base", "--to", to, "-o", "out", *options(SMALL))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    assert code == 2
    assert re.fullmatch(r"error: cannot write out: .*File too large.*\n", err)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("to", ["safetensors", "huggingface"])
@pytest.mark.parametrize("is_there", [False, True])
def test_a_link_stays_one(run: Runner, to: str, is_there: bool) -> None:
    Path("link").symlink_to("there/out")
    Path("there").mkdir()
    if is_there:
        Path("there/out").mkdir() if to == "huggingface" else Path("there/out").write_text("old")
    assert run("export", "base", "--to", to, "-o", "link", *options(SMALL))[0] == 0
    assert Path("link").is_symlink()
    assert Path("there/out").is_dir() == (to == "huggingface")
    assert Path("there/out").stat().st_size > 3


def test_an_open_file_is_replaced_by_nothing(run: Runner) -> None:
    with Path("log").open("w") as log:
        Path("out").symlink_to(f"/proc/self/fd/{log.fileno()}")
        code, _, err = run("export", "base", "--to", "safetensors", "-o", "out", *options(SMALL))
    assert (code, err) == (2, "error: out is no regular file, which an export would replace; name another\n")
    assert Path("log").read_text() == ""
