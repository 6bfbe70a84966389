"""Which values are of which type where ``torch.autocast`` runs, and what it casts for which operation."""

from collections.abc import Collection, Mapping, Sequence

from w2v_explore.tree.run import Call


class AutocastTypes:
    """What autocast does to a model whose parameters are of float32, as what it takes is.

    Attributes:
        lower: The calls that give a value of the lower precision, by position; all other values are of float32.
        casts: What is cast for a call, by its position: the numbers of what it takes.
    """

    def __init__(self, calls: Sequence[Call]) -> None:
        self.lower: set[int] = set()
        casts: dict[int, frozenset[int]] = {}
        for position, call in enumerate(calls):
            operation = call.operation
            if operation is None:
                continue
            are_lower = [made in self.lower for made in call.sources]
            rule = operation.autocast
            if rule == "lower" or (rule == "promotes" and all(are_lower)):
                self.lower.add(position)
            if rule in ("lower", "float32"):
                casts[position] = frozenset(
                    number for number, is_lower in enumerate(are_lower) if is_lower != (rule == "lower")
                )
        self.casts: Mapping[int, Collection[int]] = {
            position: numbers for position, numbers in casts.items() if numbers
        }
