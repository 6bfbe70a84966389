"""The rules that are about configs of wav2vec 2.0 in pre-training alone, a module each, named after the rule."""
