"""A whole cascade: sums by a model that never carries, checked by casting out nines, and one that can add.

python examples/cascade.py [http://127.0.0.1:8765] [KEY]        (with `cascadewatch up` running there)
"""

import random
import sys

import emit

emit.configure(*sys.argv[1:3])


def small(a: int, b: int) -> int:
    """Quick, and wrong wherever two digits need a carry."""
    return sum(10**i * ((a // 10**i + b // 10**i) % 10) for i in range(4))


def checked(a: int, b: int, answer: int) -> bool:
    """The verifier: remainders by nine must agree."""
    return (a + b) % 9 == answer % 9


for _ in range(200):
    a, b = random.randrange(1000), random.choice((1, 10, 11, 20, 100))
    with emit.request("addition", route="three-digits") as r:
        answer = small(a, b)
        r.attempt("small", model="no-carry", cost_usd=0.0001)
        r.verdict(ok := checked(a, b, answer), verifier="nines", mechanism="rule")
        if not ok:
            answer = a + b
            r.attempt("flagship", model="arithmetic", cost_usd=0.003)
print("sent" if emit.flush() else "no server answered yet", emit.stats())
