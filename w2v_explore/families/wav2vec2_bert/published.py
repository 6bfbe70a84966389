"""What the Hugging Face hub and fairseq2 call the published model of w2v-BERT 2.0; a table of facts."""

from w2v_explore.config.published import HUB, Published

PUBLISHED = Published(
    names={HUB: {"facebook/w2v-bert-2.0": "w2v_bert_2"}},
    made_of={r"w2v-?bert-?2|wav2vec2-bert": "w2v_bert_2"},
)
