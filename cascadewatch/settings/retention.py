"""[retention] and [disk]: how long things are kept, and how full the disk may become."""

from typing import Self

from pydantic import Field, model_validator

from cascadewatch.settings.table import Table
from cascadewatch.settings.values import Days


class Retention(Table):
    """[retention]: how long rows are kept, in days."""

    raw_days: Days = Field(default=30, description="Days single events are kept.")
    rollup_days: Days = Field(default=400, description="Days the sums behind every chart are kept.")
    text_days: Days = Field(default=7, description="Days stored prompts and answers are kept.")
    minute_days: Days = Field(default=14, description="Days the sums per minute are kept.")
    caller_hour_days: Days = Field(default=35, description="Days the hourly sums per caller are kept.")
    distribution_days: Days = Field(
        default=35,
        description="Days the quarter-hour distributions of single routes are kept; at least raw_days.",
    )
    audit_days: Days = Field(default=400, description="Days it is kept who did what to the installation.")

    @model_validator(mode="after")
    def _nested(self) -> Self:
        for inner, outer in (
            ("text_days", "raw_days"),
            ("raw_days", "rollup_days"),
            ("minute_days", "rollup_days"),
            ("caller_hour_days", "rollup_days"),
        ):
            kept, limit = getattr(self, inner), getattr(self, outer)
            if kept > limit:
                raise ValueError(
                    f"has {inner} = {kept}, more than {outer} = {limit}; lower one or raise the other"
                )
        return self


class Disk(Table):
    """[disk]: what is done when the disk of a SQLite database fills up, in percent of it."""

    warn_percent: int = Field(
        default=80, ge=1, le=100, description="How full the disk is when people are warned."
    )
    refuse_percent: int = Field(
        default=95, ge=1, le=100, description="How full it is when events are refused; 100: never."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warn_percent > self.refuse_percent:
            raise ValueError(
                f"has warn_percent = {self.warn_percent}, more than refuse_percent = {self.refuse_percent}; "
                "people are warned before events are refused"
            )
        return self
