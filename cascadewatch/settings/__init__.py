"""What a person may set, read from one strict TOML file (docs/configuration.md).

settings = load()            # ./cascadewatch.toml, else every default
settings.retention.raw_days
settings.cascade["support"].objective
"""

from cascadewatch.settings.alerting import Alerts, Channel, Rule
from cascadewatch.settings.duration import parse_duration
from cascadewatch.settings.reading import load
from cascadewatch.settings.reference import Setting, reference
from cascadewatch.settings.retention import Disk, Retention
from cascadewatch.settings.secret import Secret
from cascadewatch.settings.starter import template
from cascadewatch.settings.tables import Cascade, Dashboard, Ingest, Limits, Price, Settings

__all__ = [
    "Alerts",
    "Cascade",
    "Channel",
    "Dashboard",
    "Disk",
    "Ingest",
    "Limits",
    "Price",
    "Retention",
    "Rule",
    "Secret",
    "Setting",
    "Settings",
    "load",
    "parse_duration",
    "reference",
    "template",
]
