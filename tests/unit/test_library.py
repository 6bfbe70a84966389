"""The library's face: its names, what its functions take, return and refuse, and that they are what the commands do."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import w2v_explore
from tests.calibrations import keep, make_for_this_machine
from tests.checkpoint_files import settings, write_model
from tests.program import Runner
from w2v_explore import (
    ArgumentError,
    ConditionError,
    ConfigError,
    ModelConfig,
    Plan,
    QuantityError,
    SourceError,
    W2vExploreError,
    Workload,
    WorkloadError,
    analyze,
    analyze_many,
    build_architecture,
    build_model,
    check_checkpoint,
    compare,
    convert,
    export,
    find_designs,
    find_presets,
    identify,
    inspect_checkpoint,
    lint_files,
    load_checkpoint,
    load_config,
    load_preset,
    measure_latency,
    memory,
    plan,
    predict,
    require_calibration,
    sensitivity,
    sweep,
    verify,
)
from w2v_explore.tree.lora import Lora

SMALL = {"encoder_num_layers": 1, "encoder_embed_dim": 64, "encoder_num_heads": 4, "encoder_ff_interm_features": 32}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# --- Names -------------------------------------------------------------------------------------------------------


def test_the_public_names() -> None:
    """A name that goes breaks a caller, and one that comes has to be meant."""
    assert w2v_explore.__all__ == [
        "__version__",
        "Analysis",
        "Answer",
        "ArgumentError",
        "Calibration",
        "CalibrationError",
        "Catalogue",
        "CheckpointError",
        "CheckpointFit",
        "Columns",
        "Comparison",
        "ConditionError",
        "Config",
        "ConfigError",
        "Conversion",
        "Design",
        "DeviceError",
        "Export",
        "HuBERTPretrainModel",
        "Identity",
        "Inspection",
        "Latency",
        "Layer",
        "LintReport",
        "MemoryCosts",
        "MissingExtraError",
        "ModelConfig",
        "Place",
        "Plan",
        "Prediction",
        "Problem",
        "QuantityError",
        "Sensitivity",
        "SourceError",
        "SpeechEncoder",
        "Sweep",
        "TrainingPlan",
        "UnusedWeightsWarning",
        "Verification",
        "W2vExploreError",
        "Wav2Vec2Model",
        "WorkersError",
        "Workload",
        "WorkloadError",
        "analyze",
        "analyze_many",
        "build_architecture",
        "build_model",
        "check_checkpoint",
        "compare",
        "convert",
        "export",
        "find_designs",
        "find_presets",
        "hubert_base",
        "hubert_large",
        "hubert_pretrain_base",
        "hubert_pretrain_large",
        "hubert_pretrain_model",
        "hubert_pretrain_xlarge",
        "hubert_xlarge",
        "identify",
        "import_fairseq_model",
        "import_huggingface_model",
        "inspect_checkpoint",
        "lint_files",
        "load_checkpoint",
        "load_config",
        "load_preset",
        "measure_latency",
        "memory",
        "plan",
        "predict",
        "preset_names",
        "require_calibration",
        "sensitivity",
        "sweep",
        "verify",
        "wav2vec2_base",
        "wav2vec2_large",
        "wav2vec2_large_lv60k",
        "wav2vec2_model",
        "wav2vec2_xlsr_1b",
        "wav2vec2_xlsr_2b",
        "wav2vec2_xlsr_300m",
        "wavlm_base",
        "wavlm_large",
        "wavlm_model",
    ]


def test_no_public_name_is_a_module_that_an_import_would_put_in_its_place() -> None:
    assert {module.name for module in pkgutil.iter_modules(w2v_explore.__path__)}.isdisjoint(w2v_explore.__all__)
    for module in pkgutil.walk_packages(w2v_explore.__path__, "w2v_explore."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in w2v_explore.__all__:
        assert not inspect.ismodule(getattr(w2v_explore, name)), name


def test_type_checkers_see_the_names_that_there_are() -> None:
    tree = ast.parse(Path(w2v_explore.__file__).read_text(encoding="utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        (node.module, alias.asname) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert seen == {(module, name) for module, names in w2v_explore._HOMES.items() for name in names}


@pytest.mark.parametrize("name", w2v_explore.__all__[1:])
def test_every_public_name_says_what_it_is_and_what_it_raises(name: str) -> None:
    value = getattr(w2v_explore, name)
    assert value.__doc__
    if inspect.isfunction(value) and name != "preset_names":
        assert "Raises:" in value.__doc__
    if inspect.isclass(value):
        for member, attribute in vars(value).items():
            if not member.startswith("_") and (callable(attribute) or isinstance(attribute, property)):
                assert inspect.getdoc(attribute), f"{name}.{member}"


def test_nothing_that_needs_no_torch_imports_it() -> None:
    write_model(Path("model.safetensors"))
    Path("c.yaml").write_text("extends: base\n")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "import w2v_explore as w\n"
        "config = w.load_config(Path('c.yaml'), {'encoder_num_layers': 6})\n"
        "analysis = w.analyze(config)\n"
        "for result in (analysis, w.compare([analysis, 'large']), w.memory(analysis, fit='24GiB'),\n"
        "               w.identify(config), w.sensitivity(analysis), w.convert('base', 'fairseq'),\n"
        "               w.lint_files('c.yaml'), w.inspect_checkpoint('model.safetensors'),\n"
        "               w.check_checkpoint('model.safetensors', 'base')):\n"
        "    repr(result), result.to_dict()\n"
        "w.build_architecture(config), w.preset_names(), w.load_preset('base')\n"
        "print(sorted({'torch', 'numpy', 'fvcore', 'typer', 'rich', 'pydantic'} & set(sys.modules)))\n"
    )
    path = str(Path(w2v_explore.__file__).parent.parent)
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={"PYTHONPATH": path}
    )
    assert (finished.stderr, finished.stdout) == ("", "[]\n")


# --- Configs -----------------------------------------------------------------------------------------------------


class Elsewhere:
    """A path of no type that Python comes with."""

    def __fspath__(self) -> str:
        return "c.yaml"


@pytest.mark.parametrize("reference", ["c.yaml", Path("c.yaml"), Elsewhere()], ids=["str", "Path", "PathLike"])
def test_a_path_is_a_reference(reference: Any) -> None:
    Path("c.yaml").write_text("extends: base\nencoder_num_layers: 3\n")
    config = load_config(reference)
    assert (config.model.encoder_num_layers, config.origin) == (3, "c.yaml")
    assert analyze(reference).parameters == analyze(config).parameters == analyze(config.model).parameters
    assert identify(reference).nearest == identify(config).nearest
    assert convert(reference, "fairseq").text == convert(config, "fairseq").text


def test_overrides_are_plain_values_or_texts() -> None:
    numpy = pytest.importorskip("numpy")
    layers = [(512, 10, 5), (512, 3, 2)]
    values = {
        "encoder_num_layers": 6,
        "encoder_dropout": 0.0,
        "encoder_layer_norm_first": True,
        "extractor_mode": "layer_norm",
        "extractor_conv_layer_config": layers,
        "aux_num_out": None,
        "sample_rate": 8000,
        "name": "mine: 1",
    }
    config = load_config("base", values)
    model = config.model
    assert (model.encoder_num_layers, model.encoder_dropout, model.encoder_layer_norm_first) == (6, 0.0, True)
    assert (model.extractor_conv_layer_config, model.aux_num_out) == (tuple(layers), None)
    assert (config.sample_rate, config.name) == (8000, "mine: 1")
    lists = {
        "extractor_conv_layer_config": [[numpy.int64(512), 10, 5], [512, 3, 2]],
        "encoder_num_layers": numpy.int32(6),
    }
    assert load_config("base", {**values, **lists}).model == model
    texts = [f"{name}={json.dumps(value)}" for name, value in values.items()]
    assert load_config("base", texts).model == load_config("base", tuple(texts)).model == model
    assert load_config("base", {}) == load_config("base", []) == load_config("base")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"encoder_num_layers": "6"},
            "override of encoder_num_layers: error E210 int-type: encoder_num_layers is text",
        ),
        ({"encoder_num_layers": True}, "override of encoder_num_layers: error E210"),
        ({"encoder_num_layers": {"a": 1}}, "override of encoder_num_layers: error E210"),
        ({"encoder_num_heads": 7}, "override of encoder_num_heads: error E234 heads-divide"),
        ({"encoder_dropout": float("nan")}, "override of encoder_dropout: error E213 not-finite"),
        ({"encoder_ff_interm_features": 10**6000}, "is a number of 6001 digits"),
        ({"encoder_layers": 6}, "encoder_layers is fairseq's name; write encoder_num_layers"),
        ({"extractor_conv_layer_config": [(512, 10)]}, "override of extractor_conv_layer_config: error E222"),
        ({"extends": "large"}, "override of extends: error E200 unknown-key: one field of the config can be set here"),
        ({"sample_rate": 0}, "override of sample_rate: error E202"),
    ],
)
def test_a_wrong_override_is_named_as_one(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config("base", values)
    assert message in str(caught.value)
    assert "--set" not in str(caught.value)


def test_what_a_checkpoint_does_not_tell_is_given_as_an_override() -> None:
    write_model(Path("model.safetensors"))
    given = dict(override.split("=", 1) for override in settings()[1::2])
    overrides = {name: json.loads(value) for name, value in given.items()}
    inspection = inspect_checkpoint(Path("model.safetensors"), overrides)
    assert inspection.config is not None
    assert set(inspection.origins.values()) == {"shapes", "an override"}
    assert inspect_checkpoint("model.safetensors", [*settings()[1::2]]).config.model == inspection.config.model
    disagreeing = inspect_checkpoint("model.safetensors", {**overrides, "encoder_num_layers": 77})
    assert "encoder_num_layers is 77 in an override and" in disagreeing.conflicts[0]
    assert check_checkpoint(Path("model.safetensors"), inspection.config).fits


def test_an_override_in_the_account_of_a_conversion() -> None:
    rows = convert("base", "fairseq", overrides={"encoder_num_layers": 6}).rows
    assert [row.source for row in rows if row.field == "encoder_num_layers"] == ["an override"]


# --- Results are those of the commands ---------------------------------------------------------------------------


def test_the_default_workload_is_the_commands() -> None:
    config = load_config("base", {"sample_rate": 8000})
    assert analyze(config).workload == Workload(samples=80_000, sample_rate=8000)
    assert memory(config).analysis.workload == sensitivity(config).analysis.workload == analyze(config).workload
    assert Workload.of(config, seconds=2, batch=3, dtype="float16") == Workload.of_seconds(
        2, batch=3, sample_rate=8000, dtype="float16"
    )
    assert Workload.of(config, samples=400) == Workload(samples=400, sample_rate=8000)
    assert Workload.of_seconds() == Workload(samples=160_000)


def test_an_analysis_stands_for_its_config_and_workload() -> None:
    analysis = analyze("base", Workload.of_seconds(2))
    assert memory(analysis).to_dict() == memory("base", Workload.of_seconds(2)).to_dict()
    assert sensitivity(analysis).analysis is analysis
    assert compare([analysis, analyze("large", analysis.workload)]).to_dict() == (
        compare(["base", "large"], workload=Workload.of_seconds(2)).to_dict()
    )
    with pytest.raises(TypeError, match="has a workload"):
        memory(analysis, Workload.of_seconds(3))


DOCUMENTS: dict[str, tuple[tuple[str, ...], Callable[[], Any]]] = {
    "summary": (("summary", "base"), lambda: analyze("base")),
    "summary --set": (
        ("summary", "base", "--set", "encoder_num_layers=2", "--seconds", "2", "--batch", "3"),
        lambda: analyze(load_config("base", ["encoder_num_layers=2"]), Workload.of_seconds(2, batch=3)),
    ),
    "compare": (("compare", "base", "large"), lambda: compare(["base", "large"])),
    "compare --baseline": (
        ("compare", "large", "--baseline", "base.json"),
        lambda: compare(["large"], baseline=Path("base.json")),
    ),
    "memory": (("memory", "base"), lambda: memory("base")),
    "memory --fit": (
        ("memory", "base", "--fit", "24GiB", "--checkpointing"),
        lambda: memory("base", fit="24GiB", checkpointing=True),
    ),
    "memory --precision": (
        ("memory", "base", "--fit", "24GiB", "--precision", "amp-float16"),
        lambda: memory("base", fit="24GiB", precision="amp-float16"),
    ),
    "memory --reserve": (
        ("memory", "base", "--fit", "1GiB", "--reserve", "64MiB"),
        lambda: memory("base", fit=2**30, reserve=2**26),
    ),
    "memory --fit bytes": (("memory", "base", "--fit", "24GiB"), lambda: memory("base", fit=24 * 2**30)),
    "plan": (
        ("plan", "base", "--card", "a100", "--devices", "8", "--price", "2", "--within", "3d", "--compile"),
        lambda: plan("base", card="a100", devices=8, price=2, within="3d", compiled=True),
    ),
    "plan --observed": (
        ("plan", "c.yaml", "--card", "t4", "--as-recipe", "base", "--accumulate", "2", "--observed", "1 it/s"),
        lambda: plan(Path("c.yaml"), card="t4", as_recipe="base", accumulate=2, observed="1 it/s"),
    ),
    "sensitivity": (("sensitivity", "base"), lambda: sensitivity("base")),
    "sweep": (
        ("sweep", "base", "--field", "encoder_embed_dim=512,768", "--figure", "macs"),
        lambda: sweep("base", {"encoder_embed_dim": [512, 768]}, figures=["macs"]),
    ),
    "search": (
        ("search", "c.yaml", "--minimize", "macs", "--maximize", "parameters", "--require", "stride == 320"),
        lambda: find_designs("c.yaml", minimize=["macs"], maximize=["parameters"], require=["stride == 320"]),
    ),
    "search --target": (
        ("search", "base", "--space", "c.yaml", "--free", "encoder_embed_dim=768,1024", "--target", "macs -30%"),
        lambda: find_designs("base", Path("c.yaml"), free=["encoder_embed_dim=768,1024"], target=["macs -30%"]),
    ),
    "search --like": (
        ("search", "base", "--free", "encoder_num_layers=2..6", "--like", "large", "--ratio", "macs=1/8", "--top", "2"),
        lambda: find_designs(
            "base", {"encoder_num_layers": [2, 3, 4, 5, 6]}, like="large", ratio={"macs": 1 / 8}, top=2
        ),
    ),
    "sensitivity --sort": (
        ("sensitivity", "base", "--only", "aux_num_out", "--figure", "stride_ms", "--sort", "macs"),
        lambda: sensitivity("base", only=["aux_num_out"], figures=["stride_ms"], sort="macs"),
    ),
    "presets": (
        ("presets", "--architecture", "wavlm", "--family", "wavlm", "--max-parameters", "100M"),
        lambda: find_presets(architecture="wavlm", family="wavlm", max_parameters=10**8),
    ),
    "identify": (("identify", "base"), lambda: identify("base")),
    "identify, near": (("identify", "c.yaml"), lambda: identify("c.yaml")),
    "verify": (
        ("verify", "base", "--set", "encoder_num_layers=1"),
        lambda: verify(load_config("base", ["encoder_num_layers=1"])),
    ),
    "lint": (("lint", "c.yaml", "bad.yaml"), lambda: lint_files(["c.yaml", Path("bad.yaml")])),
    "lint --select": (
        ("lint", ".", "--select", "E,A", "--ignore", "A400", "--seconds", "0.01"),
        lambda: lint_files(".", select=["E", "A"], ignore=["A400"], seconds=0.01),
    ),
    "inspect": (("inspect", "model.safetensors"), lambda: inspect_checkpoint("model.safetensors")),
    "check": (("check", "model.safetensors", "base"), lambda: check_checkpoint("model.safetensors", "base")),
}


@pytest.mark.parametrize("command", DOCUMENTS)
def test_a_result_is_the_document_of_its_command(command: str, run: Runner) -> None:
    write_model(Path("model.safetensors"))
    Path("c.yaml").write_text("extends: base\nencoder_num_layers: 3\nsearch: {encoder_num_layers: [2, 3]}\n")
    Path("bad.yaml").write_text("extends: base\nencoder_num_heads: 7\n")
    Path("base.json").write_text(json.dumps(analyze("base").to_dict()))
    arguments, call = DOCUMENTS[command]
    printed = json.loads(run(*arguments, "--format", "json").out)
    result = call()
    assert json.loads(json.dumps(result.to_dict())) == printed
    assert list(result.to_dict()) == list(printed)


def test_a_prediction_and_a_calibration_are_those_of_their_commands(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path))
    keep(make_for_this_machine())
    calibration = require_calibration("cpu", "float32")
    prediction = predict("base", calibration)
    printed = json.loads(run("summary", "base", "--predict", "--format", "json").out)
    assert prediction.to_dict() == printed["prediction"]
    assert calibration.to_dict()["calibration"] == printed["prediction"]["calibration"]
    with pytest.raises(W2vExploreError, match="says nothing of bfloat16"):
        predict("base", calibration, workload=Workload.of_seconds(1, dtype="bfloat16"))


def test_a_latency_has_the_names_of_its_command(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path))
    config = load_config("base", SMALL)
    latency, model = measure_latency(config, workload=Workload.of_seconds(0.1), plan=Plan(runs=2))
    overrides = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    printed = json.loads(run("latency", "base", *overrides, "--seconds", "0.1", "--runs", "2", "--format", "json").out)
    assert latency.to_dict().keys() == printed["measurements"][0]["latency"].keys()
    assert latency.to_dict()["real_time_factor"] == latency.end_to_end.median_s / 0.1
    assert not model.training


@pytest.mark.parametrize("to", ["w2v", "torchaudio", "fairseq", "huggingface", "python"])
def test_a_conversion_has_the_text_of_its_command(to: str, run: Runner) -> None:
    conversion = convert("base", to)
    assert conversion.text == run("convert", "base", "--to", to).out
    document = json.loads(json.dumps(conversion.to_dict()))
    assert (document["from"], document["to"], document["text"]) == ("w2v", to, conversion.text)
    assert len([row for row in document["fields"] if row["field"]]) == 16


def test_an_export_has_the_weights_of_its_command(run: Runner) -> None:
    import torch

    config = load_config("base", SMALL)
    state = torch.random.get_rng_state()
    exported = export(config, "safetensors", Path("here.safetensors"))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert exported.to_dict() == {
        "schema_version": 1,
        "path": "here.safetensors",
        "to": "safetensors",
        "config": {"name": config.name, "fields": config.model.to_mapping()},
        "seed": 0,
    }
    overrides = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    assert run("export", "base", "--to", "safetensors", "-o", "there.safetensors", *overrides).code == 0
    theirs = load_checkpoint("there.safetensors").state_dict()
    for name, weight in load_checkpoint("here.safetensors").state_dict().items():
        assert torch.equal(weight, theirs[name])
    again = export("here.safetensors", "huggingface", "folder")
    assert again.seed is None
    assert load_checkpoint(Path("folder"), config).state_dict().keys() == build_model(config).state_dict().keys()


def test_one_line_says_what_a_result_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(Path("model.safetensors"))
    analysis = analyze("base")
    calibration = make_for_this_machine()
    latency, _ = measure_latency(load_config("base", SMALL), workload=Workload.of_seconds(0.1), plan=Plan(runs=2))
    checked = check_checkpoint("model.safetensors", "base")
    inspection = inspect_checkpoint("model.safetensors")
    costs = memory(analysis, fit="24GiB")
    steps = sensitivity(analysis)
    predicted = predict(analysis, calibration)
    results = [
        analysis, analysis.config, analysis.tree, analysis.tree.child("encoder.transformer"),
        analysis.receptive_field, analysis.layers[0], analysis.workload, costs, costs.training["float32"],
        costs.inference["float32"], steps, *steps.effects, compare([analysis, "large"]), identify("base"),
        identify("base").nearest, convert("base", "python"), lint_files("."), checked, checked.fit,
        checked.checkpoint, checked.keys, inspection, calibration, predicted, latency, latency.ledger,
        latency.end_to_end, latency.noise, plan("base", card="a100"),
        export(load_config("base", SMALL), "safetensors", "m.safetensors"),
    ]  # fmt: skip
    for result in results:
        assert "\n" not in repr(result)
        assert len(repr(result)) < 250, repr(result)
    assert repr(analysis) == (
        "<Analysis of 'wav2vec 2.0 Base': 94,370,944 parameters, 74,066,523,136 MACs "
        "for 1 × 160,000 samples at 16,000 Hz in float32>"
    )


SPACE = {"encoder_num_layers": [2, 3]}

# --- What is refused ---------------------------------------------------------------------------------------------

ANYTHING = {"path in bytes": b"base", "number": 5, "nothing": None, "mapping": {"encoder_num_layers": 6}}
TAKE_A_CONFIG: dict[str, Callable[[Any], object]] = {
    "load_config": load_config,
    "analyze": analyze,
    "compare": lambda value: compare([value]),
    "memory": memory,
    "plan": lambda value: plan(value, card="a100-80gb"),
    "sensitivity": sensitivity,
    "sweep": lambda value: sweep(value, {"encoder_num_layers": [6]}),
    "analyze_many": lambda value: analyze_many(value, {"encoder_num_layers": [6]}),
    "find_designs": lambda value: find_designs(value, minimize=["macs"]),
    "identify": identify,
    "convert": lambda value: convert(value, "w2v"),
    "verify": verify,
    "export": lambda value: export(value, "safetensors", "m.safetensors"),
    "lint_files": lambda value: lint_files([value]),
    "build_architecture": build_architecture,
    "build_model": build_model,
    "measure_latency": measure_latency,
    "predict": lambda value: predict(value, make_for_this_machine()),
    "inspect_checkpoint": inspect_checkpoint,
    "load_checkpoint": load_checkpoint,
    "check_checkpoint": lambda value: check_checkpoint(value, "base"),
    "check_checkpoint against": lambda value: check_checkpoint("model.safetensors", value),
}


@pytest.mark.parametrize("value", ANYTHING.values(), ids=ANYTHING)
@pytest.mark.parametrize("call", TAKE_A_CONFIG.values(), ids=TAKE_A_CONFIG)
def test_what_is_no_config_is_named(call: Callable[[Any], object], value: object) -> None:
    with pytest.raises(TypeError, match=r"^(None|an object of the type \w+) is given for .+; give its path"):
        call(value)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: load_config("nothing"), SourceError, "no file or preset is named nothing"),
        (lambda: load_config(""), SourceError, "no file or preset is named"),
        (lambda: load_config("base", "encoder_num_layers=6"), TypeError, "overrides is an object of the type str"),
        (lambda: load_config("base", None), TypeError, "overrides is None; give a mapping"),
        (lambda: load_config("base", [6]), TypeError, "overrides holds an object of the type int"),
        (lambda: load_config("base", {6: 6}), TypeError, "for a field's name"),
        (lambda: load_config("base", {"name": {1}}), TypeError, "the override of name holds an object of the type set"),
        (lambda: load_config("base", (), "espnet"), ArgumentError, "there is no dialect espnet; give one of w2v"),
        (lambda: load_preset("none"), SourceError, "there is no preset none"),
        (lambda: load_preset("../presets/base"), SourceError, "there is no preset"),
        (lambda: ModelConfig.from_mapping({"layers": 6}), ConfigError, "layers is no field of a config"),
        (lambda: analyze("base", 10), TypeError, "workload is an object of the type int; give a Workload"),
        (lambda: analyze("base", Workload(samples=3)), WorkloadError, "3"),
        (
            lambda: analyze(load_config("base", {"sample_rate": 8000}), Workload(samples=80_000)),
            WorkloadError,
            "16,000 samples a second, and the audio of base, changed: sample_rate 8000 8,000",
        ),
        (lambda: Workload.of_seconds(-1), WorkloadError, "-1 seconds"),
        (lambda: Workload.of_seconds(10**400), WorkloadError, "inf seconds"),
        (lambda: Workload(samples=10**5000), WorkloadError, "a number of 5001 digits"),
        (lambda: Workload(samples=1, batch=10**400), WorkloadError, "a number of 401 digits"),
        (lambda: Workload.of_seconds(1, sample_rate=10**400), WorkloadError, "a number of 401 digits"),
        (lambda: lint_files(".", seconds=10**400), ArgumentError, "a number of 401 digits"),
        (lambda: lint_files(".", seconds=True), TypeError, "give a number"),
        (lambda: lint_files(".", seconds="1"), TypeError, "give a number"),
        (lambda: Workload.of_seconds(float("nan")), WorkloadError, "nan seconds"),
        (lambda: Workload.of_seconds("10"), TypeError, "seconds is an object of the type str; give a number"),
        (lambda: Workload.of_seconds(True), TypeError, "seconds is an object of the type bool"),
        (lambda: Workload.of_seconds(1, sample_rate=0), WorkloadError, "there is no sample rate of 0"),
        (lambda: Workload(samples=16000.0), TypeError, "samples is 16000.0; give a whole number"),
        (lambda: Workload(samples=400, batch=None), TypeError, "batch is None; give a whole number"),
        (lambda: Workload(samples=400, sample_rate=-1), WorkloadError, "there is no sample rate of -1"),
        (lambda: Workload(samples=400, dtype="int8"), WorkloadError, "unknown dtype int8"),
        (lambda: Workload(samples=400, dtype=None), WorkloadError, "unknown dtype None"),
        (lambda: Workload.of(load_config("base"), seconds=1, samples=1), WorkloadError, "give seconds or samples"),
        (lambda: compare([]), ArgumentError, "give two configs or more"),
        (lambda: compare("base"), TypeError, "configs is an object of the type str; give a list"),
        (lambda: compare(["base"], baseline=5), TypeError, "given for a baseline"),
        (
            lambda: compare([analyze("base"), analyze("large", Workload(samples=400))]),
            WorkloadError,
            "different workloads",
        ),
        (
            lambda: compare([analyze("base"), analyze("base", Workload.of_seconds(batch=2))]),
            WorkloadError,
            "different workloads",
        ),
        (lambda: memory("base", fit="much"), QuantityError, "much"),
        (lambda: memory("base", fit=2.5), TypeError, "fit is an object of the type float"),
        (lambda: memory("base", fit=-1), QuantityError, "-1"),
        (lambda: memory("base", precision="fp8"), WorkloadError, "unknown precision fp8; give one of amp-bfloat16"),
        (lambda: memory("base", precision=""), WorkloadError, "unknown precision"),
        (
            lambda: memory("base", Workload.of_seconds(1, precision="amp-bfloat16"), precision="float32"),
            WorkloadError,
            "the workload is of training in amp-bfloat16, and precision is float32; give either",
        ),
        (lambda: memory("base", precision=["float32"]), TypeError, "precision is an object of the type list; give one"),
        (lambda: memory("base", lora=4), TypeError, "lora is an object of the type int; give a Lora, or a text"),
        (lambda: memory("base", lora=Lora(0, ("q_proj",))), ArgumentError, "the rank 0 cannot be computed"),
        (lambda: memory("base", lora=Lora(2**99, ("q_proj",))), ArgumentError, "the rank of 100 bits cannot be"),
        (lambda: memory("base", lora=Lora(True, ("q_proj",))), TypeError, "the rank is an object of the type bool"),
        (lambda: memory("base", lora=Lora(4, "q_proj")), TypeError, "the targets are no tuple of texts"),
        (lambda: memory("base", lora=Lora(4, ())), ArgumentError, "there are no targets"),
        (lambda: memory("base", train="adapters", lora="r=4:q_proj"), ArgumentError, "lora adds is trained without a"),
        (lambda: memory("base", train=3), TypeError, "train is an object of the type int"),
        (lambda: memory("base", train="re:" + "(" * 3000), ArgumentError, "(…', whose pattern is no regular"),
        (lambda: memory("base", train=f"re:x{{{10**20}}}"), ArgumentError, "number is too large"),
        (lambda: memory("base", train="re:[[a]]]"), ArgumentError, "no parameter has such a name"),  # and no warning
        (lambda: memory("base", attention=None), TypeError, "attention is None; give one of fused, eager, math"),
        (lambda: memory("base", optimizer="adam"), ArgumentError, "optimizer is 'adam'; give one of adamw"),
        (lambda: find_designs("base", minimize=["macs"]), ArgumentError, "no field varies"),
        (lambda: find_designs("base", SPACE), ArgumentError, "nothing is asked; give figures to minimize or maximize"),
        (lambda: find_designs("base", SPACE, minimize="macs"), TypeError, "minimize is an object of the type str"),
        (lambda: find_designs("base", SPACE, require=[5]), TypeError, "require holds an object of the type int"),
        (lambda: find_designs("base", 5, minimize=["macs"]), TypeError, "space is an object of the type int"),
        (lambda: find_designs("base", free="aux", minimize=["macs"]), TypeError, "free is an object of the type str"),
        (lambda: find_designs("base", free=[5], minimize=["macs"]), TypeError, "give a list of fields"),
        (
            lambda: find_designs("base", SPACE, Workload(samples=400), like="w2v_bert_2", ratio={"macs": 0.5}),
            WorkloadError,
            "w2v-BERT 2.0, the teacher: 400 samples are too few",
        ),
        (lambda: find_designs("base", SPACE, top=3), ArgumentError, "top says how many, and not of what; give"),
        (lambda: find_designs("base", SPACE, minimize=["macs"], top=0), ArgumentError, "top is 0; give a number from"),
        (lambda: find_designs("base", SPACE, minimize=["macs"], top=2.5), TypeError, "top is 2.5; give a whole number"),
        (lambda: find_designs("base", SPACE, minimize=["latency"]), ArgumentError, "there is no figure latency"),
        (lambda: find_designs("base", SPACE, like="large"), ArgumentError, "like names a teacher, and not how much"),
        (lambda: find_designs("base", SPACE, ratio={"macs": 0.5}), ArgumentError, "give like, the teacher"),
        (lambda: find_designs("base", SPACE, like="large", ratio=0.5), TypeError, "ratio is an object of the type"),
        (lambda: find_designs("base", SPACE, target=["macs -5%"], workers=0), ArgumentError, "workers is 0"),
        (lambda: find_designs("base", SPACE, target=["macs"]), ConditionError, "target 'macs' is no target"),
        (lambda: find_designs("base", SPACE, minimize=["macs"], keep=["stride"]), ArgumentError, "give target"),
        (lambda: convert("base", "espnet"), ArgumentError, "cannot be converted to espnet; give one of w2v"),
        (lambda: export("base", "tflite", "m"), ArgumentError, "cannot be exported to tflite; give one of onnx"),
        (lambda: export("base", "onnx", "none/m.onnx"), SourceError, "there is no folder none"),
        (lambda: export("base", "onnx", None), TypeError, "given for what to write"),
        (lambda: lint_files([]), ArgumentError, "name a file or a folder"),
        (lambda: lint_files("none.yaml"), SourceError, "no file is named none.yaml"),
        (lambda: lint_files(".", select=["X1"]), ArgumentError, "X1 is no code of a rule"),
        (lambda: lint_files(".", select="E"), TypeError, "select is a text"),
        (lambda: lint_files(".", seconds=-1), ArgumentError, "positive duration"),
        (lambda: lint_files(".", dialect="espnet"), ArgumentError, "there is no dialect espnet"),
        (lambda: measure_latency("base", 0), TypeError, "device is an object of the type int"),
        (lambda: measure_latency("base", "tpu"), W2vExploreError, "tpu is no device"),
        (lambda: predict("base", None), TypeError, "calibration is None"),
        (lambda: verify("base", 5), TypeError, "workload is an object of the type int"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_one_clear_exception_and_nothing_is_printed(
    call: Callable[[], object], error: type[Exception], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
    assert "--" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_what_a_foreign_config_does_not_count_is_in_the_result_and_not_on_a_stream(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("config.json").write_text(
        '{"model_type": "wav2vec2", "architectures": ["Wav2Vec2ForSequenceClassification"], "num_labels": 3}'
    )
    analysis = analyze(Path("config.json"))
    assert any(problem.rule.code == "W282" for problem in analysis.config.warnings)
    assert convert("config.json", "w2v").to_dict()["warnings"] == [str(each) for each in analysis.config.warnings]
    memory(analysis)
    lint_files("config.json")
    assert capfd.readouterr() == ("", "")


def test_preset_of_nearly_that_name_is_suggested() -> None:
    with pytest.raises(SourceError, match="there is no preset hubert_lage; did you mean the preset hubert_large"):
        load_preset("hubert_lage")
