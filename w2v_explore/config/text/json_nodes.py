r"""JSON as the nodes that PyYAML composes of YAML, with the place of each.

YAML 1.1 is close to JSON and misreads it: ``1e-05`` is text to it, tabs may not indent, ``\/`` and pairs of surrogates
are no escapes. Python's decoder judges whether a text is JSON; what is left to do here is to note where things stand.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

import yaml
from yaml.error import Mark

from w2v_explore.config import codes
from w2v_explore.config.text.limits import MAX_DEPTH, TAG, TOO_DEEP, RejectedError
from w2v_explore.diagnostics import Place
from w2v_explore.files.json_document import syntax_error

_TOKEN = re.compile(r'[ \t\r\n]*(?:("[^"\\]*(?:\\.[^"\\]*)*")|([^ \t\r\n{}\[\],:"]+)|([{}\[\],:]))')
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_WORDS = {
    "null": ("null", "null"),
    "true": ("bool", "true"),
    "false": ("bool", "false"),
    "NaN": ("float", ".nan"),
    "Infinity": ("float", ".inf"),
    "-Infinity": ("float", "-.inf"),
}


def compose_json(name: str, text: str) -> yaml.Node:
    """The root node of a JSON text.

    Raises:
        RejectedError: It is no JSON, or nested too deep.
    """
    try:
        # Numbers stay text: Python converts none of thousands of digits.
        json.loads(text, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        wrong = syntax_error(error)
        place = Place(name, wrong.lineno, wrong.colno, wrong.lineno, wrong.colno + 1)
        reason = wrong.msg[:1].lower() + wrong.msg[1:]
        raise RejectedError(codes.YAML_SYNTAX, place, f"not readable as JSON: {reason}") from error
    except RecursionError as error:
        raise RejectedError(codes.TOO_DEEP_OR_BIG, Place(name), TOO_DEEP) from error
    return _Composer(name, text).compose()


class _Composer:
    """Walks the tokens of a text that is known to be JSON, with a stack of its own: no nesting can exhaust it."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name, text
        self._line_starts = [0, *(match.end() for match in _BREAK.finditer(text))]

    def compose(self) -> yaml.Node:
        top = yaml.SequenceNode(f"{TAG}seq", [])
        stack: list[yaml.CollectionNode] = [top]
        keys: list[yaml.Node | None] = [None]
        for start, end, token in self._tokens():
            if token in "}]":
                closed = stack.pop()
                keys.pop()
                closed.end_mark = self._mark(end)
                continue
            if token in ",:":
                continue
            node = self._node(start, end, token)
            parent = stack[-1]
            if isinstance(parent, yaml.SequenceNode):
                parent.value.append(node)
            elif keys[-1] is None:
                keys[-1] = node
            else:
                parent.value.append((keys[-1], node))
                keys[-1] = None
            if isinstance(node, yaml.CollectionNode):
                stack.append(node)
                keys.append(None)
                if len(stack) > MAX_DEPTH + 1:
                    place = Place(self._name, node.start_mark.line + 1, node.start_mark.column + 1)
                    raise RejectedError(codes.TOO_DEEP_OR_BIG, place, TOO_DEEP)
        root: yaml.Node = top.value[0]
        return root

    def _tokens(self) -> Iterator[tuple[int, int, str]]:
        for match in _TOKEN.finditer(self._text):
            group = match.lastindex or 0
            yield match.start(group), match.end(group), match.group(group)

    def _node(self, start: int, end: int, token: str) -> yaml.Node:
        marks = self._mark(start), self._mark(end)
        if token == "{":
            return yaml.MappingNode(f"{TAG}map", [], *marks, flow_style=True)
        if token == "[":
            return yaml.SequenceNode(f"{TAG}seq", [], *marks, flow_style=True)
        if token.startswith('"'):
            # Half a pair of surrogates is no character, and could not be printed.
            value = json.loads(token).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return yaml.ScalarNode(f"{TAG}str", value, *marks, style='"')
        tag, value = _WORDS.get(token) or ("float" if set(token) & set(".eE") else "int", token)
        return yaml.ScalarNode(f"{TAG}{tag}", value, *marks)

    def _mark(self, index: int) -> Mark:
        line = bisect_right(self._line_starts, index) - 1
        return Mark(self._name, index, line, index - self._line_starts[line], None, 0)
