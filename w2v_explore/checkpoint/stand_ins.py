"""What a pickle's classes and functions are read as: inert data, by a table of the names that are known.

Nothing is imported by a name in a file, and nothing of another program's is called. A name by itself is harmless and
becomes a `Name`. Where a pickle asks for a call, `CALLS` says what the result would hold as plain data; a call of any
other name is refused with that name, since what it would give is not known without running it.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from w2v_explore.checkpoint.listing import Shape, shown

MAX_SIZE = 2**63 - 1
_MAX_KEY = 2**60
# As numpy has it; a convolution has three.
_MAX_DIMENSIONS = 64
# What numpy's scalars take: the longest is a complex number.
_MAX_SCALAR_BYTES = 16
_MAX_PLAIN_VALUES = 200_000
_MAX_PLAIN_DEPTH = 64

STORAGE_DTYPES = {
    "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64", "Int": "int32",
    "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool", "ComplexFloat": "complex64",
    "ComplexDouble": "complex128", "QInt8": "qint8", "QUInt8": "quint8", "QInt32": "qint32", "Untyped": "uint8",
    "_Untyped": "uint8",
}  # fmt: skip
"""torch's dtype by what stands before ``Storage``; without a dtype, bytes."""

ITEM_BYTES = {
    "float32": 4, "float64": 8, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint8": 1,
    "bool": 1, "complex64": 8, "complex128": 16, "complex32": 4, "qint8": 1, "quint8": 1, "qint32": 4, "uint16": 2,
    "uint32": 4, "uint64": 8, "float8_e5m2": 1, "float8_e4m3fn": 1, "float8_e5m2fnuz": 1, "float8_e4m3fnuz": 1,
    "float8_e8m0fnu": 1,
}  # fmt: skip


class PickleError(ValueError):
    """A pickle that is corrupt, beyond the limits, or asks for more than is known; the message says which."""


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A class or a function that a pickle names; it is not looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        """``argparse.Namespace``."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """The numbers that tensors share.

    Attributes:
        key: Its name in the file.
        dtype: Of its elements.
        elements: How many it has.
        start: Of a part of another storage, as torch 0.3 knew, the element of the whole that it begins with.
    """

    key: str
    dtype: str
    elements: int
    start: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class StoredTensor:
    """A tensor that was not read.

    Attributes:
        storage: Where its numbers lie.
        dtype: Its dtype.
        offset: The element of the storage that it begins with.
        shape: Its sizes.
        strides: The elements from one to the next in each dimension.
    """

    storage: Storage
    dtype: str
    offset: int
    shape: Shape
    strides: tuple[int, ...]

    @property
    def end(self) -> int:
        """One more than the last element of the storage that it reaches."""
        if 0 in self.shape:
            return 0
        return 1 + self.offset + sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An object of a known class, as the attributes that its pickle gives it."""

    cls: Name
    state: dict[str, Any] = field(default_factory=dict)


class Budget:
    """What a pickle may still cost; every value that is made or copied counts."""

    __slots__ = ("left",)

    def __init__(self, steps: int) -> None:
        self.left = steps

    def charge(self, steps: int) -> None:
        """Spend so many steps.

        Raises:
            PickleError: There are fewer left.
        """
        self.left -= steps
        if self.left < 0:
            raise PickleError("its pickle takes more steps than any checkpoint's")


def is_key(value: Any) -> bool:
    """Whether a value may be a key: a text, or what is told from others by its hash in one step.

    Whole numbers beyond 2^60 can be chosen to have the same hash.
    """
    if isinstance(value, int):
        return -_MAX_KEY < value < _MAX_KEY
    return value is None or isinstance(value, (str, float, bytes, Name))


def refuse(name: object) -> PickleError:
    """What is said of a call that is not known."""
    return PickleError(
        f"its pickle wants {shown(str(name))}, which is more than weights, and it was not unpickled; where you trust "
        "it, load it yourself and save the state_dict alone, best as safetensors"
    )


def make(cls: Any, budget: Budget) -> Any:
    """An object of a class without arguments, its attributes to come.

    Raises:
        PickleError: The class is not known.
    """
    if not isinstance(cls, Name):
        raise PickleError("its pickle makes an object of what is no class")
    name = _canonical(cls)
    if name in _DICT_CLASSES:
        return {}
    if _is_data_class(name):
        return Instance(cls)
    raise refuse(cls)


def call(function: Any, arguments: Any, budget: Budget) -> Any:
    """What a known function or class would give, as inert data.

    Raises:
        PickleError: It is not known, or the arguments are not those of the known one.
    """
    if not isinstance(function, Name):
        raise PickleError("its pickle calls what is no function")
    name = _canonical(function)
    if not isinstance(arguments, tuple):
        raise PickleError(f"its pickle calls {shown(name)} with what is no tuple of arguments")
    known = CALLS.get(name)
    if known is not None:
        result = known(arguments, budget)
    elif name in _DICT_CLASSES:
        result = _dict(arguments, budget)
    elif (member := _enum_member(name, arguments)) is not None:
        return member
    elif not arguments and _is_data_class(name):
        return Instance(function)
    else:
        raise refuse(function)
    if result is _MISFIT:
        raise PickleError(f"its pickle calls {shown(name)} with other arguments than torch.save writes")
    return result


def build(target: Any, state: Any, budget: Budget) -> None:
    """Give an object its attributes; what has a fixed meaning here takes none.

    Raises:
        PickleError: It is no object of a known class, or the state is none of attributes.
    """
    if isinstance(target, Instance):
        if isinstance(state, tuple) and ">" in state[1:2]:
            raise PickleError("its pickle holds numbers of numpy with the greatest byte first")
        # With slots, the state is a pair: the attributes in the dictionary, and those in the slots.
        for part in state if isinstance(state, tuple) and len(state) == 2 else (state,):
            if part is None or _canonical(target.cls) in _OPAQUE_CLASSES:
                continue
            budget.charge(len(part) if isinstance(part, dict) else 0)
            if not isinstance(part, dict) or not all(isinstance(key, str) for key in part):
                raise PickleError(f"its pickle gives {shown(str(target.cls))} a state that is no set of attributes")
            target.state.update(part)
    elif not isinstance(target, dict):
        raise PickleError("its pickle gives attributes to what has none")
    # Those of a dictionary are the versions of modules in a state_dict's _metadata.


def storage_of(identity: Any) -> Storage:
    """The storage that a pickle refers to.

    Raises:
        PickleError: It is no reference that torch.save writes.
    """
    match identity:
        case ("storage", Name() as kind, str() | int() as key, str(), int() as elements, *view):
            pass
        case ("module", Name() as cls, *_):
            # With the source of its class beside it, as the legacy format has it.
            raise refuse(cls)
        case _:
            raise PickleError("its pickle refers to what is no storage")
    prefix, ends, rest = kind.name.partition("Storage")
    dtype = STORAGE_DTYPES.get(prefix)
    if dtype is None or (ends, rest) != ("Storage", "") or kind.module not in ("torch", "torch.storage", "torch.cuda"):
        raise refuse(kind)
    start = 0
    match view:
        case [] | [None]:
            pass
        case [(str(), int() as start, int() as elements)]:
            pass
        case _:
            raise PickleError("its pickle refers to what is no storage")
    if not (0 <= elements <= MAX_SIZE and 0 <= start <= MAX_SIZE):
        raise PickleError(f"a storage of its pickle has {elements:,} elements")
    return Storage(str(key), dtype, elements, start)


def plain(value: Any) -> Any:
    """Stand-ins as what `json` can write: attributes as objects, omegaconf's containers and nodes as what they hold.

    Raises:
        PickleError: It holds itself, too much, or keys that are no texts or numbers.
    """
    return _plain(value, Budget(_MAX_PLAIN_VALUES), _MAX_PLAIN_DEPTH)


def _plain(value: Any, budget: Budget, depth: int) -> Any:
    budget.charge(1)
    if depth == 0:
        raise PickleError("it is nested too deep")
    if isinstance(value, Instance):
        name = _canonical(value.cls)
        if name.startswith("omegaconf."):
            # A container has its content, a node its value.
            return _plain(value.state.get("_content", value.state.get("_val")), budget, depth - 1)
        value = value.state
    if isinstance(value, dict):
        if not all(isinstance(key, (str, int, float)) or key is None for key in value):
            raise PickleError("it is no plain data")
        return {key: _plain(item, budget, depth - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, budget, depth - 1) for item in value]
    if isinstance(value, StoredTensor):
        return f"a tensor of shape {list(value.shape)}"
    if value is None or isinstance(value, (str, int, float)):
        return value
    return str(value)


_MISFIT = object()
_ALIASES = {"copy_reg": "copyreg", "__builtin__": "builtins", "_operator": "operator"}
_DICT_CLASSES = frozenset(
    {
        "collections.OrderedDict", "collections.Counter", "collections.defaultdict",
        "pytorch_lightning.utilities.parsing.AttributeDict", "lightning_fabric.utilities.data.AttributeDict",
        "lightning.fabric.utilities.data.AttributeDict",
    }
)  # fmt: skip
_DATA_CLASSES = frozenset(
    {
        "argparse.Namespace", "fairseq.data.dictionary.Dictionary",
        "omegaconf.dictconfig.DictConfig", "omegaconf.listconfig.ListConfig",
        "omegaconf.base.Metadata", "omegaconf.base.ContainerMetadata",
    }
)  # fmt: skip
_DATA_MODULES = ("omegaconf.nodes.", "fairseq.meters.", "fairseq.logging.meters.")
_ENUM_MODULES = ("fairseq.dataclass.constants.", "examples.data2vec.data.modality.")
# Whose state is numpy's own, and says nothing that is asked for here.
_OPAQUE_CLASSES = frozenset({"numpy.ndarray", "numpy.dtype"})


def _canonical(name: Name) -> str:
    """A name as Python 3 and numpy 1 have it; empty where it is dotted."""
    module = _ALIASES.get(name.module, name.module).replace("numpy._core.", "numpy.core.")
    # A dotted name leads on from a class or to what a module has imported: none of the tables is of these.
    return "" if "." in name.name else f"{module}.{name.name}"


def _is_data_class(name: str) -> bool:
    return name in _DATA_CLASSES or _is_of(name, _DATA_MODULES)


def _is_enum(name: str) -> bool:
    return _is_of(name, _ENUM_MODULES)


def _enum_member(name: str, arguments: tuple[Any, ...]) -> str | int | None:
    """The value of a member of an enumeration, or its name, which is the same where fairseq enumerates choices."""
    match arguments:
        case (str() | int() as value,) if _is_enum(name):
            return value
        # As the first versions of Python 3.11 write it.
        case (Name() as cls, str() as member) if name == "builtins.getattr" and _is_enum(_canonical(cls)):
            return member
    return None


def _is_of(name: str, modules: tuple[str, ...]) -> bool:
    """Whether it is a name at the top of one of these modules; a dotted one leads to what it has imported."""
    return any(name.startswith(module) and "." not in name[len(module) :] for module in modules)


def _tensor(arguments: tuple[Any, ...], dtype: str | None = None) -> Any:
    """Of storage, offset, size, strides, and what is of no interest here."""
    match arguments:
        case (Storage() as storage, int() as offset, tuple() as shape, tuple() as strides, *_):
            pass
        case _:
            return _MISFIT
    if len(shape) > _MAX_DIMENSIONS or len(shape) != len(strides):
        return _MISFIT
    if not all(type(size) is int and 0 <= size <= MAX_SIZE for size in (offset, *shape, *strides)):
        return _MISFIT
    return StoredTensor(storage, dtype or storage.dtype, offset, shape, strides)


def _tensor_of_dtype(arguments: tuple[Any, ...], budget: Budget) -> Any:
    """``_rebuild_tensor_v3``, of a storage of bytes."""
    match arguments:
        case (_, _, _, _, _, _, Name(module="torch", name=dtype), *_) if dtype in ITEM_BYTES:
            return _tensor(arguments, dtype)
    return _MISFIT


def _tensor_itself(arguments: tuple[Any, ...], budget: Budget) -> Any:
    """What is made a parameter."""
    return arguments[0] if arguments and isinstance(arguments[0], StoredTensor) else _MISFIT


def _tensor_of_subclass(arguments: tuple[Any, ...], budget: Budget) -> Any:
    match arguments:
        case (Name() as function, Name(), tuple() as inner, _) if _canonical(function) in _TENSOR_CALLS:
            return call(function, inner, budget)
    return _MISFIT


def _sizes(arguments: tuple[Any, ...], budget: Budget) -> Any:
    match arguments:
        case (tuple() | list() as sizes,) if len(sizes) <= _MAX_DIMENSIONS:
            return tuple(sizes)
    return _MISFIT


def _device(arguments: tuple[Any, ...], budget: Budget) -> Any:
    match arguments:
        case (str() as kind,):
            return kind
        case (str() as kind, int() as number):
            return f"{kind}:{number}"
    return _MISFIT


def _dict(arguments: tuple[Any, ...], budget: Budget) -> Any:
    """An OrderedDict of pairs, a Counter of a dictionary, a defaultdict whose factory is never called."""
    match arguments:
        case () | (Name() | None,):
            return {}
        case (dict() as items,):
            budget.charge(len(items))
            return dict(items)
        case (list() as pairs,):
            budget.charge(2 * len(pairs))
            made: dict[Any, Any] = {}
            for pair in pairs:
                if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not isinstance(pair[0], str):
                    return _MISFIT
                made[pair[0]] = pair[1]
            return made
    return _MISFIT


def _set(arguments: tuple[Any, ...], budget: Budget) -> Any:
    match arguments:
        case (list() | tuple() as items,):
            budget.charge(len(items))
            return frozenset(items) if all(map(is_key, items)) else _MISFIT
    return _MISFIT


def _encode(arguments: tuple[Any, ...], budget: Budget) -> Any:
    """How protocol 2 writes bytes."""
    match arguments:
        case (str() as text, "latin1" | "latin-1" | "ascii"):
            budget.charge(len(text))
            try:
                return text.encode("latin-1")
            except UnicodeEncodeError:
                return _MISFIT
    return _MISFIT


def _bytearray(arguments: tuple[Any, ...], budget: Budget) -> Any:
    match arguments:
        case ():
            return b""
        case (bytes() as content,):
            return content
        case (str(), str()):
            return _encode(arguments, budget)
    return _MISFIT


def _reconstructor(arguments: tuple[Any, ...], budget: Budget) -> Any:
    """How protocols 0 and 1 make an object of a class that inherits from object alone."""
    match arguments:
        case (Name() as cls, Name() as base, None) if _canonical(base) == "builtins.object":
            return make(cls, budget)
    return _MISFIT


def _generic(arguments: tuple[Any, ...], budget: Budget) -> Any:
    """``Dict[str, Any]``, which omegaconf keeps beside its values."""
    match arguments:
        case (Name(module="typing") as origin, _):
            return origin
    return _MISFIT


def _numpy_dtype(arguments: tuple[Any, ...], budget: Budget) -> Any:
    match arguments:
        case (str() as code, *_):
            return Instance(Name("numpy", "dtype"), {"code": code})
    return _MISFIT


def _numpy_scalar(arguments: tuple[Any, ...], budget: Budget) -> Any:
    match arguments:
        case (Instance() as dtype, bytes() as content) if len(content) <= _MAX_SCALAR_BYTES:
            code = _NUMPY_CODES.get(dtype.state.get("code", ""))
            if code is not None and struct.calcsize(code) == len(content):
                return struct.unpack(code, content)[0]
            return f"a numpy scalar of {shown(str(dtype.state.get('code')))}"
    return _MISFIT


def _numpy_array(arguments: tuple[Any, ...], budget: Budget) -> Any:
    return Instance(Name("numpy", "ndarray"))


def _text(arguments: tuple[Any, ...], budget: Budget) -> Any:
    return arguments[0] if arguments and isinstance(arguments[0], str) else _MISFIT


_NUMPY_CODES = {
    "f2": "<e", "f4": "<f", "f8": "<d", "i1": "<b", "i2": "<h", "i4": "<i", "i8": "<q",
    "u1": "<B", "u2": "<H", "u4": "<I", "u8": "<Q", "b1": "<?",
}  # fmt: skip

Call = Callable[[tuple[Any, ...], Budget], Any]

_TENSOR_CALLS: dict[str, Call] = {
    "torch._utils._rebuild_tensor": lambda arguments, budget: _tensor(arguments),
    "torch._utils._rebuild_tensor_v2": lambda arguments, budget: _tensor(arguments),
    "torch._utils._rebuild_tensor_v3": _tensor_of_dtype,
    "torch._utils._rebuild_qtensor": lambda arguments, budget: _tensor(arguments),
    "torch._utils._rebuild_parameter": _tensor_itself,
    "torch._utils._rebuild_parameter_with_state": _tensor_itself,
}

CALLS: Mapping[str, Call] = {
    **_TENSOR_CALLS,
    "torch._tensor._rebuild_from_type_v2": _tensor_of_subclass,
    "torch.Size": _sizes,
    "torch.device": _device,
    "torch.serialization._get_layout": _text,
    "builtins.set": _set,
    "builtins.frozenset": _set,
    "builtins.bytearray": _bytearray,
    "_codecs.encode": _encode,
    "copyreg._reconstructor": _reconstructor,
    "operator.getitem": _generic,
    "numpy.dtype": _numpy_dtype,
    "numpy.core.multiarray.scalar": _numpy_scalar,
    "numpy.core.multiarray._reconstruct": _numpy_array,
}
"""What known functions give, by their names in Python 3."""
