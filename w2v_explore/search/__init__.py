"""The search for designs: spaces of configs, what is asked of them, and how they are worked through.

`asked` makes of what is asked of a space (`space/`) a question (`question/`). `find` has the configs of the space
worked through (`running/`), or some of them drawn (`sampling/`), both by formulas over arrays (`formulas/`). `answer`
makes designs of what was found, with what is told of each (`edits`, `reproduce`) and beside them (`published`), or
`nothing` says why there are none. `second_stage` has them measured (`measured`), and `write` makes files of them.
"""
