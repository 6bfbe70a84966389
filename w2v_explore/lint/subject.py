"""What a rule looks at, and what it says."""

from typing import NamedTuple

from w2v_explore.config.entries import Document
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.reading import Reading
from w2v_explore.diagnostics import Place
from w2v_explore.lint.settings import Settings


class Finding(NamedTuple):
    """What a rule found.

    Attributes:
        message: What was found and what to write.
        keys: The keys that together cause it, by default the rule's ``KEYS``; it is reported at the one that the file
            states last, and not at all in a file that states none of them. Without keys it is about the file.
        item: The way into a list, as in `Fault`.
        fix: The text that repairs it, if there is one right answer.
        place: Where it is reported, where that is at none of the keys.
    """

    message: str
    keys: tuple[str, ...] | None = None
    item: tuple[int | str, ...] = ()
    fix: str | None = None
    place: Place | None = None


class Subject(NamedTuple):
    """A config under the linter.

    Attributes:
        reading: The file as it was read, right or wrong.
        settings: What the user asked for.
        model: The valid config; rules that need it run only where there is one.
    """

    reading: Reading
    settings: Settings
    model: ModelConfig

    @property
    def document(self) -> Document:
        """The file itself."""
        return self.reading.document
