"""Hostile values: texts, numbers, names and mutations, drawn from a seeded generator and so the same each time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

SECRET = "S3CRET"
"""Stands in files that a config may name and whose content no message may quote."""

MARK = "\x1b[6;45m"
"""Colours that the program never uses: where they reach a stream, they came from what it read."""

TEXTS = (
    f"{MARK}blink\x1b[0m", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\link", "\x07bell", "back\x08space",
    "form\x0cfeed",
    "\x9b6;45mC1", "\x90DCS\x9c", "\x85next line", "del\x7f", "nul\0byte", "\u202eright to left",
    "\u2066isolate\u2069",
    "\u200fmark", "line\u2028separator", "paragraph\u2029separator", "\ufeffmark", "half \ud800 pair", "\uffff",
    "\n::error::FORGED", "\r::error::FORGED", "\r\n::error file=x::FORGED", "a\u2028::error::FORGED",
    "word ::error::FORGED", "::error::FORGED", "::stop-commands::FORGED", "name\nrow", "\n\n# heading", "\n", "\r",
    "\t",
    "a[/b]c", "[bold red]x[/bold red]", "[link=http://x]y[/link]", "[", "]", "[/]", ":smile:", "\\[x]",
    "<script>alert(1)</script>", "<!-- x", "<img src=x>", "a|b", "|", "`x`", "``", "**b**", "_b_", "[a](http://x)",
    "](javascript:x)", "&lt;", "]]>", "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1",
    "%0A", "%s %d", "{0}", "{", "$HOME", "$(id)", "~", "\\", "\\n", "'", '"', "''", '"""', "", " ", "  x  ",
    "null", "true", "off", "---", "...", "- a", "#", "# w2v: ignore", "a: b", ": ", "&a", "*a", "!x", "? a",
    "%YAML 9",
    "é模型", "−×…", "e\u0301", "\U0001f600", "\U000e0041tag", "ﬀ", "٣", "１６", "A" * 5_000, "é" * 2_000, "a " * 3_000,
    "base", "base.yaml", "..", ".", "-", "--help", "-x", "../../outside/secret.yaml", "config.yaml",
)  # fmt: skip

NUMBERS = (
    "0x" + "f" * 5, "0x" + "f" * 4_000, "0x" + "F" * 60_000, "0b" + "1" * 20_000, "0o" + "7" * 9_000,
    "0" + "7" * 9_000,
    "9" * 400, "9" * 5_000, "-" + "9" * 400, "1e400", "-1e400", "1e-400", "1e308", "1.0e+400", "1e9999999999", ".inf",
    "-.inf", ".nan", "NaN", "Infinity", "nan", "inf", "1:30", "190:20:30.15", "1:" * 3_000 + "1", "1_000", "1__0",
    "+1",
    "-1", "-0", "0", "0.0", "-0.0", "1", "2", "7", "1.0", "1.5", "12.0", "5e-324", "0.1", "1e3", "1E3", "2147483647",
    "2147483648", "-2147483648", "9223372036854775807", "9223372036854775808", "18446744073709551616", "010", "08",
    "0x",
    "16000", "1000000", "10000", "10001", "64", "768", "1e18", "160000.0", "2026-01-01", "0.99999999999999999999",
)  # fmt: skip

YAML_VALUES = (
    "", "~", "null", "true", "yes", "off", "[]", "{}", "[[[]]]", "{a: {b: [1]}}", "!!int 5", "!!str 5",
    "!!binary aGk=",
    "!!python/object/apply:os.system [id]", "!new:torch.nn.Linear", "!x y", "*a", "&a [*a]", "&a 1", "[1, 2", "{",
    "]",
    "|\n  text", ">\n  text", "[(512, 10, 5)]", "[(512, 10, 5)] + [(512, 3, 2)] * 4", "'[(512, 10, 5)] * 1000000000'",
    "'[(512,10,5)] + [(512,3,2)] * 0x" + "f" * 400 + "'", "__import__('os').system('id')", "'eval(1)'", "group_norm",
    "layer_norm", "layer_norm,", "None", "'12'", "\"\\0\"", "[[10, 3, 2], [10, 3, 2]]", "[[1, 1, 1], [1, 1]]",
    "[" + "[1, 1, 2147483647]," * 34 + "]", "[" + "[1, 1, 2147483647]," * 60 + "]", "[" + "[1, 1, 1]," * 900 + "]",
    "[" + "[2147483647, 2147483647, 1]," * 20 + "]", "[" * 63 + "]" * 63, "[" * 100 + "]" * 100,
    "{a: " * 90 + "}" * 90,
    "? [a, b]\n: 1", "a: b: c", "- 1\n- 2", "<<: *x", "@x", "`x`", "% x", "\t1", "1 # w2v: ignore", "${oc.env:HOME}",
    "${x}", "???", "[1, 1, 1]", "{parameters: 1G}", "{" + ", ".join(f"k{n}: {n}" for n in range(400)) + "}",
)  # fmt: skip

JSON_TOKENS = (
    "null", "true", "false", "[]", "{}", '""', '"x"', "0", "-1", "-0", "0.0", "160000.0", "1e400", "-1e400",
    "1e-400", "NaN",
    "Infinity", "-Infinity", "9" * 400, "-" + "9" * 400, "9" * 5_000, "2147483648", "9223372036854775808", "1e308",
    '"1"', '"float32"', "[[]]", '{"a": 1}', "[1, 2]", "[" * 200 + "]" * 200, '{"a":' * 80 + "1" + "}" * 80, "01",
    "1.",
    "'x'", "//", '"\\ud800"', '"\\u0000"', '"\\u001b[6;45m"', '"\\n::error::FORGED"',
)  # fmt: skip

NAMES = (
    "a[/b]c.yaml".replace("/", "\\"), "[red]x.yaml", "[z-a].yaml", "[.yaml", "*.yaml", "?.yaml", " .yaml", "a b.yaml",
    "-rf.yaml", "--fix.yaml", "-.yaml", "-", "new\nline.yaml", "\n::error::FORGED.yaml", "\r::error::FORGED.yaml",
    "::error::FORGED.yaml", "x ::error::FORGED.yaml", f"{MARK}x.yaml", "\x1b]0;x\x07.yaml", "\x07.yaml", "\x01.yaml",
    "\x7f.yaml", "\x85.yaml", "\x9b.yaml", "\u202elmay.yaml", "\u2028.yaml", "\uffff.yaml", "caf\udce9.yaml",
    "\udcff\udcfe.yml", "é模.yaml", "e\u0301.yaml", "=1+1.yaml", "@x.yaml", "+x.yaml", "a|b.yaml", "`x`.yaml",
    "<b>.yaml",
    "&amp;.yaml", "%0A.yaml", "%.yaml", "~.yaml", "$(id).yaml", "\\.yaml", "a\tb.yaml", "{a,b}.yaml", "#.yaml",
    "!x.yaml",
    "'.yaml", '".yaml', "a:b.yaml", ":.yaml", "a,b.yaml", ";.yaml", ".yaml", "..yaml", "x.YAML", "n" * 240 + ".yaml",
    "base", "base.yaml", "config.yaml", "config.yml", "null.yaml", "con.yaml", "1.yaml", "0x10.yaml", "a.yaml",
    "b.yaml",
)  # fmt: skip

BYTES = (
    b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\x80", b"\x1b[6;45m", b"\xc2\x85", b"\xc2\x9b", b"\xe2\x80\xae",
    b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\r", b"\r\n", b"\n", b"\t", b" " * 300, b"\n" * 300, b"[" * 70, b"{" * 70,
    b"- " * 70,
    b"'", b'"', b"#", b":", b": ", b"|", b"&a ", b"*a", b"!!", b"%", b"\n::error::FORGED\n", b"---\n", b"...\n",
    b"0x",
    b"9" * 400, b"e400", b"\\", b"\\u0000", b"<<: ", b"? ", b"- ", b", ", b"]", b"}", b"<script>", b"a" * 2_000,
    b"\0" * 64,
)  # fmt: skip


class Hostile:
    """Draws hostile values.

    Attributes:
        random: What it draws from.
        calm: Whether most is well but for what texts say, so that not all ends at the first hurdle.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.calm = self.chance(0.6)

    def one(self, values: Sequence[T]) -> T:
        return values[self.random.randrange(len(values))]

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def odd(self, probability: float) -> bool:
        """As `chance`, for what is most likely refused."""
        return self.chance(probability / 12 if self.calm else probability)

    def weighted(self, **weights: float) -> str:
        return self.random.choices(list(weights), list(weights.values()))[0]

    def text(self) -> str:
        texts = [self.one(TEXTS) for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
        return "".join(texts)

    def argument(self) -> str:
        """A text that a command line can hold."""
        return self.text().replace("\0", "").encode("utf-8", "replace").decode()

    def name(self) -> str:
        """A file's name."""
        return self.one(NAMES)

    def number(self) -> str:
        return self.one(NUMBERS)

    def yaml_value(self) -> str:
        kind = self.weighted(number=4, value=4, text=3)
        if kind == "number":
            return self.number()
        return self.one(YAML_VALUES) if kind == "value" else self.yaml_text()

    def yaml_text(self) -> str:
        """A text as YAML writes it: in quotes, which can say anything, or as it is."""
        text = self.text()
        if not self.odd(0.2):
            return json.dumps(text, ensure_ascii=self.chance(0.7))
        return text

    def json_token(self) -> str:
        return self.one(JSON_TOKENS) if self.chance(0.6) else json.dumps(self.text())

    def json(self, document: Any, changes: int) -> str:
        """A document with so many values exchanged, left out, or put under hostile keys, some of them no JSON."""
        raw: dict[str, str] = {}

        def odd() -> str:
            name = f"@@{len(raw)}@@"
            raw[name] = self.json_token()
            return name

        document = json.loads(json.dumps(document))
        for _ in range(changes):
            place: Any = document
            key: Any = None
            holder: Any = None
            while isinstance(place, (dict, list)) and place and (holder is None or self.chance(0.8)):
                holder = place
                key = self.one(list(place)) if isinstance(place, dict) else self.random.randrange(len(place))
                place = holder[key]
            if holder is None:
                break
            kind = self.weighted(value=6, left_out=2, key=1, twice=0.5)
            if kind == "left_out":
                del holder[key]
            elif kind == "key" and isinstance(holder, dict):
                holder[self.text()] = holder.pop(key)
            elif kind == "twice" and isinstance(holder, list):
                holder.append(holder[key])
            else:
                holder[key] = odd()
        text = json.dumps(document, indent=self.random.choice((None, 2)), ensure_ascii=self.chance(0.7))
        for name, token in raw.items():
            text = text.replace(f'"{name}"', token)
        return text

    def bytes_of(self, text: str) -> bytes:
        """The bytes of a text, rarely in an odd encoding."""
        kind = self.weighted(utf8=20, bom=1, utf16=1, latin1=1) if self.odd(0.7) else "utf8"
        if kind == "utf8":
            return text.encode("utf-8", "surrogatepass" if self.odd(0.5) else "replace")
        encoding = {"bom": "utf-8-sig", "utf16": "utf-16", "latin1": "latin-1"}[kind]
        return text.encode(encoding, "replace")

    def mutate(self, content: bytes, changes: int) -> bytes:
        """A file with so many places changed."""
        for _ in range(changes):
            start = self.random.randrange(len(content) + 1)
            end = min(len(content), start + self.random.choice((0, 1, 1, 2, 8, 40, 200)))
            part = content[start:end]
            change: Callable[[], bytes] = self.random.choice((
                lambda: self.one(BYTES),
                lambda part=part: self.one(BYTES) + part,
                lambda part=part: part + part,
                lambda: b"",
                lambda part=part: bytes(byte ^ 1 << self.random.randrange(8) for byte in part),
                lambda: self.number().encode(),
            ))  # fmt: skip
            content = content[:start] + change() + content[end:]
        return content[: self.random.randrange(len(content) + 1)] if self.chance(0.05) else content
