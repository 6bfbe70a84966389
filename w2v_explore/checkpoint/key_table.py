"""`KeyTable`: what each program calls the weights of a family, as the value that the family's ``keys`` file holds.

`w2v_explore.checkpoint.keys` reads and writes names with it, and `w2v_explore.checkpoint.shapes` reads sizes.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from w2v_explore.checkpoint.shapes import Told

Dialect = Literal["torchaudio", "huggingface", "fairseq"]

WEIGHT_AND_BIAS: Mapping[str, tuple[str, ...]] = {"weight": ("weight",), "bias": ("bias",)}

WEIGHT_NORM = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
"""torch's present names of a weight-normed weight's magnitude [1, 1, K] and direction, and those before torch 2.0."""

WEIGHT_NORMED: Mapping[str, tuple[str, ...]] = {"bias": ("bias",)} | {
    new: (new, old) for new, old in WEIGHT_NORM.items()
}

BATCH_NORM_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")

WHOLE_NUMBERS = frozenset({"num_batches_tracked"})
"""How the names of those tensors of a model end that hold whole numbers: batch norm counts its batches."""


class Module(NamedTuple):
    """A module, as each program calls it; ``{i}`` counts layers.

    Attributes:
        ours: Its path in our model, which is the path in the program that defines the family.
        huggingface: Its path in transformers, below the prefix that heads bring (``wav2vec2.``); None where
            transformers has no such module.
        fairseq: Its path in fairseq, below ``w2v_model.`` where there is a head; None where fairseq has no such module.
        parameters: Our name of each of its parameters, with the present and, where there is one, the older spelling.
        buffers: The tensors of its state_dict that are no parameters, which every program spells alike.
        fairseq_where: The field, and the value of it, with which alone fairseq calls it so; None where it always does.
    """

    ours: str
    huggingface: str | None
    fairseq: str | None
    parameters: Mapping[str, tuple[str, ...]] = WEIGHT_AND_BIAS
    buffers: tuple[str, ...] = ()
    fairseq_where: tuple[str, object] | None = None


class Parameter(NamedTuple):
    """A tensor that belongs to a module with others of its own, as each program calls it; as in `Module`.

    Attributes:
        ours: Its name in our model.
        huggingface: Its name in transformers.
        fairseq: Its name in fairseq.
        is_buffer: Whether it is a buffer, and so no parameter.
    """

    ours: str
    huggingface: str | None
    fairseq: str | None
    is_buffer: bool = False


class Packed(NamedTuple):
    """A tensor of ours that other programs have as several of equal shapes, which it holds one below the other.

    Attributes:
        ours: Its name in our model.
        huggingface: transformers' names of the parts, in the order of axis 0.
        fairseq: fairseq's names of them.
    """

    ours: str
    huggingface: tuple[str, ...]
    fairseq: tuple[str, ...]


class Extra(NamedTuple):
    """A tensor that our model has no place for.

    Attributes:
        purpose: What it is.
        changes_outputs: Whether the model computes something else without it, so that it must not be left out.
    """

    purpose: str
    changes_outputs: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class KeyTable:
    """What each program calls the weights of a family.

    Attributes:
        family: The family's name.
        own: The program that defines the family, whose names are ours.
        tensors: What the model holds.
        head: The head, which lies beside the model under its prefix, not below it; None where the family has none.
        prefixes: The programs that have the family, and under which attributes a class of theirs with a head holds the
            model; the first is written. More may stand in front: ``w2v_encoder.``, a trainer's ``model.``, a parallel
            wrapper's ``module.``; whatever is found there is taken.
        found_by: Our name of a tensor that every model of the family has. The shortest name that ends in it says below
            which prefix the model lies.
        extras: For each program names, or what names start with, at the model or beside it, of tensors that our model
            has no place for.
        absences: For each program our names of tensors that it leaves out of some models, and when.
        told: The fields that the shapes of the tensors tell, and how.
        stand_ins: Values of fields that they do not tell alone, with which the model has tensors of these shapes.
        examples: What to propose for a field that no shape tells, from the values of those that shapes tell.
        conv_weight: Our name of the weights of the extractor's convolutions [channels, inputs, kernel], with ``{i}``;
            None where the family has no such extractor.
    """

    family: str
    own: Dialect
    tensors: tuple[Module | Parameter | Packed, ...]
    head: Module | None
    prefixes: Mapping[Dialect, tuple[str, ...]]
    found_by: str
    extras: Mapping[Dialect, Mapping[str, Extra]]
    absences: Mapping[Dialect, Mapping[str, str]] = field(default_factory=dict)
    told: Mapping[str, Told]
    stand_ins: Mapping[str, Told] = field(default_factory=dict)
    examples: Mapping[str, Callable[[Mapping[str, Any]], str]] = field(default_factory=dict)
    conv_weight: str | None

    def with_modules(
        self, *tensors: Module | Parameter | Packed, without: tuple[str, ...] = (), **changes: Any
    ) -> "KeyTable":
        """The table of a family that differs in some modules.

        Args:
            tensors: What the family has beside what this one has, or instead of what is of the same name.
            without: Our names, or what they start with at a dot, of what the family has not.
            changes: Other attributes, by name; the fields that are told, and how, are added to this table's.
        """
        gone = (*without, *(tensor.ours for tensor in tensors))
        kept = (tensor for tensor in self.tensors if not any(f"{tensor.ours}.".startswith(f"{name}.") for name in gone))
        told = {**self.told, **changes.pop("told", {})}
        return dataclasses.replace(self, tensors=(*kept, *tensors), told=told, **changes)
