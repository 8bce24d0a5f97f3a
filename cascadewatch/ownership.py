"""Are the packages beside this one ours?

`alerts`, `collectors`, `dashboard` and `migrations` are import names nobody owns. A stranger of the same
name, installed later or lying in the current folder, would be imported in their place.
"""

from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from cascadewatch import PROJECT
from cascadewatch.errors import CascadewatchError

LEAVES = ("alerts", "collectors", "dashboard", "migrations")
MARKER = f'PROJECT = "{PROJECT}"'
HOME = Path(__file__).resolve().parent.parent


def check() -> None:
    """Return when every leaf is ours; nothing of a leaf is executed to find out.

    Raises CascadewatchError naming the intruder and its path, or the leaf that is missing.
    """
    for leaf in LEAVES:
        spec = find_spec(leaf)
        if spec is None:
            raise CascadewatchError(
                f"The package '{leaf}' of cascadewatch is missing beside {HOME / PROJECT}. "
                "Install cascadewatch again, in an environment of its own."
            )
        if not is_ours(spec):
            raise CascadewatchError(
                f"The package '{leaf}' at {place(spec)} is not part of cascadewatch but would be imported "
                "in its place. Remove it, or install cascadewatch again in an environment of its own."
            )


def is_ours(spec: ModuleSpec) -> bool:
    """Does the package lie beside the core and carry the marker?

    Both are asked: another distribution may have overwritten our files in place.
    """
    if spec.origin is None or not spec.origin.endswith("__init__.py"):
        return False
    init = Path(spec.origin).resolve()
    source = init.read_text(encoding="utf-8", errors="replace")
    return init.parent.parent == HOME and MARKER in source.splitlines()


def place(spec: ModuleSpec) -> Path:
    """Where the package was found; a folder without `__init__.py` has no origin of its own."""
    return Path(spec.origin or next(iter(spec.submodule_search_locations or [spec.name])))
