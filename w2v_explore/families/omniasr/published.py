"""What the Hugging Face hub and omnilingual-asr call published models of omniASR; a table of facts."""

from w2v_explore.config.published import HUB, Published

_SIZES = ("300M", "1B", "3B", "7B")
PUBLISHED = Published(
    names={
        HUB: {
            **{f"facebook/omniASR-W2V-{size}": f"omniasr_{size.lower()}" for size in _SIZES},
            **{f"facebook/omniASR-CTC-{size}": f"omniasr_ctc_{size.lower()}" for size in _SIZES},
            **{f"facebook/omniASR-CTC-{size}-v2": f"omniasr_ctc_{size.lower()}_v2" for size in _SIZES},
        },
    },
    made_of={rf"omniasr-llm(-unlimited)?-{size.lower()}": f"omniasr_{size.lower()}" for size in _SIZES},
)
