"""Where events are kept: tables, the one writer, rollups, reads."""
