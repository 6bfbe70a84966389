"""What the Hugging Face hub calls published conformers of wav2vec 2.0; a table of facts."""

from w2v_explore.config.published import HUB, Published

_PRESETS = {"rel-pos": "wav2vec2_conformer_rel_pos_large", "rope": "wav2vec2_conformer_rope_large"}

PUBLISHED = Published(
    names={HUB: {f"facebook/wav2vec2-conformer-{kind}-large": preset for kind, preset in _PRESETS.items()}},
    without_preset={
        f"facebook/wav2vec2-conformer-{kind}-large-{hours}-ft": (
            f"{preset} has its architecture without the head; write extends: {preset} and aux_num_out: 32"
        )
        for kind, preset in _PRESETS.items()
        for hours in ("100h", "960h")
    },
    made_of={f"wav2vec2-conformer-{kind}-large": preset for kind, preset in _PRESETS.items()},
)
