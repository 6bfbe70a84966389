"""The rules that are about pruned configs alone, a module each, named after the rule."""
