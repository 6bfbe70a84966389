"""What a value stands for where OmegaConf reads a YAML: ``${model.encoder_embed_dim}``, ``???``, a number."""

import re
from collections.abc import Sequence

import yaml

from w2v_explore.config.dialects.section import Section, as_number

MISSING = "???"
"""What OmegaConf has in the place of a value that is still to come."""
_INTERPOLATION = re.compile(r"\$\{([A-Za-z_][\w.]*)\}")
_MAX_INTERPOLATIONS = 8


def resolve(node: yaml.Node, root: Section) -> yaml.Node | None:
    """The node that a node stands for, at its own place; None for what the file leaves open."""
    target = node
    for _ in range(_MAX_INTERPOLATIONS):
        if not isinstance(target, yaml.ScalarNode):
            return target
        text: str = target.value
        if text == MISSING:
            return None
        match = _INTERPOLATION.fullmatch(text)
        if match is None:
            break
        found = _look_up(root, match[1].split("."))
        if found is None:
            return None
        target = found
    if not isinstance(target, yaml.ScalarNode) or "${" in target.value:
        return None
    number = as_number(target)
    if number is node:
        return node
    return yaml.ScalarNode(number.tag, target.value, node.start_mark, node.end_mark, target.style)


def _look_up(root: Section, path: Sequence[str]) -> yaml.Node | None:
    *above, last = path
    section: Section | None = root
    for name in above:
        section = section.inner(name) if section is not None else None
    return section.pairs[last][1] if section is not None and last in section.pairs else None
