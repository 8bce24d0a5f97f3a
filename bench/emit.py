"""What recording one request costs the service that does it, in microseconds; prints JSON.

python bench/emit.py [REQUESTS]

An escalated request (two attempts with usage objects, one verdict) is recorded against a server
that is away, which is the worst case: the queue is full and the oldest event is dropped each time.
`record` is the whole `with` block, `end` the hand-over to the queue alone.
"""

import json
import logging
import sys
import time
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

import emit

RESPONSE = SimpleNamespace(
    model="gpt-4o-mini",
    usage=SimpleNamespace(
        prompt_tokens=512,
        completion_tokens=128,
        prompt_tokens_details=SimpleNamespace(cached_tokens=0),
        completion_tokens_details=SimpleNamespace(reasoning_tokens=0),
    ),
)


def measure(requests: int) -> dict[str, list[int]]:
    """Nanoseconds of each request, and of its end."""
    whole, ends = [], []
    for _ in range(requests):
        start = time.perf_counter_ns()
        r = emit.request("support", route="faq", caller="tenant-42")
        r.__enter__()
        r.attempt("small", RESPONSE)
        r.verdict(False, verifier="judge-v2", score=0.41, threshold=0.5)
        r.attempt("flagship", RESPONSE)
        before_end = time.perf_counter_ns()
        r.__exit__(None, None, None)
        end = time.perf_counter_ns()
        whole.append(end - start)
        ends.append(end - before_end)
    return {"record": whole, "end": ends}


def quantile(nanoseconds: list[int], share: float) -> float:
    """Microseconds that `share` of the measurements stay below."""
    return sorted(nanoseconds)[min(len(nanoseconds) - 1, int(share * len(nanoseconds)))] / 1000


if __name__ == "__main__":
    logging.disable()
    emit.configure(url="http://127.0.0.1:9", queue=10_000)
    measure(12_000)
    measured = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    told = {
        name: {"p50_us": quantile(ns, 0.5), "p99_us": quantile(ns, 0.99), "max_us": max(ns) / 1000}
        for name, ns in measured.items()
    }
    print(json.dumps({"goal": "end p99 <= 50 us", **told}))
