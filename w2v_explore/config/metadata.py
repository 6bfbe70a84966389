"""What a config of ours may say beside its fields."""

from w2v_explore.config.family import ARCHITECTURE

SEARCH = "search"
"""The key of what `search` varies."""

DEFAULT_SAMPLE_RATE = 16_000
MAX_SAMPLE_RATE = 10_000_000

TEXT_METADATA = {
    "name": "What reports call the config; the file's name by default, or the folder's of a config.json.",
    "family": "The group it belongs to in `w2v-explore presets`: wav2vec 2.0, HuBERT, XLS-R.",
    "description": "What the model is, in a sentence.",
    "source": "Where its values come from: a paper, a repository, a file.",
    "published_parameters": "The parameter count that its authors give, as they word it.",
}
METADATA = ("extends", ARCHITECTURE, *TEXT_METADATA, "sample_rate", "budgets", SEARCH)
