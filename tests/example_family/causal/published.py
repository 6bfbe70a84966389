"""What others call the models that its presets are: nobody has published any."""

from w2v_explore.config.published import Published

PUBLISHED = Published(names={})
