"""Models of transformers with adapters made ours: the outputs are theirs, with attention masks and without."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import torch

from tests.parity.test_transformers_models import NORMS, SAMPLES, assert_outputs_equal, imported, make_original
from w2v_explore import ConfigError, import_huggingface_model, load_config
from w2v_explore.families.wav2vec2_adapters.components import AdaptedWav2Vec2Model
from w2v_explore.lint.page import TORCH, load_pages

ADAPTERS = {
    "in each layer": {"adapter_attn_dim": 5},
    "behind the encoder": {"add_adapter": True, "output_hidden_size": 10, "adapter_kernel_size": 4},
    "both": {"adapter_attn_dim": 5, "add_adapter": True, "num_adapter_layers": 2, "adapter_stride": 1},
}


@pytest.fixture(scope="module")
def transformers(torchaudio_models: ModuleType) -> ModuleType:
    import transformers

    return transformers


@pytest.mark.parametrize("norms", ["post_norm", "pre_norm"])
@pytest.mark.parametrize("adapters", ADAPTERS)
@pytest.mark.parametrize("name", ["Wav2Vec2Model", "Wav2Vec2ForCTC", "Wav2Vec2ForPreTraining"])
def test_outputs_are_those_of_transformers(transformers: ModuleType, name: str, adapters: str, norms: str) -> None:
    original = make_original(transformers, name, **ADAPTERS[adapters], **NORMS[norms])
    ours = imported(original)
    assert type(ours) is AdaptedWav2Vec2Model
    assert (ours.aux is not None) == name.endswith("ForCTC")
    for lengths in (None, SAMPLES):
        assert_outputs_equal(ours, original, lengths, SAMPLES[0])


def test_frames_that_come_out_are_counted_as_transformers_counts_them(transformers: ModuleType) -> None:
    original: Any = make_original(transformers, "Wav2Vec2ForCTC", add_adapter=True)
    lengths = torch.tensor([900, 411, 57])
    frames = imported(original)(torch.zeros(3, 900), lengths)[1]
    assert frames.tolist() == original._get_feat_extract_output_lengths(lengths).tolist()


@pytest.mark.parametrize("kernel", [1, 2, 4, 5])
def test_transformers_counts_frames_as_of_a_kernel_of_3(transformers: ModuleType, kernel: int) -> None:
    options = {"add_adapter": True, "adapter_kernel_size": kernel, "num_adapter_layers": 1}
    original: Any = make_original(transformers, "Wav2Vec2ForCTC", **options)
    lengths = torch.arange(100, 180)
    frames = imported(original)(torch.zeros(len(lengths), 180), lengths)[1]
    theirs = original._get_feat_extract_output_lengths(lengths)
    assert frames[-1] == original(torch.zeros(1, 179)).logits.shape[1]
    assert ((theirs > frames) if kernel > 3 else (theirs < frames)).any()


@pytest.mark.parametrize("options", [{"hidden_act": "relu"}, {"layer_norm_eps": 1e-6}], ids=["act", "eps"])
def test_what_changes_the_architecture_is_refused(transformers: ModuleType, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        import_huggingface_model(make_original(transformers, "Wav2Vec2Model", add_adapter=True, **options))


# No function of torchaudio takes these fields; its words are held to its own models in tests/rules/.
WRONG = {
    "E241": {"adapter_attn_dim": 0, "do_stable_layer_norm": True},
    "E242": {"add_adapter": True, "num_adapter_layers": 0},
    "E243": {"add_adapter": True, "adapter_stride": 0},
    "E244": {"add_adapter": True, "output_hidden_size": 0},
    "W340": {"add_adapter": True},
    "W346": {"adapter_attn_dim": 4, "do_stable_layer_norm": False},
    "W347": {"add_adapter": True, "adapter_kernel_size": 5},
    "A440": {"add_adapter": True, "layerdrop": 0.1},
}


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors:UserWarning")
@pytest.mark.parametrize("code", WRONG)
def test_torch_does_what_the_pages_say(transformers: ModuleType, code: str) -> None:
    [page] = [page for page in load_pages() if page.rule.code == code]
    original = make_original(transformers, "Wav2Vec2Model", **WRONG[code])
    try:
        original(torch.zeros(2, 900))
        found = TORCH["accepts"]
    except RuntimeError:
        found = TORCH["forward raises"]
    assert page.torch == found


def test_every_rule_of_the_family_is_held() -> None:
    assert {rule.code for rule in load_config("mms_1b_all").model.family.rules} == set(WRONG)
