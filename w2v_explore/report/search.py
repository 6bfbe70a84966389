"""What `search` found, in words, tables and a scatter."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from math import inf, log

from w2v_explore.analysis.comparing.conditions import Condition
from w2v_explore.analysis.figures import Figures, Number
from w2v_explore.errors import missing_extra
from w2v_explore.report.figure_columns import explain_columns, figure_cell, figure_cells, figure_columns, figure_label
from w2v_explore.report.identity import describe_origin, describe_reading
from w2v_explore.report.scatter import draw_scatter
from w2v_explore.report.search_fields import Told, describe_edit, describe_space, is_as_long, told_of
from w2v_explore.report.search_scatter import is_near, scatter_of
from w2v_explore.report.table import Cell, Column, Lines, Report, Table
from w2v_explore.report.units import UNCHANGED, exact, field_value, first_few, percent, signed_percent
from w2v_explore.report.workload import describe_features, describe_workload
from w2v_explore.search.answer import Answer, Design
from w2v_explore.search.edits import Edit
from w2v_explore.search.published import Published, placed
from w2v_explore.search.question.candidates import Mode
from w2v_explore.search.question.match import DEPTH, Match
from w2v_explore.search.question.nearest import Nearest
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.rank import Rank
from w2v_explore.search.question.survivors import Survivors
from w2v_explore.search.space.space import Space

_COSTS = ("parameters", "macs", "macs_per_audio_second", "memory.inference_bytes", "memory.training_bytes")
# A thousand would hide the words above them; of more than so many, fewer are shown.
_ALL, _MOST = 60, 40
# So many designs have a command each.
_FEW = 3
_MOST_STEPS = 10_000
# Of more combinations nobody reads all digits.
_MOST_COUNTED = 10**12
_NAMES = 2


def search_report(answer: Answer) -> Report:
    """The report on a search: how many designs there are comes first, then what was asked, then a row for each."""
    config = answer.analysis.config
    lines = [
        *_describe_found(answer),
        _describe_asked(answer),
        describe_space(answer.question.space),
        describe_origin(config),
        describe_workload(answer.analysis),
        *describe_features(answer.analysis),
        *describe_reading(config),
    ]
    tables = []
    if answer.designs:
        figures, mode = _shown_figures(answer), answer.question.mode
        beside = _beside(answer, mode) if isinstance(mode, Pareto) else [_own(answer, figures)]
        tables = [_designs(answer, figures), *_measured(answer), *beside]
    return Report(config.name, lines, tables, _picture(answer, tables), _commands(answer))


def _measured(answer: Answer) -> list[Table]:
    if not answer.measured:
        return []
    # Imported only where something was measured.
    from w2v_explore.report.search_measured import measured_table

    return [measured_table(each, answer.analysis.config.name) for each in answer.measured]


def plot_search(answer: Answer, format: str) -> bytes:
    """What was found as a picture, as `plot_scatter` draws it, of an answer that has designs and two sizes to draw.

    Args:
        answer: The answer.
        format: ``svg`` or ``png``.
    """
    scatter = scatter_of(answer)
    assert scatter is not None, "who asks has seen that there is something to draw"
    # Imported only where a picture is wanted.
    from w2v_explore.report.scatter_plot import plot_scatter

    said = [*_describe_found(answer), _describe_asked(answer), describe_workload(answer.analysis)]
    return plot_scatter(scatter, answer.analysis.config.name, said, format)


def _describe_found(answer: Answer) -> Iterator[str]:
    """``27 of 292,800 configs are on the frontier; 76,800 evaluated, 216,000 are no config``."""
    question, found = answer.question, answer.found
    number, size = len(answer.designs), question.space.size
    counts = [f"{exact(found.evaluated)} evaluated"]
    if number and question.constraints:
        satisfying = "all" if found.satisfying == found.evaluated else exact(found.satisfying)
        # The linter is asked of those alone that may be part of the answer.
        counts[0] += f", {satisfying} of them as required{', the linter aside' if question.lint_clean else ''}"
    if found.pruned:
        counts.append(f"{exact(found.pruned)} ruled out by bounds")
    if found.invalid:
        counts.append(f"{exact(found.invalid)} {'is' if found.invalid == 1 else 'are'} no config")
    if answer.sampled is not None:
        trials = f"{exact(answer.sampled.trials)} trials{', broken off,' if answer.sampled.is_interrupted else ''}"
        whole = exact(size) if size < _MOST_COUNTED else f"{size:.3g}"
        yield f"SAMPLED: the best of {trials} in a space of {whole}, which may have better configs"
    elif not found.complete:
        yield "INCOMPLETE: the search was broken off; what is said is of what was looked at until then"
    is_whole = found.complete and answer.sampled is None
    looked = "was looked at" if found.evaluated == 1 else "were looked at"
    configs = _configs(size) if is_whole else f"the {_configs(found.evaluated)} that {looked}"
    match question.mode:
        case _ if not (number or is_whole or found.evaluated):
            said = "No config was looked at"
        case _ if not number:
            said = f"None of {configs} is as required"
        case Pareto():
            said = f"{exact(number)} of {configs} {'is' if number == 1 else 'are'} on the frontier"
        case Survivors() if not answer.measured:
            said = f"{exact(number)} of {configs} {'is' if number == 1 else 'are'} left to be measured"
        case Survivors(top=None):
            said = f"{exact(number)} of {configs} {'is' if number == 1 else 'are'} on the measured frontier"
        case Match():
            depths = len({design.fields.get(DEPTH) for design in answer.designs})
            said = f"{exact(number)} of {configs} match best, of {exact(depths)} depth{'s' * (depths != 1)}"
        case Nearest():
            said = f"The nearest {f'{exact(number)} ' * (number > 1)}of {configs}"
        case _:
            said = f"The first {f'{exact(number)} ' * (number > 1)}of {configs}"
    yield f"{said}; {', '.join(counts)}"
    if answer.nothing is not None:
        yield f"why: {answer.nothing.message}"


def _configs(number: int) -> str:
    return f"{exact(number)} config{'s' * (number != 1)}"


def _describe_asked(answer: Answer) -> str:
    """``asked: least MACs, most parameters; required: stride == 320, no warning of the linter``."""
    question = answer.question
    mode = question.mode
    match mode:
        case Pareto():
            wanted = [f"{'most' if name in mode.maximized else 'least'} {figure_label(name)}" for name in mode.figures]
        case Survivors():
            first = "" if mode.top is None else f"the {exact(mode.top)} with the "
            wanted = [
                f"{first}{'most' if name in mode.maximized else 'least'} {figure_label(name)}" for name in mode.asked
            ]
        case Rank():
            wanted = [
                f"the {exact(mode.top)} with the {'most' if mode.is_maximized else 'least'} {figure_label(mode.figure)}"
            ]
        case Nearest():
            wanted = [f"{', '.join(target.text for target in mode.targets)} by the fewest edits, then the least"]
        case Match():
            each = [f"{_wanted(name, value)} {figure_label(name)}" for name, value in mode.wanted]
            like = f"like {mode.teacher}, " if mode.teacher else ""
            wanted = [f"{like}of each depth what is nearest to {' and '.join(each)}"]
        case _:
            wanted = []
    targets = mode.targets if isinstance(mode, Nearest) else ()
    required = [_describe_constraint(each) for each in question.constraints if each not in targets]
    required += ["no warning of the linter"] if question.lint_clean else []
    return f"asked: {', '.join(wanted)}{'; required: ' if required else ''}{', '.join(required)}"


def _describe_constraint(constraint: Condition) -> str:
    """As it was written; of what is kept, ``stride as it is``."""
    is_kept = constraint.is_change and constraint.operator == "==" and not constraint.limit
    return f"{constraint.metric} as it is" if is_kept else constraint.text


def _wanted(name: str, value: float) -> str:
    return figure_cell(name, value if value != int(value) else int(value))


def _shown_figures(answer: Answer) -> list[str]:
    """The figures asked for, then the usual ones; what is required, and the same in all designs, is left out."""
    mode = answer.question.mode
    required = [
        name
        for name in dict.fromkeys(each.metric for each in answer.question.constraints)
        if len({design.figures[name] for design in answer.designs}) > 1
    ]
    return [*dict.fromkeys((*mode.figures, *required, *_COSTS))]


def _designs(answer: Answer, figures: Sequence[str]) -> Table:
    """A row for each design, or for some of many."""
    mode, designs = answer.question.mode, answer.designs
    shown = _shown(answer)
    ties = any(design.ties for design in designs)
    if isinstance(mode, Nearest):
        fields: list[Told] = []
        columns = [Column("Edits", numeric=False, wraps=True)]
    else:
        fields = [told for told in told_of(answer.question.space) if _varies(designs, told)]
        columns = [_field_column(told, designs, len(mode.figures)) for told in fields]
    matched = isinstance(mode, Match)
    columns = [Column("#"), *columns, *([Column("Off")] if matched else []), *_figure_columns(figures, mode)]
    columns += [Column("Ties")] if ties else []
    table = Table(_TITLES[mode.name], columns)
    for number in shown:
        design = designs[number]
        row: list[Cell] = [exact(number + 1)]
        row += (
            [_edits(answer.question.space, design)]
            if isinstance(mode, Nearest)
            else [field_value(told.value(design.fields)) for told in fields]
        )
        row += [_off(design, mode)] if isinstance(mode, Match) else []
        row += figure_cells(figures, design.figures)
        row += [exact(design.ties)] if ties else []
        table.rows.append(row)
    table.remark = Lines(*_remarks(answer, shown, fields, figures))
    return table


def _figure_columns(figures: Sequence[str], mode: Mode) -> list[Column]:
    """A column for each figure, of which those are left out first that nobody asked for."""
    asked = len(mode.figures)
    columns = figure_columns(figures)
    return columns[:asked] + [each._replace(priority=each.priority + 1) for each in columns[asked:]]


_TITLES = {"pareto": "Frontier", "rank": "Ranked", "nearest": "Nearest", "match": "Matched"}


def _varies(designs: Sequence[Design], told: Told) -> bool:
    return len(designs) == 1 or len({repr(told.value(design.fields)) for design in designs}) > 1


def _field_column(told: Told, designs: Sequence[Design], priority: int) -> Column:
    """A column, which is left out before the figures that are asked for where other fields make its values."""
    values = [told.value(design.fields) for design in designs]
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    # A heading is broken between words.
    heading = told.name.replace("].", "] ")
    return Column(heading, numeric=numeric, wraps=not numeric, priority=priority if told.follows else 0)


def _remarks(answer: Answer, shown: Sequence[int], fields: Sequence[Told], figures: Sequence[str]) -> Iterator[str]:
    """What the table does not say by itself."""
    mode, designs = answer.question.mode, answer.designs
    if len(shown) < len(designs):
        how = ""
        if isinstance(mode, Pareto):
            how = f", spread evenly along {figure_label(mode.figures[0])}"
            how += ", with those that are as good as a published model or better" if len(shown) > _MOST else ""
        how = how or (", the first" if not isinstance(mode, Match) else ", spread evenly")
        yield f"{len(shown)} of {exact(len(designs))} designs{how}; --format csv and json have all."
    alike = [] if isinstance(mode, Nearest) else [told for told in told_of(answer.question.space) if told not in fields]
    if alike:
        each = [f"{told.name} {field_value(told.value(designs[0].fields))}" for told in alike]
        yield f"All have {', '.join(each)}."
    legend = [explain_columns(figures)]
    if isinstance(mode, Match):
        legend.append("Off: from what is wanted, of several figures the furthest.")
    if any(edit.shares for design in designs for edit in design.edits if len(_together(design)) > 1):
        legend.append("In brackets: what the edit contributes to the whole change (its Shapley value).")
    if any(design.ties for design in designs):
        legend.append("Ties: further configs that are equal in what was asked.")
    if any(legend):
        yield " ".join(filter(None, legend))


def _shown(answer: Answer) -> list[int]:
    """The numbers of the designs that have a row: all of few; of many some, and those to which others point."""
    designs, mode = answer.designs, answer.question.mode
    if len(designs) <= _ALL:
        return [*range(len(designs))]
    if isinstance(mode, Pareto):
        near = _near(answer, mode)
        pointed = {each for model in near for each in (model.equal, *model.dominating[:1]) if each is not None}
        return sorted({*_spread([design.figures[mode.figures[0]] for design in designs], _MOST), *pointed})
    if isinstance(mode, Match):
        return _spread([*range(len(designs))], _MOST)
    return [*range(_MOST)]


def _spread(values: Sequence[Number], most: int) -> list[int]:
    """The places of at most so many of some ascending values, in equal steps or, over a wide range, equal ratios."""
    place: Callable[[float], float] = log if values[0] > 0 and values[-1] > 10 * values[0] else float
    places = [place(value) for value in values]
    low, high = places[0], places[-1]

    def nearest(steps: int) -> set[int]:
        at = (low + (high - low) * step / steps for step in range(steps + 1))
        return {0, len(values) - 1, *[bisect_left(places, each, hi=len(values) - 1) for each in at]}

    # Several steps may come to the same value; then there is room for more.
    found, steps = nearest(most - 1), most - 1
    while len(found) < most and steps < _MOST_STEPS:
        steps *= 2
        closer = nearest(steps)
        found |= {*sorted(closer - found)[:: max(1, -(-len(closer - found) // (most - len(found))))]}
    return sorted(found)


def _edits(space: Space, design: Design) -> str:
    """``num_layers 12 → 6 (61.0 %), embed_dim 768 → 512 with num_heads 12 → 8 (39.0 %)``."""
    together = _together(design)
    wholes: dict[str, Number] = {}
    for edits in together:
        for name, share in edits[0].shares.items():
            wholes[name] = wholes.get(name, 0) + share
    texts = []
    for edits in together:
        told = [edit for edit in edits if not is_as_long(space, edit.field)]
        text = " with ".join(describe_edit(space, edit) for edit in told or edits)
        shares = [
            _share(share / wholes[name], figure_label(name) if len(wholes) > 1 else "")
            for name, share in edits[0].shares.items()
            if wholes[name] and len(together) > 1
        ]
        texts.append(f"{text} ({', '.join(shares)})" if shares else text)
    return ", ".join(texts) or "none"


def _together(design: Design) -> list[list[Edit]]:
    """The edits, those together that cannot change apart: each has the share of all of them."""
    found: dict[tuple[str, ...], list[Edit]] = {}
    for edit in design.edits:
        found.setdefault(edit.together if any(edit.shares.values()) else (edit.field,), []).append(edit)
    return list(found.values())


def _share(fraction: float, name: str) -> str:
    """``MACs 61.0 %``; less than nothing where an edit does the opposite of all together."""
    # What rounds to 0 has no sign.
    return f"{name} {percent(round(fraction, 3) + 0.0)}".lstrip().replace("-", "−")


def _off(design: Design, mode: Match) -> str:
    """How far from what is wanted the figure is that is the furthest from it."""
    furthest = max(_quotients(design, mode), key=_distance)
    return UNCHANGED if furthest == 1 else signed_percent(furthest)


def _quotients(design: Design, mode: Match) -> list[float]:
    return [design.figures[name] / wanted for name, wanted in mode.wanted]


def _distance(quotient: float) -> float:
    return abs(log(quotient)) if quotient else inf


def _own(answer: Answer, figures: Sequence[str]) -> Table:
    """The config that the space is around, with the figures that designs have."""
    analysis = answer.analysis
    own = Figures(analysis)
    table = Table("As it is", [Column("Config", numeric=False, wraps=True), *figure_columns(figures)])
    table.rows.append([analysis.config.name, *figure_cells(figures, {name: own[name] for name in figures})])
    return table


def _beside(answer: Answer, mode: Pareto) -> list[Table]:
    """The config that the space is around and the published models that are near the frontier: where they lie."""
    question, config = answer.question, answer.analysis.config
    own = Figures(answer.analysis)
    values = {name: own[name] for name in question.figures}
    figures = [name for name in _shown_figures(answer) if name in values]
    designs = [design.figures for design in answer.designs]
    columns = [Column("Model", numeric=False, wraps=True), *figure_columns(figures)]
    table = Table("Beside the frontier", [*columns, Column("Against it", numeric=False)])
    is_asked = all(each.holds(each.value(values, values)) for each in question.constraints)
    place = _describe_place(*placed(values, mode, designs)) if is_asked else "not as required"
    table.rows.append([config.name, *figure_cells(figures, values), place])
    near = _near(answer, mode)
    rows: dict[tuple[str, ...], list[str]] = {}
    for model in near:
        place = _describe_place(model.equal, model.dominating)
        rows.setdefault((*figure_cells(figures, model.figures), place), []).extend(model.presets)
    table.rows += [[first_few(names, _NAMES), *cells] for cells, names in rows.items()]
    if far := len(answer.published) - len(near):
        are = "model is" if far == 1 else "models are"
        table.remark = f"{exact(far)} further published {are} as required, and far from the frontier."
    results = _results(near)
    return [table, results] if results.rows else [table]


def _near(answer: Answer, mode: Pareto) -> list[Published]:
    """The published models that are not far from the frontier in any figure."""
    points = [[design.figures[name] for name in mode.figures] for design in answer.designs]
    return [each for each in answer.published if is_near([each.figures[name] for name in mode.figures], points)]


def _results(models: Sequence[Published]) -> Table:
    """What is published of how well models do: facts, of which nothing is worked out."""
    columns = [
        Column("Model", numeric=False, wraps=True),
        Column("Errors", numeric=False, wraps=True),
        Column("How", numeric=False, wraps=True, priority=1),
    ]
    table = Table("Published results", columns)
    sources = []
    for result in [result for model in models for result in model.results]:
        errors = ", ".join(f"{name} {percent:g} %" for name, percent in result.error_percent.items())
        model = result.preset if result.preset == result.model else f"{result.preset}: {result.model}"
        table.rows.append([model, f"{result.benchmark} {result.metric}: {errors}", result.conditions])
        sources.append(result.source)
    if sources:
        table.remark = f"As stated in {'; '.join(dict.fromkeys(sources))}."
    return table


def _describe_place(equal: int | None, dominating: Sequence[int]) -> str:
    if equal is not None:
        return f"on it, as {exact(equal + 1)}"
    return f"{exact(dominating[0] + 1)} is better" if dominating else "beyond it"


def _commands(answer: Answer) -> list[tuple[str, str]]:
    """The commands that show designs again: of few each one's, of many the first's, or that of the best match."""
    mode, numbers = answer.question.mode, [*range(len(answer.designs))]
    if len(numbers) > _FEW:
        numbers = (
            [min(numbers, key=lambda number: max(map(_distance, _quotients(answer.designs[number], mode))))]
            if isinstance(mode, Match)
            else [0]
        )
    return [(f"Design {number + 1} by itself", answer.designs[number].command) for number in numbers]


def _picture(answer: Answer, tables: Sequence[Table]) -> Callable[[int, bool], str] | None:
    scatter = scatter_of(answer)
    if scatter is None:
        return None
    if find_spec("plotext") is None:
        missing = f"{missing_extra('drawing points', 'plotext', 'search')}."
        remark = tables[-1].remark
        tables[-1].remark = f"{remark} {missing}" if remark else missing
        return None
    return lambda width, colour: draw_scatter(scatter, width, colour=colour)
