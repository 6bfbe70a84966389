"""The architecture: a tree of layers that owns names, shapes and costs. No torch here."""
