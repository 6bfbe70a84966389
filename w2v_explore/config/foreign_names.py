"""What other programs call our fields, and whose name each is.

Imported only where a name was met that is none of ours.
"""

from collections.abc import Container
from functools import cache
from typing import NamedTuple

from w2v_explore.config.dialects.fairseq_words import FAIRSEQ_OVERRIDES
from w2v_explore.config.dialects.programs import DIALECTS, column_of
from w2v_explore.config.family import family_named

_TORCH = "torch.nn.TransformerEncoderLayer"
_ELSEWHERE = {
    "d_model": ("encoder_embed_dim", _TORCH),
    "nhead": ("encoder_num_heads", _TORCH),
    "dim_feedforward": ("encoder_ff_interm_features", _TORCH),
    "norm_first": ("encoder_layer_norm_first", _TORCH),
    "output_size": ("encoder_embed_dim", "ESPnet"),
    "num_blocks": ("encoder_num_layers", "ESPnet"),
    "attention_heads": ("encoder_num_heads", "ESPnet"),
    "linear_units": ("encoder_ff_interm_features", "ESPnet"),
}
"""Names in programs whose configs are not read."""


class ForeignName(NamedTuple):
    """A name that another program has for one of our fields, or for a part of it.

    Attributes:
        field: Ours.
        programs: Whose name it is.
        is_whole: Whether it stands for the whole field; False for one of Hugging Face's three lists of convolutions.
    """

    field: str
    programs: tuple[str, ...]
    is_whole: bool = True

    @property
    def whose(self) -> str:
        """The programs as the owner of a name: ``fairseq's and Hugging Face's``."""
        return " and ".join(f"{program}'s" for program in self.programs)


def names_elsewhere(family: str, field: str) -> dict[str, str]:
    """What each program that has a field of a family calls it, with what is to be known of the name.

    Args:
        family: A key of `FAMILIES`.
        field: One of its fields.

    Returns:
        By the program's title.
    """
    columns = {program: column for program in DIALECTS if (column := column_of(family, program)) is not None}
    names = {program: str(column.counterparts[field]) for program, column in columns.items()}
    fine_tuned = FAIRSEQ_OVERRIDES.get(field)
    if fine_tuned is not None and names.get("fairseq", fine_tuned) != fine_tuned:
        names["fairseq"] += f" (pre-training), {fine_tuned} (fine-tuning)"
    return {DIALECTS[program].title: name for program, name in names.items() if name}


@cache
def foreign_names(family: str) -> dict[str, ForeignName]:
    """By the other name, the field of a family; names that are fields of it too are left out."""
    fields = family_named(family).config.FIELDS
    found: dict[str, ForeignName] = {}
    for program, about in DIALECTS.items():
        column = column_of(family, program)
        for field, counterpart in column.counterparts.items() if column is not None else ():
            for name in counterpart.names:
                _add(found, fields, name, ForeignName(field, (about.title,), len(counterpart.names) == 1))
    for field, name in FAIRSEQ_OVERRIDES.items():
        _add(found, fields, name, ForeignName(field, (DIALECTS["fairseq"].title,)))
    for name, (field, program) in _ELSEWHERE.items():
        _add(found, fields, name, ForeignName(field, (program,)))
    return found


def _add(found: dict[str, ForeignName], fields: Container[str], name: str, meant: ForeignName) -> None:
    if name in fields:
        return
    known = found.get(name, meant)
    programs = tuple(dict.fromkeys((*known.programs, *meant.programs)))
    found[name] = known._replace(programs=programs)
