"""The rules that are checked once a config has been read; those that reading breaks stand in `config.codes`."""

from collections.abc import Iterator

from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.diagnostics import Rule

HEAD_DIM_MULTIPLE_OF_8 = Rule("A400", "head-dim-multiple-of-8")
HEAD_DIM_64 = Rule("A401", "head-dim-64")
FF_FOUR_TIMES = Rule("A402", "ff-four-times")
POS_CONV_CONVENTION = Rule("A403", "pos-conv-convention")
LAYER_DROP_DDP = Rule("A405", "layer-drop-ddp")
SCHEMA_DIRECTIVE = Rule("A406", "schema-directive")
INPUT_TOO_SHORT = Rule("E250", "input-too-short")
BUDGET = Rule("E270", "budget")
YAML11_SCALAR = Rule("W107", "yaml11-scalar")
SAMPLES_SKIPPED = Rule("W300", "samples-skipped")
DROPOUT_ONE = Rule("W301", "dropout-one")
LAYER_DROP_ONE = Rule("W302", "layer-drop-one")
FRAME_SHIFT = Rule("W303", "frame-shift")
RECEPTIVE_FIELD = Rule("W304", "receptive-field")
NORM_PAIRING = Rule("W305", "norm-pairing")
BIAS_WITH_GROUP_NORM = Rule("W306", "bias-with-group-norm")
POS_CONV_HEAVY = Rule("W307", "pos-conv-heavy")
HEAD_DIM_SMALL = Rule("W308", "head-dim-small")
PADDING_LEAKS = Rule("W309", "padding-leaks", "advice")
MASK_TOO_LONG = Rule("W310", "mask-too-long")
# What is left over once an ignore has done nothing is worth a warning, though it is about no config.
UNUSED_IGNORE = Rule("A407", "unused-ignore", "warning")

DOCUMENT_RULES = (YAML11_SCALAR, SCHEMA_DIRECTIVE)
"""Run on every file that is a mapping, but for other programs' configs: they are about our own YAML."""

FOREIGN_RULES = (MASK_TOO_LONG,)
"""Run on other programs' configs that are valid: they are about what ours do not say."""

MODEL_RULES = (
    HEAD_DIM_MULTIPLE_OF_8,
    HEAD_DIM_64,
    FF_FOUR_TIMES,
    POS_CONV_CONVENTION,
    LAYER_DROP_DDP,
    INPUT_TOO_SHORT,
    BUDGET,
    SAMPLES_SKIPPED,
    DROPOUT_ONE,
    LAYER_DROP_ONE,
    FRAME_SHIFT,
    RECEPTIVE_FIELD,
    NORM_PAIRING,
    BIAS_WITH_GROUP_NORM,
    POS_CONV_HEAVY,
    HEAD_DIM_SMALL,
    PADDING_LEAKS,
)
"""Run where the config is valid."""


def all_rules() -> Iterator[Rule]:
    """Every rule, those that reading breaks too; those of single families come last, since that imports them."""
    from w2v_explore.config import codes as reading

    for module in (vars(reading), dict(globals())):
        yield from (value for value in module.values() if isinstance(value, Rule))
    for name in FAMILIES:
        yield from family_named(name).rules


def is_known(prefix: str) -> bool:
    """Whether a code, or the beginning of one, is that of a rule."""
    return bool(prefix) and any(rule.code.startswith(prefix) for rule in all_rules())
