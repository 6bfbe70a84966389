"""How the configs of a space are worked through, in chunks."""
