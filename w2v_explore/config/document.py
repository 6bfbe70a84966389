"""From a source to its `Document`: ours as it stands, another program's as ours."""

from functools import cache

import yaml

from w2v_explore.config import codes
from w2v_explore.config.entries import OWN_DIALECT, SHARED_NAMES, Document, Entry, stated_family, states_fields
from w2v_explore.config.family import ARCHITECTURE, default_family
from w2v_explore.config.text.limits import RejectedError
from w2v_explore.config.text.nodes import OVERRIDE, compose, decode, place_of, shape
from w2v_explore.config.text.source import Source
from w2v_explore.diagnostics import Place, Problem, shorten
from w2v_explore.errors import ArgumentError

ONE_FIELD = "one field of the config can be set here; to start from another config, name that one"
ONE_ARCHITECTURE = (
    f"the {ARCHITECTURE} decides which fields there are, and no override changes it; write `{ARCHITECTURE}:` into the "
    f"file, or name a config of that {ARCHITECTURE}"
)
# The seven convolutions of the published models take a quarter of it.
MAX_SHOWN_OVERRIDE = 400


def known_dialect(dialect: str | None) -> str | None:
    """A dialect's name as it is, or none.

    Raises:
        ArgumentError: There is no such dialect.
    """
    if dialect is not None:
        # Imported only where it is said whose config it is.
        from w2v_explore.config.dialects.programs import DIALECT_NAMES

        if dialect not in DIALECT_NAMES:
            raise ArgumentError(f"there is no dialect {dialect}; give one of {', '.join(DIALECT_NAMES)}")
    return dialect


def parse_document(source: Source, dialect: str | None = None) -> Document:
    """The top-level mapping of a source; whatever is wrong with its YAML is in `Document.problems`.

    Where a link leads to a file that shows nothing of a model, that is all that is said of it.

    Args:
        source: YAML or JSON, ours or another program's.
        dialect: One of `w2v_explore.config.dialects.programs.DIALECT_NAMES`; recognised by its content by default.
    """
    document = _parse(source, dialect)
    if source.path is None or states_fields(document):
        return document
    # Imported only where a file states none of our fields.
    from w2v_explore.config.evidence import is_behind_a_link, shows_a_model

    if not is_behind_a_link(document) or shows_a_model(document):
        return document
    from w2v_explore.config.dialects.translate import refuse

    return refuse(document._replace(text=""), "this link leads to no config of a model; name the file that is meant")


def _parse(source: Source, dialect: str | None) -> Document:
    text = ""
    try:
        text = decode(source)
        root, problems = compose(source.name, text, source.suffix)
    except RejectedError as rejected:
        return Document(source, {}, Place(source.name), (rejected.problem,), text)
    entries: dict[str, Entry] = {}
    for key, value in root.value:
        if isinstance(key, yaml.ScalarNode):
            entries[key.value] = Entry(source.name, key, value)
        else:
            message = f"a key is {shape(key)}; write a field's name"
            problems.append(
                Problem(rule=codes.UNKNOWN_KEY, place=place_of(source.name, key), key=None, message=message)
            )
    start = Place(source.name, root.start_mark.line + 1, root.start_mark.column + 1)
    document = Document(source, entries, start, tuple(problems), text)
    if dialect == OWN_DIALECT or (dialect is None and _is_our_own(document)):
        return document
    # Imported only where another program's config is read.
    from w2v_explore.config.dialects.translate import translate

    return translate(document, root, dialect)


def _is_our_own(document: Document) -> bool:
    """Whether a mapping is plainly a config of ours; JSON of our fields is the arguments of torchaudio's function."""
    if document.text.startswith("{"):
        return False
    if _own_keys().isdisjoint(document.entries) and stated_family(document.entries) is None:
        return False
    if "model_type" in document.entries and "extends" not in document.entries:
        return False
    # Of a config of ours these are mistakes; in bulk they are another program's language.
    return not any(problem.rule is codes.EXPLICIT_TAG for problem in document.problems)


@cache
def _own_keys() -> frozenset[str]:
    """What a config of ours alone states at its top level; one of another family names that."""
    return frozenset(default_family().config.FIELDS.keys() - SHARED_NAMES | {"extends"})


def parse_typed(name: str, text: str) -> Document:
    """The entries of a text that an option is given; `name` is what messages call it."""
    try:
        # What was typed that is no UTF-8 is the same bytes again, and the reader says so.
        content = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        content = text.encode("utf-8", "surrogatepass")
    return parse_document(Source(name, content), OWN_DIALECT)


def parse_override(text: str) -> Document:
    """The one entry of a ``--set field=value``; the value is read as YAML."""
    field, equals, value = text.partition("=")
    name = f"{OVERRIDE}{shorten(text, MAX_SHOWN_OVERRIDE)}"
    source = Source(name, b"")
    if not (equals and field.strip()):
        problem = Problem(
            rule=codes.YAML_SYNTAX,
            place=Place(name),
            key=None,
            message="write --set field=value, as encoder_num_layers=6",
        )
        return Document(source, {}, Place(name), (problem,))
    document = parse_typed(name, f"{field}: {value}")
    if field.strip() == "extends" or len(document.entries) > 1:
        problem = Problem(rule=codes.UNKNOWN_KEY, place=Place(name), key=None, message=ONE_FIELD)
        return document._replace(entries={}, problems=(problem,))
    if field.strip() == ARCHITECTURE:
        problem = Problem(rule=codes.ARCHITECTURE, place=Place(name), key=ARCHITECTURE, message=ONE_ARCHITECTURE)
        return document._replace(entries={}, problems=(problem,))
    return document
