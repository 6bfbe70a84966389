"""The families of architectures, a folder each; `w2v_explore.config.family` finds them by name."""
