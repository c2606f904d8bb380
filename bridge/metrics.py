"""What can be counted from outside: Prometheus metrics, one registry for each running program.

Labels are names of channels and words of a short list, never anything of a customer's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.aiohttp import make_aiohttp_handler
from prometheus_client.core import GaugeMetricFamily, Metric

from bridge.contracts import ChannelHealth, Health
from bridge.model import ChannelName, Direction, Why

Audience = Literal["loopback", "off", "all"]

# What proxies write of whom they ask for. Who sends any of it is not the one who asks, wherever it comes from.
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


class Metrics:
    """The counters of one program. Counting is cheap, and may be done in any thread.

    `kinds` are the channels and their kinds; `health` is asked when somebody looks.
    """

    def __init__(
        self, kinds: Mapping[ChannelName, str], health: Callable[[], Mapping[ChannelName, ChannelHealth]]
    ) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_ChannelsUp(kinds, health))
        self._refused = self._counter("hooks_refused", "Webhook calls that were refused.", "channel", "reason")
        self._visitors = self._counter("widget_refused", "What visitors' widgets were refused.", "channel", "code")
        self._messages = self._counter("messages", "Messages taken in and delivered.", "channel", "direction")
        self._unaccounted = Gauge("unaccounted", "What the last audit missed.", registry=self.registry)
        self._failed = self._counter("deliveries_failed", "Messages that were given up.", "channel", "why")
        for channel in kinds:  # so that a rate has something to begin with
            self._refused.labels(channel, "signature")
            for direction in (Direction.IN, Direction.OUT):
                self._messages.labels(channel, direction.value)

    def hook_refused(self, channel: ChannelName, reason: str) -> None:
        """A call of a channel's webhook was refused, for a reason in one word (see web.hooks.Refusals)."""
        self._refused.labels(channel, reason).inc()

    def widget_refused(self, channel: ChannelName, code: str) -> None:
        """A frame, a request or an upload of a visitor was refused (docs/widget-protocol.md has the codes)."""
        self._visitors.labels(channel, code).inc()

    def received(self, channels: Iterable[ChannelName]) -> None:
        """A message was taken in from a customer of each of these channels."""
        for channel in channels:
            self._messages.labels(channel, Direction.IN.value).inc()

    def ended(self, channel: ChannelName, why: Why | None) -> None:
        """A message to a customer was sent, or given up."""
        if why is None:
            self._messages.labels(channel, Direction.OUT.value).inc()
        else:
            self._failed.labels(channel, why.value).inc()

    def audited(self, unaccounted: int) -> None:
        """The books were compared; so much is unaccounted for."""
        self._unaccounted.set(unaccounted)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)


class _ChannelsUp:
    """1 for each channel that works, 0 for one that does not (yet)."""

    def __init__(
        self, kinds: Mapping[ChannelName, str], health: Callable[[], Mapping[ChannelName, ChannelHealth]]
    ) -> None:
        self._kinds = kinds
        self._health = health

    def describe(self) -> Iterable[Metric]:
        """The family without values; nobody's health is asked for it."""
        return [self._family()]

    def collect(self) -> Iterable[Metric]:
        """The family with what is true now."""
        family = self._family()
        health = self._health()
        for name, kind in self._kinds.items():
            up = name in health and health[name].health is Health.UP
            family.add_metric((name, kind), float(up))
        return [family]

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily("channel_up", "Whether a channel works.", labels=("channel", "kind"))


def metrics_routes(metrics: Metrics, audience: Audience = "loopback") -> Sequence[web.AbstractRouteDef]:
    """`GET /metrics` in Prometheus' text format; 403 for whom it is not meant for, nothing at all when "off".

    "loopback" is this machine itself. What a reverse proxy on this machine passes on is not: proxies that say for
    whom they ask are refused, also trusted ones, and also those who would have it that they ask for 127.0.0.1.
    """
    serve = make_aiohttp_handler(metrics.registry)

    async def handle(request: web.Request) -> web.StreamResponse:
        if audience != "all" and not _is_from_here(request):
            raise web.HTTPForbidden
        return await serve(request)

    return [] if audience == "off" else [web.get("/metrics", handle)]


def _is_from_here(request: web.Request) -> bool:
    if any(header in request.headers for header in _FORWARDED):
        return False
    try:
        peer = ipaddress.ip_address((request.remote or "").partition("%")[0])
    except ValueError:
        return False
    return (getattr(peer, "ipv4_mapped", None) or peer).is_loopback
