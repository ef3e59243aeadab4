"""Ids from the machine sort by age and are never given twice."""

from __future__ import annotations

from uuid import UUID

from grok_tree.service import SystemClock, SystemIds


def test_ids_sort_by_age_and_are_unique() -> None:
    source = SystemIds()
    ids = [source.new_id() for _ in range(20_000)]
    assert ids == sorted(set(ids))
    assert {UUID(one).version for one in ids} == {7}


def test_ids_made_together_differ_in_their_first_sixteen_digits() -> None:
    source = SystemIds()
    beginnings = {source.new_id().replace("-", "")[:16] for _ in range(2_000)}
    assert len(beginnings) == 2_000


def test_secrets_have_at_least_128_bits_and_fit_into_a_url() -> None:
    secret = SystemIds().new_secret()
    assert len(secret) * 6 >= 128
    assert secret.replace("-", "").replace("_", "").isalnum()


def test_the_clock_is_aware_and_in_utc() -> None:
    assert str(SystemClock().now().tzinfo) == "UTC"
