"""The rules that are about w2v-BERT's configs alone, a module each, named after the rule."""
