"""The tools: how each is run, which of its numbers is taken, and why it differs, as data.

``difference`` and ``parameters_difference`` are what its count should be off by: multiples of the closed forms in
`benchmarks.peers.terms`. The page shows in how many runs that is so to the integer, so that a cause is a claim that
every run tests.
"""

from __future__ import annotations

from typing import NamedTuple

# Versions that constraints.txt does not hold are held here.
REQUIREMENTS = ("torch", "numpy")
# Its own requirements would bring a torch build for CUDA; only its models are wanted.
REQUIREMENTS_ALONE = ("torchaudio",)
PEER_REQUIREMENTS = (
    "calflops==0.3.2",
    "deepspeed==0.19.8",
    "fvcore",
    "ptflops==0.7.5",
    "thop==0.1.1.post2209072238",
    "torchinfo",
    "transformers",
)


class Peer(NamedTuple):
    """A tool to hold against the closed form.

    Attributes:
        name: For the page.
        package: Whose version it has.
        command: The script below this package, and its arguments.
        taken: Which of its numbers stand for MACs and parameters.
        cause: Why it differs.
        difference: Times and term, as MACs.
        parameters_difference: The same for parameters.
    """

    name: str
    package: str
    command: tuple[str, ...]
    taken: str
    cause: str
    difference: tuple[tuple[int, str], ...] = ()
    parameters_difference: tuple[tuple[int, str], ...] = ()


PEERS = (
    Peer(
        name="FlopCounterMode, meta",
        package="torch",
        command=("flop_counter", "meta"),
        taken="half of `get_total_flops()`, which counts two FLOPs a MAC; it counts no parameters",
        cause="It counts matrix products and convolutions as they reach torch's dispatcher; on meta tensors attention "
        "is two matrix products there.",
    ),
    Peer(
        name="FlopCounterMode, CPU",
        package="torch",
        command=("flop_counter", "cpu"),
        taken="the same half, of a forward pass on the CPU",
        cause="On the CPU attention runs as one fused kernel, which the counter has no formula for.",
        difference=((-1, "attention"),),
    ),
    Peer(
        name="DeepSpeed",
        package="deepspeed",
        command=("deepspeed",),
        taken="the MACs and parameters of `get_model_profile`, not its FLOPs, which also hold norms and activations",
        cause="It replaces torch's functions, and has a formula for each that has MACs here.",
    ),
    Peer(
        name="calflops",
        package="calflops",
        command=("calflops",),
        taken="the MACs and parameters of `calculate_flops`, not its FLOPs, which also hold norms and activations",
        cause="It replaces torch's functions as DeepSpeed does, but not `scaled_dot_product_attention`.",
        difference=((-1, "attention"),),
    ),
    Peer(
        name="fvcore",
        package="fvcore",
        command=("fvcore",),
        taken="`FlopCountAnalysis.total()` as it is, whose flop is one multiply-add, and `parameter_count`",
        cause="It has no formula for `aten::scaled_dot_product_attention` and says so in a warning; norms add five "
        "for each element.",
        difference=((-1, "attention"), (5, "frame_norms"), (5, "extractor_norms")),
    ),
    Peer(
        name="ptflops",
        package="ptflops",
        command=("ptflops",),
        taken="the two numbers of `get_model_complexity_info` with its default backend, the first of which is MACs",
        cause="It has no formula for attention, nor for the class that weight-norm gives the positional convolution. "
        "Biases, norms and GELUs add some for each element; of the layer norms not those of the extractor, "
        "which are a class of torchaudio's own.",
        difference=(
            (-1, "attention"),
            (-1, "positional"),
            (1, "linear_biases"),
            (1, "extractor_biases"),
            (1, "frame_norms"),
            (2, "group_norms"),
            (1, "activations"),
        ),
    ),
    Peer(
        name="thop",
        package="thop",
        command=("thop",),
        taken="the two numbers of `profile`, the first of which is MACs",
        cause="It looks classes up by their exact type and takes what it does not know for nothing, parameters "
        "included: attention, the weight-normed positional convolution, group norm and torchaudio's own layer norm "
        "of the extractor. The other layer norms add four for each element.",
        difference=((-1, "attention"), (-1, "positional"), (4, "frame_norms")),
        parameters_difference=((-1, "positional_parameters"), (-1, "extractor_norm_parameters")),
    ),
    Peer(
        name="torchinfo",
        package="torchinfo",
        command=("torchinfo",),
        taken="`total_mult_adds` and `total_params` of `summary`",
        cause="It takes the MACs of a linear layer to be its parameters, once for the utterance and not once for each "
        "frame. It has none for attention, which is no module, and leaves out the positional convolution, which is no "
        "leaf, as weight-norm is a module inside it. Norms add their parameters, the extractor's biases one for each "
        "element.",
        difference=(
            (-1, "attention"),
            (-1, "positional"),
            (-1, "linear"),
            (1, "linear_parameters"),
            (1, "norm_parameters"),
            (1, "extractor_biases"),
        ),
    ),
)
