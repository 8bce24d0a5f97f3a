"""A file that cannot be used is one sentence that names it, and no traceback."""

import pytest

from cascadewatch import cli
from cascadewatch.cli import program


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            FileNotFoundError(2, "No such file or directory", "gone/x.jsonl"),
            "gone/x.jsonl: No such file or directory",
        ),
        (
            PermissionError(13, "Permission denied", "x.db"),
            "x.db: Permission denied; run it as the user whom",
        ),
    ],
)
def test_it_is_named(
    error: OSError, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(**_: str) -> None:
        raise error

    monkeypatch.setattr(program, "program", fails)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_what_is_no_matter_of_a_file_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**_: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(program, "program", fails)
    with pytest.raises(OSError, match="Input/output"):
        cli.main()
