"""Writes what docs/ has of the code: ``python docs/generate.py``. A test holds the two in step.

docs/commands.md, docs/man/ and the table by which shells complete come from what the program says of its commands in
their help, docs/config.md from the families' tables of fields, the list of figures in docs/json.md from the table of
figures, docs/dialects.md from the table of dialects and what the writers write, the tables in docs/precision.md from
that of the precisions and from what operations say of themselves, docs/python.md from the docstrings of the public
names, and docs/rules/ from those of the linter's rules.
"""

from __future__ import annotations

import ast
import inspect
import json
import math
import re
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import is_dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from typer.main import get_command

import w2v_explore
from w2v_explore.analysis.figures import (
    ALIASES,
    COMPONENT_FIGURES,
    FIGURES,
    MEASURED,
    MEASURED_COMPONENT_FIGURES,
    Figure,
)
from w2v_explore.analysis.memory.recipe import PRECISIONS
from w2v_explore.analysis.plan.cards import known_cards
from w2v_explore.analysis.plan.runs import published_recipe_of
from w2v_explore.cli.app import app
from w2v_explore.cli.commands import GROUPS
from w2v_explore.cli.completion.install import SHELLS
from w2v_explore.cli.manual.describe import PROGRAM, Description, Item, describe_all
from w2v_explore.cli.manual.terminal import signature
from w2v_explore.config.dialects.columns import CONV, Column, Counterpart, Guard
from w2v_explore.config.dialects.fairseq_words import (
    FAIRSEQ_FINE_TUNED,
    FAIRSEQ_OVERRIDE_DEFAULT,
    FAIRSEQ_OVERRIDES,
    FAIRSEQ_REFUSED,
)
from w2v_explore.config.dialects.huggingface_words import HUGGINGFACE_REFUSED
from w2v_explore.config.dialects.programs import DIALECTS, column_of, fairseq_groups
from w2v_explore.config.dialects.relatives import RELATIVES
from w2v_explore.config.dialects.unknown_fields import (
    ABOUT_LAYERS,
    HARMLESS,
    HARMLESS_TEXTS,
    INHERITING,
    NOT_HARMLESS,
)
from w2v_explore.config.dialects.write import write_config
from w2v_explore.config.family import (
    DEFAULT_FAMILY,
    FAMILIES,
    Family,
    default_family,
    family_named,
    names_in,
    other_families,
)
from w2v_explore.config.foreign_names import names_elsewhere
from w2v_explore.config.kinds import Choice, Field, Flag, Kind
from w2v_explore.config.load import load_config
from w2v_explore.config.metadata import DEFAULT_SAMPLE_RATE, TEXT_METADATA
from w2v_explore.config.model_names import all_published
from w2v_explore.config.presets import preset_names
from w2v_explore.lint.page import Page, load_pages, page_markdown
from w2v_explore.report.catalogue import legal_values
from w2v_explore.report.units import first_few
from w2v_explore.tree.operations import Operation

_HEAD = """\
# Config reference

<!-- Made by `python docs/generate.py`. Change a fields.py of w2v_explore/families/ instead. -->

A config is a YAML mapping. Its keys are the fields of its architecture: where it names none, the 16 arguments of
`torchaudio.models.wav2vec2_model`, so that `wav2vec2_model(**yaml.safe_load(text))` works on a file that states all of
them and nothing else. Beside them it may hold `architecture`, `extends` and metadata.

A command whose help says `CONFIG` takes a path, a preset's name (`base` or `base.yaml`; a file of that name wins), or
`-` for standard input. `--set field=value`, repeatable, overrides a field and is checked like the file. In `compare`,
`summary`, `memory`, `latency` and `plan`, `--variant 'field: value, field: value'`, repeatable, adds the first config
once more with these fields overridden. `lint` is about files: it takes paths, folders, patterns and `-`, no presets, no
`--set` and no `--variant`.

What is wrong is reported all at once, each problem as `path:line:column: error CODE name: what was found; what to
write`. A file may have 512 KiB and nest 64 levels; YAML's merge keys and tags of one's own are refused.

## extends

`extends: <preset or path>` names the config that holds for every field that this one does not state. A path is
relative to the file that says it; a chain of `extends` is followed to its end. Without `extends` all fields are
required. From the base come the fields, `architecture`, `family` and `sample_rate`; the other metadata describe one
file alone.

## architecture

`architecture: <name>` says which kind of encoder a config describes, and so which fields it has. A config that states
none is of the architecture of the config that it extends, or a `wav2vec2`; one that extends another states the same or
none. `--set` does not change it. There are

@ARCHITECTURES@

`w2v-explore explain --architecture NAME` lists the fields of one, `w2v-explore presets` says of which each preset is,
and `w2v-explore identify FILE` of which another program's config is.

## Metadata

| key | meaning |
| :--- | :--- |
"""


def config_reference() -> str:
    """The text of docs/config.md."""
    lines = [f"| `{key}` | {meaning} |" for key, meaning in TEXT_METADATA.items()]
    lines.append(f"| `sample_rate` | Samples per second of the audio it is for; {DEFAULT_SAMPLE_RATE} by default. |")
    lines.append("| `budgets` | Limits on the figures of the config, which the linter checks ([docs/ci.md](ci.md)). |")
    lines.append("| `search` | What `w2v-explore search` varies: fields and their values ([search.md](search.md)). |")
    lines += ["", "## Fields"]
    lines += _field_sections(DEFAULT_FAMILY, default_family().config.FIELDS)
    for family in other_families(default_family()):
        lines += ["", f"## Fields of {family.title}", "", *_against_default(family)]
        lines += _field_sections(family.name, _own_fields(family))
    return _HEAD.replace("@ARCHITECTURES@", architectures()) + "\n".join(lines) + "\n"


def architectures() -> str:
    """The table of architectures, which README has too: the name of each, what it is, and its presets."""
    presets: dict[str, list[str]] = {name: [family_named(name).reference] for name in FAMILIES}
    for preset in sorted(preset_names(), key=len):
        known = presets[load_config(preset).model.family.name]
        known += [preset] if preset not in known else []
    lines = ["| `architecture` | what it is | presets |", "| :--- | :--- | :--- |"]
    for name, of_it in presets.items():
        what, _, _ = (inspect.getdoc(import_module(f"w2v_explore.families.{name}")) or "").partition("\n")
        default = "; also where no architecture is stated" if name == DEFAULT_FAMILY else ""
        lines.append(f"| `{name}` | {what.rstrip('.')}{default} | {first_few([f'`{each}`' for each in of_it], 3)} |")
    return "\n".join(lines)


def _own_fields(family: Family) -> dict[str, Field]:
    """The fields of a family that a config without an ``architecture`` has not, or has with another meaning."""
    common = default_family().config.FIELDS
    return {name: field for name, field in family.config.FIELDS.items() if common.get(name) != field}


def _against_default(family: Family) -> Iterator[str]:
    """How the fields of a family compare with those of a config without an ``architecture``."""
    common, fields = default_family().config.FIELDS, family.config.FIELDS
    lacking = [f"`{name}`" for name in common if name not in fields]
    without = f" but {', '.join(lacking)}" if lacking else ""
    own = _own_fields(family)
    if not own:
        these = "."
    elif common.keys().isdisjoint(own):
        these = ", and these:"
    else:
        these = ", and these; where both have a name, it means what is said here:"
    yield f"`architecture: {family.name}` has the [fields of wav2vec 2.0](#fields){without}{these}"


def _field_sections(family: str, fields: Mapping[str, Field]) -> Iterator[str]:
    for name, field in fields.items():
        yield from ("", f"### {name}", "", field.summary, "", field.effect, "")
        yield f"- legal: {legal_values(field.kind)}"
        for title, elsewhere in names_elsewhere(family, name).items():
            yield f"- {title}: `{elsewhere}`"


_DIALECTS_HEAD = """\
# Dialects

<!-- Made by `python docs/generate.py`. Change a family's dialects.py or docs/generate.py instead. -->

Wherever a command takes a config, it takes one of these:

| dialect | `--from` | what it is |
| :--- | :--- | :--- |
| our own | `w2v` | a YAML of the fields, or one that extends another ([config.md](config.md)) |
| torchaudio | `torchaudio` | a JSON of arguments of a function of `torchaudio.models`, or a recipe with them |
| fairseq | `fairseq` | a YAML or JSON: a whole training config or its model alone, `*_ctc` with `w2v_args` |
| Hugging Face | `huggingface` | a `config.json`, or the folder that holds one, or one inside that of another model |
| unilm | `unilm` | a YAML or JSON of the config that a checkpoint of WavLM's authors holds under `cfg` |

Whose it is is seen from its content; `--from` says so where the content leaves it open. A config of ours can extend
another program's. A `.json`, and whatever is JSON, is read as JSON: `1e-05` is a number, and `yes` is none.

What states no architecture is not read: it takes the name of a model that is known (`_name`, `model_type`, or a class
among `architectures`), or at least one size of the encoder in the words of the dialect. Then what is left out takes the
program's defaults. Sizes under other names, `_target_`, and without a `_name` a word for another model (as
`encoder_type: conformer`), are another program's (E283).

A `config.json` of a model made of others (`speech-encoder-decoder`, codecs, language models that hear) is read as the
one model in it that can be, with places in the file as it is, and says what stands beside it and is not counted (W282).
The CTC head of such a model is counted with it. Where two can be read, neither is.

A recipe of ESPnet is read where its `encoder` is a model of torchaudio's, whose arguments stand below `encoder_conf`:
@ESPNET@. Where it is silent, the defaults of ESPnet hold.

A recipe of fairseq2, or the card of a model, is read where it names a model (`name`) or an architecture (`arch` and
`family`, `model_arch` and `model_family`) whose values, which fairseq2 keeps in Python, are known: @FAIRSEQ2@. What it
states of the encoder in their place goes before them.

The sample rate is read where the program keeps it: fairseq's `task.sample_rate`, the `sampling_rate` of the
`preprocessor_config.json` beside a `config.json`. Reports say where it comes from; `--set sample_rate=` goes before it.

What is wrong is reported in the original file, under the name that the field has there:

    config.json:4:27: error E234 heads-divide: num_attention_heads is 7, which does not divide hidden_size 768; …

`lint` checks such files too, without the rules about our own YAML (W107, A406). In a folder that is searched it takes
YAML files and every `config.json`, and passes over those that state no architecture of this kind: fine-tuning configs
without `w2v_args`, other models. A file that is named is always checked.

## Converting

`w2v-explore convert IN --to w2v|torchaudio|fairseq|huggingface|python|unilm [-o FILE]` writes a config as another
program words it; `python` is the call of torchaudio's function. Standard error accounts for every field: mapped,
defaulted (and whose default that is), ignored since it has no effect on the architecture (`--verbose` lists those), or
refused. What changes the architecture is never dropped: it is refused with its place and the reason, and nothing is
written (exit code 2). There and back, all values are what they were, but for
@COUNTS@: that is read as the encoder's, and W282 says
which parts are not counted then, and which preset a config extends to count them.

Four things are worth knowing:

- **The head.** Hugging Face's `vocab_size` counts where the architecture is a `*ForCTC`. fairseq takes the size of its
  head from the target dictionary, which no config states: it is null, and `--set aux_num_out=32` gives it. A config
  with a head is written as a `wav2vec_ctc`, with the size in a comment, `# w2v: aux_num_out=32`, that fairseq passes
  over and that is understood here. unilm's models have no head: a config with one is not written as theirs.
- **Null convolutions** stand for the seven standard layers, as an absent field does for the programs, and are left
  out; the same seven written out stay written out. To `compare` and `identify` the two are equal.
- **The projection.** fairseq and unilm build none between the extractor and a transformer that is as wide as the last
  convolution. The model here always has one, as those of torchaudio and transformers: such a config is refused in both
  directions.
- **The sample rate**, where it is not 16,000, goes to fairseq's `task.sample_rate`, and into a `config.json` as
  `sampling_rate`, which transformers passes over; torchaudio's arguments and Python's call cannot say it.

A `config.json` that is written gives a transformers model with exactly our parameters. That takes `mask_time_prob: 0`
and `mask_feature_prob: 0`, since a model that masks has a vector more, and `final_dropout: 0`, since the model here has
no dropout before its head. To fine-tune with transformers, set them as you need.

## Fields

In brackets: what holds where a file does not state the field.
"""

_DIALECTS_FINE_TUNED = f"""
In a fine-tuned fairseq model ({", ".join(f"`{name}`" for name in FAIRSEQ_FINE_TUNED)})
the architecture is what `w2v_args` say, and the fields of the same names around them are out of date. These five are
not: they hold whatever `w2v_args` say, and are {FAIRSEQ_OVERRIDE_DEFAULT:g} where they are absent.

| field | around `w2v_args` |
| :--- | :--- |
"""

_KIND_KEYS = {"fairseq": ("_name", FAIRSEQ_REFUSED), "huggingface": ("model_type", HUGGINGFACE_REFUSED)}

_EXAMPLE = """\
extends: base
encoder_num_layers: 6
extractor_conv_layer_config: [[256, 10, 5], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 4, 4]]
aux_num_out: 32
"""

_EXAMPLES = {
    "fairseq": ("fairseq.yaml", "yaml"),
    "huggingface": ("config.json", "json"),
    "torchaudio": ("arguments.json", "json"),
    "python": ("model.py", "py"),
}


def dialects_page() -> str:
    """The text of docs/dialects.md."""
    espnet = ", ".join(f"`{name}`" for name in names_in("espnet"))
    architectures = [name for published in all_published() for name in published.fairseq2 if "/" in name]
    fairseq2 = ", ".join(f"`{name}`" for name in architectures)
    counts = ", ".join(
        f"a `config.json` of {family}, which names {' or '.join(names.counts)}"
        for family, names in FAMILIES.items()
        if names.counts
    )
    head = _DIALECTS_HEAD.replace("@ESPNET@", espnet).replace("@FAIRSEQ2@", fairseq2).replace("@COUNTS@", counts)
    text = head + _fields(DEFAULT_FAMILY) + _DIALECTS_FINE_TUNED
    text += "".join(f"| `{field}` | `{name}` |\n" for field, name in FAIRSEQ_OVERRIDES.items())
    text += "".join(
        f"\n### {family_named(family).title}\n{_fields(family)}" for family in FAMILIES if family != DEFAULT_FAMILY
    )
    for name, program in DIALECTS.items():
        columns = {family: column for family in FAMILIES if (column := column_of(family, name)) is not None}
        if not columns:
            continue
        text += f"\n## {program.title}: what is not mapped\n"
        told: dict[str, Guard] = {}
        for family, column in columns.items():
            refused = {field: guard for field, guard in column.refused.items() if told.get(field) != guard}
            told = refused | told
            text += _refused(refused, "" if column is next(iter(columns.values())) else family_named(family).title)
        text += _kinds(name, columns)
        text += "\n### Warned of (W282)\n\n| field | |\n| :--- | :--- |\n"
        text += "".join(f"| `{field}` | {guard.reason} |\n" for field, guard in program.warned.items())
        text += "\n### Ignored\n\n| about | fields |\n| :--- | :--- |\n"
        for group, names in program.ignored.items():
            text += f"| {group} | {', '.join(f'`{field}`' for field in names)} |\n"
    text += _unknown_fields() + _groups()
    text += "\n### Relatives\n\nRecognised and refused (E283):\n\n"
    text += "".join(f"- {relative.message[0].upper()}{relative.message[1:]}.\n" for relative in RELATIVES)
    return text + _worked_examples()


def _fields(family: str) -> str:
    """Where each program that has models of a family states the fields."""
    columns = {name: column for name in DIALECTS if (column := column_of(family, name)) is not None}
    lines = ["", "| field | " + " | ".join(DIALECTS[name].title for name in columns) + " |"]
    lines.append("| :--- |" + " :--- |" * len(columns))
    lines += [
        " | ".join([f"| `{field}`", *[_counterpart(field, column.counterparts[field]) for column in columns.values()]])
        + " |"
        for field in family_named(family).config.FIELDS
    ]
    return "\n".join(lines) + "\n"


def _refused(guards: Mapping[str, Guard], title: str) -> str:
    """What has no place in the fields of a family; of all but the first, what is not said of the first that has it."""
    if not guards:
        return ""
    text = f"\n### Refused{f' of {title}' if title else ''}\n\n"
    text += "| field | can be read | otherwise |\n| :--- | :--- | :--- |\n"
    for field, guard in guards.items():
        harmless = " or ".join(f"`{_code(value)}`" for value in guard.harmless)
        text += f"| `{field}` | {harmless} | {guard.reason} |\n"
    return text


def _unknown_fields() -> str:
    names = ", ".join(f"`{name}`" for name in HARMLESS)
    texts = ", ".join(f"`{name}`" for name in HARMLESS_TEXTS)
    never = ", ".join(f"`{name}`" for name in NOT_HARMLESS)
    layers = ", ".join(f"`{name}`" for name in ABOUT_LAYERS)
    inheriting = ", ".join(f"`{name}`" for name in sorted(INHERITING))
    return f"""
## Unknown fields

A field of the architecture's own section that is in no list above, and is switched on (not `false`, `null`, `0`, `""`
or an empty container), may change the architecture: E285, an error. Where all stands at one level, as in a
`config.json`, text and tables of labels say nothing of layers, and are ignored with a warning (W284), but in fairseq's
what is called {layers}; so is what is called

- {names};
- {texts}, where the value is text;
- but not {never}.

What takes fields in from another file is an error whatever it says: {inheriting}. So is what stands beside fairseq's
`model:` and states the size of a model too, and a `model_overrides` that changes it.

`--allow-unknown`, on every command that takes a config, makes a warning of the error. Reports then name what is not
counted, and the config equals no preset.
"""


def _groups() -> str:
    rows = "".join(
        f"| `{name}` | {', '.join(f'`{field}: {_code(value)}`' for field, value in fields.items())} |\n"
        for name, fields in fairseq_groups().items()
    )
    return f"""
## Hydra's defaults

`defaults: [{{model: wav2vec2/wav2vec2_large}}]` takes fields from a file of fairseq's. These groups are known, with or
without the folder before their names; what the file itself states goes before them. Any other model group is refused,
as is a list that takes in another file; entries that are about no model are passed over.

| group | its fields |
| :--- | :--- |
{rows}
`${{…}}` in a field of the architecture is followed within the file, and refused where it leads out of it.
"""


def _kinds(program: str, columns: Mapping[str, Column]) -> str:
    """The models that a program calls by a name that can be read, and some that cannot."""
    kinds = {name: kind.remark for column in columns.values() for name, kind in column.kinds.items()}
    if program not in _KIND_KEYS:
        return ""
    key, refused = _KIND_KEYS[program]
    read = [f"`{name}`" + (f" ({remark})" if remark else "") for name, remark in kinds.items()]
    reasons = "".join(f"- `{name}`: {reason}\n" for name, reason in refused.items() if name not in kinds)
    marks = "".join(_marks(key, family, columns) for family in columns)
    return f"\n`{key}` can be {', '.join(read)}. {marks}Any other is refused, among them:\n\n{reasons}"


def _marks(key: str, family: str, columns: Mapping[str, Column]) -> str:
    """What tells a family from the others that a program calls the same."""
    others = [name for other, column in columns.items() if other != family for name in column.kinds]
    shared = [f"`{name}`" for name in columns[family].kinds if name in others]
    marks = [
        f"`{mark.name}` is {' or '.join(f'`{_code(value)}`' for value in mark.values)}"
        if mark.values
        else f"`{mark.name}` is {'neither ' if mark.plain else 'not '}"
        + " nor ".join(f"`{_code(value)}`" for value in (None, *mark.plain))
        for mark in FAMILIES[family].marks
        if mark.name in columns[family].names | columns[family].refused.keys()
    ]
    if not shared or not marks:
        return ""
    return f"With the `{key}` {', '.join(shared)} a model is of `{family}` where {' or '.join(marks)}. "


def _counterpart(field: str, counterpart: Counterpart) -> str:
    if not counterpart.names:
        return f"always `{_code(counterpart.default)}`" if counterpart.default is not None else "not in the config"
    words = ", ".join(f"`{_code(theirs)}` is {ours}" for theirs, ours in counterpart.words.items())
    default = "the standard seven" if field == CONV else f"`{_code(counterpart.default)}`"
    names = ", ".join(f"`{name}`" for name in counterpart.names)
    return f"{names} ({words + '; ' if words else ''}default {default})"


def _code(value: Any) -> str:
    return json.dumps(value) if not isinstance(value, str) else value or "''"


def _worked_examples() -> str:
    """One config to every dialect, and from each back: the texts are what the writers give."""
    parts = [
        "## Examples",
        "A config of ours, to every dialect that has such a model.",
        "`small.yaml`:",
        f"```yaml\n{_EXAMPLE}```",
    ]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "small.yaml"
        source.write_text(_EXAMPLE, encoding="utf-8")
        config = load_config(str(source))
        for dialect, (file, language) in _EXAMPLES.items():
            text = write_config(config, dialect)
            (Path(folder) / file).write_text(text, encoding="utf-8")
            parts.append(f"```sh\nw2v-explore convert small.yaml --to {dialect} -o {file}\n```")
            parts += [f"`{file}`:", f"```{language}\n{text}```"]
        commands = [
            f"w2v-explore convert {_EXAMPLES[dialect][0]} --to w2v -o from_{dialect}.yaml\n"
            for dialect in ("fairseq", "huggingface", "torchaudio")
        ]
        back = write_config(load_config(str(Path(folder) / "fairseq.yaml")), "w2v")
    parts.append(
        "From each of the others back to ours. All three give the same, but for the name, which is the file's, or of a "
        "`config.json` its folder's."
    )
    parts += [f"```sh\n{''.join(commands)}```", "`from_fairseq.yaml`:", f"```yaml\n{back}```"]
    return "\n" + "\n\n".join(parts) + "\n"


_PYTHON_HEAD = """\
# Python

<!-- Made by `python docs/generate.py` from the docstrings of the public names. -->

What the commands answer, Python asks for with a function, and gets the object that the command prints: all is
importable from `w2v_explore`, and torch is imported only by what builds, measures or audits a model.

```python
from w2v_explore import Workload, analyze, compare, identify, load_config, memory

config = load_config("base", {"encoder_num_layers": 6})  # a preset, a str, a Path; a YAML, a config.json, a checkpoint
analysis = analyze(config)  # 10 s, as the command; or analyze(config, Workload.of_seconds(30, batch=8))
print(analysis)
print(analysis.parameters, analysis.macs.total, analysis.receptive_field.stride_samples)

both = compare(["base", config], workload=Workload.of(config, seconds=30))
print(both.metrics["parameters"].ratios, both.differences)

costs = memory(config, fit="24GiB")
print(costs.inference["float32"].total_bytes, costs.to_dict()["fit"]["inference"]["bfloat16"]["seconds"])

print(identify(config).nearest.preset)
```

`find_designs` looks through a whole space of configs for those that are best in some figures, nearest to a target, or
matched to a teacher. It needs the extra `search`.

```python
from w2v_explore import find_designs

space = {"encoder_num_layers": "2..12", "encoder_ff_interm_features": {"from": 512, "to": 3072, "multiple_of": 128}}
found = find_designs("base", space, target=["macs -40%"], keep=["stride"], top=3)
for design in found.designs:
    print(design.edits, design.figures["macs"], design.command)
```

Figures of many configs come as columns, worked out for all at once, and are those of `analyze` to the integer. That
needs the extra `search`; nothing else imports numpy.

```python
from itertools import product

from w2v_explore import analyze, analyze_many

layers, widths = zip(*product(range(1, 49), range(64, 2_049, 64)))
many = analyze_many("base", {"encoder_num_layers": layers, "encoder_embed_dim": widths})
small = many.valid & (many["parameters"] < 30e6) & (many["macs_per_audio_second"] < 5e9)
largest = max(small.nonzero()[0], key=lambda number: many["parameters"][number])
print(many, small.sum(), analyze(many.member(largest)))
```

`repr` of a result is one line with its key figures. `to_dict()` is the JSON document of its command as plain data
([json.md](json.md)).

An exception that is raised on purpose is a `W2vExploreError`; an argument of a wrong type is a `TypeError`. Nothing is
printed, and nothing ends the program. What stands in another program's config and is not counted is in
`Config.warnings`.

`ConfigLike` below is a `Config`, a `ModelConfig` (the fields alone), or what `load_config` takes; `Overrides` are a
mapping, as `{"encoder_num_layers": 6}`, or texts, as `["encoder_num_layers=6"]`.

| command | function |
| :--- | :--- |
"""

_PYTHON_COMMANDS = {
    "summary": "`analyze`",
    "summary --device, latency": "`measure_latency`",
    "summary --predict": "`predict`, with what `require_calibration` finds",
    "compare": "`compare`",
    "memory": "`memory`",
    "plan": "`plan`",
    "sensitivity": "`sensitivity`",
    "sweep": "`sweep`",
    "search": "`find_designs`",
    "verify": "`verify`",
    "lint": "`lint_files`",
    "convert": "`convert`",
    "identify": "`identify`",
    "inspect": "`inspect_checkpoint`",
    "check": "`check_checkpoint`",
    "export": "`export`",
    "presets": "`find_presets`, `preset_names`, `load_preset`",
    "calibrate": "none: it is done once, by hand, on a quiet machine, and leaves a file",
    "rule, explain, schema": "none: they print pages and tables for people, the schema for editors",
}

_FAMILIES_FUNCTIONS, _FAMILIES_MODELS = (
    [name for family in FAMILIES for name in w2v_explore._HOMES.get(f"w2v_explore.families.{family}.{file}", ())]
    for file in ("python", "components")
)
_PYTHON_SECTIONS = {
    "Configs": (
        "load_config", "load_preset", "preset_names", "find_presets", "Catalogue", "Config", "ModelConfig", "convert",
        "Conversion", "identify", "Identity", "lint_files", "LintReport", "Problem", "Place",
    ),
    "Figures": (
        "Workload", "analyze", "Analysis", "analyze_many", "Columns", "compare", "Comparison", "memory", "MemoryCosts",
        "plan", "TrainingPlan", "sensitivity", "Sensitivity", "sweep", "Sweep", "find_designs", "Answer", "Design",
        "build_architecture", "Layer",
    ),
    "Latency and audits": (
        "measure_latency", "Plan", "Latency", "require_calibration", "Calibration", "predict", "Prediction", "verify",
        "Verification",
    ),
    "Models and weights": (
        "build_model", "SpeechEncoder", *_FAMILIES_MODELS, *_FAMILIES_FUNCTIONS, "load_checkpoint",
        "import_huggingface_model", "inspect_checkpoint", "Inspection", "check_checkpoint", "CheckpointFit", "export",
        "Export",
    ),
    "Exceptions": (
        "W2vExploreError", "ArgumentError", "SourceError", "ConfigError", "CheckpointError", "WorkloadError",
        "QuantityError", "ConditionError", "MissingExtraError", "DeviceError", "CalibrationError", "WorkersError",
        "UnusedWeightsWarning",
    ),
}  # fmt: skip

_SECTION = re.compile(r"(Args|Returns|Raises|Warns|Attributes):")
_ITEM = re.compile(r"(\w+): (.*)", re.DOTALL)


def python_page() -> str:
    """The text of docs/python.md."""
    named = {name for names in _PYTHON_SECTIONS.values() for name in names}
    assert named == set(w2v_explore.__all__) - {"__version__"}, named ^ set(w2v_explore.__all__)
    lines = [
        f"| {', '.join(f'`{command}`' for command in commands.split(', '))} | {function} |"
        for commands, function in _PYTHON_COMMANDS.items()
    ]
    for title, names in _PYTHON_SECTIONS.items():
        lines += ["", f"## {title}"]
        for name in names:
            lines += ["", f"### {name}", "", *_described(name, getattr(w2v_explore, name))]
    return _PYTHON_HEAD + "\n".join(lines) + "\n"


def _described(name: str, value: Any) -> Iterator[str]:
    if not inspect.isclass(value):
        yield from _code_block(_signature(value, name))
        yield from _markdown(value.__doc__)
        return
    if issubclass(value, Exception):
        bases = [base.__name__ for base in value.__bases__]
        yield f"An exception of the {'kind' if len(bases) == 1 else 'kinds'} {' and '.join(map('`{}`'.format, bases))}."
        yield ""
    yield from _markdown(value.__doc__)
    members = [
        (member, attribute)
        for member, attribute in vars(value).items()
        if not member.startswith("_") and (inspect.isroutine(attribute) or isinstance(attribute, property))
    ]
    if members:
        yield from ("", "Members:", "")
    for member, attribute in members:
        if isinstance(attribute, (property, cached_property)):
            shown = member
        else:
            shown = _signature(getattr(value, member), member, width=math.inf)
        yield f"- `{shown}`: {_first_line(getattr(value, member).__doc__ or '')}"


def _first_line(docstring: str) -> str:
    return _inline(inspect.cleandoc(docstring).partition("\n\n")[0].replace("\n", " "))


def _signature(function: Any, name: str, width: float = 120) -> str:
    """The signature as the source has it; that of a function that is made, as Python knows it."""
    if "__signature__" in vars(function):
        made = inspect.signature(function).parameters.values()
        return _within_width(name, [f"{parameter.name}={parameter.default!r}" for parameter in made], "", width)
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(definition, ast.FunctionDef)
    arguments, values = definition.args, inspect.signature(function).parameters
    positional = [each for each in arguments.args if each.arg not in ("self", "cls")]
    shown = [_parameter(each, values[each.arg].default) for each in positional]
    if arguments.kwonlyargs:
        shown += ["*", *[_parameter(each, values[each.arg].default) for each in arguments.kwonlyargs]]
    returns = f" -> {ast.unparse(definition.returns)}" if definition.returns else ""
    return _within_width(name, shown, returns, width).replace("'", '"')


def _within_width(name: str, parameters: list[str], returns: str, width: float) -> str:
    """A signature on one line or, where that is too long, with a line for each parameter, as ruff formats it."""
    line = f"{name}({', '.join(parameters)}){returns}"
    if len(line) <= width:
        return line
    return "\n".join([f"{name}(", *[f"    {parameter}," for parameter in parameters], f"){returns}"])


def _parameter(argument: ast.arg, default: Any) -> str:
    annotation = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    if default is inspect.Parameter.empty:
        return f"{argument.arg}{annotation}"
    return f"{argument.arg}{annotation} = {dict(default) if isinstance(default, Mapping) else repr(default)}"


def _code_block(signature: str) -> Iterator[str]:
    yield "```py"
    yield from signature.splitlines()
    yield "```"
    yield ""


def _markdown(docstring: str | None) -> Iterator[str]:
    """A Google docstring as Markdown: its sections are lists."""
    paragraphs = inspect.cleandoc(docstring or "").split("\n\n")
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ""
        first, _, rest = paragraph.partition("\n")
        if not _SECTION.fullmatch(first):
            yield _inline(paragraph)
            continue
        title = {"Args": "Arguments"}.get(first[:-1], first[:-1])
        yield f"{title}:"
        yield ""
        # An item begins at the section's own indentation; what is indented deeper goes on with it.
        for item in re.split(r"\n(?=\S)", textwrap.dedent(rest)):
            text = " ".join(line.strip() for line in item.splitlines())
            match = _ITEM.fullmatch(text)
            yield f"- `{match[1]}`: {_inline(match[2])}" if match else f"- {_inline(text)}"


def _inline(text: str) -> str:
    return text.replace("``", "`")


_FIGURES_START = "<!-- Made by `python docs/generate.py`. Change w2v_explore/analysis/figures.py instead. -->\n"
_FIGURES_END = "<!-- The end of what is made. -->\n"


def json_page(page: str) -> str:
    """The text of docs/json.md with the table of figures as the program has it."""
    head, _, rest = page.partition(_FIGURES_START)
    _, _, tail = rest.partition(_FIGURES_END)
    lines = ["", "| name | unit | reports call it | in the JSON of `summary` |", "| :--- | :--- | :--- | :--- |"]
    lines += [_figure_row(f"`{name}`", figure) for name, figure in FIGURES.items()]
    lines += [_figure_row(f"`COMPONENT.{name}`", figure, "layers[].") for name, figure in COMPONENT_FIGURES.items()]
    lines += [_figure_row(f"with `--device` `{name}`", figure) for name, figure in MEASURED.items()]
    lines += [
        _figure_row(f"with `--device` `COMPONENT.{name}`", figure, "layers[].")
        for name, figure in MEASURED_COMPONENT_FIGURES.items()
    ]
    lines += ["", "| component | its entry in `layers` |", "| :--- | :--- |"]
    components = [item for name in FAMILIES for item in family_named(name).components.items()]
    lines += [f"| `{component}` | `{path}` |" for component, path in dict.fromkeys(components)]
    lines += ["", "| another name, in `--fail-if` and budgets | is |", "| :--- | :--- |"]
    lines += [
        f"| `{name}` | `{alias.figure}`{', in milliseconds' if alias.in_milliseconds else ''} |"
        for name, alias in ALIASES.items()
    ]
    return head + _FIGURES_START + "\n".join(lines) + "\n\n" + _FIGURES_END + tail


def _figure_row(name: str, figure: Figure, within: str = "") -> str:
    return f"| {name} | {figure.unit} | {figure.label} | `{within}{figure.json_path}` |"


_PRECISIONS_START = "<!-- Made by `python docs/generate.py`. Change analysis/memory/recipe.py instead. -->\n"
_OPERATIONS_START = "<!-- Made by `python docs/generate.py`. Change what operations say of themselves instead. -->\n"
_END = "<!-- The end of what is made. -->\n"
_UNDER_AUTOCAST = {
    "lower": "what it takes and its weights are cast to the lower precision; it gives that",
    "float32": "what it takes is cast to float32; it gives that",
    "promotes": "nothing is cast; it gives the widest type of what it takes",
    "wide": "nothing is cast; it gives float32, by its parameters or its sums",
}


def precision_page(page: str) -> str:
    """The text of docs/precision.md with its tables as the program has them."""
    lines = [
        "",
        "| precision | weight | gradient | moments | float32 copy | a parameter | computes in |",
        "| :--- | ---: | ---: | ---: | ---: | ---: | :--- |",
    ]
    for name, recipe in PRECISIONS.items():
        parts = (recipe.weight, recipe.gradient, recipe.optimizer - recipe.float32_copy, recipe.float32_copy)
        types = f"{recipe.autocast} and {recipe.dtype}" if recipe.autocast else recipe.dtype
        lines.append(f"| `{name}` | {' | '.join(map(str, parts))} | {sum(parts)} | {types} |")
    page = _replaced(page, _PRECISIONS_START, lines)
    named: dict[str, set[str]] = {rule: set() for rule in _UNDER_AUTOCAST}
    for operation in _operations():
        named[operation.autocast].add(f"`{operation.__name__}`")
    lines = ["", "| under autocast | operations |", "| :--- | :--- |"]
    lines += [f"| {says} | {', '.join(sorted(named[rule]))} |" for rule, says in _UNDER_AUTOCAST.items()]
    return _replaced(page, _OPERATIONS_START, lines)


def _operations() -> Iterator[type[Operation]]:
    """All operations of all families that are made themselves."""
    import_module("w2v_explore.tree.attention")
    import_module("w2v_explore.tree.lora")
    for family in FAMILIES:
        with suppress(ModuleNotFoundError):
            import_module(f"w2v_explore.families.{family}.operations")
    classes = [Operation]
    for operation in classes:
        classes += operation.__subclasses__()
    for operation in classes:
        is_ours = operation.__module__.startswith(("w2v_explore.tree.", "w2v_explore.families."))
        if is_ours and is_dataclass(operation) and not operation.__name__.startswith("_"):
            yield operation


def _replaced(page: str, start: str, lines: list[str]) -> str:
    """The page with other lines from one of its marks to the next end."""
    head, _, rest = page.partition(start)
    _, _, tail = rest.partition(_END)
    return head + start + "\n".join(lines) + "\n\n" + _END + tail


_COMMANDS_HEAD = """\
# Commands

<!-- Made by `python docs/generate.py`. Change w2v_explore/cli/ instead. -->

This is what `--help` says of each command. `w2v-explore help COMMAND` says it in a terminal, and in the environment
that the program lies in, `man w2v-explore` and `man w2v-explore-summary` show it as pages of the manual.

Every command exits with 0 where all is well, with 1 where the answer is no (a condition of `--fail-if` holds, the
linter found something, nothing fits), with 2 where the question is wrong, and with 3 where the program has a defect;
after a signal with 128 and its number, after Ctrl-C with 130.

After `w2v-explore --install-completion`, typed once in bash, zsh or fish, a tab completes commands, options and their
values, presets, files, the fields of the architecture on the line behind `--set`, rules, cards and figures. It writes a
script of a few lines where the shell looks for such, and for bash and zsh a line that has it read into `.bashrc` or
`.zshrc`; what it wrote it says. `w2v-explore --show-completion zsh` prints the script alone. Each tab starts the
program, which answers from a table, without typer and without torch, in some 25 ms of a processor.
"""


def commands_page() -> str:
    """The text of docs/commands.md."""
    program, *commands = describe_all(get_command(app))
    text = _COMMANDS_HEAD + _command_section(program)
    for heading, names in GROUPS.items():
        text += f"\n## {heading}\n"
        for description in commands:
            if description.words.split()[0] in names:
                text += f"\n### {description.words}\n" + _command_section(description)
    return text


def _command_section(description: Description) -> str:
    lines = ["", *"\n\n".join(description.text).split("\n"), "", f"`{description.usage}`", ""]
    lines += [f"- `{item.value}`: {item.text}" for item in description.arguments]
    for heading, options in description.options.items():
        lines += ["", f"{heading}:", "", *[f"- `{signature(item)}`: {item.said}" for item in options]]
    lines += ["", "Examples:", ""]
    lines += [f"- {example.answers}: `{example.command}`" for example in description.guide.examples]
    page = description.guide.page
    lines += ["", f"Read on: [{page}]({page})."]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def man_pages() -> dict[str, str]:
    """The text of each page of the manual, by its path in docs/."""
    return {
        f"man/{'-'.join([PROGRAM, *description.words.split()])}.1": _man_page(description)
        for description in describe_all(get_command(app))
    }


def _man_page(description: Description) -> str:
    name = "-".join([PROGRAM, *description.words.split()])
    lines = [f'.TH "{_roff(name.upper())}" 1 "" "{PROGRAM} {w2v_explore.__version__}" "{PROGRAM}"']
    # An option that is hyphenated at the end of a line is no option where it is copied.
    lines += [".nh", ".ad l"]
    lines += [".SH NAME", rf"{_roff(name)} \- {_roff(description.guide.brief)}"]
    lines += [".SH SYNOPSIS", rf"\fB{_roff(description.usage)}\fR", ".SH DESCRIPTION"]
    lines.append("\n.PP\n".join(map(_roff, description.text)))
    for heading, commands in description.commands.items():
        lines.append(f".SH {_roff(heading.upper())}")
        for command, brief in commands:
            lines += [".TP", rf"\fB{_roff(command)}\fR", _roff(brief)]
    if description.arguments:
        lines.append(".SH ARGUMENTS")
        for item in description.arguments:
            lines += [".TP", rf"\fI{_roff(item.value)}\fR", _roff(item.text)]
    lines.append(".SH OPTIONS")
    for heading, options in description.options.items():
        lines.append(f".SS {_roff(heading)}")
        for item in options:
            lines += [".TP", _man_signature(item), _roff(item.said)]
    lines.append(".SH EXAMPLES")
    for example in description.guide.examples:
        lines += [".PP", f"{_roff(example.answers)}:", ".PP", ".in +4n", ".EX", _roff(example.command), ".EE", ".in"]
    lines += [
        ".SH EXIT STATUS",
        "0 where all is well, 1 where the answer is no, 2 where the question is wrong, 3 where",
    ]
    lines += ["the program has a defect; after a signal 128 and its number.", ".SH SEE ALSO"]
    program = "" if name == PROGRAM else rf"\fB{_roff(PROGRAM)}\fR(1), "
    lines.append(f"{program}docs/{_roff(description.guide.page)} of the documentation")
    return "\n".join(lines) + "\n"


def _man_signature(option: Item) -> str:
    names = ", ".join(rf"\fB{_roff(each)}\fR" for each in sorted(option.names, key=len))
    return rf"{names} \fI{_roff(option.value)}\fR" if option.value else names


def _roff(text: str) -> str:
    """A text for man: its hyphens are copied as they stand, and no line of it is taken for a request."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq").replace("`", r"\(ga")
    text = text.replace("'", r"\(aq").replace("^", r"\(ha").replace("~", r"\(ti")
    return rf"\&{text}" if text.startswith(".") else text


def completion_table() -> str:
    """The text of w2v_explore/cli/completion/table.tsv, which w2v_explore/cli/completion/table.py reads."""
    rows: list[tuple[str, ...]] = []
    for each in describe_all(get_command(app)):
        rows.append(("command", each.words, each.guide.brief))
        rows += [
            ("option", each.words, name, item.value, " ".join(item.choices), _brief(item.text))
            for items in each.options.values()
            for item in items
            for name in item.names
        ]
        rows += [("argument", each.words, item.value) for item in each.arguments]
    for family in FAMILIES:
        rows.append(("architecture", family, " ".join(family_named(family).config.FIELDS)))
        rows.append(("value", "architecture", family, family_named(family).title, ""))
    fields = {
        name: field for family in reversed(FAMILIES) for name, field in family_named(family).config.FIELDS.items()
    }
    for name in sorted(fields):
        rows.append(("field", name, " ".join(_few_values(fields[name].kind)), _brief(fields[name].summary)))
    presets = {name: load_config(name) for name in preset_names()}
    for name, preset in presets.items():
        rows.append(("value", "preset", name, preset.name, preset.model.family.name))
        if published_recipe_of(name) is not None:
            rows.append(("value", "recipe", name, preset.name, ""))
    rows += [("value", "family", group, "", "") for group in sorted({p.family for p in presets.values() if p.family})]
    rows += [("value", "rule", page.rule.code, _brief(page.title), "") for page in load_pages()]
    figures = {**{name: figure.label for name, figure in FIGURES.items()}, **{n: a.figure for n, a in ALIASES.items()}}
    rows += [("value", "figure", name, label, "") for name, label in figures.items()]
    rows += [("value", "card", card.name, card.title, "") for card in known_cards().values()]
    rows += [("value", "device", name, "", "") for name in ("cpu", "cuda", "mps")]
    rows += [("value", "shell", name, "", "") for name in SHELLS]
    rows += [("value", "trained", name, "", "") for name in ("all", "head", "not-extractor", "not-encoder", "adapters")]
    return "".join("\t".join(row) + "\n" for row in rows)


def _brief(text: str) -> str:
    return textwrap.shorten(text.partition("; ")[0].rstrip("."), 76, placeholder=" …")


def _few_values(kind: Kind) -> tuple[str, ...]:
    """The values of a field that can be chosen among."""
    return kind.values if isinstance(kind, Choice) else ("true", "false") if isinstance(kind, Flag) else ()


def generated_pages() -> dict[str, str]:
    """The text of every page that is made here, by its path in docs/."""
    pages = load_pages()
    index = ["# Rules", "", "<!-- Made by `python docs/generate.py`. -->", ""]
    index += ["| code | name | severity | what is wrong |", "| :--- | :--- | :--- | :--- |"]
    for page in pages:
        rule = page.rule
        index.append(f"| [{rule.code}]({_file_name(page)}) | {rule.name} | {rule.severity} | {page.title} |")
    rules = {f"rules/{_file_name(page)}": page_markdown(page) for page in pages}
    return {
        "commands.md": commands_page(),
        **man_pages(),
        "../w2v_explore/cli/completion/table.tsv": completion_table(),
        "config.md": config_reference(),
        "dialects.md": dialects_page(),
        "json.md": json_page((Path(__file__).parent / "json.md").read_text(encoding="utf-8")),
        "precision.md": precision_page((Path(__file__).parent / "precision.md").read_text(encoding="utf-8")),
        "python.md": python_page(),
        "rules/README.md": "\n".join(index) + "\n",
        **rules,
    }


def _file_name(page: Page) -> str:
    return f"{page.rule.code}-{page.rule.name}.md"


if __name__ == "__main__":
    folder = Path(__file__).parent
    for path, text in generated_pages().items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
