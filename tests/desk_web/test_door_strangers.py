"""Other people's pages can do nothing with the web desk: neither ask, nor listen, nor set its cookie."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.desks.web.security import origin_of
from tests.desk_web.doors import ANNA, COOKIE, HOST_COOKIE, Scene, introduction

STRANGERS = [
    None,
    "null",
    "",
    "https://evil.example",
    "https://desk.example.ru.evil.example",
    "https://evil.desk.example.ru",
    "https://desk.example.ru:8443",
    "https://desk.example.ru@evil.example",
    "https://desk.example.ru, https://evil.example",
    "http://desk.example.ru",
    "https://desk.example.ru/",
    "HTTPS://DESK.EXAMPLE.RU",
    "ws://desk.example.ru",
    "desk.example.ru",
    "file://",
    "chrome-extension://desk.example.ru",
    "http://127.0.0.1:8080",
    "http://localhost",
]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("origin", STRANGERS)
async def test_another_sites_page_lets_nobody_in(scene: Scene, origin: str | None):
    """Or else it could make an operator work under its own name."""
    link = await scene.link()
    answer = await scene.enter(link=link, headers={"Origin": origin})
    assert (answer.status, answer.error, answer.cookies) == (403, "foreign", {})
    assert (await scene.enter(link=link)).status == 200, "and uses up no link"


@pytest.mark.parametrize("origin", STRANGERS)
async def test_another_sites_page_throws_nobody_out(scene: Scene, origin: str | None):
    token = await scene.inside()
    answer = await scene.ask("POST", "/desk/leave", token=token, headers={"Origin": origin})
    assert (answer.status, answer.error, answer.cookies) == (403, "foreign", {})
    assert (await scene.me(token)).status == 200


@pytest.mark.parametrize("origin", STRANGERS)
async def test_another_sites_page_opens_no_socket(scene: Scene, origin: str | None):
    token = await scene.inside()
    assert (await scene.ask("GET", "/desk/socket-test", token=token, headers={"Origin": origin})).status == 403


async def test_our_own_page_opens_one(scene: Scene):
    answer = await scene.ask(
        "GET", "/desk/socket-test", token=await scene.inside(), headers={"Origin": scene.origin}
    )
    assert (answer.status, answer.json) == (200, ["sales"])


async def test_two_origins_are_none(scene: Scene):
    headers = [("Host", scene.host), ("Origin", scene.origin), ("Origin", scene.origin), ("X-Otklik", "1")]
    url = f"http://127.0.0.1:{scene.server.port}/desk/enter"
    async with scene.http.post(url, headers=headers, json={"link": await scene.link()}) as response:
        assert response.status == 403


@pytest.mark.parametrize("mark", [None, "", "0", "true"])
@pytest.mark.parametrize("path", ["/desk/enter", "/desk/leave"])
async def test_without_its_own_header_nothing_is_done(scene: Scene, path: str, mark: str | None):
    """No form, picture or script can send it to another site without asking that site first."""
    token = await scene.inside()
    answer = await scene.ask(
        "POST", path, token=token, headers={"X-Otklik": mark}, json={"link": await scene.link()}
    )
    assert (answer.status, answer.error, answer.cookies) == (403, "foreign", {})
    assert (await scene.me(token)).status == 200


async def test_whoever_asks_first_gets_no_leave(scene: Scene):
    answer = await scene.ask(
        "OPTIONS",
        "/desk/enter",
        headers={
            "Origin": "https://evil.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-otklik",
        },
    )
    assert answer.status == 405
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
async def test_a_form_of_another_site_is_no_way_in(scene: Scene, kind: str):
    body = f'{{"link":"{await scene.link()}"}}'.encode()
    headers = {"Origin": "https://evil.example", "X-Otklik": None, "Content-Type": kind}
    answer = await scene.ask("POST", "/desk/enter", headers=headers, data=body)
    assert (answer.status, answer.error) == (403, "foreign")


# without a public_url the page came from the host that it asks


async def test_without_a_public_url_our_page_is_that_of_the_host(tmp_path: Path):
    async with Scene(tmp_path, public_url=None) as scene:
        init_data = introduction(ANNA, scene.now)
        for origin in ("https://evil.example", "null", None, f"{scene.origin}0"):
            assert (await scene.enter(init_data=init_data, headers={"Origin": origin})).error == "foreign"
        assert (await scene.enter(init_data=init_data)).status == 200


# the cookie

FLAGS = {"Path=/", "HttpOnly"}
MONTH = "Max-Age=2592000"


async def test_with_tls_the_cookie_is_bound_to_the_host(scene: Scene):
    answer = await scene.enter(link=await scene.link())
    assert answer.cookies[HOST_COOKIE][1] == {*FLAGS, MONTH, "Secure", "SameSite=Strict"}
    assert answer.cookies[COOKIE][0] == "", "one from a time without TLS goes"


async def test_in_telegrams_frame_it_is_kept_to_that_frame(scene: Scene):
    answer = await scene.enter(init_data=introduction(ANNA, scene.now), framed=True)
    assert answer.cookies[HOST_COOKIE][1] == {*FLAGS, MONTH, "Secure", "SameSite=None", "Partitioned"}


@pytest.mark.parametrize("framed", [False, True, 1, "true"])
async def test_without_tls_it_is_never_sent_along_by_other_sites(tmp_path: Path, framed: object):
    async with Scene(tmp_path, public_url="http://desk.example.ru:8080") as scene:
        answer = await scene.enter(link=await scene.link(), framed=framed)
        assert set(answer.cookies) == {COOKIE}
        assert answer.cookies[COOKIE][1] == {*FLAGS, MONTH, "SameSite=Strict"}


@pytest.mark.parametrize("framed", [1, "true", "yes", [True], None])
async def test_only_a_plain_yes_says_that_the_page_is_framed(scene: Scene, framed: object):
    answer = await scene.enter(link=await scene.link(), framed=framed)
    assert "SameSite=Strict" in answer.cookies[HOST_COOKIE][1]


async def test_behind_a_proxy_with_tls_and_no_public_url_the_page_says_that_there_is(tmp_path: Path):
    async with Scene(tmp_path, public_url=None) as scene:
        origin = f"https://{scene.host}"
        answer = await scene.enter(init_data=introduction(ANNA, scene.now), headers={"Origin": origin})
        assert "Secure" in answer.cookies[HOST_COOKIE][1]
        token = answer.cookies[HOST_COOKIE][0]
        assert (await scene.me(Cookie=f"{HOST_COOKIE}={token}")).status == 200


async def test_leaving_takes_the_cookie_from_both_jars(scene: Scene):
    token = await scene.inside()
    url = f"http://127.0.0.1:{scene.server.port}/desk/leave"
    headers = {"Host": scene.host, "Origin": scene.origin, "X-Otklik": "1", "Cookie": f"{HOST_COOKIE}={token}"}
    async with scene.http.post(url, headers=headers) as response:
        taken = [line for line in response.headers.getall("Set-Cookie") if line.startswith(HOST_COOKIE)]
    assert [("Partitioned" in line, "Max-Age=0" in line, "Secure" in line) for line in taken] == [
        (False, True, True),
        (True, True, True),
    ]


# origins as browsers write them


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("https://desk.example.ru", "https://desk.example.ru"),
        ("https://Desk.Example.RU:443/otklik/", "https://desk.example.ru"),
        ("http://desk.example.ru:80", "http://desk.example.ru"),
        ("http://desk.example.ru:443", "http://desk.example.ru:443"),
        ("https://отклик.рф", "https://xn--h1adbcny.xn--p1ai"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("null", None),
        ("", None),
        ("https://", None),
        ("ftp://desk.example.ru", None),
        ("https://desk.example.ru:99999", None),
        ("https://[::1", None),
        ("javascript:alert(1)", None),
    ],
)
def test_an_origin_is_read_as_browsers_write_it(written: str, known: str | None):
    assert origin_of(written) == known


async def test_a_cyrillic_address_is_ours_as_browsers_write_it(tmp_path: Path):
    async with Scene(tmp_path, public_url="https://отклик.рф") as scene:
        ascii_host: Any = {"Host": "xn--h1adbcny.xn--p1ai", "Origin": "https://xn--h1adbcny.xn--p1ai"}
        assert (await scene.enter(init_data=introduction(ANNA, scene.now), headers=ascii_host)).status == 200
