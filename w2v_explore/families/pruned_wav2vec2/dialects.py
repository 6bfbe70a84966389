"""How programs word the configs of pruned models: DPHuBERT alone has such, and its arguments are the fields."""

from collections.abc import Mapping

from w2v_explore.config.dialects.columns import Column

PYTHON = None
"""The function that takes the fields as arguments is in no package."""

COLUMNS: Mapping[str, Column] = {}
"""By the programs that have models of the family."""
