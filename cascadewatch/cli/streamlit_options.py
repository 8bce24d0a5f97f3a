"""Holds Streamlit to the options that keep the pages closed, whoever else sets them.

Streamlit also reads its options from files in the home and the working folder and from the environment.
What the program passes goes before those; should that ever change, nothing starts.
"""

from cascadewatch.errors import ConfigError
from dashboard.config import CONFIG

KEPT = (
    "browser.gatherUsageStats",
    "client.allowedOrigins",
    "client.showErrorDetails",
    "client.showErrorLinks",
    "client.toolbarMode",
    "global.developmentMode",
    "server.enableAgentApi",
    "server.enableCORS",
    "server.enableStaticServing",
    "server.enableXsrfProtection",
)
UNSET = ("server.baseUrlPath", "server.corsAllowedOrigins", "server.trustedUserHeaders")


def insist() -> None:
    """ConfigError for an option that is weaker than ours, or opens a way we do not watch."""
    from streamlit import config

    weaker = [key for key in KEPT if config.get_option(key) != CONFIG[key]]
    weaker += [key for key in UNSET if config.get_option(key)]
    if weaker:
        raise ConfigError(
            f"Streamlit's options {', '.join(weaker)} are set elsewhere so that the pages would stand open; "
            "remove them from .streamlit/config.toml and from variables that begin with STREAMLIT_."
        )
