"""The API: what it grants, what it refuses, and how it says so."""

from __future__ import annotations

import json
import socket
import stat
from typing import TYPE_CHECKING

import pytest

from gateway import config
from gateway.errors import ConfigError
from gateway.serve import guard, token
from gateway.serve.server import MOST_CALLERS, Counter, listen
from gateway.store.database import Store
from node.wire import codec
from node.wire.messages import Presence, Reported, State
from tests.gateway.serve.served import SITE, Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW_MS = 1_790_000_000_000


@pytest.fixture(name="api")
def _api(tmp_path: Path) -> Iterator[Served]:
    """A site's API."""
    with Served(tmp_path) as served:
        yield served


def _say(api: Served, node: str, *, counter: int = 0) -> None:
    """Have a node tell where it is and what it runs on."""
    said = {
        "presence": codec.encode(Presence(state=State.SLEEPING, boot_id=b"b" * 6, time_ms=NOW_MS, interval_s=9e8)),
        "reported": codec.encode(Reported(version=1, policy_counter=counter, model="digits@2")),
    }
    store = Store(api.config.store.path)
    with store.transaction():
        store.keep_said((node, kind, NOW_MS, NOW_MS, payload) for kind, payload in said.items())
    store.close()


def test_api_policy_that_is_put_is_in_the_history_and_reverted(api: Served) -> None:
    """What a program signs is what the command would have: counters, audience, note, and a way back."""
    put = api.ask("POST", "/policies", {"settings": {"sleep.period_s": 60}, "note": "dry week"})
    assert (put.status_code, put.json()["counter"], put.json()["audience"]) == (201, 1, SITE)
    group = api.ask("POST", "/policies", {"settings": {"dvfs.mode": "powersave"}, "group": "pumps", "days": 2})
    assert group.json()["audience"] == f"{SITE}/+pumps"
    assert api.ask("POST", "/policies", {"settings": {"sleep.period_s": 5.5}}).json()["settings"] == {
        "sleep.period_s": 5.5
    }
    back = api.ask("POST", "/policies/revert", {})
    assert (back.status_code, back.json()["settings"], back.json()["note"]) == (
        201,
        {"sleep.period_s": 60},
        "reverted to 1",
    )
    told = api.ask("GET", "/policies").json()
    assert [each["counter"] for each in told] == [4, 3, 2, 1]
    assert [each["counter"] for each in api.ask("GET", "/policies?group=pumps").json()] == [2]
    assert [each["counter"] for each in api.ask("GET", "/policies?most=1").json()] == [4]


def test_api_node_is_shown_with_what_it_lives_by(api: Served) -> None:
    """Presence, model and policy of a node are one answer; a stranger is a 404 that says so."""
    _say(api, "attic")
    (node,) = api.ask("GET", "/nodes").json()
    assert (node["node"], node["state"], node["model"]) == ("attic", "sleeping", "digits@2")
    assert node["policy"]["state"] == "its own configuration"
    assert api.ask("GET", "/nodes/attic").json() == node
    stranger = api.ask("GET", "/nodes/cellar")
    assert stranger.status_code == 404
    assert "cellar" in stranger.json()["detail"]


def test_api_nodes_come_in_parts_that_follow_one_another(api: Served) -> None:
    """A site of any size is shown within bounds: each answer says where the next is, and the last that it is that."""
    names = [f"n{at}" for at in range(7)]
    for name in reversed(names):
        _say(api, name)
    found, path = [], "/nodes?most=3"
    for size in (3, 3, 1):
        answer = api.ask("GET", path)
        assert len(answer.json()) == size
        found += [each["node"] for each in answer.json()]
        path = answer.links.get("next", {}).get("url", "").removeprefix("/v1")
    assert (found, path) == (names, "")
    assert len(api.ask("GET", "/nodes").json()) == 7
    assert api.ask("GET", "/nodes?after=n6").json() == []
    assert api.ask("GET", "/nodes?most=1001").status_code == 422


def test_api_node_is_found_without_a_look_at_the_others(api: Served) -> None:
    """Of a hundred thousand nodes one is read; here, beside one whose words nobody can read, which is the proof."""
    _say(api, "attic")
    store = Store(api.config.store.path)
    with store.transaction():
        store.keep_said([("cellar", kind, NOW_MS, NOW_MS, b"damaged") for kind in ("presence", "reported", "health")])
    store.close()
    assert api.ask("GET", "/nodes/attic").json()["model"] == "digits@2"
    assert [each["node"] for each in api.ask("GET", "/nodes?most=1").json()] == ["attic"]
    assert api.ask("GET", "/nodes").status_code == 500, "the control: this one looks at both"


def test_api_that_callers_dawdle_at_is_open_to_others(tmp_path: Path) -> None:
    """Whoever asks nothing, or not to the end, is let go of; as many as there are places keep nobody out for long."""
    with Served(tmp_path, patience_s=1.0) as api:
        half = b"POST /v1/policies HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"
        words = (b"", b"GET /v1/site HTTP/1.1\r\n", half)
        lorises = [socket.create_connection(("127.0.0.1", api.port), timeout=20.0) for _ in range(MOST_CALLERS)]
        try:
            for at, each in enumerate(lorises):
                each.sendall(words[at % len(words)])
            assert all(_ends(each) for each in lorises)
            assert api.ask("GET", "/site").status_code == 200
        finally:
            for each in lorises:
                each.close()


def _ends(caller: socket.socket) -> bool:
    """Whether a connection comes to its end, whatever is said before."""
    try:
        while caller.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


def test_api_with_a_certificate_that_is_none_says_so(tmp_path: Path) -> None:
    """It is the operator's to mend, and named."""
    (tmp_path / "noise.pem").write_text("noise")
    files = {"cert_file": tmp_path / "noise.pem", "key_file": tmp_path / "noise.pem"}
    found = config.Config.model_validate({"serve": {"token_file": tmp_path / "token", **files}})
    with listen("127.0.0.1", 0) as listener, pytest.raises(ConfigError, match=r"serve\.cert_file: .*noise\.pem"):
        Counter(found, listener)


def test_api_site_counts_what_is_stored(api: Served) -> None:
    """The gateway at a glance."""
    assert api.ask("GET", "/site").json()["site"] == SITE
    assert api.ask("GET", "/site").json()["records_stored"] == 0


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        ({"settings": {"sleep.perod_s": 60}}, "sleep.perod_s", "no such setting; valid: "),
        ({"settings": {"sleep.period_s": 1e9}}, "sleep.period_s", "a number from 0.1 to 86400"),
        ({"settings": {}}, "settings", "at least 1"),
        ({"settings": {"sleep.period_s": 1}, "node": "a/b"}, "node", "pattern"),
        ({"settings": {"sleep.period_s": 1}, "node": "a", "group": "b"}, "body", "not both"),
        ({"settings": {"sleep.period_s": 1}, "days": 0}, "days", "greater than 0"),
        ({"settings": {"sleep.period_s": 1}, "nod": "a"}, "nod", "not permitted"),
        (["no object"], "body", "valid dictionary"),
    ],
)
def test_api_wish_that_is_wrong_is_told_where_and_what(api: Served, body: object, where: str, what: str) -> None:
    """A mistake comes back as problem+json with the path of what is wrong; nothing is signed."""
    answer = api.ask("POST", "/policies", body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == guard.MEDIA_TYPE
    assert what in answer.json()["problems"][where], answer.text
    assert api.ask("GET", "/policies").json() == []


def test_api_revert_to_what_never_was_is_a_conflict(api: Served) -> None:
    """As things are it cannot be done; the answer names what there is."""
    api.ask("POST", "/policies", {"settings": {"sleep.period_s": 60}})
    answer = api.ask("POST", "/policies/revert", {"to": 9})
    assert answer.status_code == 409
    assert "there are: 1" in answer.json()["detail"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
def test_api_without_its_token_says_nothing_and_signs_nothing(api: Served, headers: dict[str, str]) -> None:
    """No token, no word about the site: not even which paths there are. The description alone is open."""
    for method, path in (("GET", "/site"), ("POST", "/policies"), ("GET", "/nothing")):
        answer = api.ask(method, path, {"settings": {"sleep.period_s": 60}}, headers)
        assert answer.status_code == 401
        assert SITE not in answer.text
    assert api.ask("GET", "/openapi.json", headers=headers).status_code == 200
    assert api.ask("GET", "/policies").json() == []


def test_api_token_is_its_owners_alone(tmp_path: Path) -> None:
    """It is made 0600, stays as it is, and is not believed where others may read it or where it is too short."""
    path = tmp_path / "api.token"
    secret = token.made_or_read(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(secret) >= token.BYTES
    assert token.made_or_read(path) == secret
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        token.made_or_read(path)
    path.chmod(0o600)
    path.write_text("secret\n")
    with pytest.raises(ConfigError, match="no secret"):
        token.made_or_read(path)
    with pytest.raises(ConfigError, match="folder of ours"):
        token.made_or_read(tmp_path / "nowhere" / "api.token")


def test_api_body_that_never_ends_is_cut_off(api: Served) -> None:
    """A body past the bound is refused without being kept, whatever its length was said to be."""
    answer = api.ask("POST", "/policies", {"note": "x" * (2 * guard.MOST_BYTES)})
    assert answer.status_code == 413
    with socket.create_connection(("127.0.0.1", api.port), timeout=20) as caller:
        head = f"POST /v1/policies HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token}\r\n"
        caller.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        piece = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
        for _ in range(5):
            caller.sendall(piece)
        assert caller.recv(64).startswith(b"HTTP/1.1 413 ")


def test_api_while_the_database_is_away_says_so_and_goes_on(api: Served) -> None:
    """A disk's trouble is a 503 with its reason; when it is over, the API answers again."""
    path = api.config.store.path
    path.rename(path.with_suffix(".away"))
    answer = api.ask("GET", "/nodes")
    assert answer.status_code == 503
    assert "no database" in answer.json()["detail"]
    path.with_suffix(".away").rename(path)
    assert api.ask("GET", "/nodes").status_code == 200


def test_api_site_tells_what_is_not_as_it_should_be(api: Served) -> None:
    """A disk that refuses and messages that went lost at the edges show there as under the status's topic."""
    assert api.ask("GET", "/site").json()["reasons"] == {}
    api.condition.refused("disk I/O error")
    found = api.ask("GET", "/site").json()
    assert found["reasons"] == {"store": "disk I/O error"}
    assert (found["counters"]["refusals"], found["counters"]["unsent"], found["counters"]["broker_dropped"]) == (
        1,
        2,
        0,
    )


def test_api_describes_every_question_and_refusal(api: Served) -> None:
    """The description is OpenAPI 3.1, and each operation in it tells its refusals."""
    told = api.ask("GET", "/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    operations = [each for path in told["paths"].values() for each in path.values()]
    assert len(operations) >= 6
    for each in operations:
        assert {"401", "422", "503"} <= each["responses"].keys()
        assert each["description"], json.dumps(each)


def test_api_at_an_address_of_the_network_wants_tls(tmp_path: Path) -> None:
    """A token is not to be heard on the way; and a port that is taken is a problem of the configuration."""
    path = tmp_path / "gateway.toml"
    path.write_text('[serve]\nport = 8885\nhost = "0.0.0.0"\n')
    with pytest.raises(ConfigError, match=r"serve\.host: .*cert_file and key_file"):
        config.read(path)
    with listen("127.0.0.1", 0) as taken, pytest.raises(ConfigError, match="or 0 for no API"):
        listen("127.0.0.1", taken.getsockname()[1])
