"""Ingest keys: shown once, kept as hashes, told apart without telling."""

import time
from collections.abc import Iterator
from statistics import median

import pytest
from sqlalchemy import select

from cascadewatch.errors import UsageError
from cascadewatch.store import keys, tables
from cascadewatch.store.engine import Store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    yield opened
    opened.close()


def known(store: Store) -> dict[str, keys.Key]:
    with store.reading() as connection:
        return {k.prefix: k for k in keys.all_keys(connection)}


def test_a_key_is_recognised_with_its_name_and_scopes(store: Store, now: int) -> None:
    made = keys.create(store, "sender", ["read", "ingest"], now)
    found = keys.verify(known(store), made, now)
    assert found is not None
    assert (found.name, found.created) == ("sender", now)
    assert found.scopes == frozenset({"ingest", "read"})


def test_a_key_has_256_bits_and_none_is_made_twice(store: Store, now: int) -> None:
    made = [keys.create(store, f"k{i}", ["ingest"], now) for i in range(20)]
    assert all(len(k.split("_", 2)[2]) == 43 for k in made)  # 32 bytes in base 64
    assert len(set(made)) == 20


def test_the_database_holds_no_key(store: Store, now: int) -> None:
    secret = keys.create(store, "sender", ["ingest"], now).split("_", 2)[2]
    with store.reading() as connection:
        row = connection.execute(select(tables.keys)).one()
    assert secret not in repr(tuple(row))


@pytest.mark.parametrize(
    "wrong", ["", "cw_", "cw__", "x", "cw_00000000_x", "Bearer", "cw_\udcff_\udcff", "_" * 50]
)
def test_anything_else_is_not_recognised(store: Store, now: int, wrong: str) -> None:
    made = keys.create(store, "sender", ["ingest"], now)
    for presented in (wrong, made + wrong + "x", made[:-1], made.upper(), " " + made):
        assert keys.verify(known(store), presented, now) is None


def test_an_expired_or_revoked_key_is_not_recognised(store: Store, now: int) -> None:
    brief = keys.create(store, "brief", ["ingest"], now, expires=now + 10)
    assert keys.verify(known(store), brief, now + 9) is not None
    assert keys.verify(known(store), brief, now + 10) is None
    gone = keys.create(store, "gone", ["ingest"], now)
    keys.revoke(store, "gone", now + 5)
    assert keys.verify(known(store), gone, now) is None


def test_a_name_is_free_again_once_its_key_is_spent(store: Store, now: int) -> None:
    old = keys.create(store, "sender", ["ingest"], now)
    with pytest.raises(UsageError, match="exists"):
        keys.create(store, "sender", ["read"], now)
    keys.revoke(store, "sender", now)
    new = keys.create(store, "sender", ["read"], now)
    assert keys.verify(known(store), old, now) is None
    assert keys.verify(known(store), new, now) is not None


def test_a_spent_key_is_kept_beside_the_new_one_of_its_name(store: Store, now: int) -> None:
    old = keys.create(store, "sender", ["ingest"], now)
    keys.revoke(store, "sender", now + 1)
    keys.create(store, "sender", ["ingest"], now + 2)
    assert {k.name: k.state(now + 2) for k in known(store).values() if k.prefix in old} == {
        "sender": "revoked"
    }
    assert len(known(store)) == 2


class TestRotation:
    def test_both_are_valid_until_the_overlap_ends_and_events_keep_their_source(
        self, store: Store, now: int
    ) -> None:
        old = keys.create(store, "sender", ["ingest", "read"], now)
        new = keys.rotate(store, "sender", now + 5, overlap=10)
        for moment, valid in ((now + 14, [True, True]), (now + 15, [False, True])):
            found = [keys.verify(known(store), key, moment) for key in (old, new)]
            assert [key is not None for key in found] == valid
            assert {(key.name, key.scopes) for key in found if key} == {
                ("sender", frozenset({"ingest", "read"}))
            }

    def test_without_an_overlap_the_former_is_revoked(self, store: Store, now: int) -> None:
        old = keys.create(store, "sender", ["ingest"], now)
        keys.rotate(store, "sender", now + 5, overlap=0)
        assert keys.verify(known(store), old, now + 5) is None
        assert sorted(k.state(now + 5) for k in known(store).values()) == ["revoked", "valid"]

    def test_it_never_lengthens_a_life(self, store: Store, now: int) -> None:
        old = keys.create(store, "sender", ["ingest"], now, expires=now + 100)
        new = keys.rotate(store, "sender", now + 50, overlap=1_000)
        assert [known(store)[key.split("_")[1]].expires for key in (old, new)] == [now + 100, now + 150]

    @pytest.mark.parametrize("spent", [False, True])
    def test_what_is_not_valid_is_not_rotated(self, store: Store, now: int, spent: bool) -> None:
        if spent:
            keys.create(store, "sender", ["ingest"], now, expires=now + 1)
        with pytest.raises(UsageError, match="no valid key named sender"):
            keys.rotate(store, "sender", now + 1, overlap=10)

    def test_one_of_two_can_be_revoked(self, store: Store, now: int) -> None:
        old = keys.create(store, "sender", ["ingest"], now)
        new = keys.rotate(store, "sender", now + 5, overlap=10)
        keys.revoke(store, "sender", now + 6, prefix=old.split("_")[1])
        assert [keys.verify(known(store), key, now + 6) is not None for key in (old, new)] == [False, True]
        with pytest.raises(UsageError, match="no key named sender with the prefix 00000000"):
            keys.revoke(store, "sender", now + 6, prefix="00000000")


def test_the_log_is_told_whose_key_was_refused_and_why_and_never_a_secret(store: Store, now: int) -> None:
    key = keys.create(store, "sender", ["ingest"], now, expires=now + 10)
    kind, prefix, secret = key.split("_", 2)
    ring = known(store)
    assert keys.refusal(ring, key, now + 10) == f"sender ({prefix}), expired"
    assert keys.refusal(ring, f"{kind}_{prefix}_x", now) == f"sender ({prefix}), with a wrong secret"
    assert keys.refusal({}, key, now) == f"the unknown prefix {prefix}"
    for odd in (secret, f"cw_{secret}", "cw_", ""):
        assert keys.refusal({}, odd, now) == "no key of cascadewatch"
    keys.revoke(store, "sender", now)
    assert keys.refusal(known(store), key, now) == f"sender ({prefix}), revoked"


@pytest.mark.parametrize("name", ["", "local", "a b", "a/b", "-a", "x" * 65, "ä", "a\n"])
def test_a_name_is_plain_and_not_that_of_keyless_senders(store: Store, now: int, name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        keys.create(store, name, ["ingest"], now)


@pytest.mark.parametrize("scopes", [[], ["write"], ["ingest", "root"]])
def test_only_known_scopes_are_given(store: Store, now: int, scopes: list[str]) -> None:
    with pytest.raises(UsageError, match="scopes ingest, read, admin"):
        keys.create(store, "sender", scopes, now)


def test_a_key_that_is_already_over_is_not_made(store: Store, now: int) -> None:
    with pytest.raises(UsageError, match="future"):
        keys.create(store, "sender", ["ingest"], now, expires=now)


def test_revoking_nothing_is_a_mistake_and_twice_is_none(store: Store, now: int) -> None:
    with pytest.raises(UsageError, match="no key named nobody"):
        keys.revoke(store, "nobody", now)
    keys.create(store, "sender", ["ingest"], now)
    keys.revoke(store, "sender", now + 1)
    keys.revoke(store, "sender", now + 2)
    assert [k.revoked for k in known(store).values()] == [now + 1]


def test_an_unknown_prefix_takes_as_long_as_a_wrong_secret() -> None:
    key = keys.Key("a", "0a1b2c3d", "f" * 64, frozenset({"ingest"}), 0, None, None, None)
    secret = "s" * 43

    def seconds(prefix: str) -> float:
        started = time.perf_counter()
        for _ in range(200):
            keys.verify({key.prefix: key}, f"cw_{prefix}_{secret}", 0)
        return time.perf_counter() - started

    pairs = [(seconds("0a1b2c3d"), seconds("ffffffff")) for _ in range(200)]
    ratio = median(a for a, _ in pairs) / median(b for _, b in pairs)
    assert 0.8 < ratio < 1.25
