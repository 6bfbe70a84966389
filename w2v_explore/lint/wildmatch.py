"""One pattern of a .gitignore against one path, as git's wildmatch has it, in time linear in the length of the path.

git tries every way in which stars can share a name; here all ways advance together, a bit each of one integer.
"""

import re
from collections.abc import Sequence

_SLASH = ord("/")
# The longest path that any system opens; a pattern that asks for more is not looked at any further.
_LONGEST_PATH = 32_768
_LEADING = re.compile(rb"\*{2,}/")
_CLASSES = {
    b"alnum": lambda c: c < 128 and chr(c).isalnum(),
    b"alpha": lambda c: c < 128 and chr(c).isalpha(),
    b"blank": lambda c: c in b" \t",
    b"cntrl": lambda c: c < 32 or c == 127,
    b"digit": lambda c: 48 <= c <= 57,
    b"graph": lambda c: 33 <= c <= 126,
    b"lower": lambda c: 97 <= c <= 122,
    b"print": lambda c: 32 <= c <= 126,
    b"punct": lambda c: 33 <= c <= 126 and not chr(c).isalnum(),
    b"space": lambda c: c in b" \t\n\r",
    b"upper": lambda c: 65 <= c <= 90,
    b"xdigit": lambda c: c in b"0123456789abcdefABCDEF",
}  # fmt: skip


class Wildmatch:
    """A pattern, ready to be matched.

    Args:
        pattern: The bytes of a pattern.
        is_path: Whether a slash is matched by a slash and by ``**`` alone, rather than by anything.
        fold: Whether letters of ASCII match in either case, as ``core.ignoreCase`` asks for.
    """

    def __init__(self, pattern: bytes, is_path: bool, fold: bool) -> None:
        self._is_path, self._fold = is_path, fold
        # Bit n of a mask is for the n-th element of the pattern: which bytes take it a step on, which leave a star
        # where it is, and which elements may be passed without a byte.
        self._steps = [0] * 256
        self._any = self._stars = self._wide_stars = self._leading = 0
        self._length = self._least = 0
        self._can_match = self._compile(pattern.lower() if fold else pattern, pattern)

    def matches(self, text: bytes) -> bool:
        """Whether the whole of a text matches."""
        if not self._can_match or self._least > len(text):
            return False
        steps, stars, leading = self._steps, self._stars, self._leading
        state = self._closure(1)
        for byte in text.lower() if self._fold else text:
            if byte == _SLASH and self._is_path:
                state = (state & steps[byte]) << 1 | state & self._wide_stars
            else:
                state = (state & (steps[byte] | self._any)) << 1 | state & stars
            if not state:
                return False
            if state & (stars | leading):
                state = self._closure(state)
        return bool(state >> self._length & 1)

    def _closure(self, state: int) -> int:
        """What else is reached without a byte: behind a star, and behind a ``**/`` that stands for nothing."""
        while True:
            leading = state & self._leading
            wider = state | (leading | state & self._stars) << 1 | leading << 3
            if wider == state:
                return state
            state = wider

    def _compile(self, folded: bytes, pattern: bytes) -> bool:
        """Fill the masks; returns whether anything can match: a class that never ends matches nothing."""
        at, end = 0, len(pattern)
        while at < end:
            byte = folded[at]
            if byte == 42:  # *
                start = at
                while at < end and pattern[at] == 42:
                    at += 1
                rest = pattern[at : at + 2]
                is_whole = at - start > 1 and (start == 0 or pattern[start - 1] == _SLASH)
                is_whole = is_whole and (not rest or rest[:1] == b"/" or rest == b"\\/")
                if not (self._is_path and is_whole):
                    self._star(is_wide=not self._is_path)
                elif rest[:1] != b"/":
                    self._star(is_wide=True)
                else:
                    # Any folders or none: where to pass them, a star, and its slash. Of several in a row one is enough.
                    self._leading |= 1 << self._length
                    self._length += 1
                    self._star(is_wide=True)
                    self._steps[_SLASH] |= 1 << self._length
                    self._length += 1
                    at += 1
                    while (repeated := _LEADING.match(pattern, at)) is not None:
                        at = repeated.end()
                continue
            bit = 1 << self._length
            if byte == 63:  # ?
                self._any |= bit
                at += 1
            elif byte == 91:  # [
                found = _parse_class(pattern, at + 1, self._fold)
                if found is None:
                    return False
                accepted, at = found
                for each in accepted:
                    if not (self._is_path and each == _SLASH):
                        self._steps[each] |= bit
            else:
                if byte == 92:  # a backslash, behind which git folds no capital
                    at += 1
                    if at == end:
                        return False
                    byte = pattern[at]
                self._steps[byte] |= bit
                at += 1
            self._length += 1
            self._least += 1
            if self._least > _LONGEST_PATH:
                return False
        return True

    def _star(self, *, is_wide: bool) -> None:
        bit = 1 << self._length
        self._stars |= bit
        if is_wide:
            self._wide_stars |= bit
        self._length += 1


def _parse_class(pattern: bytes, at: int, fold: bool) -> tuple[Sequence[int], int] | None:
    """The bytes that a class accepts, and where the pattern goes on; None where it does not end, or names no class.

    Args:
        pattern: The whole of it.
        at: Behind the bracket.
        fold: As in `Wildmatch`: texts have no capitals then, but those of a range count.
    """
    accepted: set[int] = set()
    is_negated = pattern[at : at + 1] in (b"!", b"^")
    at += is_negated
    previous, is_first = 0, True
    while True:
        byte = pattern[at : at + 1]
        if not byte:
            return None
        if byte == b"]" and not is_first:
            break
        is_first = False
        low = high = byte[0]
        following = pattern[at + 1 : at + 2]
        if byte == b"\\":
            at += 1
            if at >= len(pattern):
                return None
            low = high = previous = pattern[at]
        elif byte == b"-" and previous and following and following != b"]":
            at += 1
            if following == b"\\":
                at += 1
                if at >= len(pattern):
                    return None
            low, high, previous = previous, pattern[at], 0
            if fold:
                capitals = range(max(low, 65), min(high, 90) + 1)
                accepted.update(each + 32 for each in capitals)
        elif byte == b"[" and following == b":":
            close = pattern.find(b"]", at + 2)
            if close == -1:
                return None
            if close > at + 2 and pattern[close - 1] == 58:  # a colon
                test = _CLASSES.get(pattern[at + 2 : close - 1])
                if test is None:
                    return None
                accepted.update(filter(test, range(256)))
                if fold and pattern[at + 2 : close - 1] == b"upper":
                    accepted.update(range(97, 123))
                at, previous = close + 1, 0
                continue
            previous = low
        else:
            previous = low
        if high not in accepted or low not in accepted or high - low > 1:
            accepted.update(range(low, high + 1))
        at += 1
    if is_negated:
        return [each for each in range(256) if each not in accepted], at + 1
    return sorted(accepted), at + 1
