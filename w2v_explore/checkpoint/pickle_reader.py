"""A pickle read as data: the opcodes of protocols 2 to 5, interpreted here, with stand-ins for all classes.

Python's own unpickler is a machine that imports and calls what a file names. This one has the same stack, and where
the other would call, it asks `w2v_explore.checkpoint.stand_ins` what is known of the name. Steps, texts, numbers and
keys are limited, so that a file of any size takes seconds at most, and no opcode takes longer than it is long.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from w2v_explore.checkpoint.stand_ins import (
    Budget,
    Name,
    PickleError,
    Storage,
    build,
    call,
    is_key,
    make,
    storage_of,
)

# A model of 1,000 tensors with its optimizer takes 150,000 steps; a dictionary of 250,000 words, 2 million.
MAX_STEPS = 4_000_000
MAX_PROTOCOL = 5
# Longer whole numbers take time with the square of their length.
_MAX_INT_BYTES = 255
# Their hashes can be chosen to collide, which those of texts cannot.
_MAX_TUPLE_KEYS, _MAX_TUPLE_KEY = 1_000, 8
_MAX_NAME_LENGTH = 1_000
_MARK = object()


class Unpickled(NamedTuple):
    """What a pickle holds.

    Attributes:
        value: Plain data and stand-ins.
        end: The place behind it.
        storages: What its tensors lie in, by their keys.
    """

    value: Any
    end: int
    storages: Mapping[str, Storage]


def read_pickle(content: bytes, start: int = 0, budget: Budget | None = None) -> Unpickled:
    """The value of the pickle that begins at a place; nothing that it names is imported or called.

    Args:
        content: What holds it.
        start: Where it begins.
        budget: What it may cost; several pickles of a file may share one.

    Raises:
        PickleError: It is corrupt, cut off, beyond the limits, or wants a call that is not known.
    """
    return _Machine(content, start, budget or Budget(MAX_STEPS)).run()


class _Machine:
    def __init__(self, content: bytes, start: int, budget: Budget) -> None:
        self.content, self.position, self.budget = content, start, budget
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, Storage] = {}
        self.tuple_keys = 0

    def run(self) -> Unpickled:
        content, budget = self.content, self.budget
        while True:
            if self.position >= len(content):
                raise PickleError("its pickle is cut off")
            code = content[self.position]
            self.position += 1
            if code == _STOP:
                return Unpickled(self.pop(), self.position, self.storages)
            operation = _OPERATIONS.get(code)
            if operation is None:
                raise PickleError(f"its pickle holds opcode {code}, which torch.save never writes")
            budget.charge(1)
            operation(self)

    def take(self, length: int) -> bytes:
        """The next so many bytes."""
        start, self.position = self.position, self.position + length
        if self.position > len(self.content):
            raise PickleError("its pickle is cut off")
        return self.content[start : self.position]

    def number(self, form: str) -> int:
        """The next number in a form of `struct`."""
        value: int = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return value

    def line(self) -> str:
        """A text up to the end of a line."""
        end = self.content.find(b"\n", self.position, self.position + _MAX_NAME_LENGTH)
        if end < 0:
            raise PickleError("its pickle has a name without an end")
        text = self.take(end - self.position)
        self.position += 1
        return self.decode(text)

    def decode(self, text: bytes) -> str:
        try:
            return text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise PickleError("its pickle holds a text that is no UTF-8") from error

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise PickleError("its pickle takes more than it has put down")
        return self.stack.pop()

    def top(self, kind: type) -> Any:
        """What lies on top, which must be of a kind."""
        if not self.stack or not isinstance(self.stack[-1], kind):
            raise PickleError(f"its pickle puts items into what is no {kind.__name__}")
        return self.stack[-1]

    def pop_mark(self) -> list[Any]:
        """All down to the last mark."""
        stack = self.stack
        place = len(stack) - 1
        while place >= 0 and stack[place] is not _MARK:
            place -= 1
        if place < 0:
            raise PickleError("its pickle goes back to a mark that it has not set")
        items = stack[place + 1 :]
        del stack[place:]
        return items

    def set_items(self, target: dict[Any, Any], items: list[Any]) -> None:
        if len(items) % 2:
            raise PickleError("its pickle has a key without a value")
        for place in range(0, len(items), 2):
            self.check_key(items[place])
            target[items[place]] = items[place + 1]

    def check_key(self, key: Any) -> None:
        """Refuse keys that take long to tell apart, and those that cannot be."""
        if is_key(key):
            return
        if not (isinstance(key, tuple) and len(key) <= _MAX_TUPLE_KEY and all(map(is_key, key))):
            raise PickleError("its pickle has a key that is neither a text nor a number")
        self.tuple_keys += 1
        if self.tuple_keys > _MAX_TUPLE_KEYS:
            raise PickleError(f"its pickle has more than {_MAX_TUPLE_KEYS:,} keys that are tuples")

    # What each opcode does; the names are those of `pickletools`.

    def check_protocol(self) -> None:
        protocol = self.take(1)[0]
        if protocol > MAX_PROTOCOL:
            raise PickleError(f"its pickle is of protocol {protocol}; the last known is {MAX_PROTOCOL}")

    def check_frame(self) -> None:
        if self.number("<Q") > len(self.content) - self.position:
            raise PickleError("its pickle is cut off")

    def push_long(self, form: str) -> None:
        length = self.number(form)
        if not 0 <= length <= _MAX_INT_BYTES:
            raise PickleError(f"its pickle holds a whole number of {length:,} bytes")
        self.push(int.from_bytes(self.take(length), "little", signed=True))

    def push_float(self) -> None:
        self.push(struct.unpack(">d", self.take(8))[0])

    def push_unicode(self, form: str) -> None:
        self.push(self.decode(self.take(self.number(form))))

    def push_bytes(self, form: str) -> None:
        self.push(self.take(self.number(form)))

    def push_string(self, form: str) -> None:
        """Python 2's, a text or bytes."""
        length = self.number(form)
        if length < 0:
            raise PickleError("its pickle holds a text of a negative length")
        content = self.take(length)
        try:
            self.push(content.decode("utf-8"))
        except UnicodeDecodeError:
            self.push(content)

    def pop_one(self) -> None:
        if not self.stack:
            raise PickleError("its pickle takes more than it has put down")
        self.stack.pop()

    def dup(self) -> None:
        value = self.pop()
        self.stack += [value, value]

    def append(self) -> None:
        item = self.pop()
        self.top(list).append(item)

    def appends(self) -> None:
        items = self.pop_mark()
        self.top(list).extend(items)

    def make_tuple(self, length: int) -> None:
        self.push(tuple([self.pop() for _ in range(length)][::-1]))

    def make_dict(self) -> None:
        items = self.pop_mark()
        made: dict[Any, Any] = {}
        self.set_items(made, items)
        self.push(made)

    def set_item(self) -> None:
        value = self.pop()
        key = self.pop()
        self.set_items(self.top(dict), [key, value])

    def set_many(self) -> None:
        items = self.pop_mark()
        self.set_items(self.top(dict), items)

    def add_items(self) -> None:
        items = self.pop_mark()
        for item in items:
            self.check_key(item)
        self.top(set).update(items)

    def frozen_set(self) -> None:
        items = self.pop_mark()
        for item in items:
            self.check_key(item)
        self.push(frozenset(items))

    def push_kept(self, form: str) -> None:
        place = self.number(form)
        if place not in self.memo:
            raise PickleError(f"its pickle goes back to a value, number {place}, that it has not kept")
        self.push(self.memo[place])

    def keep(self, place: int) -> None:
        if not self.stack or self.stack[-1] is _MARK:
            raise PickleError("its pickle keeps a value that it has not made")
        self.memo[place] = self.stack[-1]

    def push_name(self) -> None:
        module = self.line()
        self.push(Name(module, self.line()))

    def push_stack_name(self) -> None:
        name, module = self.pop(), self.pop()
        if not isinstance(name, str) or not isinstance(module, str) or len(name) + len(module) > _MAX_NAME_LENGTH:
            raise PickleError("its pickle has a name that is no text, or longer than any")
        self.push(Name(module, name))

    def call_top(self) -> None:
        arguments, function = self.pop(), self.pop()
        self.push(call(function, arguments, self.budget))

    def make_new(self) -> None:
        arguments, cls = self.pop(), self.pop()
        self.push(make(cls, self.budget) if arguments == () else call(cls, arguments, self.budget))

    def make_with_keywords(self) -> None:
        keywords, arguments, cls = self.pop(), self.pop(), self.pop()
        if keywords != {} or arguments != ():
            raise PickleError("its pickle makes an object with keywords, which torch.save never writes")
        self.push(make(cls, self.budget))

    def build_top(self) -> None:
        state, target = self.pop(), self.pop()
        build(target, state, self.budget)
        self.push(target)

    def push_storage(self) -> None:
        storage = storage_of(self.pop())
        before = self.storages.setdefault(storage.key, storage)
        if before.dtype != storage.dtype:
            raise PickleError(f"its pickle gives a storage two dtypes, {before.dtype} and {storage.dtype}")
        self.push(storage)


_STOP = ord(".")
_OPERATIONS: dict[int, Callable[[_Machine], None]] = {
    code[0]: operation
    for code, operation in {
        b"\x80": _Machine.check_protocol,
        b"\x95": _Machine.check_frame,
        b"(": lambda machine: machine.push(_MARK),
        b"0": _Machine.pop_one,
        b"1": lambda machine: [None, machine.pop_mark()][0],
        b"2": _Machine.dup,
        b"N": lambda machine: machine.push(None),
        b"\x88": lambda machine: machine.push(True),
        b"\x89": lambda machine: machine.push(False),
        b"J": lambda machine: machine.push(machine.number("<i")),
        b"K": lambda machine: machine.push(machine.number("B")),
        b"M": lambda machine: machine.push(machine.number("<H")),
        b"\x8a": lambda machine: machine.push_long("B"),
        b"\x8b": lambda machine: machine.push_long("<i"),
        b"G": _Machine.push_float,
        b"X": lambda machine: machine.push_unicode("<I"),
        b"\x8c": lambda machine: machine.push_unicode("B"),
        b"\x8d": lambda machine: machine.push_unicode("<Q"),
        b"B": lambda machine: machine.push_bytes("<I"),
        b"C": lambda machine: machine.push_bytes("B"),
        b"\x8e": lambda machine: machine.push_bytes("<Q"),
        b"\x96": lambda machine: machine.push_bytes("<Q"),
        b"T": lambda machine: machine.push_string("<i"),
        b"U": lambda machine: machine.push_string("B"),
        b"]": lambda machine: machine.push([]),
        b"a": _Machine.append,
        b"e": _Machine.appends,
        b"l": lambda machine: machine.push(machine.pop_mark()),
        b")": lambda machine: machine.push(()),
        b"t": lambda machine: machine.push(tuple(machine.pop_mark())),
        b"\x85": lambda machine: machine.make_tuple(1),
        b"\x86": lambda machine: machine.make_tuple(2),
        b"\x87": lambda machine: machine.make_tuple(3),
        b"}": lambda machine: machine.push({}),
        b"d": _Machine.make_dict,
        b"s": _Machine.set_item,
        b"u": _Machine.set_many,
        b"\x8f": lambda machine: machine.push(set()),
        b"\x90": _Machine.add_items,
        b"\x91": _Machine.frozen_set,
        b"h": lambda machine: machine.push_kept("B"),
        b"j": lambda machine: machine.push_kept("<I"),
        b"q": lambda machine: machine.keep(machine.number("B")),
        b"r": lambda machine: machine.keep(machine.number("<I")),
        b"\x94": lambda machine: machine.keep(len(machine.memo)),
        b"c": _Machine.push_name,
        b"\x93": _Machine.push_stack_name,
        b"R": _Machine.call_top,
        b"\x81": _Machine.make_new,
        b"\x92": _Machine.make_with_keywords,
        b"b": _Machine.build_top,
        b"Q": _Machine.push_storage,
    }.items()
}
"""Without the texts of protocol 0, objects made by INST and OBJ, extension codes and buffers beside the file."""
