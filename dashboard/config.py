"""How the pages look and behave, as Streamlit options: `CONFIG`, for whoever starts the server.

Passed flattened, because a `.streamlit/config.toml` beside an installed script is not read.
"""

from pathlib import Path

ICON = str(Path(__file__).parent / "icon.svg")
CHEAP, MIDDLE, FLAGSHIP = "#009E73", ("#56B4E9", "#CC79A7"), "#0072B2"  # Okabe and Ito's palette
COST_AT_RISK, QUALITY_AT_RISK = "#D55E00", "#E69F00"

LIGHT: dict[str, object] = {
    "primaryColor": "#0072B2",
    "backgroundColor": "#FFFFFF",
    "secondaryBackgroundColor": "#F5F6F8",
    "textColor": "#1C2127",
    "borderColor": "#E3E6EA",
    "orangeColor": "#B26A00",
    "orangeBackgroundColor": "#FFF3DC",
    "orangeTextColor": "#7A4800",
    "redColor": "#D55E00",
    "redBackgroundColor": "#FFE9DD",
    "redTextColor": "#A34700",
    "grayColor": "#6B7480",
    "grayBackgroundColor": "#EEF0F3",
    "grayTextColor": "#565E69",
}
DARK: dict[str, object] = {
    "primaryColor": "#56B4E9",
    "backgroundColor": "#12161B",
    "secondaryBackgroundColor": "#1A2027",
    "textColor": "#E4E8EC",
    "borderColor": "#2C343D",
    "orangeColor": "#E69F00",
    "orangeBackgroundColor": "#3A2C0C",
    "orangeTextColor": "#F3BE55",
    "redColor": "#F07A2A",
    "redBackgroundColor": "#40220F",
    "redTextColor": "#FF9D5C",
    "grayColor": "#9AA4AF",
    "grayBackgroundColor": "#252C35",
    "grayTextColor": "#AAB3BD",
}
BOTH: dict[str, object] = {
    "paddingTop": "2.5rem",
    "baseRadius": "0.375rem",
    "showWidgetBorder": True,
    "headingFontWeights": [600, 600, 600, 600, 600, 600],
    "headingFontSizes": ["1.75rem", "1.25rem", "1.05rem", "1rem", "1rem", "1rem"],
    "metricValueFontSize": "1.75rem",
    "metricValueFontWeight": 600,
}

CONFIG: dict[str, object] = {
    "browser.gatherUsageStats": False,  # nothing is told to anybody
    "client.allowedOrigins": [],  # no page around ours may send it messages
    "client.showErrorLinks": False,
    "client.showErrorDetails": "none",  # a viewer is not shown the insides
    "client.toolbarMode": "minimal",
    "client.showSidebarNavigation": True,
    "global.developmentMode": False,
    "runner.magicEnabled": False,
    "server.enableAgentApi": False,
    "server.enableCORS": True,  # also guards the WebSocket's origin
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxMessageSize": 50,
    "server.maxUploadSize": 1,  # nothing is uploaded, and the gate refuses it
    **{f"theme.{key}": value for key, value in BOTH.items()},
    **{f"theme.light.{key}": value for key, value in LIGHT.items()},
    **{f"theme.dark.{key}": value for key, value in DARK.items()},
}
