"""A seeded month of cascade events made of recorded answers (docs/demo.md); reads no clock, no store."""

from cascadewatch.demo.build import Demo, build
from cascadewatch.demo.explain import describe, settings_toml
from cascadewatch.demo.gsm8k import gsm8k_events
from cascadewatch.demo.scenario import Annotation

__all__ = ["Annotation", "Demo", "build", "describe", "gsm8k_events", "settings_toml"]
