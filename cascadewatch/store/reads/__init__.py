"""Every question the metrics, pages, commands and alerts ask the store.

Plain Core statements, so that another SQL engine can carry them later.
"""

from cascadewatch.store.reads.callers import ByCaller, Caller, Callers, caller_count, callers
from cascadewatch.store.reads.events import Filter, Page, event, page
from cascadewatch.store.reads.installation import Database, Job, database, jobs
from cascadewatch.store.reads.known import CascadeKnown, Known, Tier, known, known_routes
from cascadewatch.store.reads.report import as_json, report
from cascadewatch.store.reads.status import (
    Arrivals,
    Mark,
    Source,
    annotations,
    arrivals,
    over_the_caps,
    quarantined,
    sources,
    status,
)
from cascadewatch.store.reads.windows import Bucket, LabelBucket, Reader

__all__ = [
    "Arrivals",
    "Bucket",
    "ByCaller",
    "Caller",
    "Callers",
    "CascadeKnown",
    "Database",
    "Filter",
    "Job",
    "Known",
    "LabelBucket",
    "Mark",
    "Page",
    "Reader",
    "Source",
    "Tier",
    "annotations",
    "arrivals",
    "as_json",
    "caller_count",
    "callers",
    "database",
    "event",
    "jobs",
    "known",
    "known_routes",
    "over_the_caps",
    "page",
    "quarantined",
    "report",
    "sources",
    "status",
]
