"""A config as each dialect words it. Whatever is written here, reading gives the same values back.

But for a class of transformers of which the encoder alone is read, as `Names.counts` says.
"""

import json
import math
import os
import re
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any, cast

import yaml

from w2v_explore.config.dialects.columns import CONV, HEAD, Column
from w2v_explore.config.dialects.fairseq import leaves_out_projection
from w2v_explore.config.dialects.fairseq_words import FAIRSEQ_OVERRIDES
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.config.dialects.programs import DIALECTS, SAMPLE_RATE_TARGETS, column_of
from w2v_explore.config.dialects.recognise import UNILM_LEVEL
from w2v_explore.config.family import (
    ARCHITECTURE,
    DEFAULT_FAMILY,
    Family,
    ModelConfig,
    ProgramName,
    family_called,
    marks_in,
)
from w2v_explore.config.kinds import ConvLayer
from w2v_explore.config.load import Config
from w2v_explore.config.metadata import DEFAULT_SAMPLE_RATE, TEXT_METADATA
from w2v_explore.config.validate import to_flow_yaml
from w2v_explore.encoding import as_unicode, printable
from w2v_explore.errors import SourceError

# Those that state the arguments of a function in Python.
_CALLS = ("torchaudio", "python")
# As many equal layers as are worth a `*`.
_RUN = 3
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".pt2")
# What files are taken for by their ends, where no text of the dialect is that. JSON is YAML too.
_WRONG_ENDS = {
    "w2v": ("YAML", ".yaml", (".json", ".py", *_WEIGHTS)),
    "fairseq": ("YAML", ".yaml", (".json", ".py", *_WEIGHTS)),
    "unilm": ("YAML", ".yaml", (".json", ".py", *_WEIGHTS)),
    "torchaudio": ("JSON", ".json", (".py", *_WEIGHTS)),
    "huggingface": ("JSON", ".json", (".py", *_WEIGHTS)),
    "python": ("Python", ".py", (".json", ".yaml", ".yml", *_WEIGHTS)),
}


def write_config(config: Config, dialect: str, *, ascii_only: bool = False) -> str:
    """The text of a config in a dialect.

    Args:
        config: Any config.
        dialect: A key of `WRITERS`.
        ascii_only: Whether YAML has an escape for what is no ASCII; JSON and Python always have.

    Raises:
        ValueError: The dialect cannot say it; see `unwritable`.
    """
    found = unwritable(config.model, dialect)
    if found is not None:
        raise ValueError(found[1])
    return _to_w2v(config, ascii_only) if dialect == "w2v" else WRITERS[dialect](config)


def require_fitting_name(path: str, dialect: str) -> None:
    """Refuse a file's name under which what a dialect writes could not be read again, as YAML in a ``.json``.

    Raises:
        SourceError: It is such a name.
    """
    kind, end, wrong = _WRONG_ENDS[dialect]
    stem, found = os.path.splitext(path)
    if found.lower() in wrong:
        raise SourceError(f"cannot write {path}: what is written is {kind}; name it {stem}{end}")


def as_comment(text: str) -> str:
    """A comment that a text cannot end, and that is none of those which a reader of ours obeys."""
    return "# " + printable(text).replace("w2v:", r"w2v\x3a")


def _comment(config: Config) -> str:
    """What a changed config is, where nothing else in the text says it; JSON has no comments."""
    return f"{as_comment(config.name)}\n" if config.changes else ""


def has_model(family: Family, dialect: str) -> bool:
    """Whether a dialect has models of a family."""
    if dialect in _CALLS:
        return family.part("dialects").PYTHON is not None
    return dialect not in DIALECTS or column_of(family.name, dialect) is not None


def unwritable(model: ModelConfig, dialect: str) -> tuple[str, str] | None:
    """The field of ours that a dialect has no way to say, and why; None where it can say all of them."""
    family = model.family
    if not has_model(family, dialect):
        title = DIALECTS[dialect].title if dialect in DIALECTS else "torchaudio"
        able = " or ".join(name for name in WRITERS if has_model(family, name))
        return ARCHITECTURE, f"{title} has no model of the architecture {family.name}; write it as {able}"
    is_as_wide = dialect in ("fairseq", "unilm") and model.conv_layers[-1][0] == model.encoder_embed_dim
    if is_as_wide and leaves_out_projection(family):
        title, width = DIALECTS[dialect].title, model.encoder_embed_dim
        return "encoder_embed_dim", (
            f"encoder_embed_dim is {width}, the width of the last convolution: {title} then builds no projection "
            "between the two, and the model here always has one"
        )
    if dialect == "unilm" and getattr(model, HEAD) is not None:
        return HEAD, f"{HEAD} is {getattr(model, HEAD)}, and unilm's models have no head; give --set {HEAD}=null"
    column = column_of(family.name, dialect) if dialect in DIALECTS else None
    if column is None:
        return None
    return _without_a_word(model, column, DIALECTS[dialect].title) or _misread(
        model, column, cast("ProgramName", dialect)
    )


def _misread(model: ModelConfig, column: Column, dialect: ProgramName) -> tuple[str, str] | None:
    """What of a config would be read as that of another family, and why."""
    title, stated = DIALECTS[dialect].title, dict(column.constants)
    for field, divided in column.divided.items():
        if (value := getattr(model, field)) < divided.least:
            return field, f"{field} is {value}, and {title} has no less than {divided.least}"
    for field, counterpart in column.counterparts.items():
        value, words = getattr(model, field), {ours: theirs for theirs, ours in counterpart.words.items()}
        if len(counterpart.names) == 1:
            stated[counterpart.names[0]] = words.get(value, value)
    marks = [mark.name for mark in marks_in(dialect, model.family.name)]
    marking = [field for field, at in column.counterparts.items() if not {*marks}.isdisjoint(at.names)]
    kind = next(iter(column.kinds), "")
    other = family_called(dialect, kind, stated.get)
    if not marking or other == model.family.name:
        return None
    if len(marking) > 1:
        names = " or ".join(marks)
        return ARCHITECTURE, (
            f"nothing that {title} says of it tells it from a model of {other}, as {names} would; "
            f"write {ARCHITECTURE}: {other}, without the fields that only {model.family.name} has"
        )
    [field] = marking
    return field, f"{field} is {getattr(model, field)}, with which {title}'s {kind} is a {other}"


def _without_a_word(model: ModelConfig, column: Column, title: str) -> tuple[str, str] | None:
    """The field whose value a column has no word for, and why."""
    first: dict[str, str] = {}
    for field, counterpart in column.counterparts.items():
        names, default, words = counterpart.names, counterpart.default, counterpart.words
        # Where fairseq has no name for the head of its own models, a comment of ours gives it.
        if field == CONV or (field == HEAD and (names or column.level == "model")):
            continue
        value = getattr(model, field)
        found = f"{field} is {_word(value)}"
        if value is None and default is not None:
            return field, f"{field} is null, and such a model of {title} always has it; write a value"
        if not names and value != default:
            architecture = model.family.name
            return field, f"{found}, and {title}'s models of the architecture {architecture} all have {_word(default)}"
        if words and value not in words.values():
            return field, f"{found}, for which {title} has no word; give --set {field}={next(iter(words.values()))}"
        for name in names:
            other = first.setdefault(name, field)
            same = getattr(model, other)
            if same != value:
                message = f"{found} and {other} {_word(same)}, and {title} has one {name} for both"
                return field, f"{message}; give --set {field}={_word(same)}"
    return None


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _to_w2v(config: Config, ascii_only: bool = False) -> str:
    metadata: dict[str, Any] = {
        key: as_unicode(value) for key in TEXT_METADATA if (value := getattr(config, key)) is not None
    }
    if config.sample_rate != DEFAULT_SAMPLE_RATE:
        metadata["sample_rate"] = config.sample_rate
    family = config.model.family.name
    architecture = {} if family == DEFAULT_FAMILY else {ARCHITECTURE: family}
    values = architecture | metadata | config.model.to_mapping()
    return "".join(yaml_line(key, value, ascii_only=ascii_only) for key, value in values.items())


def yaml_line(key: str, value: Any, indent: str = "", *, ascii_only: bool = False) -> str:
    """A key and its value, which is plain data, as a line of YAML."""
    if isinstance(value, list):
        return f"{indent}{key}: {to_flow_yaml(value)}\n"
    if isinstance(value, str) and ("::" in value or printable(value) != value):
        return f"{indent}{key}: {_quoted_yaml(value)}"
    return indent + yaml.safe_dump({key: value}, allow_unicode=not ascii_only, width=110)


def _quoted_yaml(text: str) -> str:
    """A text in one line with YAML's escapes for all that is not printable; the value is the same."""
    quoted = yaml.safe_dump(text, default_style='"', allow_unicode=False, width=math.inf)
    # Of several in a row each is escaped but the last.
    return re.sub("#(?=#)", r"\\x23", quoted)


def _to_torchaudio(config: Config) -> str:
    return _json(config.model.to_mapping())


def _to_huggingface(config: Config) -> str:
    values = to_huggingface(config.model)
    if config.sample_rate != DEFAULT_SAMPLE_RATE:
        # transformers keeps it in the feature extractor's file, and passes over it here.
        column = column_of(config.model.family.name, "huggingface")
        assert column is not None  # `unwritable` was asked
        inner = values if column.with_head is None else values.get(column.with_head.level, values)
        inner[SAMPLE_RATE_TARGETS["huggingface"]] = config.sample_rate
    return _json(values)


def _json(values: dict[str, Any]) -> str:
    """A field to a line: lists of layers stay readable."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in values.items())
    return f"{{\n{lines}\n}}\n"


def _to_fairseq(config: Config) -> str:
    """A pre-training config, or, for a model with a head, one of fine-tuning.

    How many outputs a head has fairseq takes from the target dictionary, so that a comment of ours says it. Null
    convolutions are left to fairseq's default, which is the same seven.
    """
    column = column_of(config.model.family.name, "fairseq")
    assert column is not None  # `unwritable` was asked
    values = config.model.to_mapping()
    lines = _comment(config)
    lines += "" if config.sample_rate == DEFAULT_SAMPLE_RATE else f"task:\n  sample_rate: {config.sample_rate}\n"
    if column.level != "model":
        return f"{lines}{column.level}:\n{_fairseq_fields(config, column, '  ')}"
    lines += "model:\n"
    indent = "  "
    if values[HEAD] is not None:
        lines = (
            f"# fairseq takes the size of the head from the target dictionary.\n# w2v: {HEAD}={values[HEAD]}\n{lines}"
        )
        lines += f"{indent}_name: wav2vec_ctc\n"
        lines += "".join(yaml_line(name, values[field], indent) for field, name in FAIRSEQ_OVERRIDES.items())
        lines += f"{indent}w2v_args:\n{indent}  model:\n"
        indent *= 3
    lines += f"{indent}_name: {next(iter(column.kinds))}\n"
    return lines + _fairseq_fields(config, column, indent)


def _fairseq_fields(config: Config, column: Column, indent: str) -> str:
    """The fields in fairseq's words; the head's size is nobody's there, and null convolutions are the default."""
    lines = ""
    written: set[tuple[str, ...]] = set()
    for field, counterpart in column.counterparts.items():
        value = config.model.to_mapping()[field]
        if field in column.divided:
            value *= getattr(config.model, column.divided[field].by)
        if field == HEAD or not counterpart.names or counterpart.names in written or (field == CONV and value is None):
            continue
        written.add(counterpart.names)
        if field == CONV:
            value = conv_expression(config.model.conv_layers)
        words = {ours: theirs for theirs, ours in counterpart.words.items()}
        [name] = counterpart.names
        lines += f"{indent}{name}: '{value}'\n" if field == CONV else yaml_line(name, words.get(value, value), indent)
    return lines + "".join(yaml_line(name, value, indent) for name, value in column.constants.items())


def _to_unilm(config: Config) -> str:
    """The config that a checkpoint of unilm's holds beside its weights, which have no head."""
    column = column_of(config.model.family.name, "unilm")
    assert column is not None  # `unwritable` was asked
    return f"{_comment(config)}{UNILM_LEVEL}:\n{_fairseq_fields(config, column, '  ')}"


def conv_expression(layers: tuple[ConvLayer, ...]) -> str:
    """Conv layers as fairseq's Python expression: ``[(512, 10, 5)] + [(512, 3, 2)] * 4``."""
    terms: list[str] = []
    single: list[ConvLayer] = []
    for layer, run in groupby(layers):
        times = len(list(run))
        if times < _RUN:
            single += [layer] * times
            continue
        if single:
            terms.append(str(single))
            single = []
        terms.append(f"[{layer}] * {times}")
    return " + ".join([*terms, str(single)] if single else terms)


def _to_python(config: Config) -> str:
    lines = "".join(f"    {name}={_python(name, value)},\n" for name, value in config.model.to_mapping().items())
    package, _, function = config.model.family.part("dialects").PYTHON.rpartition(".")
    return f"from {package} import {function}\n\n{_comment(config)}model = {function}(\n{lines})\n"


def _python(name: str, value: Any) -> str:
    if name == CONV and value is not None:
        return f"[{', '.join(str(tuple(layer)) for layer in value)}]"
    return json.dumps(value) if isinstance(value, str) else repr(value)


WRITERS: Mapping[str, Callable[[Config], str]] = {
    "w2v": _to_w2v,
    "torchaudio": _to_torchaudio,
    "fairseq": _to_fairseq,
    "huggingface": _to_huggingface,
    "python": _to_python,
    "unilm": _to_unilm,
}
"""What ``--to`` takes."""
