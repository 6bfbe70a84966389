"""The torch model: forward() and nothing that the tree already says. Importing this package imports torch."""
