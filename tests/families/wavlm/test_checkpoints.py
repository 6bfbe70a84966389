"""WavLM's weights by the names of torchaudio, transformers and unilm: read, checked, loaded and written."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.checkpoint_files import SMALL as WAV2VEC2
from tests.checkpoint_files import safetensors_bytes
from tests.families.wavlm.model import PRE_NORM, SMALL
from tests.families.wavlm.strategies import wavlm_configs
from tests.families.wavlm.unilm_model import WavLM
from tests.program import Runner
from w2v_explore import (
    CheckpointError,
    ConfigError,
    ModelConfig,
    UnusedWeightsWarning,
    build_architecture,
    build_model,
    check_checkpoint,
    convert,
    inspect_checkpoint,
    load_checkpoint,
    load_config,
)
from w2v_explore.checkpoint.key_table import Dialect
from w2v_explore.checkpoint.keys import Part, keys_in_dialect, translate_keys
from w2v_explore.config.family import key_tables
from w2v_explore.families.wavlm.fields import WavLMConfig
from w2v_explore.families.wavlm.keys import KEYS

HEADLESS = {**SMALL, "aux_num_out": None}
UNTOLD = {
    "extractor_conv_layer_config", "encoder_projection_dropout", "encoder_max_distance", "encoder_attention_dropout",
    "encoder_ff_interm_dropout", "encoder_dropout", "encoder_layer_norm_first", "encoder_layer_drop",
}  # fmt: skip
DIALECTS: list[Dialect] = ["torchaudio", "huggingface", "fairseq"]
Shapes = dict[str, tuple[int, ...]]

# torch's first weight_norm, which unilm uses, is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")


def config(values: Mapping[str, Any]) -> WavLMConfig:
    model = WavLMConfig.from_mapping(values)
    assert isinstance(model, WavLMConfig)
    return model


def shapes_in(dialect: Dialect, values: Mapping[str, Any] = HEADLESS, prefix: str = "") -> Shapes:
    """The shapes of a model's tensors, by a program's names."""
    shapes = dict(build_architecture(config(values)).state_dict_shapes())
    names = keys_in_dialect(shapes, KEYS, dialect, prefix=prefix, values=values)
    return {name: part.shape(shapes[part.name]) for name, part in names.items()}


def write(path: Path, shapes: Shapes) -> str:
    path.write_bytes(safetensors_bytes(shapes))
    return str(path)


@given(model=wavlm_configs(), dialect=st.sampled_from(DIALECTS), data=st.data())
def test_our_names_come_back_from_every_dialect(model: WavLMConfig, dialect: Dialect, data: st.DataObject) -> None:
    shapes = dict(build_architecture(model).state_dict_shapes())
    prefix = data.draw(st.sampled_from(["", "model.", *KEYS.prefixes[dialect]]))
    spelling = data.draw(st.sampled_from(["parametrizations", "weight_g"]))
    values = model.to_mapping()
    theirs = keys_in_dialect(shapes, KEYS, dialect, prefix=prefix, values=values, weight_norm=spelling)
    read = translate_keys(data.draw(st.permutations([*theirs])), key_tables())
    assert read.table is KEYS
    assert (read.dialect, read.prefix, read.unknown, read.extras) == (dialect, prefix, (), {})
    assert read.ours == theirs
    assert read.shapes((name, part.shape(shapes[part.name])) for name, part in theirs.items()) == shapes
    packed = [part for part in theirs.values() if part.of > 1]
    assert len(packed) == (0 if dialect == "torchaudio" else 6 * model.encoder_num_layers)


@pytest.mark.parametrize(("dialect", "layer"), [("huggingface", "attention"), ("fairseq", "self_attn")])
def test_query_key_and_value_lie_in_this_order(dialect: Dialect, layer: str) -> None:
    name = "encoder.transformer.layers.7.attention.attention.in_proj_weight"
    assert keys_in_dialect([name], KEYS, dialect) == {
        f"encoder.layers.7.{layer}.{part}_proj.weight": Part(name, number, 3) for number, part in enumerate("qkv")
    }


@pytest.fixture(scope="module")
def transformers(torchaudio_models: ModuleType) -> ModuleType:
    """Imported once torchaudio's stand-in is there: transformers looks for it."""
    import transformers

    return transformers


def test_the_names_are_all_that_each_program_has(transformers: ModuleType, torchaudio_models: ModuleType) -> None:
    values = to_huggingface_values(SMALL)
    with torch.device("meta"):
        theirs = {
            "torchaudio": torchaudio_models.wavlm_model(**SMALL),
            "huggingface": transformers.WavLMForCTC(transformers.WavLMConfig(**values, mask_time_prob=0.05)),
            "fairseq": WavLM(config(HEADLESS)),
        }
    for dialect, model in theirs.items():
        shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
        read = translate_keys(shapes, key_tables())
        assert (read.table, read.dialect, read.unknown) == (KEYS, dialect, ())
        assert {extra.purpose for extra in read.extras.values()} <= {"stands for masked frames in training"}
        expected = build_architecture(config(HEADLESS if dialect == "fairseq" else SMALL)).state_dict_shapes()
        assert read.shapes(shapes.items()) == dict(expected)


def to_huggingface_values(values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(convert(config(values), "huggingface").text)
    return {name: value for name, value in found.items() if name != "mask_time_prob"}


def unilm_file(path: Path, values: Mapping[str, Any], *, with_config: bool = True) -> tuple[str, WavLM]:
    """A checkpoint as unilm publishes it, and the model in it."""
    import yaml

    torch.manual_seed(0)
    model = WavLM(config(values)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    content: dict[str, Any] = {"model": model.state_dict()}
    if with_config:
        content["cfg"] = yaml.safe_load(convert(config(values), "unilm").text)["cfg"]
    torch.save(content, path)
    return str(path), model


@pytest.mark.parametrize("values", [SMALL, PRE_NORM], ids=["post_norm", "pre_norm"])
def test_a_checkpoint_of_unilms_is_the_model_in_it(values: dict[str, Any], tmp_path: Path) -> None:
    values = {**values, "aux_num_out": None}
    path, theirs = unilm_file(tmp_path / "WavLM.pt", values)
    assert load_config(path).model == config(values)
    with pytest.warns(UnusedWeightsWarning, match=r"left out: mask_emb \(stands for masked frames in training\)"):
        ours = load_checkpoint(path).eval()
    waveforms = torch.randn(2, 900, generator=torch.Generator().manual_seed(1))
    lengths = torch.tensor([900, 411])
    padded = waveforms * (torch.arange(900) < lengths[:, None])
    with torch.no_grad():
        torch.testing.assert_close(ours(waveforms)[0], theirs(waveforms), rtol=1e-5, atol=1e-5)
        result, frames = ours(padded, lengths)
        expected = theirs(padded, torch.arange(result.size(1)) >= frames[:, None])
    for number, valid in enumerate(frames.tolist()):
        torch.testing.assert_close(result[number, :valid], expected[number, :valid], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_shapes_tell_all_but_what_leaves_no_trace(dialect: Dialect, tmp_path: Path) -> None:
    path = write(tmp_path / "model.safetensors", shapes_in(dialect))
    found = inspect_checkpoint(path)
    assert found.family.name == "wavlm"
    assert found.fit.fits
    assert set(found.missing) == UNTOLD
    assert str(found.missing["encoder_max_distance"]) == (
        "encoder_max_distance cannot be told from shapes; give --set encoder_max_distance=800"
    )
    assert {name: found.values[name] for name in WavLMConfig.FIELDS if name not in UNTOLD} == {
        name: value for name, value in HEADLESS.items() if name not in UNTOLD
    }
    # The reach is in no weight: nothing is made up for it.
    for load in (load_checkpoint, load_config):
        with pytest.raises(ConfigError, match="give --set encoder_max_distance=800"):
            load(path)


@pytest.mark.parametrize("dialect", ["huggingface", "fairseq"])
def test_heads_are_told_by_the_gates_where_the_table_is_gone(dialect: Dialect, tmp_path: Path) -> None:
    shapes = shapes_in(dialect)
    [table] = [name for name in shapes if name.endswith(("rel_attn_embed.weight", "relative_attention_bias.weight"))]
    del shapes[table]
    found = inspect_checkpoint(write(tmp_path / "model.safetensors", shapes))
    assert found.values["encoder_num_heads"] == SMALL["encoder_num_heads"]
    assert [missing.name for missing in found.fit.missing] == [
        "encoder.transformer.layers.0.attention.rel_attn_embed.weight"
    ]


def test_a_reach_that_disagrees_with_the_config_beside_is_said(tmp_path: Path, run: Runner) -> None:
    path = write(tmp_path / "model.safetensors", shapes_in("huggingface"))
    (tmp_path / "config.json").write_text(convert(config(HEADLESS), "huggingface").text)
    (tmp_path / "own.yaml").write_text(json.dumps({"architecture": "wavlm", **HEADLESS, "encoder_max_distance": 41}))
    found = run("check", path, str(tmp_path / "own.yaml"), columns=200)
    assert found.code == 1
    assert "encoder_max_distance is 41, and 40 in config.json, which no shape shows" in found.out


ATTENTION = "encoder.transformer.layers.1.attention"
Change = Callable[[Shapes], Shapes]


def without(*ends: str) -> Change:
    return lambda shapes: {name: shape for name, shape in shapes.items() if not name.endswith(ends)}


def having(more: Shapes) -> Change:
    return lambda shapes: {**shapes, **more}


# What is odd, whose names, the change, and what every refusal says; None where nothing is refused.
CASES: dict[str, tuple[Dialect, Change, str | None]] = {
    "plain, torchaudio's": ("torchaudio", having({}), None),
    "plain, Hugging Face's": ("huggingface", having({}), None),
    "plain, unilm's": ("fairseq", having({}), None),
    "no values": (
        "huggingface", without("layers.1.attention.v_proj.weight"), f"{ATTENTION}.attention.in_proj_weight (v_proj",
    ),
    "no attention": (
        "fairseq", without(*(f"layers.1.self_attn.{part}_proj.weight" for part in "qkv")),
        f"missing: {ATTENTION}.attention.in_proj_weight",
    ),
    "narrow keys": (
        "fairseq", having({"encoder.layers.1.self_attn.k_proj.bias": (12,)}),
        f"{ATTENTION}.attention.in_proj_bias (k_proj.bias) is [12], where [48] is wanted",
    ),
    "no gate": ("huggingface", without("layers.1.attention.gru_rel_pos_const"), f"{ATTENTION}.gru_rel_pos_const"),
    "a table in each layer": (
        "huggingface", having({"encoder.layers.1.attention.rel_attn_embed.weight": (12, 4)}),
        "layers.1.attention.rel_attn_embed.weight",
    ),
    "a table of other heads": (
        "huggingface", having({"encoder.layers.1.attention.gru_rel_pos_const": (1, 6, 1, 1)}),
        f"{ATTENTION}.gru_rel_pos_const is [1, 6, 1, 1], where [1, 4, 1, 1] is wanted",
    ),
    "what pre-training needs": (
        "fairseq", having({"mask_emb": (48,), "label_embs_concat": (20, 8), "final_proj.weight": (8, 48)}), None,
    ),
    "a speaker's head": (
        "huggingface", having({"projector.weight": (4, 48), "tdnn.0.kernel.weight": (4, 4), "objective.bias": (2,)}),
        None,
    ),
    "an adapter": ("huggingface", having({"adapter.layers.0.conv.weight": (96, 48, 3)}), "(adapter)"),
}  # fmt: skip


@pytest.mark.parametrize(("dialect", "change", "refusal"), CASES.values(), ids=CASES.keys())
def test_all_commands_agree_on_odd_weights(
    dialect: Dialect, change: Change, refusal: str | None, tmp_path: Path, run: Runner
) -> None:
    path = write(tmp_path / "model.safetensors", change(shapes_in(dialect)))
    beside = tmp_path / "model.yaml"
    beside.write_text(json.dumps({"architecture": "wavlm", **HEADLESS}))
    codes = (0, 0) if refusal is None else (1, 1)
    assert (run("check", path, str(beside)).code, run("inspect", path).code) == codes
    answer = run("summary", path)
    assert answer.code == (0 if refusal is None else 2)
    if refusal is not None:
        assert "the 18 fields cannot say the model of these weights" in answer.err
        assert refusal in answer.err
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for load in (lambda: load_checkpoint(path, config(HEADLESS)), lambda: load_config(path)):
            if refusal is None:
                load()
            else:
                with pytest.raises(CheckpointError) as raised:
                    load()
                assert refusal in str(raised.value)


@pytest.mark.parametrize("dialect", ["huggingface", "fairseq"])
def test_weights_of_a_wavlm_are_of_no_wav2vec2(dialect: Dialect, tmp_path: Path, run: Runner) -> None:
    """Without the bias another model is left, which would load."""
    path = write(tmp_path / "model.safetensors", shapes_in(dialect))
    plain = ModelConfig.from_mapping({name: HEADLESS[name] for name in ModelConfig.from_mapping(WAV2VEC2).FIELDS})
    assert {extra.purpose for _, extra in check_checkpoint(path, plain).fit.vital} == {"WavLM's relative position bias"}
    with pytest.raises(CheckpointError, match=r"\(WavLM's relative position bias\), without which the model computes"):
        load_checkpoint(path, plain)
    (tmp_path / "model.yaml").write_text(json.dumps(plain.to_mapping()))
    found = run("summary", path)
    assert found.code == 2
    assert "architecture is wav2vec2 in model.yaml and wavlm by the names of the weights" in found.err


def test_the_weights_of_one_file_are_written_as_another_program_s(
    transformers: ModuleType, tmp_path: Path, run: Runner
) -> None:
    path, theirs = unilm_file(tmp_path / "WavLM.pt", HEADLESS)
    folder = tmp_path / "exported"
    assert run("export", path, "--to", "huggingface", "-o", str(folder)).code == 0
    model, info = transformers.WavLMModel.from_pretrained(folder, output_loading_info=True)
    assert {name: [*found] for name, found in info.items() if found} == {}
    waveforms = torch.randn(2, 900, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = model.eval()(waveforms).last_hidden_state
        torch.testing.assert_close(found, theirs(waveforms), rtol=1e-5, atol=1e-5)
    again = tmp_path / "again.safetensors"
    assert run("export", str(folder), "--to", "safetensors", "-o", str(again)).code == 0
    assert load_config(str(again)).model == config(HEADLESS)
    assert_equal(load_checkpoint(again).state_dict(), load_checkpoint(folder).state_dict())


def assert_equal(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> None:
    assert [*ours] == [*theirs]
    for name, weight in theirs.items():
        assert torch.equal(ours[name], weight), name


@pytest.mark.parametrize("values", [SMALL, HEADLESS], ids=["ctc", "no head"])
def test_an_exported_model_loads_in_transformers_whole(
    values: dict[str, Any], transformers: ModuleType, tmp_path: Path, run: Runner
) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(json.dumps({"architecture": "wavlm", **values}))
    folder = tmp_path / "exported"
    assert run("export", str(path), "--to", "huggingface", "-o", str(folder)).code == 0
    name = "WavLMForCTC" if values["aux_num_out"] else "WavLMModel"
    model, info = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
    assert {key: [*found] for key, found in info.items() if found} == {}
    assert sum(map(torch.numel, model.parameters())) == build_architecture(config(values)).parameters
    ours = load_checkpoint(folder)
    assert ours.state_dict().keys() == build_model(config(values), device="meta").state_dict().keys()
