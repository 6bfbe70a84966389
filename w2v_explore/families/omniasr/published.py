"""What the Hugging Face hub, omnilingual-asr and fairseq2 call published models of omniASR; a table of facts."""

from w2v_explore.config.published import HUB, Architecture, Published

_SIZES = {size: size.lower() for size in ("300M", "1B", "3B", "7B")}
_FOLDED = "its positional convolution has a weight norm there, with 128 parameters that are folded into the weight here"
_BEHIND = "its language model is not counted"


def _fairseq2() -> dict[str, Architecture]:
    found = {}
    for size, ours in _SIZES.items():
        encoder = Architecture(f"omniasr_{ours}", remark=_FOLDED)
        found[f"omniASR_W2V_{size}"] = encoder
        for version in ("", "_v2"):
            ctc = Architecture(f"omniasr_ctc_{ours}{version}", remark=_FOLDED)
            found[f"wav2vec2_asr/{ours}{version}"] = found[f"omniASR_CTC_{size}{version}"] = ctc
            found[f"omniASR_LLM_{size}{version}"] = encoder._replace(remark=f"{_BEHIND}; {_FOLDED}")
        found[f"omniASR_LLM_Unlimited_{size}_v2"] = found[f"omniASR_LLM_{size}"]
    return found


PUBLISHED = Published(
    names={
        HUB: {
            **{f"facebook/omniASR-W2V-{size}": f"omniasr_{ours}" for size, ours in _SIZES.items()},
            **{f"facebook/omniASR-CTC-{size}": f"omniasr_ctc_{ours}" for size, ours in _SIZES.items()},
            **{f"facebook/omniASR-CTC-{size}-v2": f"omniasr_ctc_{ours}_v2" for size, ours in _SIZES.items()},
        },
    },
    made_of={rf"omniasr-llm-(unlimited-)?{ours}": f"omniasr_{ours}" for ours in _SIZES.values()},
    fairseq2=_fairseq2(),
)
