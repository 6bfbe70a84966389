"""The rules that are about conformers' configs alone, a module each, named after the rule."""
