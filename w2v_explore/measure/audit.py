"""The closed-form MACs held against fvcore's count of the built model."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor, nn

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import Macs, total_macs


@dataclass(frozen=True, slots=True, kw_only=True)
class MacsAudit:
    """An independent count of the MACs of one forward pass.

    Attributes:
        source: What counted.
        expected: The closed form.
        counted: What the source found, by kind of operation.
        uncounted: Operations that the source has no formula for, and how often they ran.
    """

    source: str
    expected: Macs
    counted: Macs
    uncounted: dict[str, int]

    @property
    def agrees(self) -> bool:
        """Whether every kind of operation is equal, to the integer."""
        return self.expected == self.counted

    def to_dict(self) -> dict[str, Any]:
        """The object ``macs_audit`` in JSON (docs/json.md), as plain data."""
        return {
            "source": self.source,
            "agrees": self.agrees,
            "expected": self.expected._asdict(),
            "counted": self.counted._asdict(),
            "uncounted_operations": self.uncounted,
        }


def traced_macs(analysis: Analysis) -> Macs:
    """The MACs that a trace of the forward pass has: it leaves out what no output depends on."""
    lives = analysis.lives(training=True)
    traced = [call for call, needs in zip(lives.calls, lives.needs, strict=True) if needs is not None]
    return total_macs(traced, analysis.workload.batch)


def audit_macs(model: nn.Module, waveforms: Tensor, expected: Macs) -> MacsAudit:
    """Count the MACs of a model with fvcore, which traces one forward pass on real tensors.

    fvcore has no formula for the fused attention: the one given here counts the two matrix products from the traced
    shapes. Other products of two activations, as of queries and positions, are attention's too. Its five "flops" an
    element for norms are no MACs and are left out.

    Args:
        model: On the device of the waveforms.
        waveforms: (B, S).
        expected: The closed form for this workload.
    """
    with warnings.catch_warnings():
        # fvcore scripts functions of its own as it is imported, which torch 2.9 and later deprecate.
        warnings.simplefilter("ignore")
        from fvcore.nn import FlopCountAnalysis

        analysis = FlopCountAnalysis(model, (waveforms,))
        analysis.set_op_handle("aten::scaled_dot_product_attention", _attention_macs)
        analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
        with torch.no_grad():
            counts = analysis.by_operator()
            uncounted = {str(name): int(times) for name, times in analysis.unsupported_ops().items()}
    counted = Macs(
        convolution=int(counts["conv"]),
        linear=int(counts["linear"]),
        attention=int(counts["scaled_dot_product_attention"] + counts["bmm"]),
    )
    return MacsAudit(source=f"fvcore {version('fvcore')}", expected=expected, counted=counted, uncounted=uncounted)


def _attention_macs(inputs: list[Any], outputs: list[Any]) -> int:
    batch, heads, queries, head_dim = inputs[0].type().sizes()
    keys = inputs[1].type().sizes()[2]
    return 2 * int(batch * heads * queries * keys * head_dim)
