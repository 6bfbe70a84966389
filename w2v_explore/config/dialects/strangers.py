"""Mappings that are no config of a program whose configs are read: what each looks like, and what to give instead.

People point the program at what lies beside a model: its preprocessor, its tokenizer, the settings of its training.
Each is known by its content, since files are renamed; what is known by nothing is told what its keys are.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import yaml

from w2v_explore.config import codes
from w2v_explore.config.dialects.section import Section
from w2v_explore.config.entries import Document, plain_value
from w2v_explore.config.family import default_family
from w2v_explore.config.kinds import Field
from w2v_explore.config.metadata import SEARCH
from w2v_explore.diagnostics import shorten

# What HyperPyYAML resolves; other tags are YAML's own or a mistake in a config of ours.
_HYPER_TAGS = re.compile(r"(?<![\w!])!(new|name|ref|apply|include|copy|module|tuple|PLACEHOLDER)\b(?=[:\s]|$)", re.M)
_ENOUGH_FIELDS = 4
"""So many of our fields in one mapping are a config of ours, in whatever else it stands."""
_MAX_SHOWN_KEYS = 4
_MAX_NODES = 2_000
_MAX_DEPTH = 5
_MODEL_KEYS = re.compile(
    r"model|pretrain|upstream|hub|backbone|encoder|ssl|frontend|checkpoint|ckpt|name|source|w2v|vec|hubert|_url|bundle"
)
# What s3prl calls a model in a word of one part, others call a class: it tells under this key alone.
_UPSTREAM = "upstream"

_BESIDE = "name the config.json beside it"
_NAME_PRESET = "name the model's own config, or a preset (`w2v-explore presets` lists them)"


class Stranger(NamedTuple):
    """A kind of file that is no config of a model.

    Attributes:
        is_met: Whether a mapping is one.
        what: What it looks like.
        instead: What to give instead, where the file names no model that is known.
    """

    is_met: Callable[[Section], bool]
    what: str
    instead: str = _NAME_PRESET


class Strange(NamedTuple):
    """What is to be said of a mapping that is no config of a model.

    Attributes:
        message: What it looks like, and what to give instead.
        is_known: Whether it is of a kind that is known, rather than only of none that is read.
    """

    message: str
    is_known: bool


def _fields() -> Mapping[str, Field]:
    """The fields of a config that does not name its architecture."""
    return default_family().config.FIELDS


def _ours() -> tuple[str, ...]:
    """What no other program's config says; a mapping with one of these, or with one misspelt, is ours."""
    return (*_fields(), "extends", "budgets", "published_parameters")


def _has(*names: str) -> Callable[[Section], bool]:
    """Whether a mapping has all of these keys."""
    return lambda root: all(name in root.pairs for name in names)


def _some(least: int, *names: str) -> Callable[[Section], bool]:
    """Whether a mapping has so many of these keys."""
    return lambda root: sum(name in root.pairs for name in names) >= least


def _within(outer: str, least: int, *names: str) -> Callable[[Section], bool]:
    """Whether the mapping below a key has so many of these keys."""

    def is_met(root: Section) -> bool:
        inner = root.inner(outer)
        return inner is not None and _some(least, *names)(inner)

    return is_met


def _any(*tests: Callable[[Section], bool]) -> Callable[[Section], bool]:
    return lambda root: any(test(root) for test in tests)


def _all(*tests: Callable[[Section], bool]) -> Callable[[Section], bool]:
    return lambda root: all(test(root) for test in tests)


def _is_vocabulary(root: Section) -> bool:
    """Whether every key leads to a whole number, and the numbers are those of a list."""
    numbers = [value.value for _, value in root.pairs.values() if isinstance(value, yaml.ScalarNode)]
    if not 5 <= len(numbers) == len(root.pairs) or not all(number.isdigit() for number in numbers):
        return False
    return len(set(numbers)) == len(numbers) and max(len(number) for number in numbers) <= 6 and "0" in numbers


def _all_end_in(*endings: str) -> Callable[[Section], bool]:
    return lambda root: bool(root.pairs) and all(name.endswith(endings) for name in root.pairs)


def _any_ends_in(ending: str) -> Callable[[Section], bool]:
    return lambda root: any(name.endswith(ending) for name in root.pairs)


def _names_a_class(key: str) -> Callable[[Section], bool]:
    """Whether the value of a key is a word that begins with a capital, as Python's classes do."""
    return lambda root: isinstance(value := root.value(key), str) and value[:1].isupper()


def _has_target(root: Section) -> bool:
    """Whether Hydra or Lightning is to build something from the mapping, or from one in it."""
    keys = {"_target_", "class_path"}
    return bool(keys & root.pairs.keys()) or any(
        keys & inner.pairs.keys() for name in root.pairs if (inner := root.inner(name)) is not None
    )


def _is_version(root: Section) -> bool:
    return _has("build")(root) and _some(1, "python", "sphinx", "mkdocs", "formats")(root)


_TRAINING_ARGUMENTS = (
    "output_dir", "per_device_train_batch_size", "learning_rate", "num_train_epochs", "gradient_accumulation_steps",
    "warmup_steps", "eval_strategy", "evaluation_strategy", "save_steps", "logging_steps", "max_steps",
    "model_name_or_path", "lr_scheduler_type", "group_by_length", "freeze_feature_encoder",
)  # fmt: skip
_VOICE_DATA = ("filter_length", "hop_length", "win_length", "n_mel_channels", "sampling_rate", "max_wav_value")

STRANGERS = (
    # Hugging Face: what lies beside a config.json.
    Stranger(
        _any(
            _some(1, "feature_extractor_type", "image_processor_type"),
            _some(3, "do_normalize", "feature_size", "padding_side", "padding_value", "return_attention_mask"),
        ),
        "a preprocessor_config.json of Hugging Face, which says how audio is prepared",
        _BESIDE,
    ),
    Stranger(_has("added_tokens", "model"), "a tokenizer.json of Hugging Face", _BESIDE),
    Stranger(
        _any(
            _some(1, "added_tokens_decoder", "word_delimiter_token", "do_phonemize", "replace_word_delimiter_char"),
            _all(
                _has("tokenizer_class"),
                _some(1, "unk_token", "pad_token", "model_max_length", "bos_token", "eos_token"),
            ),
        ),
        "a tokenizer_config.json of Hugging Face",
        _BESIDE,
    ),
    Stranger(
        _all_end_in("_token", "additional_special_tokens"), "a special_tokens_map.json of Hugging Face", _BESIDE
    ),
    Stranger(_has("processor_class"), "a processor_config.json of Hugging Face", _BESIDE),
    Stranger(
        _any(_has("_from_model_config"), _all(_has("transformers_version"), _some(1, "bos_token_id", "eos_token_id"))),
        "a generation_config.json of Hugging Face",
        _BESIDE,
    ),
    Stranger(_is_vocabulary, "a vocabulary (vocab.json), which numbers the outputs of a head", _BESIDE),
    Stranger(
        _some(1, "peft_type", "lora_alpha", "adapter_layers"),
        "an adapter_config.json of PEFT, which says how a model is adapted and not what it is",
        "name the config.json of the model that it adapts",
    ),
    Stranger(
        _has("weight_map"),
        "an index of shards of weights",
        "name it as the checkpoint that it is, with the ending .index.json, or name the folder that it lies in",
    ),
    Stranger(_has("_class_name", "_diffusers_version"), "a config of diffusers"),
    Stranger(
        _some(2, "log_history", "global_step", "best_metric", "best_model_checkpoint", "total_flos"),
        "a trainer_state.json of Hugging Face, a log of a training",
        _BESIDE,
    ),
    Stranger(_all_end_in("_loss", "_wer", "_cer", "_runtime", "_samples", "_per_second", "epoch", "_accuracy"),
             "the results of a training", _BESIDE),
    Stranger(
        _some(1, "zero_optimization", "train_micro_batch_size_per_gpu", "zero_allow_untested_optimizer"),
        "a config of DeepSpeed, which says how a model is trained",
    ),
    Stranger(
        _some(2, "compute_environment", "distributed_type", "machine_rank", "num_machines", "mixed_precision",
              "main_training_function"),
        "a config of accelerate, which says on what a model is trained",
    ),
    Stranger(_some(3, *_TRAINING_ARGUMENTS), "the arguments of a training with Hugging Face's Trainer"),
    Stranger(
        _has("speechbrain_interface"),
        "a config.json of SpeechBrain",
        "name the config.json of the model it starts from",
    ),
    # Other toolkits for speech.
    Stranger(_all(_any_ends_in("_params_path"), _some(1, "enc", "ctc", "vocab_filepath")), "a recipe of PaddleSpeech"),
    Stranger(
        _all(_has("model_conf"), _some(1, "tokenizer", "predictor_conf", "train_conf"), _names_a_class("model")),
        "a config of FunASR",
    ),
    Stranger(
        _all(
            _some(1, "encoder_conf", "decoder_conf", "model_conf"),
            _some(1, "dataset_conf", "cmvn_file", "cmvn_conf", "is_json_cmvn", "raw_wav", "tokenizer_conf"),
        ),
        "a recipe of WeNet",
    ),
    Stranger(
        _some(2, "frontend", "frontend_conf", "encoder_conf", "decoder_conf", "model_conf", "specaug", "specaug_conf",
              "preencoder", "preencoder_conf", "batch_bins", "optim_conf", "scheduler_conf", "ctc_conf", "token_type",
              "init_param", "batch_type", "keep_nbest_models"),
        "a recipe of ESPnet",
    ),
    Stranger(
        _some(3, "elayers", "eunits", "eprojs", "adim", "aheads", "dlayers", "dunits", "mtlalpha", "etype", "dtype",
              "model-module", "transformer-lr"),
        "a recipe of ESPnet 1",
    ),
    Stranger(
        _any(
            _has("exp_manager"), _has("nemo_version"),
            _within("model", 2, "train_ds", "validation_ds", "preprocessor", "spec_augment", "decoding"),
            _some(3, "train_ds", "validation_ds", "preprocessor", "spec_augment", "decoder", "encoder"),
        ),
        "a config of NeMo",
    ),
    Stranger(
        _any(
            _some(1, "gang", "regime", "asset_store"),
            _all(_has("model", "dataset"), _some(2, "trainer", "lr_scheduler", "optimizer", "criterion")),
        ),
        "a recipe of fairseq2, which names an architecture and keeps its values in Python",
    ),
    Stranger(
        _some(1, "downstream_expert", "runner", "upstream"),
        "a config of s3prl's runner, which trains on what another model puts out",
    ),
    Stranger(
        _all(_has("audio"), _some(2, "transformer", "pretrain_expert", "task", "dataloader", "optimizer", "model")),
        "a config of one of s3prl's upstreams",
    ),
    Stranger(
        _any(
            _within("data", 2, *_VOICE_DATA), _within("audio", 2, *_VOICE_DATA, "fft_size", "num_mels", "n_fft"),
            _some(2, "upsample_rates", "upsample_kernel_sizes", "resblock", "segment_size"),
        ),
        "a config of a synthesiser (VITS, so-vits-svc, RVC, HiFi-GAN or Coqui)",
        "name the config of the encoder that it takes its units from, as contentvec or hubert_base",
    ),
    Stranger(
        _some(2, "feature_type", "num_filters", "num_mel_bins", "sampling_rate", "frame_shift", "frame_length",
              "use_feats", "bpe_model", "lang_dir", "manifest_dir", "max_duration", "recordings", "supervisions"),
        "a config of features or data, as of lhotse, icefall or Kaldi",
    ),
    # Frameworks.
    Stranger(
        _any(
            _some(1, "seed_everything", "pytorch-lightning_version"),
            _all(_has("trainer"), _some(1, "data", "model")),
        ),
        "a config of Lightning, which says how a model is trained",
    ),
    Stranger(
        _any(_has("defaults"), _has("hydra"), _has_target),
        "a config of Hydra or of a program that builds its classes from it",
    ),
    Stranger(_any(_has("_wandb"), _has("wandb_version")), "a config of Weights & Biases"),
    Stranger(_all(_has("method", "parameters"), _some(1, "metric", "program")), "a sweep of Weights & Biases"),
    # What else lies in a repository.
    Stranger(_has("nbformat"), "a Jupyter notebook"),
    Stranger(_any(_has("jobs"), _has("runs", "inputs")), "a workflow of GitHub Actions"),
    Stranger(_has("repos"), "a config of pre-commit"),
    Stranger(_has("services"), "a docker-compose file"),
    Stranger(_has("apiVersion", "kind"), "a manifest of Kubernetes"),
    Stranger(_has("dependencies", "channels"), "an environment of conda"),
    Stranger(_has("site_name"), "a config of MkDocs"),
    Stranger(_any(_has("openapi"), _has("swagger")), "a description of a web service (OpenAPI)"),
    Stranger(_has("cff-version"), "a CITATION.cff"),
    Stranger(_has("stages"), "a pipeline of GitLab CI or DVC"),
    Stranger(_some(1, "devDependencies", "compilerOptions", "scripts"), "a package.json or tsconfig.json"),
    Stranger(_is_version, "a config of Read the Docs"),
    Stranger(_any(_has("$schema", "properties"), _has("$schema", "$defs")), "a JSON Schema"),
    Stranger(_has("dataset_info"), "a description of a dataset"),
    Stranger(
        _all(_has("schema_version"), _some(1, "configs", "files", "problems", "command", "workload")),
        "a result that this program wrote",
        "name the config that it is about, or give it to --baseline",
    ),
)  # fmt: skip


def find_stranger(document: Document, root: Section) -> Strange | None:
    """What a mapping that was recognised as no program's looks like, and what to give instead.

    Args:
        document: As it was parsed.
        root: Its top level.

    Returns:
        None where it is a config of ours, right or wrong.
    """
    nested = _nested_fields(root)
    if nested is None and _is_ours(root):
        return None
    for stranger in STRANGERS:
        if stranger.is_met(root):
            # A recipe of ESPnet hands them to torchaudio.
            own = f"the fields below `{nested}` are a config of ours; name a file of them alone" if nested else None
            message = f"this looks like {stranger.what}; {own or find_start(root) or stranger.instead}"
            return Strange(message, is_known=True)
    if nested is not None:
        message = f"the fields stand below `{nested}`; write them at the file's own level, without indentation"
        return Strange(message, is_known=False)
    start = find_start(root)
    shown = [f"`{shorten(name, 30)}`" for name in list(root.pairs)[:_MAX_SHOWN_KEYS]]
    keys = ", ".join(shown) + (", …" if len(root.pairs) > _MAX_SHOWN_KEYS else "")
    instead = start or "write `extends: base` and what differs, or name a model's config.json"
    what = f"none of its keys ({keys}) is known" if len(root.pairs) > 1 else f"its key {keys} is not known"
    return Strange(f"this is no config of a wav2vec 2.0 model that is read here: {what}; {instead}", is_known=False)


def find_tagged(document: Document, root: Section) -> Strange | None:
    """What a file with HyperPyYAML's tags is, and what to give instead; None where it has none."""
    if not any(problem.rule is codes.EXPLICIT_TAG for problem in document.problems):
        return None
    if not _HYPER_TAGS.search(document.text):
        return None
    instead = find_start(root) or _NAME_PRESET
    message = f"this looks like HyperPyYAML (SpeechBrain), whose tags build Python objects; {instead}"
    # With a whole config of ours, a tag in it is the mistake.
    return Strange(message, is_known=len(root.pairs.keys() & _fields().keys()) < _ENOUGH_FIELDS)


def _is_ours(root: Section) -> bool:
    # Imported only where a file is not plainly ours.
    from w2v_explore.config.metadata import METADATA
    from w2v_explore.config.suggest import is_misspelt

    names = root.pairs.keys()
    if not names or not names.isdisjoint(_ours()) or names <= {*METADATA}:
        return True
    return any(is_misspelt(name, (*_fields(), "extends")) for name in list(names)[:100])


def _nested_fields(root: Section) -> str | None:
    """The key below which our fields stand; None where they do not."""
    if not root.pairs.keys().isdisjoint(_ours()):
        return None
    for name in root.pairs:
        inner = root.inner(name)
        # A `search:` names fields that vary, and states none.
        if inner is None or name == SEARCH:
            continue
        # A sweep or a schema has mappings of choices or types below such names.
        stated = [key for key, (_, value) in inner.pairs.items() if not isinstance(value, yaml.MappingNode)]
        if len({*_fields(), "extends"}.intersection(stated)) >= _ENOUGH_FIELDS:
            return name
    return None


def find_start(root: Section) -> str | None:
    """What to give for the model that a file starts from; None where it names none that is known."""
    # Imported only where a file is a stranger.
    from w2v_explore.config.model_names import find_model, find_weights
    from w2v_explore.config.published import S3PRL

    for name, value in _texts(root):
        if not _MODEL_KEYS.search(name.lower()):
            continue
        known = find_weights(value) or find_model(value)
        if known is None or (known.remark == S3PRL and value.isalnum() and name != _UPSTREAM):
            continue
        if known.preset is not None:
            return f"the model that it starts from, {value}, is the preset {known.preset}{known.difference}"
        return f"the model that it starts from, {value}, has no preset: {known.remark}"
    return None


def _texts(root: Section) -> Iterator[tuple[str, str]]:
    """Each key with its text, to a depth and a number that no config of a training exceeds."""
    waiting: list[tuple[yaml.Node, yaml.Node, int]] = [(key, value, 1) for key, value in root.pairs.values()]
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        key, value, depth = waiting.pop(0)
        if isinstance(value, yaml.ScalarNode):
            text = plain_value(value)
            if isinstance(key, yaml.ScalarNode) and isinstance(text, str):
                yield str(key.value), text
        elif len(waiting) < _MAX_NODES and depth < _MAX_DEPTH:
            # Aliases can make much of little.
            if isinstance(value, yaml.MappingNode):
                waiting += [(inner, item, depth + 1) for inner, item in value.value[:_MAX_NODES]]
            else:
                waiting += [(key, item, depth + 1) for item in value.value[:_MAX_NODES]]
