"""One command that proves the GPU paths on the card that is there: ``python -m benchmarks.gpu``.

What runs the steps needs Python's standard library alone; each step is a process of its own, so that one that hangs,
or that leaves the card in disorder, takes no other with it.
"""
