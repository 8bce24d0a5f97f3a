"""Where messages go: one small module per kind, one line in `CHANNELS`."""
