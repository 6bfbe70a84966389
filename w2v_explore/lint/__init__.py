"""The linter: rules over what was read, and the formats that CI systems take. No torch here."""
