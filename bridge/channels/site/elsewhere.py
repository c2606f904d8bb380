"""Where a visitor can go on: the company's other channels, as far as they work now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bridge.catalogue import Catalogue
from bridge.contracts import Channel
from bridge.model import ChannelName

PROBE = "0"  # a token that is nobody's, to see whether a channel can be linked to


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`names` in the order of the configuration; `channels` is filled while the program starts."""

    names: tuple[ChannelName, ...] = ()
    channels: Mapping[ChannelName, Channel] = field(default_factory=dict)
    kinds: Mapping[ChannelName, str] = field(default_factory=dict)

    def find(self, name: str) -> Channel | None:
        """The channel of that name, if a visitor can go on in it now."""
        channel = self.channels.get(ChannelName(name)) if name in self.names else None
        return channel if channel is not None and channel.link_for(PROBE) is not None else None

    def links(self, say: Catalogue) -> Iterable[dict[str, str]]:
        """The `links` of a welcome."""
        return list(self._links(say))

    def _links(self, say: Catalogue) -> Iterator[dict[str, str]]:
        for name in self.names:
            if self.find(name) is not None:
                kind = self.kinds.get(name, "")
                yield {"channel": name, "kind": kind, "title": say("widget-link-title", kind=kind)}
