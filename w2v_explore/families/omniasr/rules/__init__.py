"""The rules that are about omniASR's configs alone, a module each, named after the rule."""
