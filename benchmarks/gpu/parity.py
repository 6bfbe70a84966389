"""Whether the model computes on the device what it computes on the CPU in float32."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, nn

from benchmarks.gpu.findings import Context, Finding, attempt, judged, noted
from benchmarks.gpu.models import TWO_LAYERS, analysis_of, error_of, exact_float32, waveforms_of
from w2v_explore import Analysis, SpeechEncoder, build_model
from w2v_explore.model.device import find_device

# Both modes of the extractor, and both places of the norms.
_PRESETS = ("base", "large_lv60k", "wavlm_base")
_SECONDS, _QUICK_SECONDS, _BATCH = 2.0, 0.5, 3

# Norms of the error over norms of the output. float32 differs by the order of summation alone, 1e-6; the others round
# to 8 and 11 bits, and the roundings of some hundred operations add up.
_LIMITS = {"float32": 1e-4, "bfloat16": 0.05, "float16": 0.01}


def compare_outputs(context: Context) -> Iterator[Finding]:
    """Outputs in three dtypes, lengths, seeds, and TorchScript."""
    device = find_device(context.device)
    for preset in _PRESETS:
        overrides, seconds = ([TWO_LAYERS], _QUICK_SECONDS) if context.quick else ([], _SECONDS)
        analysis = analysis_of(preset, seconds, *overrides, batch=_BATCH)
        model = _seeded(analysis, "cpu").eval()
        waveforms = waveforms_of(analysis, "cpu")
        with torch.inference_mode():
            expected = model(waveforms)[0]
            for dtype in _LIMITS:
                yield attempt(f"{preset}, {dtype}", partial(_compare_dtype, model, waveforms, expected, device, dtype))
            if context.on_cuda:
                yield attempt(
                    f"{preset}, float32 as torch computes it", partial(_note_tf32, model, waveforms, expected, device)
                )
            yield attempt(f"{preset}, lengths", partial(_compare_lengths, model, waveforms, device))
            yield attempt(f"{preset}, script", partial(_compare_script, model, waveforms, device))
        yield attempt(f"{preset}, seeds", partial(_compare_seeds, analysis, device))
        yield attempt(f"{preset}, gradients", partial(_compare_gradients, model, waveforms, device))


def _seeded(analysis: Analysis, device: torch.device | str) -> SpeechEncoder:
    torch.manual_seed(0)
    return build_model(analysis.config, device=device)


def _on(model: SpeechEncoder, device: torch.device, dtype: torch.dtype = torch.float32) -> SpeechEncoder:
    """A copy of a model."""
    return copy.deepcopy(model).to(device, dtype)


def _compare_dtype(
    model: SpeechEncoder, waveforms: Tensor, expected: Tensor, device: torch.device, dtype: str, what: str
) -> Finding:
    kind: torch.dtype = getattr(torch, dtype)
    with exact_float32():
        output = _on(model, device, kind)(waveforms.to(device, kind))[0]
    error = error_of(output, expected)
    passed = error <= _LIMITS[dtype] and output.dtype == kind
    note = f"the error's norm is at most {_LIMITS[dtype]:g} of the output's" + (
        ", TF32 off" if dtype == "float32" else ""
    )
    return judged(what, passed, {"relative_error": error}, note)


def _note_tf32(model: SpeechEncoder, waveforms: Tensor, expected: Tensor, device: torch.device, what: str) -> Finding:
    output = _on(model, device)(waveforms.to(device))[0]
    return noted(what, {"relative_error": error_of(output, expected)}, "TF32 where torch allows it")


def _compare_lengths(model: SpeechEncoder, waveforms: Tensor, device: torch.device, what: str) -> Finding:
    samples = waveforms.shape[1]
    lengths = torch.tensor([samples, samples // 2, samples // 3])
    expected, frames = model(waveforms, lengths)
    with exact_float32():
        output, frames_there = _on(model, device)(waveforms.to(device), lengths.to(device))
    valid = torch.arange(expected.shape[1])[None, :] < frames[:, None]
    error = error_of(output.cpu()[valid], expected[valid])
    passed = frames_there.tolist() == frames.tolist() and error <= _LIMITS["float32"]
    note = f"as many valid frames for each utterance, and their outputs' error at most {_LIMITS['float32']:g}"
    return judged(what, passed, {"relative_error": error}, note)


def _compare_script(model: SpeechEncoder, waveforms: Tensor, device: torch.device, what: str) -> Finding:
    there, waveforms = _on(model, device), waveforms.to(device)
    with exact_float32():
        error = error_of(torch.jit.script(there)(waveforms)[0], there(waveforms)[0])
    note = f"a scripted model's output differs from the eager one's by at most {_LIMITS['float32']:g}"
    return judged(what, error <= _LIMITS["float32"], {"relative_error": error}, note)


def _compare_seeds(analysis: Analysis, device: torch.device, what: str) -> Finding:
    first, second, on_cpu = _seeded(analysis, device), _seeded(analysis, device), _seeded(analysis, "cpu")
    same_weights = _equal(first, second)
    waveforms = waveforms_of(analysis, str(device))
    outputs = []
    with torch.no_grad():
        for seed in (1, 1, 2):
            torch.manual_seed(seed)
            outputs.append(first.train()(waveforms)[0])
    same, other = torch.equal(outputs[0], outputs[1]), torch.equal(outputs[0], outputs[2])
    return judged(
        what,
        same_weights and same and not other,
        {
            "same_weights": same_weights,
            "same_dropout": same,
            "other_seed_same_dropout": other,
            "weights_of_CPU": _equal(first, on_cpu),
        },
        "one seed gives the same initial weights and the same dropout twice, another seed another dropout; a card and "
        "a CPU draw different weights from one seed",
    )


def _equal(one: nn.Module, other: nn.Module) -> bool:
    return all(
        torch.equal(a.cpu(), b.cpu())
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


def _compare_gradients(model: SpeechEncoder, waveforms: Tensor, device: torch.device, what: str) -> Finding:
    gradients = []
    for where in (torch.device("cpu"), device):
        there = _on(model, where)
        with exact_float32():
            there(waveforms.to(where))[0].square().mean().backward()
        gradients.append([parameter.grad for parameter in there.parameters() if parameter.grad is not None])
    flat = [torch.cat([gradient.cpu().flatten() for gradient in each]) for each in gradients]
    error = error_of(flat[1], flat[0])
    note = "the error's norm is at most 0.001 of that of all gradients together, TF32 off"
    return judged(what, error <= 1e-3, {"relative_error": error}, note)
