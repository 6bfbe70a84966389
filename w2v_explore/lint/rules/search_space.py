"""The space of a search is wrong.

What it does
    Reads the `search:` of a config, which says what `w2v-explore search` varies (docs/search.md): whether its keys are
    fields, or layers that there are, and whether lists and ranges have values. What no config may have is reported at
    its place with the rule that such a value breaks, as E231 for 0 heads.
Why is this bad
    A search takes the space at its word; a misspelt field or a range that hits nothing would not be searched.
Example
    extends: base
    search:
      encoder_layers: 2..24:2
Use instead
    extends: base
    search:
      encoder_num_layers: 2..24:2
"""

from w2v_explore.config.codes import SEARCH_SPACE as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
