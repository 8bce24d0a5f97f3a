"""In: any format becomes an `Event`. Part of the cascadewatch application, no API for others."""

PROJECT = "cascadewatch"
