"""The rules that are about WavLM's configs alone, a module each, named after the rule."""
