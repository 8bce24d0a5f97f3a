"""The demo stands on the model alone, so that making it needs no database."""

import subprocess
import sys


def test_making_events_imports_neither_store_nor_heavy_packages() -> None:
    code = (
        "import sys; from cascadewatch.demo import build; next(build(1_780_000_000_000, 'UTC').events);"
        "print(*sorted({'sqlalchemy', 'pandas', 'numpy', 'cascadewatch.store'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
