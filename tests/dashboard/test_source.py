"""What no page may contain: ways to show markup, and requests that act."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from dashboard.config import CONFIG

DASHBOARD = Path(__file__).parents[2] / "dashboard"
FILES = sorted(DASHBOARD.rglob("*.py"))
BANNED = {"html", "iframe", "components", "echo", "balloons", "exception", "write"}
MARKDOWN = {  # elements that read what they say, or their label, as Markdown
    *("markdown", "caption", "title", "header", "subheader", "badge", "toast", "error", "warning", "info"),
    *("success", "metric", "button", "download_button", "link_button", "page_link", "form_submit_button"),
    *("expander", "popover", "tabs", "status", "spinner", "progress", "checkbox", "toggle", "radio", "pills"),
    *("segmented_control", "selectbox", "multiselect", "slider", "text_input", "number_input"),
    *("datetime_input", "date_input", "text_area", "file_uploader", "select_slider", "menu_button"),
}
SAYING = ("label", "help", "body", "delta", "text")  # arguments that are read so
OTHERS = ("check_words", "episode_words")  # modules that happen to have functions of such a name
HARMLESS = ("escaped", "meaning")  # make Markdown of ours, or take it away
REVIEWED = {  # (file, what is said there) -> why nobody else's words are in it
    ("numbered.py", "label"): "callers give a text of ours or what they escaped",
    (
        "views/cost_over_time.py",
        "text.COST_OVER_TIME.format(width=figures.width_words(bars))",
    ): "a width in words",
    ("views/episode.py", "_chart_title(of)"): "the title of a metric",
    ("views/episode.py", "text.ONE_EPISODE.format(number=found.id)"): "a number of ours",
    ("views/episode_tiles.py", "text.STATE_MEANINGS.get(of.state)"): "a text of ours",
    ("views/event.py", "text.ANSWERS.format(number=number)"): "a number of ours",
    ("views/first_event.py", "[text.SEND_CURL, text.SEND_PYTHON, text.SEND_FILE]"): "texts of ours",
    ("views/replay_report.py", "text.REPORT.format(number=of.id)"): "a number of ours",
    (
        "views/sources.py",
        "text.ARRIVALS_PER.format(width=duration(width).removeprefix('1 '))",
    ): "a width in words",
    ("widgets.py", "list(draw)"): "labels of tabs, from `text` alone",
    ("views/traffic.py", "JOINED"): "names only where `is_plain` holds, and between them escaped words",
    ("views/why.py", "list(parts)"): "keys of ours",
    ("widgets.py", "f'{text.MARKS} ({len(lines)})'"): "a count",
    ("widgets.py", "meaning or None"): "callers give what `meaning` made or what they escaped",
    ("widgets.py", "pages[page]"): "a page of the navigation",
    ("widgets.py", "words"): "only where `is_plain` holds",
}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(DASHBOARD)))
def test_no_page_shows_markup(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {node.func.attr for node in calls(tree) if ast.unparse(node.func.value).startswith("st")}
    keywords = {k.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for k in node.keywords}
    assert not used & BANNED
    assert "unsafe_allow_html" not in keywords
    assert not any(name.startswith("streamlit.components") for name in imported(tree))


def test_markdown_is_made_of_our_own_words() -> None:
    """A name in Markdown is a remote image away from telling a stranger who looks at it."""
    found = set()
    for path in FILES:
        for said in doubtful(ast.parse(path.read_text(encoding="utf-8"))):
            name = str(path.relative_to(DASHBOARD))
            found.add((name, "JOINED" if said.startswith("''.join(") else said))
    assert found == set(REVIEWED)


@pytest.mark.parametrize(
    "source",
    [
        *("st.markdown(name)", "st.caption(f'of {name}')", "st.button(of.name)", "st.metric('a', value)"),
        *("st.badge('x', help=of.why)", "st.markdown(text.A + name)", "st.header(text.B.format(name=name))"),
        *("left.markdown(name)", "st.sidebar.caption(name)", "st.tabs(names)"),
    ],
)  # fmt: skip
def test_the_check_sees(source: str) -> None:
    assert list(doubtful(ast.parse(source))) != []


def test_no_page_keeps_anything_of_a_session_where_others_find_it() -> None:
    """Modules and cached answers are shared by all sessions."""
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not any(isinstance(node, (ast.Global, ast.Nonlocal)) for node in ast.walk(tree)), path
        for node in tree.body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                names = node.targets if isinstance(node, ast.Assign) else [node.target]
                mutable = isinstance(node.value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp))
                assert not mutable or all(ast.unparse(name).strip("_").isupper() for name in names), path
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef) and cached(function):
                asks = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
                assert asks.isdisjoint({"user", "session_state", "context", "query_params", "somebody"}), path


class Named(NamedTuple):
    """A call of something's attribute."""

    call: ast.Call
    func: ast.Attribute


def calls(tree: ast.AST) -> Iterator[Named]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield Named(node, node.func)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def doubtful(tree: ast.AST) -> Iterator[str]:
    """What is read as Markdown though it is neither a text of ours nor escaped."""
    for node in calls(tree):
        if node.func.attr not in MARKDOWN or ast.unparse(node.func.value) in OTHERS:
            continue
        said = [*node.call.args[: 2 if node.func.attr == "metric" else 1]]
        said += [keyword.value for keyword in node.call.keywords if keyword.arg in SAYING]
        yield from (ast.unparse(one) for one in said if not ours(one))


def ours(said: ast.AST) -> bool:
    if isinstance(said, ast.Subscript):
        said = said.value
    match said:
        case ast.Constant():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name in HARMLESS
        case ast.JoinedStr(values=values):
            return all(ours(v.value) if isinstance(v, ast.FormattedValue) else True for v in values)
        case ast.BoolOp(op=ast.And(), values=values):
            return ours(values[-1])
        case ast.BoolOp(values=values):
            return all(map(ours, values))
        case ast.IfExp(body=one, orelse=other):
            return ours(one) and ours(other)
    return False


def cached(function: ast.FunctionDef) -> bool:
    return any("cache_" in ast.unparse(decorator) for decorator in function.decorator_list)


def test_the_entry_file_is_navigation_only() -> None:
    assert len((DASHBOARD / "app.py").read_text(encoding="utf-8").splitlines()) <= 40


def test_every_option_is_one_of_streamlits() -> None:
    from streamlit import config

    known = set(config.get_config_options())
    assert {key for key in CONFIG if key not in known} == set()


def test_nothing_is_told_to_anybody() -> None:
    assert CONFIG["browser.gatherUsageStats"] is False
    assert CONFIG["client.showErrorDetails"] == "none"
    assert CONFIG["server.enableXsrfProtection"] is True
    assert CONFIG["server.enableCORS"] is True
    assert CONFIG["server.enableStaticServing"] is False
    assert CONFIG["server.enableAgentApi"] is False
