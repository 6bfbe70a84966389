"""`Section`: a mapping inside another program's config, and the YAML nodes that are read out of it and made from it."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml
from yaml.error import Mark

from w2v_explore.config.entries import plain_value
from w2v_explore.config.text.limits import TAG

# YAML 1.1 wants a dot in such numbers, and takes them for text; OmegaConf and transformers read numbers.
_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+")


class Section(NamedTuple):
    """A mapping inside a config.

    Attributes:
        prefix: The path to it, ``model.``; empty for the file's own level.
        start: Where it begins.
        pairs: Its keys and values by name.
        origins: Where the pairs come from that do not stand in it, by name.
    """

    prefix: str
    start: Mark
    pairs: Mapping[str, tuple[yaml.ScalarNode, yaml.Node]]
    origins: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def of(cls, node: yaml.MappingNode, prefix: str = "") -> "Section":
        """The section that a node is."""
        pairs = {key.value: (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        return cls(prefix, node.start_mark, pairs)

    def inner(self, name: str) -> "Section | None":
        """The section below a key; None where there is none."""
        node = self.pairs[name][1] if name in self.pairs else None
        return Section.of(node, f"{self.prefix}{name}.") if isinstance(node, yaml.MappingNode) else None

    def value(self, name: str) -> object:
        """The plain value of a key; None where it is absent."""
        return plain_value(self.pairs[name][1]) if name in self.pairs else None


def is_on(node: yaml.Node) -> bool:
    """Whether a value switches something on."""
    if isinstance(node, yaml.CollectionNode):
        return bool(node.value)
    # Python's None, as programs print it, is text to YAML.
    return plain_value(node) not in (None, False, 0, "", "None")


def as_number(node: yaml.Node) -> yaml.Node:
    """The node, as a number where it is one to everyone but YAML 1.1: ``1e-5``."""
    if not isinstance(node, yaml.ScalarNode) or node.tag != f"{TAG}str" or node.style:
        return node
    if not _NUMBER.fullmatch(node.value):
        return node
    return yaml.ScalarNode(f"{TAG}float", node.value, node.start_mark, node.end_mark, node.style)


def scalar(value: Any, start: Mark, end: Mark) -> yaml.ScalarNode:
    """The node of a plain value, at a place of our choosing."""
    match value:
        case None:
            tag, text = "null", "null"
        case bool():
            tag, text = "bool", str(value).lower()
        case int():
            tag, text = "int", str(value)
        case float():
            tag, text = "float", repr(value)
        case _:
            tag, text = "str", value
    return yaml.ScalarNode(f"{TAG}{tag}", text, start, end)


def conv_node(layers: Sequence[tuple[yaml.Node, ...]], start: Mark, end: Mark) -> yaml.SequenceNode:
    """The list of conv layers that nodes of channels, kernels and strides make up."""
    items = [
        yaml.SequenceNode(f"{TAG}seq", list(layer), layer[0].start_mark, layer[0].end_mark, flow_style=True)
        for layer in layers
    ]
    return yaml.SequenceNode(f"{TAG}seq", items, start, end, flow_style=True)
