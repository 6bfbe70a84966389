"""What others call the models that its presets are: nobody has published any."""

from w2v_explore.config.model_names import Published

PUBLISHED = Published()
