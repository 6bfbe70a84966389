"""Figures as formulas of sizes that are left open, worked out in Python's own numbers."""
