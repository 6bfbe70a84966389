"""``--variant``: edits of a command's first config, each with what reports call the config that comes of it.

Imported where there is one.
"""

from collections.abc import Sequence

import typer
import yaml

from w2v_explore.config.entries import Document, Entry, plain_value
from w2v_explore.config.text.limits import TAG
from w2v_explore.config.typed import parse_variant
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ConfigError
from w2v_explore.report.units import brief_field, field_value

_MAX_LABEL = 60

_Edit = dict[str, object]


def read_variants(texts: Sequence[str]) -> list[Document]:
    """The overrides of each variant, with a ``name``: its own or its edit, as ``num_layers 6, encoder_dropout 0``.

    Raises:
        ConfigError: One is no mapping of fields.
        BadParameter: Two are the same.
    """
    documents = [parse_variant(text) for text in texts]
    problems = [problem for document in documents for problem in document.problems]
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    edits = [{key: plain_value(entry.value) for key, entry in document.entries.items()} for document in documents]
    for number, edit in enumerate(edits):
        if edit in edits[:number]:
            first, second = (repr(shorten(text)) for text in (texts[edits.index(edit)], texts[number]))
            raise typer.BadParameter(f"--variant {second} edits what --variant {first} does; leave one of both out")
    labels = [_label(edit) for edit in edits]
    distinct = [
        label if labels.count(label) == 1 and len(label) <= _MAX_LABEL else f"variant {number}"
        for number, label in enumerate(labels, 1)
    ]
    return [
        document if "name" in document.entries else _named(document, label)
        for document, label in zip(documents, distinct, strict=True)
    ]


def _label(edit: _Edit) -> str:
    return ", ".join(f"{brief_field(key)} {field_value(value)}" for key, value in edit.items())


def _named(document: Document, name: str) -> Document:
    key, value = (yaml.ScalarNode(f"{TAG}str", text) for text in ("name", name))
    return document._replace(entries={**document.entries, "name": Entry(document.source.name, key, value)})
