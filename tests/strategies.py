"""Random valid configs, and trees that no config makes, for property and parity tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import note
from hypothesis import strategies as st

from tests.tree_operations import AveragePool, PairBias
from w2v_explore import ModelConfig
from w2v_explore.tree.inputs import Features, Waveforms
from w2v_explore.tree.layer import OWN, PREVIOUS, Layer, Source, Step
from w2v_explore.tree.operations import (
    GELU,
    GLU,
    Add,
    BatchNorm,
    Conv1d,
    Dropout,
    GroupNorm,
    LayerNorm,
    Linear,
    Operation,
    ReLU,
    SamePad,
    ScaledDotProductAttention,
    SiLU,
    WeightNorm,
)

# torch takes paths of its own for 0 and for 1.
PROBABILITIES = st.sampled_from([0.0, 0.1, 1.0]) | st.floats(0, 1, allow_nan=False)


@st.composite
def conv_layers(draw: st.DrawFn, max_channels: int = 24) -> list[tuple[int, int, int]]:
    """One to eight small convolutions; strides may exceed kernels."""
    layer = st.tuples(st.integers(1, max_channels), st.integers(1, 7), st.integers(1, 4))
    return draw(st.lists(layer, min_size=1, max_size=8))


@st.composite
def field_values(draw: st.DrawFn, max_layers: int = 3) -> dict[str, Any]:
    """The 16 fields of a small valid config."""
    heads, groups = draw(st.integers(1, 4)), draw(st.sampled_from([1, 2, 4]))
    embed_dim = heads * groups * draw(st.integers(1, 4))
    return {
        "extractor_mode": draw(st.sampled_from(["group_norm", "layer_norm"])),
        "extractor_conv_layer_config": draw(st.none() | conv_layers()),
        "extractor_conv_bias": draw(st.booleans()),
        "encoder_embed_dim": embed_dim,
        "encoder_projection_dropout": draw(PROBABILITIES),
        "encoder_pos_conv_kernel": draw(st.integers(1, 9)),
        "encoder_pos_conv_groups": groups,
        "encoder_num_layers": draw(st.integers(1, max_layers)),
        "encoder_num_heads": heads,
        "encoder_attention_dropout": draw(PROBABILITIES),
        "encoder_ff_interm_features": draw(st.integers(1, 24)),
        "encoder_ff_interm_dropout": draw(PROBABILITIES),
        "encoder_dropout": draw(PROBABILITIES),
        "encoder_layer_norm_first": draw(st.booleans()),
        "encoder_layer_drop": draw(PROBABILITIES),
        "aux_num_out": draw(st.none() | st.integers(1, 40)),
    }


def configs(max_layers: int = 3) -> st.SearchStrategy[ModelConfig]:
    """Small valid configs."""
    return field_values(max_layers).map(ModelConfig.from_mapping)


def trees() -> st.SearchStrategy[Layer]:
    """Small models made by hand, as unlike as the words of `tree/layer.py` allow; each composite is of its own kind.

    Where torch copies a tensor because of its layout no figure has the copy: convolutions end with a norm over their
    channels before a linear layer, and a norm over utterances comes right after a convolution of the waveform.
    """
    return st.composite(_model)()


def _model(draw: st.DrawFn) -> Layer:
    tree = _Trees(draw).model()
    note("\n".join(_lines(tree)))
    return tree


def _lines(layer: Layer, indent: str = "") -> Iterator[str]:
    """What a failing test shows of a tree."""
    said = {name: value for name, value in layer._asdict().items() if value != Layer._field_defaults.get(name)}
    del said["name"], said["kind"]
    said.pop("children", None)
    yield f"{indent}{layer.name!r} {layer.kind} {said}"
    for child in layer.children:
        yield from _lines(child, indent + "  ")


class _Trees:
    """Parts of a tree, drawn at random; each takes the name that it is to have."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.kinds = 0
        self.heads = draw(st.integers(1, 2))

    def number(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most))

    def chance(self) -> bool:
        return self.draw(st.booleans())

    def width(self) -> int:
        return self.heads * self.draw(st.sampled_from([4, 8, 12]))

    def composite(self, name: str, *children: Layer, **how: Any) -> Layer:
        self.kinds += 1
        return Layer(name, f"Composite{self.kinds}", None, children, **how)

    def model(self) -> Layer:
        of_waveforms, width = self.chance(), self.width()
        channels = 1 if of_waveforms else self.number(3, 6)
        frontend, path = self.frontend("frontend", channels, width, of_waveforms), "frontend"
        children = [frontend]
        makes = st.sampled_from([
            self.leaf, self.residual, self.attention, self.convolution, self.branches, self.twice, self.idle,
            self.several, self.aside, self.heads_beside, self.stack, self.conditioned_stack, self.gated,
        ])  # fmt: skip
        for number, make in enumerate(self.draw(st.lists(makes, min_size=1, max_size=4))):
            children.append(make(f"part{number}", width))
        schedule: tuple[str, ...] = ()
        if self.chance():
            children.insert(self.number(0, len(children)), self.linear("unused", 3, 5))
            schedule = tuple([child.name for child in children if child.name != "unused"])
        gives: tuple[Source, ...] = ("frontend", PREVIOUS) if self.chance() else ()
        if self.chance():
            inner = self.composite("inner", *children, schedule=schedule, gives=gives)
            children, schedule, path = [inner], (), f"inner.{path}"
            if gives:
                # What the inner model gives first is not what was made last.
                children += [self.linear("beside", width, 3), self.linear("out", width, 4, ("inner.1",))]
            gives = (PREVIOUS, "beside") if gives else ()
        if children[-1].name != "out":
            children.append(self.linear("out", width, 4))
            schedule = (*schedule, "out") if schedule else ()
            gives = (PREVIOUS, *gives[:1]) if gives else ()
        takes = Waveforms(path) if of_waveforms else Features(path, channels, 40, 16, self.number(1, 2))
        return Layer("", "Model", None, tuple(children), schedule, gives=gives, takes=takes)

    def frontend(self, name: str, channels: int, width: int, of_waveforms: bool) -> Layer:
        blocks: list[Layer] = []
        for number in range(self.number(1 if of_waveforms else 0, 3)):
            make = self.strided_branches if blocks and self.chance() else self.strided
            last = self.width()
            blocks.append(make(f"block{number}", channels, last))
            channels = last
        return self.composite(name, *blocks, self.norm("norm", channels), self.linear("projection", channels, width))

    def strided(self, name: str, channels: int, out: int) -> Layer:
        """Convolutions that shorten, with their norm and activation; channels first to their end."""
        kernel, stride = self.number(1, 5), self.number(1, 3)
        conv = self.conv("conv", channels, out, kernel, stride, self.number(0, kernel // 2))
        children = [conv]
        norms: list[list[Operation]] = [[], [LayerNorm(out)], [BatchNorm(out)]]
        if channels == 1:
            norms.append([GroupNorm(out)])
        others = st.lists(
            st.sampled_from([GELU(), SiLU(), ReLU(), Dropout(0.1), AveragePool(2)]), max_size=2, unique=True
        )
        for number, operation in enumerate(self.draw(st.sampled_from(norms)) + self.draw(others)):
            children.append(self.first(f"part{number}", operation))
        return self.composite(name, *children)

    def strided_branches(self, name: str, channels: int, out: int) -> Layer:
        """Two convolutions that shorten by the same."""
        stride, kernels = self.number(1, 3), self.draw(st.tuples(*[st.sampled_from([1, 3, 5])] * 2))
        one, other = (
            self.conv(side, channels, out, kernel, stride, kernel // 2, sources=(0,))
            for side, kernel in zip(("one", "other"), kernels, strict=True)
        )
        return self.composite(name, one, other, Layer("add", "Add", Add(), sources=("other", "one")))

    def conv(self, name: str, channels: int, out: int, kernel: int, stride: int, padding: int, **how: Any) -> Layer:
        groups = [groups for groups in (1, 2, 4) if not channels % groups and not out % groups]
        bias = self.chance()
        conv = Conv1d(channels, out, kernel, stride, padding, self.draw(st.sampled_from(groups)), bias)
        return self.first(name, conv, **how)

    def first(self, name: str, operation: Operation, **how: Any) -> Layer:
        kinds = {"AveragePool": "AvgPool1d"}
        kind = type(operation).__name__
        return Layer(name, kinds.get(kind, kind), operation, channels_first=True, **how)

    def linear(self, name: str, channels: int, out: int, sources: tuple[Source, ...] = ()) -> Layer:
        return Layer(name, "Linear", Linear(channels, out), sources=sources)

    def norm(self, name: str, width: int) -> Layer:
        return Layer(name, "LayerNorm", LayerNorm(width))

    def leaf(self, name: str, width: int) -> Layer:
        operation: Operation = self.draw(st.sampled_from(
            [Linear(width, width), LayerNorm(width), GELU(), SiLU(), ReLU(), Dropout(0.0), Dropout(0.1), Dropout(1.0)]
        ))  # fmt: skip
        return Layer(name, type(operation).__name__, operation)

    def chain(self, name: str, width: int) -> Layer:
        """Modules one after the other, a residual branch among them."""
        makes = st.lists(st.sampled_from([self.leaf, self.residual]), min_size=1, max_size=3)
        return self.composite(name, *[make(f"part{number}", width) for number, make in enumerate(self.draw(makes))])

    def residual(self, name: str, width: int) -> Layer:
        """A feed-forward that a sum goes round; registered in another order than it runs."""
        inner = self.number(1, 20)
        children = (
            self.linear("down", inner, width),
            self.leaf("act", inner),
            self.linear("up", width, inner),
            Layer("add", "Add", Add(), sources=tuple(self.draw(st.permutations((0, "down"))))),
        )
        children = tuple([child for child in children if child.name != "act" or self.chance()])
        order = [name for name in ("up", "act", "down", "add") if name in {child.name for child in children}]
        if self.chance():
            children = (*children, self.norm("norm", width))
            order.insert(0, "norm")
        return self.composite(name, *children, schedule=tuple(order))

    def attention(self, name: str, width: int) -> Layer:
        product = ScaledDotProductAttention(self.heads, 0.0)
        children = [self.linear(part, width, width, (0,)) for part in self.draw(st.permutations(("q", "k", "v")))]
        bias: tuple[Source, ...] = ("bias",) if self.chance() else ()
        if bias:
            children.append(Layer("bias", "PairBias", PairBias(self.heads), sources=(0,)))
        children += [
            Layer("product", "ScaledDotProductAttention", product, sources=("q", "k", "v", *bias)),
            self.linear("out", width, width),
        ]
        return self.composite(name, *children)

    def convolution(self, name: str, width: int) -> Layer:
        """A weight-normalised one that keeps the frames."""
        kernel = self.number(1, 6)
        groups = self.draw(st.sampled_from([1, 2, 4]))
        conv = Conv1d(width, width, kernel, padding=kernel // 2, groups=groups, weight_norm=True)
        weight = Layer("weight", "WeightNorm", WeightNorm(conv.weight_shape), channels_first=True)
        parametrizations = Layer("parametrizations", "ModuleDict", None, (weight,))
        schedule = ("parametrizations", Step(OWN, (0, "parametrizations")))
        children = [Layer("conv", "WeightNormConv1d", conv, (parametrizations,), schedule, channels_first=True)]
        if kernel % 2 == 0:
            children.append(self.first("same_pad", SamePad()))
        if self.chance():
            children.append(self.first("gelu", GELU()))
        return self.composite(name, *children, self.norm("norm", width))

    def gated(self, name: str, width: int) -> Layer:
        """A gated linear unit; channels lie first or last."""
        conv, norm = self.first("wide", Conv1d(width, 2 * width, 1)), self.norm("norm", width)
        if self.chance():
            return self.composite(name, conv, self.first("glu", GLU()), norm)
        return self.composite(name, self.linear("wide", width, 2 * width), Layer("glu", "GLU", GLU()), norm)

    def branches(self, name: str, width: int) -> Layer:
        """Two siblings that take what a third gives, or what their parent takes."""
        source: Source = self.draw(st.sampled_from([0, "before"]))
        one, other = self.chain("one", width), self.chain("other", width)
        children = (
            self.linear("before", width, width),
            one._replace(sources=(source,)),
            other._replace(sources=("before",)),
            Layer("add", "Add", Add(), sources=("one", "other")),
        )
        return self.composite(name, *children)

    def twice(self, name: str, width: int) -> Layer:
        """A module that runs twice."""
        shared = self.chain("shared", width)
        children = (shared, self.linear("between", width, width), Layer("add", "Add", Add(), sources=("once", "twice")))
        schedule = (Step("shared", (0,), "once"), "between", Step("shared", ("between",), "twice"), "add")
        return self.composite(name, *children, schedule=schedule)

    def idle(self, name: str, width: int) -> Layer:
        """A composite with a module that never runs."""
        return self.composite(name, self.residual("idle", width), self.leaf("used", width), schedule=("used",))

    def several(self, name: str, width: int) -> Layer:
        """A module with two outputs, and one that takes both."""
        low, high = self.leaf("low", width), self.linear("high", width, width)
        inner = self.composite("inner", low, high, gives=("low", "high"))
        return self.composite(name, inner, Layer("add", "Add", Add(), sources=("inner.1", "inner")))

    def aside(self, name: str, width: int) -> Layer:
        """Modules that run and whose results nobody takes, before or behind the one whose result is given."""
        children = [self.chain("aside", width)._replace(sources=(0,)), self.leaf("used", width)._replace(sources=(0,))]
        return self.composite(name, *self.draw(st.permutations(children)), gives=("used",))

    def heads_beside(self, name: str, width: int) -> Layer:
        """Folded modules that all take the same; what the last of them gives is theirs."""
        return Layer(name, "ModuleList", None, (self.linear("0", width, width, (0,))._replace(copies=3),))

    def layers(self, width: int, make: Callable[[str, int], Layer], **how: Any) -> list[Layer]:
        """Layers of a list, folded and apart."""
        made: list[Layer] = []
        for _ in range(self.number(1, 3)):
            first = sum(layer.copies for layer in made)
            made.append(make(str(first), width)._replace(copies=self.number(1, 3), **how))
        return made

    def stack(self, name: str, width: int) -> Layer:
        makes = [
            self.chain, self.residual, self.attention, self.inner_list, self.several, self.aside, self.twice, self.idle,
        ]  # fmt: skip
        drop = self.draw(PROBABILITIES)
        layers = self.layers(width, self.draw(st.sampled_from(makes)), stacked=True, drop=drop)
        return Layer(name, "ModuleList", None, tuple(layers))

    def inner_list(self, name: str, width: int) -> Layer:
        """Folded layers to be folded once more."""
        return self.composite(
            name, Layer("inner", "ModuleList", None, tuple(self.layers(width, self.residual))), self.norm("norm", width)
        )

    def conditioned(self, name: str, width: int) -> Layer:
        inner = self.draw(st.sampled_from([self.chain, self.attention]))("inner", width)
        return self.composite(name, inner, Layer("add", "Add", Add(), sources=("inner", 1)))

    def conditioned_stack(self, name: str, width: int) -> Layer:
        """Layers that all take what is made once for them, by a module of their parent's or of the first of them."""
        condition = self.linear("condition", width, width)
        layers = self.layers(width, self.conditioned, sources=(PREVIOUS, 1))
        if self.chance():
            layers = [layer._replace(stacked=True, drop=0.1) for layer in layers]
        if self.chance():
            inside = layers[0].children
            layers[0] = layers[0]._replace(
                copies=1,
                children=(*inside, condition),
                schedule=tuple([child.name for child in inside]),
            )
            names = [sum([layer.copies for layer in layers[:number]]) for number in range(len(layers))]
            layers = [layer._replace(name=str(number)) for layer, number in zip(layers, names, strict=True)]
            stack = Layer("layers", "ModuleList", None, tuple(layers))
            schedule = (Step("layers.0.condition", (0,), "condition"), Step("layers", (0, "condition")))
            return self.composite(name, stack, schedule=schedule)
        stack = Layer("layers", "ModuleList", None, tuple(layers), sources=(0, "condition"))
        return self.composite(name, condition._replace(sources=(0,)), stack)
