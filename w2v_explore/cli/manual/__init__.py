"""What the program says of its commands: in a terminal, as man pages and as a page of docs/.

It is imported where help is asked for.
"""
