"""The formats of a lint report, one module each with ``render(report) -> str``."""
