"""Costs over the duration of the audio: MACs by what they are for, and memory."""

from __future__ import annotations

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.over_duration import costs_over_duration
from w2v_explore.report.html.page import Picture
from w2v_explore.report.html.pictures.line_chart import Line, Mark, line_chart
from w2v_explore.report.units import percent, short, size_bytes


def cost_pictures(analysis: Analysis) -> list[Picture]:
    """The MACs of a forward pass, and the memory of a pass and of a training step, over the duration.

    Args:
        analysis: Whose batch, dtype and precision hold.
    """
    found = costs_over_duration(analysis)
    seconds = [cost.seconds for cost in found.costs]
    length = f"{analysis.workload.seconds:.4g} s"
    [asked] = [cost for cost in found.costs if cost.seconds == analysis.workload.seconds]
    mark = Mark(asked.seconds, f"{length}, as asked")
    marks, attention = [mark], "The model has no attention: its MACs grow in proportion to the duration."
    if found.crossing_s is not None:
        crossing = f"{found.crossing_s:.4g} s"
        marks.append(Mark(found.crossing_s, f"{crossing}: attention overtakes"))
        attention = (
            f"For {length} of audio attention's two products are {percent(asked.macs.attention / sum(asked.macs))} of "
            "all MACs. They grow with the square of the duration, all else in proportion to it: from "
            f"{crossing} on they are more than those of the feed-forward."
        )
    of_batch = f", batch {analysis.workload.batch}" if analysis.workload.batch > 1 else ""
    macs = [cost.macs for cost in found.costs]
    macs_title, memory_title = f"MACs over duration{of_batch}", f"Memory over duration{of_batch}"
    return [
        Picture(
            macs_title,
            line_chart(
                macs_title,
                seconds,
                [
                    Line("together", [sum(each) for each in macs], 0),
                    Line("attention products", [each.attention for each in macs], 1),
                    Line("feed-forward", [each.feed_forward for each in macs], 2),
                    Line("other linear", [each.linear for each in macs], 3),
                    Line("convolution", [each.convolution for each in macs], 4),
                ],
                "MACs of a forward pass",
                short,
                marks,
            ),
            attention,
            "chart",
        ),
        Picture(
            memory_title,
            line_chart(
                memory_title,
                seconds,
                [
                    Line("training", [cost.training_bytes for cost in found.costs], 1),
                    Line("inference", [cost.inference_bytes for cost in found.costs], 2),
                ],
                f"bytes, {_precisions(analysis)}",
                size_bytes,
                [mark],
            ),
            f"For {length} a forward pass needs {size_bytes(asked.inference_bytes)}, of which "
            f"{size_bytes(analysis.parameter_bytes)} are weights; a training step needs "
            f"{size_bytes(asked.training_bytes)}, of which {size_bytes(analysis.training.state_bytes)} are weights, "
            "gradients and the optimizer's states. Where a line rises, activations are what grows.",
            "chart",
        ),
    ]


def _precisions(analysis: Analysis) -> str:
    dtype, precision = analysis.workload.dtype, analysis.training.recipe.name
    return dtype if precision == dtype else f"inference {dtype}, training {precision}"
