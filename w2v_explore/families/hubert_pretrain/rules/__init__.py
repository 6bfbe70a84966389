"""The rules that are about configs of HuBERT in pre-training alone, a module each, named after the rule."""
