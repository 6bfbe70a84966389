"""What shows that a file is a config of a model: of files that a file or a link names, only such are quoted.

Whoever proposes a change to a repository can let a config extend, or a link lead to, any file that the reader may read.
Imported only where a config extends a file, or a file states none of our fields.
"""

import os
import re
from functools import cache

from w2v_explore.config.entries import SHARED_NAMES, Document, family_of, plain_value, stated_family, states_fields
from w2v_explore.config.family import ARCHITECTURE, FAMILIES, default_family, names_in
from w2v_explore.config.presets import preset_names
from w2v_explore.files.links import leads_away

_INHERITED = frozenset({"extends", "family", "sample_rate"})
# Names are held against those of fields letter by letter: of thousands, so many.
_MAX_NAMES = 100


def shows_a_model(document: Document) -> bool:
    """Whether a document states an architecture, right or wrong, or what it cannot be read for names a model of ours.

    Other files may hold anything, passwords too: no message quotes a key or a value of theirs, nor says at which place
    reading failed.
    """
    if document.translation is not None and document.translation.is_family:
        return True
    if states_fields(document) or stated_family(document.entries) is not None:
        return True
    if document.translation is None and document.entries and _is_nearly_ours(document):
        return True
    # Imported only where nothing else tells.
    from w2v_explore.config.text.no_yaml import is_lfs_pointer

    return names_a_model(raw_text(document)) or is_lfs_pointer(document.text)


def is_behind_a_link(document: Document) -> bool:
    """Whether a link leads from where a document's file is named to elsewhere.

    From below the working folder that is out of it; otherwise out of the folder that the file is named in.
    """
    path = document.source.path
    if path is None:
        return False
    absolute = os.path.abspath(path)
    folder = os.path.dirname(absolute)
    if os.path.realpath(folder) == folder and not os.path.islink(path):
        return False
    working = os.getcwd()
    is_below = absolute.startswith(os.path.join(working, ""))
    return leads_away(absolute, working if is_below else folder)


def names_a_model(text: str) -> bool:
    """Whether a text, which may be no YAML, names one of our fields or a model of the kind."""
    return _names().search(text) is not None


def raw_text(document: Document) -> str:
    """The text as far as any encoding gives it: a file that is no UTF-8 names its fields all the same."""
    return document.text or document.source.content.decode("latin-1").replace("\0", "")


@cache
def _names() -> re.Pattern[str]:
    """What names us in a text; made only where one does not tell otherwise."""
    names = [name for names in FAMILIES.values() for name in names.huggingface]
    models, classes = map(re.escape, names), [re.escape(name.replace("-", "")) for name in names]
    fields = sorted((default_family().config.FIELDS.keys() - SHARED_NAMES) | {"extractor_mode", *names_in("unilm")})
    return re.compile(
        rf"""
        \b(?:{"|".join(fields)})\b
        | \b(?:conv_feature_layers|feat_extract_norm|num_conv_pos_embeddings|do_stable_layer_norm|feat_proj_dropout)\b
        | \b(?:feature_grad_mult|quantize_targets|conv_pos_groups|layer_norm_first)\b
        | \b(?:model_type|_name|arch)["']?[ \t]*:[ \t]*["']?(?:wav2vec_|{"|".join(models)})
        | \b{ARCHITECTURE}["']?[ \t]*:[ \t]*["']?(?:{"|".join(FAMILIES)})\b
        | \b(?i:{"|".join(classes)})(?:Model|For[A-Z]\w+)\b
        """,
        re.VERBOSE,
    )


def _is_nearly_ours(document: Document) -> bool:
    """Whether a mapping without a field of ours is part of a config, or misspells one."""
    from w2v_explore.config.metadata import METADATA
    from w2v_explore.config.suggest import is_misspelt

    names = document.entries.keys()
    if names <= {*METADATA}:
        return not names.isdisjoint(_INHERITED)
    if "extends" in names:
        base = plain_value(document.entries["extends"].value)
        # Other programs' settings extend, too, and files of theirs are called anything.
        if isinstance(base, str) and base.removesuffix(".yaml") in preset_names():
            return True
    unknown = [name for name in names if name not in METADATA][:_MAX_NAMES]
    return any(is_misspelt(name, family_of(document).config.FIELDS) for name in unknown)
