"""unilm's config of a checkpoint: fairseq's names for a model of its own, flat, below ``cfg`` or by themselves."""

from w2v_explore.config import codes
from w2v_explore.config.dialects.accounts import SAMPLE_RATE, Accounts
from w2v_explore.config.dialects.columns import CONV, HEAD
from w2v_explore.config.dialects.fairseq import check_projection, read_conv_layers
from w2v_explore.config.dialects.recognise import UNILM_LEVEL
from w2v_explore.config.dialects.section import Section, as_number
from w2v_explore.config.family import FAMILIES, names_in

_WHOSE = "unilm's class of configs"


def read_unilm(accounts: Accounts, root: Section) -> None:
    """Enter the fields of a config of unilm's."""
    inner = root.inner(UNILM_LEVEL)
    section = root if inner is None else inner
    for name in root.pairs if inner is not None else ():
        if name != UNILM_LEVEL:
            accounts.ignore(root, name, "the rest of the checkpoint")
    section = section._replace(pairs={name: (key, as_number(node)) for name, (key, node) in section.pairs.items()})
    stated = section.pairs.keys()
    family = next((family for family, names in FAMILIES.items() if not stated.isdisjoint(names.unilm)), None)
    if family is None:
        fields = ", ".join(names_in("unilm")) or "no model of its can be read"
        accounts.complain_of_file(f"no model of unilm's is stated ({fields})", codes.FOREIGN_INCOMPLETE)
        return
    accounts.family = family
    for field, counterpart in accounts.column.counterparts.items():
        if field == HEAD:
            accounts.enter_default(HEAD, section, (), None, "the model has none")
        elif field == CONV:
            read_conv_layers(accounts, section, _WHOSE)
        else:
            accounts.read_field(field, counterpart, section, _WHOSE)
    check_projection(accounts, section)
    accounts.refuse_defaults(section)
    if SAMPLE_RATE in section.pairs:
        accounts.enter_sample_rate(f"{section.prefix}{SAMPLE_RATE}", *section.pairs[SAMPLE_RATE])
    accounts.account_for_rest(section, accounts.column.names | {SAMPLE_RATE}, is_flat=True)
