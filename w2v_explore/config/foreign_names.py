"""What other programs call our fields, and whose name each is.

Imported only where a name was met that is none of ours.
"""

from functools import cache
from typing import NamedTuple

from w2v_explore.config.dialects.table import DIALECTS, FAIRSEQ_OVERRIDES
from w2v_explore.config.family import default_family

FIELDS = default_family().config.FIELDS

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


@cache
def foreign_names() -> dict[str, ForeignName]:
    """By the other name, our field; names that are fields of ours too are left out."""
    found: dict[str, ForeignName] = {}
    for dialect in DIALECTS.values():
        for field, counterpart in dialect.counterparts.items():
            for name in counterpart.names:
                _add(found, name, ForeignName(field, (dialect.title,), len(counterpart.names) == 1))
    for field, name in FAIRSEQ_OVERRIDES.items():
        _add(found, name, ForeignName(field, (DIALECTS["fairseq"].title,)))
    for name, (field, program) in _ELSEWHERE.items():
        _add(found, name, ForeignName(field, (program,)))
    return found


def _add(found: dict[str, ForeignName], name: str, meant: ForeignName) -> None:
    if name in FIELDS:
        return
    known = found.get(name, meant)
    programs = tuple(dict.fromkeys((*known.programs, *meant.programs)))
    found[name] = known._replace(programs=programs)
