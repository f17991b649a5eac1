"""Who may ask, and for how much."""

from collections.abc import Iterator

import pytest
from tests.studio.server.serving import Client, served

from cut2next.studio.server.door import longest
from cut2next.studio.store import Store

KEY = "a-key-of-some-length"


@pytest.fixture(scope="module")
def here() -> Iterator[Client]:
    store = Store.in_memory()
    with served(store) as client:
        yield client
    store.close()


@pytest.fixture(scope="module")
def locked() -> Iterator[Client]:
    store = Store.in_memory()
    with served(store, host="0.0.0.0", key=KEY) as client:
        yield client
    store.close()


def test_no_other_page_of_the_browser_may_drive_it(here: Client) -> None:
    own = f"http://127.0.0.1:{here.port}"
    assert here.ask("POST", "/api/undo", {}, Origin=own)[0] == 409
    for origin in ("http://evil.example", "null", f"http://localhost:{here.port}", "https://x"):
        assert here.refused("POST", "/api/undo", {}, Origin=origin) == 403
        assert here.refused("DELETE", "/api/jobs", Origin=origin) == 403
    for site in ("cross-site", "same-site"):
        assert here.refused("POST", "/api/undo", {}, Sec_Fetch_Site=site) == 403
    for host in ("evil.example", "192.168.1.7"):
        assert here.refused("GET", "/api/board", Host=host) == 421
    assert "access-control-allow-origin" not in here.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_has_nothing_read_or_written_but_may_lead_here(
    here: Client, site: str
) -> None:
    for path in ("/api/export/animatic", "/api/events", "/api/board", "/v1/models", "/metrics"):
        for mode in ("no-cors", "navigate"):
            assert here.refused("GET", path, Sec_Fetch_Site=site, Sec_Fetch_Mode=mode) == 403
    assert here.ask("GET", "/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate")[0] == 200
    assert here.refused("GET", "/", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors") == 403
    for own in ("same-origin", "none"):
        assert here.ask("GET", "/api/board", Sec_Fetch_Site=own)[0] == 200


def test_a_program_of_this_machine_may_ask_without_a_key(here: Client) -> None:
    assert here.ask("POST", "/api/undo", {})[0] == 409
    assert here.ask("DELETE", "/api/jobs")[0] == 200


def test_others_bring_the_key(locked: Client) -> None:
    for path in ("/", "/api/board", "/healthz", "/metrics", "/nothing"):
        assert locked.refused("GET", path) == 401
        assert locked.refused("GET", path, Authorization="Bearer guessed") == 401
    assert locked.refused("POST", "/api/undo", {}) == 403
    program = {"Authorization": f"Bearer {KEY}"}
    assert locked.ask("GET", "/api/board", **program)[0] == 200
    assert locked.ask("POST", "/api/undo", {}, **program)[0] == 409
    status, _ = locked.ask("GET", f"/?key={KEY}")
    assert status == 303
    cookie = locked.headers["set-cookie"].partition(";")[0]
    assert "HttpOnly" in locked.headers["set-cookie"]
    assert KEY not in cookie
    assert locked.ask("GET", "/api/board", Cookie=cookie)[0] == 200
    own = f"http://127.0.0.1:{locked.port}"
    assert locked.ask("POST", "/api/undo", {}, Cookie=cookie, Origin=own)[0] == 409
    assert locked.refused("POST", "/api/undo", {}, Cookie=cookie) == 403


def test_a_body_is_bounded_before_it_is_read(here: Client) -> None:
    assert here.refused("POST", "/api/operations", Content_Length=str(10**9)) == 413
    assert here.refused("POST", "/api/pictures", Content_Length=str(10**9)) == 413
    assert longest("/api/films") > longest("/api/import") > longest("/api/operations")


def test_every_answer_lets_nothing_foreign_run(here: Client) -> None:
    for path in ("/", "/api/board", "/nothing"):
        here.ask("GET", path)
        policy = here.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "img-src 'self' blob: data:" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert here.headers["x-content-type-options"] == "nosniff"
