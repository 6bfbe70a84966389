"""What others call published models that were pruned; a table of facts."""

from w2v_explore.config.published import HUB, Published

_NO_SIZES = (
    "its widths layer by layer are published in its checkpoint alone, under config; write "
    "extends: hubert_base_prunable and these lists"
)

PUBLISHED = Published(names={HUB: {}}, without_preset={"pyf98/DPHuBERT": _NO_SIZES})
