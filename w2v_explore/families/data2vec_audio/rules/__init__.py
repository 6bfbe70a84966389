"""The rules that are about data2vec audio's configs alone, a module each, named after the rule."""
