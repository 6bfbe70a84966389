"""The file is larger or nested deeper than any config.

What it does
    Checks that the file has at most 512 KiB and nests lists and mappings at most 64 levels deep. A config takes about 1
    KiB and three levels.
Why is this bad
    libyaml goes one call deeper for each level: 25,000 brackets, a file of 50 KB, overrun the stack and end Python with
    a segmentation fault, which no program can catch.
Example
    extends: base
    name: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
Use instead
    extends: base
    name: six layers
"""  # noqa: E501

from w2v_explore.config.codes import TOO_DEEP_OR_BIG as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
