"""Completion of command lines in bash, zsh and fish.

A shell starts the program at each tab: what it may answer stands in a table, made of the help by docs/generate.py, so
that neither typer nor a family is imported.
"""
