"""Local mode: whoever sits at this machine needs no Telegram; nobody else has any use of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bridge.desks.web.security import is_local
from bridge.model import OperatorId
from tests.desk_web.doors import ANNA, COOKIE, SALES, SUPPORT, Scene, introduction


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path, public_url=None, local=True) as opened:
        yield opened


def request(peer: Any = ("127.0.0.1", 50_000), host: str | None = "127.0.0.1:8080", **headers: str) -> web.Request:
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: peer if name == "peername" else default
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", "/desk", {**({"Host": host} if host else {}), **told}, transport=transport)


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        (("127.0.0.1", 5), "127.0.0.1:8080"),
        (("127.0.0.1", 5), "localhost:8080"),
        (("127.0.0.1", 5), "LOCALHOST"),
        (("127.0.0.1", 5), "desk.localhost:8080"),
        (("127.1.2.3", 5), "127.1.2.3"),
        (("::1", 5, 0, 0), "[::1]:8080"),
        (("::ffff:127.0.0.1", 5, 0, 0), "127.0.0.1:8080"),
    ],
)
def test_whoever_sits_at_the_machine_is_local(peer: Any, host: str):
    assert is_local(request(peer, host))


@pytest.mark.parametrize(
    "peer",
    [
        ("192.168.1.5", 5),
        ("203.0.113.9", 5),
        ("172.17.0.1", 5),
        ("::ffff:192.168.1.5", 5),
        ("fe80::1", 5),
        "",
        None,
    ],
)
def test_whoever_comes_over_a_network_is_not(peer: Any):
    assert not is_local(request(peer))


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil-localhost",
        "notlocalhost:8080",
        "192.168.1.5:8080",
        "0.0.0.0:8080",
        "2130706433",
        "0x7f.1",
        "127.1",
        "localhost:8080:9",
        "localhost@evil.example",
        "localhost/evil.example",
        "[::1",
        "::1",
        "[::ffff:192.168.1.5]",
        "localhost evil",
    ],
)
def test_under_another_name_nobody_is(host: str | None):
    """DNS rebinding: a page of evil.example, whose name leads to 127.0.0.1 now, asks itself."""
    assert not is_local(request(host=host))


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-For",
        "x-forwarded-host",
        "X-Forwarded-Proto",
        "X-Forwarded-Server",
        "Forwarded",
        "Via",
        "X-Real-IP",
        "CF-Connecting-IP",
        "True-Client-IP",
    ],
)
@pytest.mark.parametrize("value", ["", "127.0.0.1", "203.0.113.9"])
def test_behind_a_proxy_or_a_tunnel_nobody_is(header: str, value: str):
    assert not is_local(request(**{header: value}))


async def test_a_name_is_enough(scene: Scene):
    answer = await scene.enter(local_name=" Анна \n")
    assert answer.status == 200
    told = answer.json
    assert (told["name"], told["local"]) == ("Анна", True)
    assert told["id"] < 0, "no Telegram user has such a number"
    assert [group["name"] for group in told["groups"]] == [SALES, SUPPORT]
    assert (await scene.me(answer.cookies[COOKIE][0])).json == told


async def test_the_same_name_is_the_same_operator(scene: Scene):
    ids = [(await scene.enter(local_name=name)).json["id"] for name in ("Анна", "Борис", "Анна")]
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize("name", ["", " \n", "\u200b\u2066"])
async def test_a_name_has_something_to_read(scene: Scene, name: str):
    answer = await scene.enter(local_name=name)
    assert (answer.status, answer.error) == (403, "name")


async def test_a_name_cannot_pretend_or_overflow(scene: Scene):
    answer = await scene.enter(local_name="\u202eаннА" + "x" * 500)
    assert answer.json["name"] == "аннА" + "x" * 60


async def test_the_page_is_told_that_a_name_is_enough(scene: Scene):
    answer = await scene.me()
    assert (answer.status, answer.json["local"]) == (401, True)


OUTSIDE: list[dict[str, str]] = [
    {"Host": "evil.example", "Origin": "http://evil.example"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"Via": "1.1 proxy"},
    {"CF-Connecting-IP": "203.0.113.9"},
]


@pytest.mark.parametrize("headers", OUTSIDE)
async def test_nobody_else_comes_in_by_a_name(scene: Scene, headers: dict[str, str]):
    answer = await scene.enter(local_name="Анна", headers=headers)
    assert (answer.status, answer.error, answer.cookies) == (403, "local", {})
    told = {name: value for name, value in headers.items() if name != "Origin"}
    assert not (await scene.me(**told)).json["local"]


@pytest.mark.parametrize("headers", OUTSIDE)
async def test_nor_by_the_session_of_who_has(scene: Scene, headers: dict[str, str]):
    token = (await scene.enter(local_name="Анна")).cookies[COOKIE][0]
    told = {name: value for name, value in headers.items() if name != "Origin"}
    assert (await scene.me(token, **told)).status == 401
    assert (await scene.ask("GET", "/desk/socket-test", token=token, headers=headers)).status == 403


@pytest.mark.parametrize("origin", ["http://127.0.0.1:1", "http://localhost", "https://evil.example", "null", None])
async def test_a_page_of_another_program_here_can_do_nothing(scene: Scene, origin: str | None):
    answer = await scene.enter(local_name="Анна", headers={"Origin": origin})
    assert (answer.status, answer.error) == (403, "foreign")


@pytest.mark.parametrize("public_url", [None, "https://desk.example.ru"])
async def test_when_it_is_off_no_name_is_enough(tmp_path: Path, public_url: str | None):
    async with Scene(tmp_path, public_url=public_url) as scene:
        for headers in ({}, {"Host": f"127.0.0.1:{scene.server.port}"}):
            answer = await scene.enter(local_name="Анна", headers=headers)
            assert (answer.status, answer.error, answer.cookies) == (403, "local", {})
        assert not (await scene.me()).json["local"]


async def test_when_it_is_switched_off_whoever_had_come_in_is_outside(tmp_path: Path):
    async with Scene(tmp_path, public_url=None, local=True) as scene:
        answer = await scene.enter(local_name="Анна")
        local, token = OperatorId(answer.json["id"]), answer.cookies[COOKIE][0]
        assert await scene.door.groups_of(local) == {SALES, SUPPORT}
    async with Scene(tmp_path, public_url=None) as scene:
        assert (await scene.me(token)).status == 401
        assert await scene.door.groups_of(local) == frozenset()
        assert scene.telegram.asked == 0, "Telegram knows no such number"


async def test_telegrams_ways_in_work_beside_it(scene: Scene):
    answer = await scene.enter(init_data=introduction(ANNA, scene.now))
    assert [group["name"] for group in answer.json["groups"]] == [SALES]


async def test_it_works_beside_a_public_address_of_this_machine(tmp_path: Path):
    async with Scene(tmp_path, public_url="http://localhost:8080", local=True) as scene:
        for host in ("localhost:8080", f"127.0.0.1:{scene.server.port}"):
            answer = await scene.enter(local_name="Анна", headers={"Host": host, "Origin": f"http://{host}"})
            assert answer.status == 200
        strange = SimpleNamespace(Host="evil.example", Origin="http://evil.example")
        assert (await scene.enter(local_name="Анна", headers=vars(strange))).error == "foreign"
