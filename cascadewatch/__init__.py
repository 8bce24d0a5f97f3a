"""cascadewatch: cost and drift of LLM cascades, measured where they run."""

__all__ = ["PROJECT", "__version__"]

__version__ = "0.1.0"
PROJECT = "cascadewatch"  # the marker every package of ours carries; see cascadewatch/cli/
