"""A key about the file has a value of the wrong type.

What it does
    Checks that extends, name, family, description, source and published_parameters are text, that sample_rate is a
    whole number from 1 to 10,000,000, and that budgets and search are mappings.
Why is this bad
    Times and rates are worked out from sample_rate, and reports print the texts. YAML reads 16k as text, and an
    unquoted name such as 2024 or no as a number or a boolean.
Example
    extends: base
    sample_rate: 16k
Use instead
    extends: base
    sample_rate: 16000
"""

from w2v_explore.config.codes import METADATA_TYPE as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
