"""Configs side by side, and what makes the difference."""
