"""What `presets` and `explain` show: the published models, and the fields of a config."""

from collections.abc import Sequence

from w2v_explore.analysis.presets.catalogue import Catalogue
from w2v_explore.analysis.presets.usage import UsedValue
from w2v_explore.config.family import ARCHITECTURE, DEFAULT_FAMILY, FAMILIES, Family, family_named, other_families
from w2v_explore.config.foreign_names import names_elsewhere
from w2v_explore.config.kinds import Choice, ConvLayers, Flag, Integer, Kind, PerLayer, Probability, Real
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.report.units import first_few, listed, scalar, short

_SHOWN_PRESETS = 4


def presets_report(catalogue: Catalogue) -> Report:
    """The presets, a table for each family, and what tells those of one architecture apart."""
    tables = []
    for family in map(family_named, FAMILIES):
        columns = [
            Column("Preset", numeric=False),
            Column("Family", numeric=False, wraps=True, priority=3),
            Column("Params"),
            Column("Layers × width", priority=1),
            Column("Outputs", priority=2),
            Column("MACs/s"),
        ]
        table = Table(f"{family.title} ({ARCHITECTURE}: {family.name})", columns)
        for preset in catalogue.presets:
            analysis, model = preset.analysis, preset.analysis.config.model
            if model.family is not family:
                continue
            table.rows.append((
                f"  {preset.name}" if preset.like else preset.name,
                analysis.config.family or "",
                short(analysis.parameters),
                f"{model.encoder_num_layers} × {model.encoder_embed_dim}",
                scalar(model.aux_num_out) if model.aux_num_out else "–",
                short(analysis.macs_per_audio_second),
            ))  # fmt: skip
        if table.rows:
            tables.append(table)
    if tables:
        tables[-1].remark = (
            f"MACs/s: per second of audio, for an utterance of {catalogue.workload.seconds:g} s. "
            "`w2v-explore presets show NAME` prints one."
        )
    if any(preset.like for preset in catalogue.presets):
        tables.append(_dropouts(catalogue))
    number = len(catalogue.presets)
    return Report(f"{number} preset{'s' if number != 1 else ''}", [], tables)


def _dropouts(catalogue: Catalogue) -> Table:
    """In which dropouts presets of one architecture differ, those with the same in a row."""
    columns = [
        Column("Presets", numeric=False, wraps=True),
        Column("Like", numeric=False),
        Column("But for", numeric=False, wraps=True),
    ]
    rows: dict[tuple[str, str], list[str]] = {}
    for preset in catalogue.presets:
        if preset.like:
            dropouts = [f"{field} {own}" for field, (own, _) in preset.dropouts.items()]
            rows.setdefault((preset.like, ", ".join(dropouts) or "nothing"), []).append(preset.name)
    table = Table(
        "Of one architecture", columns, [(", ".join(names), like, but) for (like, but), names in rows.items()]
    )
    table.remark = "In the tables above these stand below the preset that they are like."
    return table


def fields_report(family: Family) -> Report:
    """All fields of a family, a line each."""
    fields = family.config.FIELDS
    table = Table("", [Column("Field", numeric=False), Column("What it is", numeric=False, wraps=True)])
    table.rows += [(name, field.summary) for name, field in fields.items()]
    whose = "a config" if family.name == DEFAULT_FAMILY else f"a config of {family.title}"
    others = [name for name in FAMILIES if name != family.name]
    table.remark = f"--{ARCHITECTURE} NAME lists those of another architecture: {', '.join(others)}."
    return Report(f"The {len(fields)} fields of {whose}", [], [table])


def field_report(name: str, usage: Sequence[UsedValue], family: Family) -> Report:
    """One field of a family: what it is, its names elsewhere, its legal and usual values, and what they cost."""
    field, python = family.config.FIELDS[name], family.part("dialects").PYTHON
    names = Table("", [Column("", numeric=False), Column("", numeric=False, wraps=True)])
    names.rows += [
        ("legal values", legal_values(field.kind)),
        *([(f"in {python.partition('.')[0]}", name)] if python is not None else []),
        *((f"in {title}", elsewhere) for title, elsewhere in names_elsewhere(family.name, name).items()),
    ]
    columns = [
        Column("Value", numeric=False, wraps=True),
        Column("Presets", numeric=False, wraps=True),
        Column("Params"),
        Column("MACs/s"),
    ]
    values = Table(f"In the presets, and what each would cost in {family.reference}", columns)
    for value, presets, analysis in usage:
        values.rows.append((
            listed(value) if isinstance(value, list) else scalar(value),
            first_few(presets, _SHOWN_PRESETS),
            short(analysis.parameters) if analysis else "–",
            short(analysis.macs_per_audio_second) if analysis else "–",
        ))  # fmt: skip
    if any(value.in_reference is None for value in usage):
        values.remark = f"–: not possible with the other fields of {family.reference}."
    others = [each.name for each in other_families(family) if each.config.FIELDS.get(name, field) != field]
    if others:
        names.remark = f"Another field of this name is in {', '.join(others)}; --{ARCHITECTURE} NAME explains it."
    return Report(name, [field.summary, field.effect], [names, values])


def legal_values(kind: Kind) -> str:
    """What a field of a kind may hold, in words."""
    match kind:
        case Choice(values=values):
            return " or ".join(values)
        case Flag():
            return "true or false"
        case Probability():
            return "a number from 0 to 1"
        case Real():
            return str(kind)
        case Integer(minimum=minimum, maximum=maximum, optional=optional):
            return f"a whole number from {minimum} to {maximum:,}{', or null' if optional else ''}"
        case ConvLayers():
            return "a list of [channels, kernel, stride], or null"
        case PerLayer(each=each):
            return f"a list, for each layer {legal_values(each)}"
