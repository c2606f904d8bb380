"""SQL of how operators come into a desk in the browser: links, sessions, what was used once; tokens as hashes."""

from __future__ import annotations

from datetime import datetime

from bridge.model import OperatorId, Session
from storage.base import Rows
from storage.codec import time_of


class EntranceRows(Rows):
    """See `storage.desk_asks.Entrances`."""

    def offer_link(self, token_hash: str, operator: OperatorId, name: str, expires_at: datetime) -> None:
        self.run("delete from desk_links where expires_at <= ? or operator_id = ?", self.now.timestamp(), operator)
        self.run(
            "insert into desk_links (token_hash, operator_id, operator_name, expires_at) values (?, ?, ?, ?)",
            token_hash,
            operator,
            name,
            expires_at.timestamp(),
        )

    def take_link(self, token_hash: str) -> tuple[OperatorId, str] | None:
        row = self.one(
            "delete from desk_links where token_hash = ? and expires_at > ? returning operator_id, operator_name",
            token_hash,
            self.now.timestamp(),
        )
        return (OperatorId(row["operator_id"]), row["operator_name"]) if row else None

    def first_use(self, token_hash: str, until: datetime) -> bool:
        self.run("delete from desk_uses where until <= ?", self.now.timestamp())
        cursor = self.run(
            "insert or ignore into desk_uses (token_hash, until) values (?, ?)", token_hash, until.timestamp()
        )
        return cursor.rowcount > 0

    def open_session(
        self, token_hash: str, operator: OperatorId, name: str, expires_at: datetime, origin: str
    ) -> None:
        self.run("delete from desk_sessions where expires_at <= ?", self.now.timestamp())
        self.run(
            "insert into desk_sessions (token_hash, operator_id, operator_name, expires_at, origin)"
            " values (?, ?, ?, ?, ?)",
            token_hash,
            operator,
            name,
            expires_at.timestamp(),
            origin,
        )

    def session(self, token_hash: str) -> Session | None:
        row = self.one(
            "select * from desk_sessions where token_hash = ? and expires_at > ?", token_hash, self.now.timestamp()
        )
        if row is None:
            return None
        return Session(
            operator=OperatorId(row["operator_id"]),
            name=row["operator_name"],
            expires_at=time_of(row["expires_at"]),
            origin=row["origin"],
        )

    def renew_session(self, token_hash: str, expires_at: datetime) -> None:
        self.run(
            "update desk_sessions set expires_at = ? where token_hash = ? and expires_at > ?",
            expires_at.timestamp(),
            token_hash,
            self.now.timestamp(),
        )

    def end_session(self, token_hash: str) -> None:
        self.run("delete from desk_sessions where token_hash = ?", token_hash)

    def end_sessions(self, operator: OperatorId) -> None:
        self.run("delete from desk_sessions where operator_id = ?", operator)
        self.run("delete from desk_links where operator_id = ?", operator)
