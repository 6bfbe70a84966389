"""A plain value is read by YAML 1.1, not as it looks.

What it does
    Finds numbers and booleans that YAML 1.1 and people read differently: no and on (booleans), 010 (octal, 8),
    1:30 (base 60, 90), 1_000. Only in the fields and the sample rate; quoted text is another rule's matter.
Why is this bad
    PyYAML, and with it most of Python, reads YAML 1.1; editors, JSON tools and other languages read YAML 1.2, where the
    same characters are text or another number. The config then depends on who reads it.
Example
    extends: base
    encoder_num_layers: 010
Use instead
    extends: base
    encoder_num_layers: 8
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import yaml

from w2v_explore.config.entries import plain_value
from w2v_explore.config.text.limits import TAG
from w2v_explore.lint.codes import YAML11_SCALAR as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ()

_MAX_LENGTH = 100
_TEXT_TAG = f"{TAG}str"
_SAFE = re.compile(
    r"true|false|null|~|[-+]?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?|[-+]?\.[0-9]+|[-+]?\.(inf|nan)", re.I
)


@lru_cache(maxsize=1024)
def _is_safe(text: str) -> bool:
    """Whether YAML 1.1, YAML 1.2 and people read a plain scalar alike."""
    return _SAFE.fullmatch(text) is not None


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the plain values that hold, of the file itself and of ours that it extends."""
    fields = subject.reading.family.config.FIELDS
    for key, entry in subject.reading.entries.items():
        node = entry.value
        if node.__class__ is yaml.ScalarNode and (node.tag == _TEXT_TAG or node.style or _is_safe(node.value)):
            # Most values are such, and every config is asked.
            continue
        # Of what is said beside the fields, one is a number.
        if (key in fields or key == "sample_rate") and not entry.names:
            yield from _traps(key, node, (), depth=3)


def _traps(key: str, node: yaml.Node, item: tuple[int, ...], depth: int) -> Iterator[Finding]:
    if isinstance(node, yaml.SequenceNode) and depth:
        for number, child in enumerate(node.value):
            yield from _traps(key, child, (*item, number), depth - 1)
    if not isinstance(node, yaml.ScalarNode) or node.style or _is_safe(node.value):
        return
    if len(node.value) > _MAX_LENGTH:
        # No value of a field is so long, and Python refuses to write a number of thousands of digits.
        return
    value = plain_value(node)
    if isinstance(value, (bool, int, float)):
        plain = str(value).lower() if isinstance(value, bool) else str(value)
        name = key + "".join(f"[{number}]" for number in item)
        yield Finding(f"{name}: YAML 1.1 reads {node.value} as {plain}; write {plain}", (key,), item, plain)
