"""How `verify` recomputes what the rollups hold: by the database, and by nothing the writer uses."""
