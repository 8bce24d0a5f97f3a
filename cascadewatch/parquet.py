"""Rows as a Parquet file, a group of them at a time."""

from collections.abc import Sequence
from typing import Any, BinaryIO

GROUP = 10_000  # rows that are in memory until they are written


class ParquetWriter:
    """Writes typed columns. `kinds` are (name, kind): text, whole, number, flag, time (epoch ms), usd.

    Text is kept as it came: the file says of each column what it is, and nothing opens it as a formula.
    """

    def __init__(self, out: BinaryIO, kinds: Sequence[tuple[str, str]]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        types = {
            "text": pa.string(), "whole": pa.int64(), "number": pa.float64(), "usd": pa.float64(),
            "flag": pa.bool_(), "time": pa.timestamp("ms", tz="UTC"),
        }  # fmt: skip
        self._schema = pa.schema([(name, types[kind]) for name, kind in kinds])
        self._file = parquet.ParquetWriter(out, self._schema, compression="zstd")
        self._rows: list[Sequence[Any]] = []

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Takes some rows more."""
        self._rows += rows
        if len(self._rows) >= GROUP:
            self._flush()

    def close(self) -> None:
        """Writes what is left, and the end of the file."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        import pyarrow as pa

        columns = list(zip(*self._rows, strict=True)) or [()] * len(self._schema)
        arrays = [pa.array(c, type=f.type) for c, f in zip(columns, self._schema, strict=True)]
        if self._rows:
            self._file.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows = []
