"""The rules that are about the adapters' configs alone, a module each, named after the rule."""
