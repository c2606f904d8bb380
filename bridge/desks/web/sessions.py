"""Links that let somebody in once, and what a browser's cookie stands for. Of tokens only hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from bridge.clock import Clock
from bridge.inbox.accept import Operator
from bridge.model import Session
from bridge.web.hooks import of_the_store
from storage.store import Store, Transaction

LINK: Final = timedelta(minutes=10)
IDLE: Final = timedelta(hours=12)  # a session nobody uses is over
MOST: Final = timedelta(days=30)  # however much it is used
RENEW: Final = timedelta(minutes=10)  # use within it is not written down again


class Way(StrEnum):
    """How somebody came in."""

    TELEGRAM = "telegram"  # the Mini App
    LINK = "link"
    LOCAL = "local"  # by a name, at this machine


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody whom a cookie has let in. `session` is no secret: it names the session, and opens nothing."""

    operator: Operator
    until: datetime
    session: str
    way: Way


class Sessions:
    """Opens, finds, renews and ends them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def offer(self, tx: Transaction, operator: Operator) -> str:
        """The token of a link for this operator, good once and not for long."""
        token = secrets.token_urlsafe(32)
        tx.offer_link(hashed(token), operator.id, operator.name, tx.now + LINK)
        return token

    async def take_link(self, token: str) -> Operator | None:
        """Whose link it was, if it is good; it is not any more."""
        found = await self._store.write(lambda tx: tx.take_link(hashed(token)))
        return Operator(*found) if found else None

    async def give_back(self, token: str, operator: Operator) -> None:
        """It let nobody in, through no fault of whoever brought it: it is good again, as long as a new one."""
        await self._store.write(lambda tx: tx.offer_link(hashed(token), operator.id, operator.name, tx.now + LINK))

    async def first_use(self, mark: str, until: datetime) -> bool:
        """Whether nobody has come in by this before."""
        return await self._store.write(lambda tx: tx.first_use(hashed(mark), until))

    async def open(self, operator: Operator, way: Way, before: str | None) -> tuple[str, Entered]:
        """A new session, always under a token of its own, and the token. That of the token `before` is over."""
        token = secrets.token_urlsafe(32)

        def work(tx: Transaction) -> datetime:
            until = tx.now + IDLE
            if before is not None:
                tx.end_session(hashed(before))
            tx.open_session(hashed(token), operator.id, operator.name, until, f"{way} {int(tx.now.timestamp())}")
            return until

        return token, Entered(operator, await self._store.write(work), hashed(token), way)

    async def find(self, token: str, *, used: bool) -> Entered | None:
        """Whose token it is, unless the session is over. `used`: not only looked at, so it lasts anew."""
        session = hashed(token)
        found = await self._store.read(lambda tx: tx.session(session))
        if found is None:
            return None
        way, most = _origin(found)
        now = self._clock.now()
        if now >= most:
            return None
        until = min(found.expires_at, most)
        longer = min(now + IDLE, most)
        if used and longer - until >= RENEW:
            try:
                await self._store.write(lambda tx: tx.renew_session(session, longer))
                until = longer
            except Exception as error:  # a full disk: it is good as long as it was
                if not of_the_store(error):
                    raise
        return Entered(Operator(found.operator, found.name), until, session, way)

    async def end(self, session: str) -> None:
        """The browser has left."""
        await self._store.write(lambda tx: tx.end_session(session))


def hashed(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _origin(session: Session) -> tuple[Way, datetime]:
    """How they came in, and when the session is over however much it is used."""
    way, _, opened_at = session.origin.partition(" ")
    return Way(way), datetime.fromtimestamp(int(opened_at), UTC) + MOST
