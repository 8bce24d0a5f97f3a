"""The pages. Part of the cascadewatch application, no API for others."""

PROJECT = "cascadewatch"
