"""Sizes that remember how they were worked out, by which the formulas of the tree hold for many configs at once.

A builder, the walk and the analyses compute with whole numbers. Given a `Whole` for a field instead of its number, they
compute the same formulas, and what comes out knows its formula: a sum of products of *atoms*. An atom is a field, a
quotient rounded down, a remainder, the greatest of several sums, or a sum that is a factor.

A `Path` is one way through the code. It is taken for one config, its example. Where the code asks for more than a
formula (``if frames % 8``, ``max(a, b)``), it is answered for the example, and the path remembers the question and the
answer. The formulas hold for all configs of which every question of the path has the same answer, and for no others is
anything claimed. Where it asks for a value (``range(layers)``, a look-up), no question stands in: `NeedsValueError`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, NamedTuple

UNKNOWN = -1

Monomial = tuple[int, ...]
"""The atoms of a product by number, in order; one may be in it several times."""

Terms = Mapping[Monomial, int]
"""A sum: the factor of each product; that of the empty product is a number by itself."""

AtomKind = Literal["field", "quotient", "remainder", "greatest", "sum"]


class Atom(NamedTuple):
    """A factor of products.

    Attributes:
        kind: How it is had of the operands.
        operands: Of a quotient and a remainder the number and its divisor; of the greatest all of which it is that;
            of a sum its terms; of a field its number among the fields.
        value: Of the example.
        least: What it is at least, for whatever config takes the path; `UNKNOWN` where that may be less than 0.
        most: What it is at most; None where that is not known.
    """

    kind: AtomKind
    operands: tuple[Any, ...]
    value: int
    least: int
    most: int | None


class Asked(NamedTuple):
    """A question that was asked on a path.

    Attributes:
        of: Of which number.
        question: Whether it is more than 0, or whether it is 0.
        answer: What was answered.
    """

    of: Whole | Real
    question: Literal["positive", "zero"]
    answer: bool


class NeedsValueError(Exception):
    """Code looks a number up by its value, or counts to it, for which no question stands in.

    Attributes:
        fields: The numbers of the fields from which it is worked out: a path is for one value of each.
    """

    def __init__(self, fields: Collection[int]) -> None:
        super().__init__(fields)
        self.fields = fields


class Path:
    """One way through code that computes with sizes.

    Attributes:
        atoms: All factors, each once.
        asked: The questions, each once, in the order in which they were asked first.
    """

    def __init__(self) -> None:
        self.atoms: list[Atom] = []
        self.asked: list[Asked] = []
        self._numbers: dict[object, int] = {}
        self._answers: dict[object, bool] = {}
        self._divisions: dict[object, tuple[Whole | int, Whole | int]] = {}

    def field(self, number: int, value: int, least: int, most: int) -> Whole:
        """The size that a field is.

        Args:
            number: By which it is known.
            value: Of the example.
            least: What it may be at least.
            most: What it may be at most.
        """
        return self._of_atom("field", (number,), value, least, most, number)

    def real_field(self, number: int, value: float) -> Real:
        """The number with a fraction that a field is."""
        return Real(self, "field", (number,), value)

    def greatest(self, numbers: Iterable[Whole | int]) -> Whole | int:
        """The greatest of several, without a question which that is."""
        left: list[Whole | int] = []
        # Those that are greater in the example come first: none that comes later leaves them out.
        distinct = [number.size for number in dict.fromkeys(_Same(each) for each in numbers)]
        for number in sorted(distinct, key=_value, reverse=True):
            if not any(self._is_never_more(number, other) for other in left):
                left = [other for other in left if not self._is_never_more(other, number)]
                left.append(number)
        if len(left) == 1:
            return left[0]
        value = max([_value(each) for each in left])
        leasts = [least for each in left if (least := self.least(_terms(each))) is not None]
        mosts = [self.most(_terms(each)) for each in left]
        most = None if None in mosts else max([each for each in mosts if each is not None])
        sums = tuple([_frozen(_terms(each)) for each in left])
        operands = tuple([_terms(each) for each in left])
        return self._of_atom("greatest", operands, value, max([*leasts, UNKNOWN]), most, sums)

    def bound(self, number: Whole | int) -> Whole | int:
        """The same as one factor, whose sum is worked out once wherever it is used."""
        if isinstance(number, int) or len(number.terms) == 1:
            return number
        least = self.least(number.terms)
        least = UNKNOWN if least is None or least < 0 else least
        return self._of_atom(
            "sum", (number.terms,), number.value, least, self.most(number.terms), _frozen(number.terms)
        )

    def least(self, terms: Terms) -> int | None:
        """What a sum is at least; None where that is not known."""
        atoms, total = self.atoms, 0
        for monomial, product in terms.items():
            is_least = product > 0
            for number in monomial:
                _, _, _, least, most = atoms[number]
                extreme = least if is_least else most
                if extreme is None or least == UNKNOWN:
                    return None
                product *= extreme
            total += product
        return total

    def most(self, terms: Terms) -> int | None:
        """What a sum is at most; None where that is not known."""
        least = self.least({monomial: -factor for monomial, factor in terms.items()})
        return None if least is None else -least

    def _is_never_more(self, one: Whole | int, other: Whole | int) -> bool:
        if _value(one) > _value(other):
            return False
        difference = other - one
        if isinstance(difference, int):
            return difference >= 0
        least = self.least(difference.terms)
        return least is not None and least >= 0

    def _of_atom(
        self, kind: AtomKind, operands: tuple[Any, ...], value: int, least: int, most: int | None, key: object
    ) -> Whole:
        number = self._numbers.get((kind, key))
        if number is None:
            number = self._numbers[kind, key] = len(self.atoms)
            self.atoms.append(Atom(kind, operands, value, least, most))
        return Whole(self, {(number,): 1}, value)

    def divide(self, number: Whole | int, divisor: Whole | int) -> tuple[Whole | int, Whole | int]:
        """The quotient rounded down, and the remainder."""
        key = _Same(number).key, _Same(divisor).key
        if key not in self._divisions:
            self._divisions[key] = self._divide(number, divisor)
        return self._divisions[key]

    def _divide(self, number: Whole | int, divisor: Whole | int) -> tuple[Whole | int, Whole | int]:
        value, by = _value(number), _value(divisor)
        terms, of = _terms(number), _terms(divisor)
        if len(of) > 1:
            if terms == of:
                return 1, 0
            assert isinstance(divisor, Whole)
            divisor = self.bound(divisor)
            of = _terms(divisor)
        ((factors, factor),) = of.items()
        # What the divisor divides term by term is no part of the remainder.
        whole: dict[Monomial, int] = {}
        rest: dict[Monomial, int] = {}
        for monomial, times in terms.items():
            left = _without(monomial, factors)
            if left is None:
                rest[monomial] = times
                continue
            if times // factor:
                whole[left] = whole.get(left, 0) + times // factor
            if times % factor:
                rest[monomial] = times % factor
        if not rest:
            return self._sum(whole, value // by), 0
        if not factors and rest.keys() == {()}:
            return self._sum(whole, value // by), rest[()]
        remainder = value - by * _value(self._sum(whole, None))
        least, most = self._quotient_between(rest, remainder, of, by)
        key = _frozen(rest), _frozen(of)
        quotient = self._of_atom("quotient", (rest, of), remainder // by, least, most, key)
        most = self.most(of)
        modulus = self._of_atom("remainder", (rest, of), remainder % by, 0, None if most is None else most - 1, key)
        return self._sum(whole, None) + quotient, modulus

    def _quotient_between(self, rest: Terms, value: int, of: Terms, by: int) -> tuple[int, int | None]:
        """What a quotient is at least and at most; where the sign is not known it is asked, and known then."""
        if not Whole(self, of, by) > 0:
            raise ValueError("a size is divided by one that is not positive")
        if not Whole(self, rest, value) >= 0:
            return UNKNOWN, None
        least, most = self.least(rest), self.most(rest)
        least_divisor, most_divisor = self.least(of), self.most(of)
        return (
            0 if least is None or most_divisor is None or least < 0 else least // most_divisor,
            None if most is None else most // max(least_divisor or 1, 1),
        )

    def _sum(self, terms: dict[Monomial, int], value: int | None) -> Whole | int:
        if not terms or (len(terms) == 1 and () in terms):
            return terms.get((), 0)
        if value is None:
            value = 0
            for monomial, factor in terms.items():
                for number in monomial:
                    factor *= self.atoms[number].value
                value += factor
        return Whole(self, terms, value)

    def ask(self, number: Whole, question: Literal["positive", "zero"]) -> bool:
        """Whether a size is more than 0, or is 0: as it is known of all, or else as it is of the example."""
        least = self.least(number.terms)
        if least is not None and least > 0:
            return question == "positive"
        most = self.most(number.terms)
        if most is not None and (most < 0 or (most == 0 and question == "positive")):
            return False
        key = _frozen(number.terms), question
        if key not in self._answers:
            answer = number.value > 0 if question == "positive" else number.value == 0
            self._answers[key] = answer
            self.asked.append(Asked(number, question, answer))
            if answer and question == "positive":
                self._learn(number.terms)
        return self._answers[key]

    def _learn(self, terms: Terms) -> None:
        """Raise what an atom is at least, where a sum of it and a number is more than 0."""
        (*others, (monomial, factor)) = sorted(terms.items(), key=lambda term: len(term[0]))
        if len(monomial) == 1 and factor > 0 and (not others or (len(others) == 1 and not others[0][0])):
            number = monomial[0]
            atom, least = self.atoms[number], -(others[0][1] if others else 0) // factor + 1
            if least > atom.least:
                self.atoms[number] = atom._replace(least=least)

    def _ask_real(self, number: Real | float, question: Literal["positive", "zero"]) -> bool:
        if not isinstance(number, Real):
            return number > 0 if question == "positive" else number == 0
        key = number.key, question
        if key not in self._answers:
            self._answers[key] = number.value > 0 if question == "positive" else number.value == 0
            self.asked.append(Asked(number, question, self._answers[key]))
        return self._answers[key]

    def fields_of(self, terms: Terms) -> set[int]:
        """The numbers of the fields from which a sum is worked out."""
        found: set[int] = set()
        for monomial in terms:
            for number in monomial:
                atom = self.atoms[number]
                if atom.kind == "field":
                    found.add(atom.operands[0])
                else:
                    for operand in atom.operands:
                        found |= self.fields_of(operand)
        return found


class Whole:
    """A whole number of which a path knows the formula; it computes as an ``int`` does.

    Attributes:
        path: Which.
        terms: The formula; never a mere number, which is an ``int``.
        value: Of the example.
    """

    __slots__ = ("path", "terms", "value")

    def __init__(self, path: Path, terms: Terms, value: int) -> None:
        self.path = path
        self.terms = terms
        self.value = value

    def __repr__(self) -> str:
        return str(self.value)

    def __format__(self, specification: str) -> str:
        return format(self.value, specification)  # in messages of what is wrong, which nobody sees

    def _plus(self, other: Whole | int, times: int) -> Whole | int:
        terms = dict(self.terms)
        value = self.value
        if isinstance(other, int):
            if not other:
                return self
            value += times * other
            terms[()] = terms.get((), 0) + times * other
            if not terms[()]:
                del terms[()]
            return Whole(self.path, terms, value)
        value += times * other.value
        for monomial, factor in other.terms.items():
            total = terms.get(monomial, 0) + times * factor
            if total:
                terms[monomial] = total
            else:
                del terms[monomial]
        return self.path._sum(terms, value)

    def __add__(self, other: object) -> Any:
        return self._plus(other, 1) if isinstance(other, (Whole, int)) else _real(self.path, "+", self, other)

    __radd__ = __add__

    def __sub__(self, other: object) -> Any:
        return self._plus(other, -1) if isinstance(other, (Whole, int)) else _real(self.path, "-", self, other)

    def __rsub__(self, other: object) -> Any:
        return (-self)._plus(other, 1) if isinstance(other, int) else _real(self.path, "-", other, self)

    def __neg__(self) -> Whole:
        return self._times(-1)

    def _times(self, factor: int) -> Whole:
        return Whole(self.path, {term: factor * times for term, times in self.terms.items()}, factor * self.value)

    def __mul__(self, other: object) -> Any:
        if isinstance(other, int):
            if other == 1:
                return self
            return self._times(other) if other else 0
        if not isinstance(other, Whole):
            return _real(self.path, "*", self, other)
        path = self.path
        ((one, times),) = _terms(path.bound(self)).items()
        ((more, factor),) = _terms(path.bound(other)).items()
        return Whole(path, {tuple(sorted(one + more)): times * factor}, self.value * other.value)

    __rmul__ = __mul__

    def __pow__(self, exponent: object) -> Any:
        if not isinstance(exponent, (Whole, int)):
            return _real(self.path, "**", self, exponent)
        exponent = int(exponent)
        if exponent < 0:
            return _real(self.path, "**", self, exponent)
        product: Whole | int = 1
        for _ in range(exponent):
            product = product * self
        return product

    def __rpow__(self, base: object) -> Any:
        return base ** int(self) if isinstance(base, int) else _real(self.path, "**", base, self)

    def __floordiv__(self, other: object) -> Any:
        return self.path.divide(self, other)[0] if isinstance(other, (Whole, int)) else NotImplemented

    def __rfloordiv__(self, other: object) -> Any:
        return self.path.divide(other, self)[0] if isinstance(other, int) else NotImplemented

    def __mod__(self, other: object) -> Any:
        return self.path.divide(self, other)[1] if isinstance(other, (Whole, int)) else NotImplemented

    def __rmod__(self, other: object) -> Any:
        return self.path.divide(other, self)[1] if isinstance(other, int) else NotImplemented

    def __truediv__(self, other: object) -> Any:
        return _real(self.path, "/", self, other)

    def __rtruediv__(self, other: object) -> Any:
        return _real(self.path, "/", other, self)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, float) and other.is_integer():
            other = int(other)
        return _ask(self - other, "zero") if isinstance(other, (Whole, int)) else NotImplemented

    def __gt__(self, other: object) -> Any:
        return _ask(self - other, "positive") if isinstance(other, (Whole, int)) else NotImplemented

    def __ge__(self, other: object) -> Any:
        return _ask(self - other + 1, "positive") if isinstance(other, (Whole, int)) else NotImplemented

    def __lt__(self, other: object) -> Any:
        return _ask(other - self, "positive") if isinstance(other, (Whole, int)) else NotImplemented

    def __le__(self, other: object) -> Any:
        return _ask(other - self + 1, "positive") if isinstance(other, (Whole, int)) else NotImplemented

    def __bool__(self) -> bool:
        return not _ask(self, "zero")

    def __hash__(self) -> int:
        raise NeedsValueError(self.path.fields_of(self.terms))

    def __index__(self) -> int:
        raise NeedsValueError(self.path.fields_of(self.terms))

    __int__ = __index__


class Real:
    """A number with a fraction of which a path knows the formula; it computes as a ``float`` does, step by step.

    Attributes:
        path: Which.
        operator: How it is had of the operands, ``field`` among them.
        operands: Numbers of either kind, or the number of a field.
        value: Of the example.
    """

    __slots__ = ("key", "operands", "operator", "path", "value")

    def __init__(self, path: Path, operator: str, operands: tuple[Any, ...], value: float) -> None:
        self.path = path
        self.operator = operator
        self.operands = operands
        self.value = value
        self.key = operator, tuple([_key(operand) for operand in operands])

    def __repr__(self) -> str:
        return repr(self.value)

    def __format__(self, specification: str) -> str:
        return format(self.value, specification)

    def __add__(self, other: object) -> Any:
        return _real(self.path, "+", self, other)

    def __radd__(self, other: object) -> Any:
        return _real(self.path, "+", other, self)

    def __sub__(self, other: object) -> Any:
        return _real(self.path, "-", self, other)

    def __rsub__(self, other: object) -> Any:
        return _real(self.path, "-", other, self)

    def __mul__(self, other: object) -> Any:
        return _real(self.path, "*", self, other)

    def __rmul__(self, other: object) -> Any:
        return _real(self.path, "*", other, self)

    def __truediv__(self, other: object) -> Any:
        return _real(self.path, "/", self, other)

    def __rtruediv__(self, other: object) -> Any:
        return _real(self.path, "/", other, self)

    def __pow__(self, other: object) -> Any:
        return _real(self.path, "**", self, other)

    def __neg__(self) -> Any:
        return 0 - self

    def __eq__(self, other: object) -> Any:
        return self.path._ask_real(self - other, "zero") if _is_number(other) else NotImplemented

    def __gt__(self, other: object) -> Any:
        return self.path._ask_real(self - other, "positive") if _is_number(other) else NotImplemented

    def __lt__(self, other: object) -> Any:
        return self.path._ask_real(other - self, "positive") if _is_number(other) else NotImplemented

    def __ge__(self, other: object) -> Any:
        return not self < other

    def __le__(self, other: object) -> Any:
        return not self > other

    def __bool__(self) -> bool:
        return not self.path._ask_real(self, "zero")

    def __float__(self) -> float:
        raise NeedsValueError(_fields_of(self))

    def __int__(self) -> int:
        raise NeedsValueError(_fields_of(self))

    def __hash__(self) -> int:
        raise NeedsValueError(_fields_of(self))


class _Same:
    """A size by its formula, in sets."""

    __slots__ = ("key", "size")

    def __init__(self, size: Whole | int) -> None:
        self.size = size
        self.key = size if isinstance(size, int) else _frozen(size.terms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _real(path: Path, operator: str, one: object, other: object) -> Any:
    if not (_is_number(one) and _is_number(other)):
        return NotImplemented
    first, second = _value(one), _value(other)
    match operator:
        case "+":
            value = first + second
        case "-":
            value = first - second
        case "*":
            value = first * second
        case "/":
            value = first / second
        case _:
            value = first**second
    return Real(path, operator, (one, other), value)


def _is_number(number: object) -> bool:
    return isinstance(number, (Whole, Real, int, float))


def _ask(number: Whole | int, question: Literal["positive", "zero"]) -> bool:
    if isinstance(number, int):
        return number > 0 if question == "positive" else number == 0
    return number.path.ask(number, question)


def _value(number: Any) -> Any:
    return number.value if isinstance(number, (Whole, Real)) else number


def _terms(number: Whole | int) -> Terms:
    if isinstance(number, Whole):
        return number.terms
    return {(): number}


def _frozen(terms: Terms) -> frozenset[tuple[Monomial, int]]:
    return frozenset(terms.items())


def _key(operand: object) -> object:
    if isinstance(operand, Whole):
        return _frozen(operand.terms)
    return operand.key if isinstance(operand, Real) else operand


def _fields_of(number: Real) -> set[int]:
    """The numbers of the fields from which it is worked out."""
    if number.operator == "field":
        return {number.operands[0]}
    found: set[int] = set()
    for operand in number.operands:
        if isinstance(operand, Whole):
            found |= operand.path.fields_of(operand.terms)
        elif isinstance(operand, Real):
            found |= _fields_of(operand)
    return found


def _without(monomial: Monomial, factors: Monomial) -> Monomial | None:
    """A product without some of its factors; None where it has not all of them."""
    left = list(monomial)
    for factor in factors:
        if factor not in left:
            return None
        left.remove(factor)
    return tuple(left)
