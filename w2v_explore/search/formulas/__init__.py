"""Columns of the values of fields → the figures of all those configs, by formulas that the tree is asked for."""
