"""docs/add-a-family.md: its example is a family, and it names all that a family is made of."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import example_family
from tests.example_family import HERE, NAME, PRESET
from tests.program import Runner
from w2v_explore import Layer, Workload, analyze, convert, identify, load_config
from w2v_explore.checkpoint.key_table import KeyTable
from w2v_explore.config.dialects.columns import Column, Counterpart, Guard, Kind
from w2v_explore.config.family import Family, Names
from w2v_explore.tree.inputs import Features, Waveforms
from w2v_explore.tree.operations import Beside, Flow, Operation, Reach
from w2v_explore.tree.parts import part

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/add-a-family.md").read_text(encoding="utf-8")
SMALL = {
    "extractor_conv_layer_config": [[6, 10, 5], [8, 8, 4]],
    "encoder_embed_dim": 24,
    "encoder_num_heads": 2,
    "encoder_pos_conv_groups": 4,
    "encoder_pos_conv_kernel": 5,
    "encoder_num_layers": 3,
    "encoder_ff_interm_features": 32,
}


@pytest.fixture(autouse=True)
def family(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    example_family.add(monkeypatch, tmp_path_factory.mktemp("presets"))
    yield
    example_family.remove(monkeypatch)


QUOTES = re.findall(r"`causal/([\w/]+\.py)`.*?^```py\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_page_quotes_each_file_of_its_example() -> None:
    files = {str(path.relative_to(HERE / NAME)) for path in (HERE / NAME).rglob("*.py")}
    assert {name for name, _ in QUOTES} == files - {"rules/__init__.py", "published.py", "preset_values.py"}


@pytest.mark.parametrize(("name", "quote"), QUOTES)
def test_what_the_page_quotes_stands_in_the_file(name: str, quote: str) -> None:
    text = (HERE / NAME / name).read_text(encoding="utf-8")
    for piece in re.split(r"^…\n", quote, flags=re.MULTILINE):
        assert piece.strip("\n") in text


# Of an operation: what follows from the rest.
WORKED_OUT = {"parameters"}


def test_the_page_names_all_that_a_family_is_made_of() -> None:
    folder = ROOT / "w2v_explore/families"
    names = {f"{path.name}" for path in folder.glob("*/*.py")}
    operation = {*vars(Operation), *Operation.__annotations__} - WORKED_OUT
    names |= {name for name in operation if not name.startswith("_")}
    names |= {*Layer._fields, *Names._fields, *Flow._fields, *Reach._fields}
    names |= {*Beside._fields, *Waveforms._fields, *Features._fields}
    names |= {*inspect.signature(Family).parameters, *Column.__dataclass_fields__, *KeyTable.__dataclass_fields__}
    names |= {*Kind._fields, *Counterpart._fields, *Guard._fields, part.__name__, "follows", "keeps_quotient"}
    text = re.sub(r"^```py\n.*?^```$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"[\w.]+", " ".join(re.findall(r"`([^`]+)`", text))))
    assert sorted(names - named) == []


def test_a_config_is_read_and_analysed() -> None:
    analysis = analyze(PRESET)
    base = analyze(load_config("base", {"encoder_pos_conv_kernel": 19}))
    block = 768 * 48 * 19 + 768 + 2 * 768
    assert analysis.parameters == base.parameters - (768 * 48 * 19 + 19 + 768) + 3 * block
    assert analysis.macs.convolution - base.macs.convolution == 2 * 499 * 768 * 48 * 19
    assert analysis.receptive_field.positional_span_samples == 400 + 3 * 18 * 320
    assert identify(PRESET).nearest.equals == (PRESET,)


def test_a_rule_of_its_own_is_broken_and_explained(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"extends: {PRESET}\nencoder_pos_conv_depth: 0\n", encoding="utf-8")
    assert "E298" in run("lint", str(path)).out
    assert run("rule", "E298").out.startswith("E298 pos-conv-depth (error)")


def test_its_configs_go_to_other_programs_and_come_back(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(convert(PRESET, "huggingface").text, encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8"))["pos_conv_depth"] == 3
    assert load_config(str(path)).model == load_config(PRESET).model


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"encoder_layer_norm_first": True, "extractor_mode": "layer_norm", "aux_num_out": 5},
        {"encoder_pos_conv_depth": 1},
    ],
)
def test_every_figure_holds(changes: dict[str, Any]) -> None:
    from w2v_explore import verify

    findings = verify(load_config(PRESET, {**SMALL, **changes}), Workload(samples=900, batch=2)).findings
    assert [finding for finding in findings if not finding.agrees] == []


@pytest.mark.slow
def test_its_weights_are_written_and_read(tmp_path: Path) -> None:
    import torch

    from w2v_explore import export, inspect_checkpoint, load_checkpoint

    ours, theirs = tmp_path / "model.safetensors", tmp_path / "model"
    export(load_config(PRESET, {**SMALL, "aux_num_out": 5}), "safetensors", ours)
    export(str(ours), "huggingface", theirs)
    models = [load_checkpoint(str(path)).eval() for path in (ours, theirs)]
    waveforms = torch.rand(2, 900)
    outputs = [model(waveforms)[0] for model in models]
    assert torch.equal(*outputs)
    found = inspect_checkpoint(str(theirs / "model.safetensors"))
    assert (found.family.name, found.values["encoder_pos_conv_depth"]) == (NAME, 3)
