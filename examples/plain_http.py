"""One event by plain HTTP, without any helper: what examples/emit.py does for you, once.

python examples/plain_http.py [http://127.0.0.1:8765] [KEY]
"""

import json
import sys
import urllib.request
import uuid
from datetime import UTC, datetime

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8765"
headers = {"Content-Type": "application/json"}
if len(sys.argv) > 2:
    headers["Authorization"] = f"Bearer {sys.argv[2]}"

event = {
    "id": str(uuid.uuid4()),  # sending the same id again is harmless
    "time": datetime.now(UTC).isoformat(),
    "cascade": "support",
    "route": "faq",
    "attempts": [
        {
            "tier": "small",
            "model": "gpt-4o-mini",
            "usage": {"input": 512, "output": 128},
            "latency_ms": 412,
            "verdict": {"outcome": "reject", "verifier": "judge-v2", "score": 0.41, "threshold": 0.5},
        },
        {
            "tier": "flagship",
            "model": "gpt-4o",
            "usage": {"input": 512, "output": 140},
            "latency_ms": 1380,
        },
    ],
}
request = urllib.request.Request(f"{url}/v1/events", json.dumps([event]).encode(), headers)
with urllib.request.urlopen(request, timeout=10) as answer:
    print(answer.read().decode())
