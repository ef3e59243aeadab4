"""What every test shares."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import llama_server, postgres

# A shell that runs the suite in the background lets it, and all its children, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests start hundreds of processes; without bytecode each would compile the whole package again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Tests make thousands of databases, each of which waits for the disk again and again. The wait
# proves nothing: what would be lost without it, `tests/faults` shows from the calls themselves.
memory = Path("/dev/shm")
if memory.is_dir():
    room = os.statvfs(memory)
    if room.f_bavail * room.f_frsize > 2 * 2**30 and not room.f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))

# The suites live in the package, where pytest does not rewrite assertions by itself.
pytest.register_assert_rewrite("grok_tree.testing.contracts")

# The default is small and the same in every run; `HYPOTHESIS_PROFILE=thorough` looks further.
settings.register_profile(
    "ci",
    max_examples=60,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "thorough",
    parent=settings.get_profile("ci"),
    max_examples=2_000,
    stateful_step_count=60,
    derandomize=False,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True)
def _mirrors_of_this_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of different tests may have the same address; their mirrors must not meet."""
    monkeypatch.setenv("GROK_TREE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """grpc.aio knows only asyncio."""
    return "asyncio"


def pytest_report_header() -> str:
    return postgres.describe()


@pytest.fixture
def needs_postgres() -> None:
    """Skip the test where no PostgreSQL server answers."""
    if postgres.server() is None:
        pytest.skip(postgres.MISSING)


@pytest.fixture
def postgres_url(needs_postgres: None) -> Iterator[str]:  # noqa: ARG001
    """An empty schema of its own on a PostgreSQL server."""
    with postgres.fresh_schema() as url:
        yield url


@pytest.fixture(scope="session")
def llama_url() -> Iterator[str]:
    """Base URL of a llama.cpp server, started for the first test that needs it."""
    if llama_server.MISSING:
        pytest.skip(llama_server.MISSING)
    with llama_server.running() as url:
        yield url
