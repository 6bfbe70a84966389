"""What other programs call published models, and what a name most likely means."""

import json
import re
from pathlib import Path

import pytest

from w2v_explore import load_config
from w2v_explore.analysis.comparing.conditions import parse_condition
from w2v_explore.config.document import parse_document
from w2v_explore.config.kinds import STANDARD_CONV_LAYERS
from w2v_explore.config.model_names import all_published, find_model, find_weights
from w2v_explore.config.presets import preset_names
from w2v_explore.config.suggest import did_you_mean, is_misspelt, nearest
from w2v_explore.config.text.source import Source, read_source
from w2v_explore.errors import ConditionError, SourceError
from w2v_explore.families.wav2vec2.fields import FIELDS

HUB = sorted((Path(__file__).parent.parent / "data" / "dialects" / "huggingface").glob("wav2vec2-*.json"))


@pytest.mark.parametrize(
    ("name", "preset"),
    [
        ("wav2vec2_base", "base"),
        ("WAV2VEC2_BASE", "base_bundle"),
        ("WAV2VEC2_ASR_BASE_960H", "asr_base_960h"),
        ("wav2vec2_asr_large_lv60k_10m", "asr_large_lv60k_10m"),
        ("HUBERT_BASE", "hubert_base"),
        ("facebook/wav2vec2-base", "base"),
        ("Facebook/Wav2Vec2-Base", "base"),
        ("wav2vec2-base-960h", "asr_base_960h"),
        ("facebook/hubert-large-ls960-ft", "hubert_asr_large"),
        ("facebook/wav2vec2-xls-r-300m", "xlsr_300m"),
        ("facebook/mms-300m", "mms_300m"),
        ("wav2vec_small.pt", "base"),
        ("xlsr2_2B_1000k.pt", "xlsr_2b"),
        ("wav2vec2_large_ll60k", "large_lv60k"),
        ("WAVLM_LARGE", "wavlm_large"),
        ("microsoft/wavlm-base-plus", "wavlm_base_plus"),
        ("WavLM-Base+.pt", "wavlm_base_plus"),
        ("ntu-spml/distilhubert", "distilhubert"),
        ("distilhubert_base", "distilhubert"),
    ],
)
def test_names_elsewhere_lead_to_the_preset(name: str, preset: str) -> None:
    known = find_model(name)
    assert known is not None
    assert known.preset == preset
    with pytest.raises(SourceError, match=f"name for the preset {preset}"):
        read_source(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("microsoft/wavlm-base-plus-sv", "architecture of wavlm_base_plus"),
        ("facebook/data2vec-audio-base-960h", "data2vec_audio_base has its architecture without the head"),
        ("someone/data2vec-audio-large-frisian", "architecture of data2vec_audio_large"),
        ("facebook/wav2vec2-conformer-rope-large-960h-ft", "wav2vec2_conformer_rope_large has its architecture"),
        ("someone/w2v-bert-2.0-mongolian-colab", "architecture of w2v_bert_2"),
        ("asapp/sew-d-tiny-100k", "squeezes"),
        ("openai/whisper-small", "text decoder"),
        ("facebook/mms-1b-l1107", "architecture of mms_1b_all"),
        ("facebook/mms-1b", "xlsr_1b is of that size"),
        ("mms_1b", "xlsr_1b is of that size"),
        ("utter-project/mHuBERT-147", "hubert_base has its architecture"),
        ("someone/wav2vec2-large-xlsr-53-frisian", "architecture of xlsr_53"),
    ],
)
def test_names_without_a_preset_lead_to_the_reason(name: str, reason: str) -> None:
    with pytest.raises(SourceError, match=f"there is no preset of it: .*{reason}"):
        read_source(name)


@pytest.mark.parametrize(
    "name", ["my_wavlm.yaml", "conformer", "configs/run7.yaml", "x" * 5000, "frobnicate", "base/../nothing"]
)
def test_other_names_mean_no_model(name: str) -> None:
    with pytest.raises(SourceError, match=r"lists the presets|there is no folder"):
        read_source(name)


def test_every_preset_named_is_one() -> None:
    for known in all_published():
        for presets in (*known.names.values(), known.bundles, known.made_of):
            assert set(presets.values()) <= set(preset_names())


@pytest.mark.parametrize("path", HUB, ids=lambda path: path.stem)
def test_presets_have_the_architecture_on_the_hub(path: Path) -> None:
    known = find_model(f"facebook/{path.stem}")
    assert known is not None
    there = load_config(str(path)).model.to_mapping()
    standard = [list(layer) for layer in STANDARD_CONV_LAYERS]
    preset = known.preset or known.remark.split("architecture of ")[1].split(";")[0]
    here = load_config(preset).model.to_mapping()
    for field in FIELDS:
        if "drop" not in field and field != "aux_num_out":
            assert (there[field] or standard) == (here[field] or standard), field
    if known.preset and here["aux_num_out"] is not None:
        assert (there["aux_num_out"] != here["aux_num_out"]) == bool(known.difference)
    assert json.loads(path.read_text())["model_type"] == "wav2vec2"


@pytest.mark.parametrize(
    ("name", "guesses"),
    [
        ("encoder_num_layer", ["encoder_num_layers"]),
        ("encoder-num-layers", ["encoder_num_layers"]),
        ("Encoder_Num_Layers", ["encoder_num_layers"]),
        ("encoderNumLayers", ["encoder_num_layers"]),
        ("encoder_nmu_layers", ["encoder_num_layers"]),
        ("num_layers", ["encoder_num_layers"]),
        ("encoder_embedding_dim", ["encoder_embed_dim"]),
        ("encoder_ff_dropout", ["encoder_ff_interm_dropout"]),
        ("extractor_conv_layers", ["extractor_conv_layer_config"]),
        ("encoder_layer_dropout", ["encoder_layer_drop"]),
        # Near in letters, far in meaning.
        ("encoder_layer_norm", ["encoder_layer_norm_first"]),
        ("encoder_depth", []),
        ("encoder_groups", ["encoder_pos_conv_groups"]),
        ("model_mode", []),
        ("e", []),
        ("encoder", []),
        ("x" * 61, []),
    ],
)
def test_fields_meant(name: str, guesses: list[str]) -> None:
    assert nearest(name, FIELDS) == guesses


@pytest.mark.parametrize(
    ("name", "guesses"),
    [
        ("bsae", ["base"]),
        ("hubert-bas", ["hubert_base"]),
        ("XLSR-300M", ["xlsr_300m"]),
        ("base_960h", ["asr_base_960h"]),
        ("xlsr", ["xlsr_1b", "xlsr_2b", "xlsr_300m", "xlsr_53"]),
        # Another number is another model.
        ("xlsr_3b", []),
        ("asr_base_10h", []),
        ("indic", []),
    ],
)
def test_presets_meant(name: str, guesses: list[str]) -> None:
    assert nearest(name, preset_names()) == guesses


def test_misspelt_and_only_alike() -> None:
    assert is_misspelt("extend", ("extends",))
    assert is_misspelt("encoder_num_head", FIELDS)
    assert not is_misspelt("num_layers", FIELDS)
    assert not is_misspelt("", FIELDS)


def test_guesses_in_words() -> None:
    assert did_you_mean(["a"], "-") == "did you mean a?"
    assert did_you_mean(["a", "b", "c"], "-") == "did you mean a, b or c?"
    assert did_you_mean([], "-") == did_you_mean(list("abcde"), "-") == "-"


@pytest.mark.parametrize(
    ("name", "guesses"),
    [
        ("n_layers", ["encoder_num_layers"]),
        ("n_layer", ["encoder_num_layers"]),
        ("numheads", ["encoder_num_heads"]),
        ("posconvkernel", ["encoder_pos_conv_kernel"]),
        ("numbers", []),
        ("ENCODER_LAYERDROP", ["encoder_layer_drop"]),
    ],
)
def test_fields_written_together_or_short(name: str, guesses: list[str]) -> None:
    assert nearest(name, FIELDS) == guesses


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("params", "did you mean parameters?"),
        ("receptive", "did you mean extractor.receptive_field_samples?"),
        ("latency", "did you mean latency.end_to_end.median_s or latency.real_time_factor?"),
        ("training", "did you mean memory.training_bytes or training.expected_macs?"),
        ("perplexity", "write parameters, "),
    ],
)
def test_figures_meant(name: str, said: str) -> None:
    with pytest.raises(ConditionError, match=re.escape(said)):
        parse_condition(f"{name} > 5")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x08\x07\x12\x07pytorch\x1a\x052.1.0" + bytes(range(200, 256)) * 9, "this looks like an ONNX model"),
        (bytes(range(256)) * 20, "this is a binary file"),
        (b"extends: base\x01\n", "character U+0001 is not allowed"),
        (b"extends: b\xe4se\n", "byte 0xe4 is no UTF-8"),
    ],
)
def test_bytes_that_are_no_text(content: bytes, said: str) -> None:
    [problem] = parse_document(Source("x", content), None).problems
    assert said in problem.message


def test_an_expression_in_yaml_is_to_be_written_out() -> None:
    text = b"extends: base\nextractor_conv_layer_config: [[512, 10, 5]] + [[512, 3, 2]] * 4\n"
    [problem] = parse_document(Source("x", text), None).problems
    assert "write out every layer" in problem.message


@pytest.mark.parametrize(
    ("path", "preset"),
    [
        ("https://dl.fbaipublicfiles.com/hubert/hubert_base_ls960.pt", "hubert_base"),
        ("https://host/resolve/main/wav2vec_small.pt?download=true", "base"),
        ("C:\\models\\wav2vec_small.pt", "base"),
        ("/m/wav2vec_small", None),
        ("/m/mine.pt", None),
        ("facebook/wav2vec2-base", None),
    ],
)
def test_weights_are_known_by_the_name_of_their_file(path: str, preset: str | None) -> None:
    known = find_weights(path)
    assert (known.preset if known is not None else None) == preset
