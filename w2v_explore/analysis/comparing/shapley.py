"""Shapley values: a fair share of a difference for each of the changes that make it (Shapley 1953)."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import factorial

Value = int | Fraction


def shapley_values(num_players: int, worth: Callable[[int], Mapping[str, Value]]) -> dict[str, list[Fraction]]:
    """Each player's mean contribution over all orders in which the players could come, exactly.

    Args:
        num_players: Numbered from 0.
        worth: The figures of a coalition, by name; bit i of its argument says whether player i is in.

    Returns:
        For each figure the players' values; they add up to its difference between all players and none.
    """
    worths = [worth(coalition) for coalition in range(1 << num_players)]
    total = factorial(num_players)
    # The orders in which exactly `size` given players come before a given one.
    orders = [factorial(size) * factorial(num_players - 1 - size) for size in range(num_players)]
    values: dict[str, list[Fraction]] = {}
    for figure in worths[0]:
        column = [each[figure] for each in worths]
        if len(set(column)) == 1:
            continue
        values[figure] = [
            Fraction(
                sum(
                    orders[coalition.bit_count()] * (column[coalition | 1 << player] - column[coalition])
                    for coalition in range(1 << num_players)
                    if not coalition >> player & 1
                ),
                total,
            )
            for player in range(num_players)
        ]
    return values
