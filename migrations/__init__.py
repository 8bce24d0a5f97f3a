"""The steps of the database schema. Part of the cascadewatch application, no API for others."""

PROJECT = "cascadewatch"
