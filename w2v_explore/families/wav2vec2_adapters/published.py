"""What the Hugging Face hub calls published models with adapters; a table of facts."""

from w2v_explore.config.published import HUB, Published

PUBLISHED = Published(
    names={HUB: {"facebook/mms-1b-all": "mms_1b_all"}},
    made_of={r"mms-1b-(all|fl102|l1107)": "mms_1b_all"},
)
