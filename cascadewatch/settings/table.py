"""What every table of the settings file is."""

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """One table of the file: unknown keys are refused, values are neither coerced nor changed later."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
