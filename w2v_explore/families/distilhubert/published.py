"""What the Hugging Face hub and s3prl call published models of DistilHuBERT; a table of facts."""

from w2v_explore.config.published import HUB, S3PRL, Published

PUBLISHED = Published(
    names={
        HUB: {"ntu-spml/distilhubert": "distilhubert"},
        S3PRL: {"distilhubert_base": "distilhubert"},
    },
    made_of={r"distilhubert": "distilhubert"},
)
