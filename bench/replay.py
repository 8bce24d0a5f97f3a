"""How long a replay of 1,000 cases takes against a provider that answers after 50 ms, and what it holds.

python bench/replay.py [--cases 1000] [--delay-ms 50] [--concurrency 16] [--repeats 3] [--quick]

Prints one JSON document. The provider and each run are processes of their own; a run is the command
`cascadewatch replay` on a new database, with prices and a budget, each answer written before it counts.
`seconds` is from the first case to the report, `command_s` from the start of the command, which makes the
database, to its end; `floor_s` is what the waiting alone takes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from databases import Database, empty
from processes import MIB, cascadewatch, free_port, surroundings

SETTINGS = """
[[price]]
model = "small"
input_usd_per_1m = 1.0
output_usd_per_1m = 2.0
[model.small]
kind = "openai"
base_url = "http://127.0.0.1:{port}/v1"
model = "small"
max_tokens = 20
concurrency = {concurrency}
allow_private = true
[replay.bench]
cascade = "support"
eval_set = "bench.jsonl"
target = "small"
grader = "exact"
budget_usd = 10.0
"""
ANSWER = json.dumps(
    {
        "model": "small",
        "choices": [{"message": {"role": "assistant", "content": "42"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 40, "completion_tokens": 20},
    }
).encode()
Json = dict[str, Any]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Measures replays; prints JSON.")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--delay-ms", type=float, default=50.0)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a few cases once, to see that everything runs")
    parser.add_argument("--provide", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.provide:
        provide(given.provide, given.delay_ms / 1000)
        return
    if given.quick:
        given.cases, given.repeats = 40, 1
    print(json.dumps(measured(given), indent=1))


def measured(given: argparse.Namespace) -> Json:
    """The runs one after the other, and their middle."""
    port = free_port()
    command = [sys.executable, __file__, "--provide", str(port), "--delay-ms", str(given.delay_ms)]
    provider = subprocess.Popen(command, env=surroundings())
    try:
        time.sleep(1)
        runs = [ran(port, given.cases, given.concurrency) for _ in range(given.repeats)]
    finally:
        provider.terminate()
        provider.wait(10)
    options = {name: getattr(given, name) for name in ("cases", "delay_ms", "concurrency", "repeats")}
    return {"replay": summed(given, runs) | {"options": options}}


def summed(given: argparse.Namespace, runs: list[Json]) -> Json:
    """The middle of all runs, and the most memory of any."""
    return {
        "floor_s": given.cases * given.delay_ms / 1000 / given.concurrency,
        "seconds": median(run["seconds"] for run in runs),
        "command_s": median(run["command_s"] for run in runs),
        "cpu_s": median(run["cpu_s"] for run in runs),
        "rss_mib": max(run["rss_mib"] for run in runs),
        "runs": runs,
    }


def ran(port: int, cases: int, concurrency: int) -> Json:
    """One run: from the start of the command to its end, and the most memory it held."""
    with tempfile.TemporaryDirectory(prefix="cascadewatch-bench-") as name, empty(None) as database:
        folder = Path(name)
        (folder / "cascadewatch.toml").write_text(SETTINGS.format(port=port, concurrency=concurrency))
        lines = (
            {"id": f"c{i}", "prompt": f"What is {i} plus 42 less {i}?", "reference": "42"}
            for i in range(cases)
        )
        (folder / "bench.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return timed(folder, database)


def timed(folder: Path, database: Database) -> Json:
    """Runs the command; its memory is looked at all the time."""
    words = cascadewatch("replay", "bench", "--json", "--config", str(folder / "cascadewatch.toml"))
    words += ["--db", database.url]
    began = time.monotonic()
    process = subprocess.Popen(
        words, env=surroundings(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    watched, most, cpu = psutil.Process(process.pid), 0.0, 0.0
    while process.poll() is None:
        try:
            most = max(most, watched.memory_info().rss / MIB)
            times = watched.cpu_times()
            cpu = times.user + times.system
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    out, said = process.communicate()
    command = time.monotonic() - began
    if process.returncode != 3:  # inconclusive: there is no baseline
        raise RuntimeError(f"the replay ended with {process.returncode}:\n{said}")
    found = json.loads(out)
    if found["failed"] or found["rates"]["accuracy"]["value"] != 1.0:
        raise RuntimeError(f"not every answer came through: {out}")
    seconds = database.number("SELECT finished - started FROM replays") / 1000
    return {
        "seconds": seconds,
        "command_s": round(command, 2),
        "cpu_s": round(cpu, 2),
        "rss_mib": round(most, 1),
    }


def provide(port: int, delay: float) -> None:
    """Answers every request after the delay, until it is ended."""
    import asyncio

    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(request.partition(b"content-length:")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                await asyncio.sleep(delay)
                writer.write(head.encode() + ANSWER)
                await writer.drain()
                if b"connection: close" in request:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def forever() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=256)
        async with server:
            await server.serve_forever()

    asyncio.run(forever())


if __name__ == "__main__":
    main()
