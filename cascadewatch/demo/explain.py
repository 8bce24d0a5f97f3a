"""What the demo tells people: the few sentences of the command, and the settings it runs with."""

from cascadewatch.demo import recorded, replays, scenario

MODELS = (
    "mistralai/Mixtral-8x7B-Instruct-v0.1",
    "gpt-4-1106-preview",
    "gpt-3.5-turbo-0301",
    "gpt-3.5-turbo-0613",
    "gpt-4-0314",
    "gpt-4-0613",
)


def describe() -> str:
    """What is recorded and what is arranged, in a few sentences."""
    return (
        "30 days of recorded cascade answers, re-timed to end now.\n"
        "Recorded: every prompt, answer, token count, price, verifier score and correctness (GSM8K questions"
        " with Mixtral and GPT-4, prime questions with two snapshots of GPT-3.5 and GPT-4), the latencies,"
        " and the gaps between requests (one hour of an Azure service). The verifier's scores come from"
        " answers already recorded, so verifying costs nothing here.\n"
        "Arranged: the names of cascades, routes and tenants, which latency goes with which GSM8K answer,"
        " the daily and weekly profile, and the incidents: a verifier broken for three hours (support),"
        " harder documents from a new tenant (documents, rising), a lowered threshold (coding, falling),"
        " the day of a model change (documents / number-check), and about 5 % cache hits, routed requests,"
        ' fallbacks, retries and judge failures. Each incident has an annotation that starts with "demo".\n'
        "Replays: the verifiers of support and coding and the models of documents are put to eval sets made"
        " of the same recordings. These runs are really played while the demo is built, with the clock set"
        " back to past nights; what they find, they find themselves."
    )


def settings_toml() -> str:
    """The settings, as TOML, that the demo's events are meant for: cascades, replays, prices."""
    prices = recorded.prices()
    cascades = (_cascade(c) for c in scenario.CASCADES)
    return "\n".join((*cascades, replays.settings_toml(), *(_price(prices[model]) for model in MODELS)))


def _cascade(cascade: scenario.Cascade) -> str:
    return (
        f"[cascade.{cascade.name}]\n"
        'tiers = ["small", "flagship"]\n'
        f"objective = {cascade.objective}\n"
        f"quality_bar = {cascade.quality_bar}\n"
        "store_text = true\n"
    )


def _price(price: recorded.Price) -> str:
    return (
        "[[price]]\n"
        f'model = "{price.model}"\n'
        f"input_usd_per_1m = {price.input_usd_per_1m}\n"
        f"output_usd_per_1m = {price.output_usd_per_1m}\n"
    )
