"""Spaces that are too large to enumerate: Optuna draws combinations, and the same formulas work them out."""
