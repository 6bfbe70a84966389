"""The rules that are about this family's configs alone, a module each, named after the rule."""
