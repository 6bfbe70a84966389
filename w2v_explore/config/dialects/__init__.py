"""Configs of other programs: what each calls our fields, and from one to the other."""
