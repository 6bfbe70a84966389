"""What shapes tell, over random valid configs: every size, exactly; and in every dialect the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.checkpoint_files import model_shapes
from tests.strategies import configs
from w2v_explore import ModelConfig, build_architecture
from w2v_explore.checkpoint.fit import fit_weights
from w2v_explore.checkpoint.keys import keys_in_dialect, translate_keys
from w2v_explore.checkpoint.listing import TensorInfo
from w2v_explore.checkpoint.shapes import ShapeFindings, infer_from_shapes
from w2v_explore.config.checkpoint import expected_shapes
from w2v_explore.config.family import default_family
from w2v_explore.families.wav2vec2.keys import KEYS

TOLD = (
    "extractor_mode", "extractor_conv_bias", "encoder_embed_dim", "encoder_pos_conv_kernel", "encoder_pos_conv_groups",
    "encoder_num_layers", "encoder_ff_interm_features", "aux_num_out",
)  # fmt: skip


def infer(shapes: Mapping[str, Any]) -> ShapeFindings:
    return infer_from_shapes(shapes, KEYS.told, KEYS.conv_weight)


def shapes_of_sizes(shapes: Mapping[str, Any]) -> dict[str, Any]:
    return expected_shapes(default_family(), KEYS, infer(shapes), len(shapes))


@given(configs())
def test_shapes_tell_every_size(config: ModelConfig) -> None:
    findings = infer(dict(build_architecture(config).state_dict_shapes()))
    expected = {field: getattr(config, field) for field in TOLD}
    if len(config.conv_layers) == 1:
        # A norm after the first of one layer is as likely a group norm.
        del expected["extractor_mode"]
    assert findings.values == expected
    assert findings.conv_sizes == tuple((channels, kernel) for channels, kernel, _ in config.conv_layers)
    assert findings.evidence.keys() == findings.values.keys()


@given(configs(), st.data())
def test_tensors_that_are_absent_or_misshapen_tell_nothing_wrong(config: ModelConfig, data: st.DataObject) -> None:
    shapes: dict[str, Any] = dict(build_architecture(config).state_dict_shapes())
    for name in data.draw(st.lists(st.sampled_from(sorted(shapes)), unique=True)):
        if data.draw(st.booleans()):
            del shapes[name]
        else:
            shapes[name] = data.draw(st.lists(st.integers(0, 3), max_size=4).map(tuple))
    shapes_of_sizes(shapes)


def test_of_no_channels_there_are_no_groups() -> None:
    direction = "encoder.transformer.pos_conv_embed.conv.parametrizations.weight.original1"
    shapes = model_shapes() | {direction: (0, 1, 0)}
    assert "encoder_pos_conv_groups" not in infer(shapes).values
    assert shapes_of_sizes(shapes)[direction][1] > 0


@given(configs())
def test_sizes_give_the_shapes_that_told_them(config: ModelConfig) -> None:
    shapes = dict(build_architecture(config).state_dict_shapes())
    assert shapes_of_sizes(shapes) == shapes


@given(configs(), st.data())
def test_a_tensor_less_or_of_another_shape_is_never_the_same_model(config: ModelConfig, data: st.DataObject) -> None:
    shapes = dict(build_architecture(config).state_dict_shapes())
    name = data.draw(st.sampled_from(sorted(shapes)))
    odd = {other: shape for other, shape in shapes.items() if other != name}
    if data.draw(st.booleans()):
        odd[name] = (*shapes[name], 3)
    if shapes_of_sizes(odd) == odd:
        # A whole model with a convolution less, say: its sizes are told as what they are.
        told, before = infer(odd), infer(shapes)
        assert (told.values, told.conv_sizes) != (before.values, before.conv_sizes)


@given(configs(), st.sampled_from(["torchaudio", "huggingface", "fairseq"]), st.sampled_from(["", "module.wav2vec2."]))
def test_a_model_fits_its_own_config_in_every_dialect(config: ModelConfig, dialect: Any, prefix: str) -> None:
    shapes = dict(build_architecture(config).state_dict_shapes())
    theirs = keys_in_dialect(shapes, KEYS, dialect, prefix=prefix, values=config.to_mapping())
    tensors = tuple(TensorInfo(name, "float32", shapes[part.name]) for name, part in theirs.items())
    fit = fit_weights(tensors, translate_keys(theirs, (KEYS,)), shapes)
    assert fit.fits
    assert fit.matched == fit.expected == len(shapes)


def test_layers_from_somewhere_in_the_middle_count_up_to_the_last() -> None:
    shapes = {name: shape for name, shape in model_shapes().items() if ".layers.0." not in name}
    assert infer(shapes).values["encoder_num_layers"] == 3
