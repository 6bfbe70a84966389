"""The rules, one module each, named as the rule is.

A module's docstring is its page, ``RULE`` its code and name, ``TORCH`` what torch does with such a config. Most rules
about single values are broken while a config is read, and their modules hold the page alone; the others have a
``check(subject)`` that yields findings. A module is imported when its rule runs or its page is asked for.
"""
