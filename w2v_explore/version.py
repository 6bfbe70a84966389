"""The version of this distribution, stated once."""

__version__ = "0.1.0"

SCHEMA_VERSION = 1
"""Of the JSON that commands write, and of the baselines that they read."""
