"""What the Hugging Face hub calls published models of data2vec audio; a table of facts."""

from w2v_explore.config.published import HUB, Published

PUBLISHED = Published(
    names={
        HUB: {
            "facebook/data2vec-audio-base": "data2vec_audio_base",
            "facebook/data2vec-audio-large": "data2vec_audio_large",
        },
    },
    without_preset={
        f"facebook/data2vec-audio-{size}-{hours}": (
            f"data2vec_audio_{size} has its architecture without the head; "
            f"write extends: data2vec_audio_{size} and aux_num_out: 32"
        )
        for size in ("base", "large")
        for hours in ("10m", "100h", "960h")
    },
    made_of={r"data2vec-audio-base": "data2vec_audio_base", r"data2vec-audio-large": "data2vec_audio_large"},
)
