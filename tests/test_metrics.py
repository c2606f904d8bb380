"""Metrics: each program its own, counted in any thread, shown to whom they are meant for."""

import contextlib
import threading
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, make_mocked_request
from prometheus_client import REGISTRY

from bridge.contracts import ChannelHealth, Health
from bridge.metrics import Metrics, metrics_routes
from bridge.model import ChannelName, Why
from bridge.web.hooks import Refusals
from bridge.web.server import make_app

VK, SHOP = ChannelName("vk"), ChannelName("shop")


@pytest.fixture
def health() -> dict[ChannelName, ChannelHealth]:
    return {VK: ChannelHealth(Health.UP), SHOP: ChannelHealth(Health.DOWN, "a reason with words")}


@pytest.fixture
def metrics(health: dict[ChannelName, ChannelHealth]) -> Metrics:
    return Metrics({VK: "vk", SHOP: "site"}, lambda: health)


@contextlib.asynccontextmanager
async def serving(metrics: Metrics, *audience: str) -> AsyncIterator[str]:
    app = make_app({}, lambda: True, metrics_routes(metrics, *audience))  # type: ignore[arg-type]
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/metrics"))


async def asked(url: str, **headers: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_what_happened_is_shown(metrics: Metrics, health: dict[ChannelName, ChannelHealth]):
    refused: Refusals = metrics.hook_refused
    refused(VK, "signature")
    metrics.received([VK])
    metrics.received([VK])
    metrics.ended(SHOP, None)
    metrics.widget_refused(SHOP, "flood")
    metrics.ended(VK, Why.BLOCKED)
    async with serving(metrics) as url:
        status, text = await asked(url)
        lines = text.splitlines()
        assert status == 200
        assert {
            'channel_up{channel="vk",kind="vk"} 1.0',
            'channel_up{channel="shop",kind="site"} 0.0',
            'hooks_refused_total{channel="vk",reason="signature"} 1.0',
            'hooks_refused_total{channel="shop",reason="signature"} 0.0',
            'widget_refused_total{channel="shop",code="flood"} 1.0',
            'messages_total{channel="vk",direction="in"} 2.0',
            'messages_total{channel="vk",direction="out"} 0.0',
            'messages_total{channel="shop",direction="out"} 1.0',
            'deliveries_failed_total{channel="vk",why="blocked"} 1.0',
        } <= set(lines)
        assert "a reason" not in text
        health[VK], health[SHOP] = health[SHOP], health[VK]
        assert 'channel_up{channel="shop",kind="site"} 1.0' in (await asked(url))[1]


async def test_a_channel_that_does_not_run_yet_is_not_up():
    async with serving(Metrics({VK: "vk"}, dict)) as url:
        assert 'channel_up{channel="vk",kind="vk"} 0.0' in (await asked(url))[1]


def test_two_programs_count_for_themselves(metrics: Metrics):
    other = Metrics({VK: "vk"}, dict)
    metrics.received([VK])
    labels = {"channel": "vk", "direction": "in"}
    assert metrics.registry.get_sample_value("messages_total", labels) == 1
    assert other.registry.get_sample_value("messages_total", labels) == 0
    assert REGISTRY.get_sample_value("messages_total", labels) is None


def test_threads_may_count(metrics: Metrics):
    def count() -> None:
        for _ in range(1000):
            metrics.received([VK])

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert metrics.registry.get_sample_value("messages_total", {"channel": "vk", "direction": "in"}) == 4000


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": ""},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Real-IP": "203.0.113.9"},
        {"X-Forwarded-Proto": "https"},
        {"Via": "1.1 Caddy"},
    ],
)
async def test_a_proxy_on_this_machine_does_not_open_them_to_the_world(metrics: Metrics, headers: dict[str, str]):
    async with serving(metrics) as url:
        assert (await asked(url, **headers))[0] == 403
        assert (await asked(url))[0] == 200
    async with serving(metrics, "all") as url:
        assert (await asked(url, **headers))[0] == 200


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        ("127.0.0.1", 200),
        ("127.8.8.8", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("10.0.0.1", 403),
        ("203.0.113.9", 403),
        ("::ffff:10.0.0.1", 403),
        ("2a00::1", 403),
        ("", 403),
    ],
)
async def test_they_are_for_this_machine(metrics: Metrics, peer: str, status: int):
    (route,) = metrics_routes(metrics)
    assert isinstance(route, web.RouteDef)
    request = make_mocked_request("GET", "/metrics").clone(remote=peer)
    try:
        answer = await route.handler(request)  # type: ignore[arg-type, misc]
        assert answer.status == status
    except web.HTTPForbidden:
        assert status == 403


async def test_they_can_be_switched_off(metrics: Metrics):
    async with serving(metrics, "off") as url:
        assert (await asked(url))[0] == 404
