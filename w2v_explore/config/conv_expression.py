"""fairseq states convolutions as a Python expression, ``[(512, 10, 5)] + [(512, 3, 2)] * 4``, and evaluates it.

Here it is parsed: lists, tuples, whole numbers, ``+`` and ``*`` are understood, nothing is ever evaluated, and the
size of what it expands to is checked before it expands.
"""

import ast
import re

from w2v_explore.config.kinds import MAX_CONV_LAYERS, ConvLayer

# The longest list of layers, each with the largest sizes, takes no more.
_MAX_LENGTH = 50_000
# Python knows many more ways to write a number.
_EXPRESSION = re.compile(r"[\s0-9,()\[\]+*]*")


def parse_conv_expression(text: str) -> tuple[ConvLayer, ...] | None:
    """The layers that a fairseq ``conv_feature_layers`` expression stands for.

    Returns:
        One ``(channels, kernel, stride)`` per layer, or None where the text is not such an expression
        or expands to more than `MAX_CONV_LAYERS` layers.
    """
    if len(text) > _MAX_LENGTH or not _EXPRESSION.fullmatch(text):
        return None
    try:
        layers = _expand(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tuple(layers) or None


def _expand(node: ast.expr) -> list[ConvLayer]:
    match node:
        case ast.List(elts=elements):
            layers = [_layer(element) for element in elements]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            layers = _expand(left) + _expand(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=int(times))):
            repeated = _expand(left)
            if len(repeated) * times > MAX_CONV_LAYERS:
                raise ValueError("too many layers")
            layers = repeated * times
        case _:
            raise ValueError("not a list of layers")
    if len(layers) > MAX_CONV_LAYERS:
        raise ValueError("too many layers")
    return layers


def _layer(node: ast.expr) -> ConvLayer:
    match node:
        case ast.Tuple(
            elts=[ast.Constant(value=int(channels)), ast.Constant(value=int(kernel)), ast.Constant(value=int(stride))]
        ):
            return channels, kernel, stride
    raise ValueError("not a (channels, kernel, stride) tuple")
