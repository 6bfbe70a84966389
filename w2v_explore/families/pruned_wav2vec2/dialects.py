"""How programs word the configs of pruned models: DPHuBERT alone has such, and its arguments are the fields."""

PYTHON = None
"""The function that takes the fields as arguments is in no package."""

COLUMNS = {}
"""By the programs that have models of the family."""
