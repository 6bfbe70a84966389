"""Files that people point the program at and that are no config: one line each, whoever reads them."""

from pathlib import Path

import pytest

from tests.program import Runner

# Each is in the shape of a real file; the part of the message is what makes it useful.
STRANGERS = {
    "preprocessor_config.json": (
        '{"do_normalize": true, "feature_extractor_type": "Wav2Vec2FeatureExtractor", "feature_size": 1,\n'
        ' "padding_side": "right", "padding_value": 0.0, "return_attention_mask": true, "sampling_rate": 16000}\n',
        "preprocessor_config.json of Hugging Face, which says how audio is prepared; name the config.json beside it",
    ),
    "old_preprocessor.json": (
        '{"do_normalize": true, "feature_size": 1, "padding_side": "right", "sampling_rate": 16000}',
        "preprocessor_config.json",
    ),
    "tokenizer_config.json": (
        '{"tokenizer_class": "Wav2Vec2CTCTokenizer", "unk_token": "[UNK]", "pad_token": "[PAD]",\n'
        ' "word_delimiter_token": "|", "do_lower_case": false}',
        "tokenizer_config.json",
    ),
    "tokenizer.json": ('{"version": "1.0", "added_tokens": [], "model": {"type": "BPE"}}', "tokenizer.json"),
    "special_tokens_map.json": ('{"bos_token": "<s>", "eos_token": "</s>", "pad_token": "[PAD]"}', "special_tokens"),
    "vocab.json": ('{"[PAD]": 0, "[UNK]": 1, "|": 2, "a": 3, "b": 4, "c": 5}', "vocabulary"),
    "generation_config.json": (
        '{"_from_model_config": true, "bos_token_id": 1, "eos_token_id": 2, "transformers_version": "4.40.0"}',
        "generation_config.json",
    ),
    "adapter_config.json": (
        '{"peft_type": "LORA", "r": 8, "lora_alpha": 32, "base_model_name_or_path": "facebook/wav2vec2-base"}',
        "the model that it starts from, facebook/wav2vec2-base, is the preset base",
    ),
    "weights_index.json": ('{"metadata": {"total_size": 1}, "weight_map": {"a": "b.safetensors"}}', "index of shards"),
    "trainer_state.json": (
        '{"best_metric": 0.3, "epoch": 3.0, "global_step": 5000, "log_history": []}',
        "trainer_state",
    ),
    "all_results.json": (
        '{"epoch": 3.0, "eval_loss": 0.4, "eval_wer": 0.3, "train_samples": 100}',
        "results of a training",
    ),
    "training_args.yaml": (
        "model_name_or_path: facebook/wav2vec2-xls-r-300m\noutput_dir: out\nlearning_rate: 3e-4\n"
        "num_train_epochs: 30\nper_device_train_batch_size: 16\n",
        "facebook/wav2vec2-xls-r-300m, is the preset xlsr_300m",
    ),
    "trainer_wavlm.yaml": (
        "model_name_or_path: microsoft/wavlm-base-plus\noutput_dir: out\nlearning_rate: 3e-4\n",
        "microsoft/wavlm-base-plus, is the preset wavlm_base_plus",
    ),
    "ds_config.json": ('{"fp16": {"enabled": true}, "zero_optimization": {"stage": 2}}', "DeepSpeed"),
    "accelerate.yaml": (
        "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nmixed_precision: fp16\nnum_processes: 4\n",
        "accelerate",
    ),
    "train_hf_wav2vec.yaml": (
        "seed: 1986\n__set_seed: !apply:torch.manual_seed [!ref <seed>]\n"
        "wav2vec2_hub: facebook/wav2vec2-large-960h-lv60\n"
        "sample_rate: 16000\nwav2vec2: !new:speechbrain.lobes.models.huggingface_wav2vec.HuggingFaceWav2Vec2\n"
        "    source: !ref <wav2vec2_hub>\n    save_path: !ref <save_folder>/wav2vec2_checkpoint\n"
        "enc: !new:speechbrain.lobes.models.VanillaNN.VanillaNN\n    input_shape: [null, null, 1024]\n",
        "HyperPyYAML (SpeechBrain), whose tags build Python objects; the model that it starts from, "
        "facebook/wav2vec2-large-960h-lv60, is the preset asr_large_lv60k_960h",
    ),
    "hyper_with_our_fields.yaml": (
        "encoder_num_layers: 12\nencoder_dropout: 0.1\nnet: !new:torch.nn.Linear\n  a: !ref <encoder_num_layers>\n",
        "HyperPyYAML",
    ),
    "speechbrain_config.json": ('{"speechbrain_interface": "EncoderASR", "vocab": 30}', "SpeechBrain"),
    "espnet2.yaml": (
        "frontend: s3prl\nfrontend_conf:\n    frontend_conf:\n        upstream: wavlm_large\n"
        "    multilayer_feature: true\n"
        "preencoder: linear\nencoder: conformer\nencoder_conf:\n    output_size: 512\n    attention_heads: 8\n"
        "    num_blocks: 12\nmodel_conf:\n    ctc_weight: 0.3\noptim: adam\n",
        "recipe of ESPnet; the model that it starts from, wavlm_large, is the preset wavlm_large",
    ),
    "espnet_url.yaml": (
        "encoder: wav2vec2\nencoder_conf:\n    w2v_url: https://dl.fbaipublicfiles.com/fairseq/wav2vec/wav2vec_vox_new.pt\n"
        "model_conf: {}\noptim: adam\n",
        "wav2vec_vox_new.pt, is the preset large_lv60k",
    ),
    "espnet1.yaml": ("elayers: 12\neunits: 2048\ndlayers: 6\nadim: 256\naheads: 4\nmtlalpha: 0.3\n", "ESPnet 1"),
    "nemo.yaml": (
        "name: Conformer\nmodel:\n  sample_rate: 16000\n  train_ds: {manifest_filepath: a}\n  validation_ds: {b: c}\n"
        "  preprocessor: {features: 80}\ntrainer:\n  devices: 1\nexp_manager:\n  exp_dir: null\n",
        "NeMo",
    ),
    "fairseq2_recipe.yaml": (
        "model:\n  name: my_model\ndataset:\n  name: librispeech\ntrainer:\n  dtype: float16\ngang: {}\n"
        "regime:\n  num_steps: 1000\n",
        "fairseq2",
    ),
    "paddlespeech.yaml": (
        "freeze_wav2vec2: true\nwav2vec2_params_path: exp/wav2vec2/wav2vec2-large-960h-lv60-self.pdparams\n"
        "enc: {input_shape: 1024}\nctc: {enc_n_units: 1024}\n",
        "a recipe of PaddleSpeech; the model that it starts from, exp/wav2vec2/wav2vec2-large-960h-lv60-self.pdparams",
    ),
    "funasr.yaml": (
        "model: Paraformer\nmodel_conf: {}\nencoder: SANMEncoder\nencoder_conf: {output_size: 512}\n"
        "tokenizer: CharTokenizer\npredictor_conf: {}\n",
        "FunASR",
    ),
    "wenet_w2v.yaml": (
        "encoder: w2vbert\nencoder_conf: {num_blocks: 24}\ntokenizer_conf: {}\n",
        "WeNet",
    ),
    "wenet.yaml": (
        "encoder: conformer\nencoder_conf:\n    output_size: 256\n    num_blocks: 12\ndecoder: transformer\n"
        "dataset_conf:\n    batch_conf: {batch_size: 16}\ncmvn: global_cmvn\n",
        "WeNet",
    ),
    "s3prl_runner.yaml": (
        "runner:\n  total_steps: 200000\n  gradient_clipping: 1\noptimizer:\n  name: TorchOptim\n"
        "downstream_expert:\n  datarc: {num_workers: 12}\n",
        "s3prl's runner",
    ),
    "s3prl_run.yaml": ("upstream: wav2vec2_large_ll60k\ndownstream: asr\n", "is the preset large_lv60k"),
    "s3prl_name.yaml": (
        "ssl_model: xls_r_300m\nencoder: wav2vec2\nlr: 0.1\n",
        "the model that it starts from, xls_r_300m, is the preset xlsr_300m",
    ),
    "s3prl_path.yaml": (
        "upstream: hf_hubert_custom\npath_or_url: facebook/hubert-base-ls960\nlayer: 6\n",
        "is the preset hubert_base",
    ),
    "fairseq_decoding.yaml": (
        "task: {_name: audio_finetuning}\ncommon_eval: {path: /m/wav2vec_small_960h.pt}\ndecoding: {type: viterbi}\n",
        "decode with the model in the checkpoint of common_eval.path; name that, or the preset asr_base_960h",
    ),
    "diffusion_svc.yaml": (
        "data:\n  encoder: contentvec768l12\n  encoder_ckpt: pretrain/contentvec/checkpoint_best_legacy_500.pt\n"
        "model: {type: Diffusion}\n",
        "is the preset contentvec",
    ),
    "s3prl_mockingjay.yaml": (
        "transformer:\n  hidden_size: 768\n  num_hidden_layers: 3\naudio:\n  target_level: -25\n"
        "optimizer: {type: adam}\n",
        "s3prl's upstreams",
    ),
    "vits.json": (
        '{"train": {"log_interval": 200, "segment_size": 8192}, "data": {"filter_length": 1024, "hop_length": 256},\n'
        ' "model": {"inter_channels": 192, "hidden_channels": 192, "n_heads": 2, "n_layers": 6}}',
        "synthesiser",
    ),
    "hifigan.json": ('{"resblock": "1", "upsample_rates": [8, 8], "upsample_kernel_sizes": [16, 16]}', "synthesiser"),
    "coqui.json": ('{"run_name": "x", "audio": {"fft_size": 1024, "hop_length": 256, "num_mels": 80}}', "Coqui"),
    "lhotse.yaml": ("feature_type: fbank\nnum_mel_bins: 80\nframe_shift: 0.01\n", "lhotse"),
    "lightning.yaml": ("seed_everything: 42\ntrainer:\n  max_epochs: 10\nmodel:\n  class_path: a.B\n", "Lightning"),
    "hydra.yaml": ("defaults:\n  - _self_\n  - data: librispeech\nlr: 0.1\n", "Hydra"),
    "target.yaml": ("net:\n  _target_: src.models.Net\n  width: 512\n", "builds its classes"),
    "wandb.yaml": ("_wandb:\n  value: {cli_version: 0.15}\nlr:\n  value: 0.1\n", "Weights & Biases"),
    "sweep.yaml": ("method: bayes\nmetric: {name: wer}\nparameters: {lr: {min: 0.1}}\n", "sweep"),
    "notebook.ipynb": ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "Jupyter"),
    "ci.yml": ("name: CI\non: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n", "GitHub Actions"),
    ".pre-commit-config.yaml": ("repos:\n  - repo: local\n    hooks: []\n", "pre-commit"),
    "docker-compose.yml": ("version: '3'\nservices:\n  app:\n    image: x\n", "docker-compose"),
    "k8s.yaml": ("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", "Kubernetes"),
    "environment.yml": ("name: asr\nchannels: [conda-forge]\ndependencies: [python=3.10]\n", "conda"),
    "mkdocs.yml": ("site_name: X\nnav: [index.md]\n", "MkDocs"),
    "openapi.yaml": ("openapi: 3.0.0\ninfo: {title: x}\npaths: {}\n", "OpenAPI"),
    "package.json": ('{"name": "x", "scripts": {"a": "b"}, "devDependencies": {}}', "package.json"),
    "schema.json": ('{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {}}', "JSON Schema"),
    "unknown.yaml": (
        "alpha: 1\nbeta: 2\ngamma: [1]\ndelta: {}\nepsilon: 3\n",
        "(`alpha`, `beta`, `gamma`, `delta`, …)",
    ),
    "unknown_start.yaml": ("ssl_model: facebook/hubert-base-ls960\nalpha: 1\n", "is the preset hubert_base"),
    "nested.yaml": (
        "model:\n  encoder_num_layers: 12\n  encoder_num_heads: 12\n  encoder_dropout: 0.1\n  aux_num_out: null\n",
        "the fields stand below `model`; write them at the file's own level",
    ),
    "empty.yaml": ("", "the file is empty"),
    "empty_mapping.yaml": ("{}\n", "none of the 16 fields is stated"),
}

MISTAKES = {
    "only_a_name.yaml": ("name: my model\n", "none of the 16 fields is stated"),
    "extend.yaml": ("extend: base\nencoder_num_layers: 6\n", "did you mean extends?"),
    "capital.yaml": ("Extends: base\n", "did you mean extends?"),
    "dashes.yaml": ("extends: base\nencoder-num-layers: 6\n", "did you mean encoder_num_layers?"),
    "one_misspelt.yaml": ("extends: base\nencoder_num_layer: 6\n", "did you mean encoder_num_layers?"),
    "list.yaml": ("- extends: base\n- encoder_num_layers: 6\n", "the file is a list"),
    "tabs.yaml": ("extends: base\n\tencoder_num_layers: 6\n", "indent with spaces"),
    "indented.yaml": ("extends: base\n  encoder_num_layers: 6\n", "begin each field at the start of its line"),
    "first_indented.yaml": ("  extends: base\nencoder_num_layers: 6\n", "begin each field at the start of its line"),
    "no_space.yaml": ("extends: base\nencoder_num_layers:6\n", "with a colon and a space"),
    "open_quote.yaml": ('extends: "base\nencoder_num_layers: 6\n', "close the quote"),
    "quoted.yaml": ('"extends": "base"\n"encoder_num_layers": "6"\n', "write 6"),
    "equals.yaml": ("encoder_num_layers = 12\nencoder_embed_dim = 768\n", "TOML or INI; write `field: value`"),
    "config.toml": ("[model]\nencoder_num_layers = 12\n", "TOML or INI"),
    "config.ini": ("; ours\n[model]\nencoder_num_layers=12\n", "TOML or INI"),
    "config.py": ("from dataclasses import dataclass\n\n@dataclass\nclass A:\n    n: int = 12\n", "Python"),
    "build.py": ("model = wav2vec2_model(\n    encoder_num_layers=12,\n)\n", "Python"),
    "run.sh": ("#!/usr/bin/env bash\nset -e\npython train.py\n", "shell script"),
    "fbank.conf": ("--num-mel-bins=80\n--sample-frequency=16000\n", "Kaldi"),
    "Dockerfile": ("FROM python:3.10\nRUN pip install x\n", "Dockerfile"),
    "404.yaml": ("<!DOCTYPE html>\n<html><body>Not: found</body></html>\n", "HTML page"),
    "pointer.yaml": (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a1' * 32}\nsize 1234\n",
        "git lfs pull",
    ),
    "table.csv": ("path,frames,text\na.wav,100,hello\n", "CSV"),
    "manifest.jsonl": ('{"audio": "a.wav"}\n{"audio": "b.wav"}\n', "JSON Lines"),
    "two.yaml": ("extends: base\n---\nextends: large\n", "a second document starts here"),
    "comment.json": ('{\n  // ours\n  "extends": "base"\n}\n', "JSON has no comments"),
    "comma.json": ('{\n  "extends": "base",\n}\n', "remove the last comma"),
    "commas.json": ('{"extractor_conv_layer_config": [[512, 10, 5],, [512, 3, 2]]}', "remove one of the two commas"),
    "commas.yaml": ("extractor_conv_layer_config: [[512, 10, 5], , [512, 3, 2]]\n", "remove one of the two commas"),
    "begins.json": ('{"extractor_conv_layer_config": [, [512, 10, 5]]}', "remove the comma after the bracket"),
    "printed.json": ("{'extends': 'base'}", "text stands in double quotes"),
    "python.json": ('{"encoder_layer_norm_first": False}', "write true, false or null"),
}

BINARY = {
    "utf16.yaml": ("extends: base\nencoder_num_layers: 6\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
    "image.yaml": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
    "sound.wav": (b"RIFF\x24\x08\0\0WAVEfmt \x10\0\0\0", "a WAV file"),
    "archive.gz": (b"\x1f\x8b\x08\0\0\0\0\0", "a gzip archive"),
    "weights.h5": (b"\x89HDF\r\n\x1a\n\0\0", "an HDF5 file"),
    "array.npy": (b"\x93NUMPY\x01\0v\0{'descr'", "a NumPy array"),
    "noise.yaml": (bytes(range(128, 256)) * 3, "is no UTF-8"),
}

CORPUS = {
    **{name: (text.encode(), part) for name, (text, part) in (STRANGERS | MISTAKES).items()},
    **BINARY,
}


@pytest.mark.parametrize("name", CORPUS)
def test_one_line_says_what_it_is(run: Runner, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content, part = CORPUS[name]
    Path(name).write_bytes(content)
    for command in (["summary", name], ["convert", name, "--to", "huggingface"]):
        code, out, err = run(*command)
        # What could be read of a config of ours is accounted for above the error.
        errors = [line for line in err.splitlines() if " error E" in line or name not in MISTAKES]
        assert (code, out, len(errors)) == (2, "", 1), err
        assert errors[0].startswith(name)
        assert part in err
    code, out, err = run("lint", name, "--format", "json")
    assert code == 1, err
    assert out.count('"message"') == 1
    assert part in out.encode().decode("unicode_escape") or part in out


@pytest.mark.parametrize("name", [name for name in STRANGERS if name.endswith((".yaml", ".yml"))])
def test_the_cause_is_said_of_a_file_that_is_extended(
    run: Runner, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(CORPUS[name][0])
    Path("mine.yaml").write_text(f"extends: {name}\nencoder_num_layers: 6\n")
    code, _, err = run("summary", "mine.yaml")
    assert (code, len(err.splitlines())) == (2, 1), err


@pytest.mark.parametrize(
    "text",
    [
        # Ours, whatever else they hold.
        "extends: base\njobs: 3\n",
        "encoder_num_layers: 6\nservices: {}\n",
        "encoder_num_layer: 6\n",
        "encoder_embed_dims: 768\nencoder_num_head: 12\n",
    ],
)
def test_a_mapping_with_a_field_of_ours_stays_ours(run: Runner, text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    code, _, err = run("summary", str(path))
    assert code == 2
    assert "E283" not in err
    assert "E200" in err
    assert len(err.splitlines()) <= text.count("\n") + 1


def test_a_byte_order_mark_and_utf16_with_one_are_read(run: Runner, tmp_path: Path) -> None:
    for number, encoding in enumerate(("utf-8-sig", "utf-16")):
        path = tmp_path / f"{number}.yaml"
        path.write_bytes("extends: base\n".encode(encoding))
        assert run("summary", str(path)).code == 0


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "model.pt"])
@pytest.mark.parametrize("command", ["summary", "inspect", "check"])
def test_a_pointer_that_stands_for_weights(
    run: Runner, name: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(CORPUS["pointer.yaml"][0])
    code, out, err = run(command, name, *(["base"] if command == "check" else []))
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert "git lfs pull" in err
