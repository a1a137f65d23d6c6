from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from armillary.io.fetching.cache import Cache
from armillary.io.fetching.credentials import read_credentials
from armillary.io.fetching.download import Fetcher
from armillary.io.fetching.manners import Manners, Pace
from armillary.services.simulate import simulate

QUICK = Manners(pause_s=0.0, connect_s=2.0, silence_s=3.0, slow_for_s=0.3, back_off_s=0.01, tries=3)
"""As polite as always but for the waiting."""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Files of a quarter of an hour as the simulator writes them, compressed: ``sp3``, ``brdc``, ``obs``."""
    answer = simulate("demo", out=tmp_path_factory.mktemp("made"), hours=0.25)
    names = {"sp3": "orbits", "brdc": "navigation", "obs": "WUHR"}
    return {product: gzip.compress(answer.files[name].read_bytes(), mtime=0) for product, name in names.items()}


@pytest.fixture
def no_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's passwords, and no proxy before this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("NETRC", str(tmp_path / "no netrc"))


@pytest.fixture
def fetcher(tmp_path: Path, no_netrc: None) -> Callable[..., Fetcher]:
    """Makes a fetcher with a cache of its own; ``manners`` and ``netrc`` may differ."""

    def make(manners: Manners = QUICK, netrc: str = "", cache: str = "cache") -> Fetcher:
        path = tmp_path / "netrc"
        path.write_text(netrc)
        return Fetcher(Cache(tmp_path / cache), Pace(manners), read_credentials(path))

    return make
