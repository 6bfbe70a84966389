"""The commands of the program, by what they are for."""

GROUPS = {
    "Look at a config": ("summary", "compare", "memory", "plan", "explain", "identify", "presets"),
    "Find a better one": ("sensitivity", "sweep", "search"),
    "Measure": ("latency", "calibrate", "verify"),
    "Convert": ("convert", "inspect", "check", "export"),
    "CI and editors": ("lint", "rule", "schema"),
    "Help": ("help",),
}
"""The headings of the help, and the commands below each."""

COMMANDS = tuple(name for names in GROUPS.values() for name in names)
"""Each a module of `w2v_explore.cli`, whose ``app`` is the command."""
