"""SQL of customers."""

from __future__ import annotations

import sqlite3
from typing import Any

from bridge.model import ChannelName, Customer, CustomerId, ExternalId, Profile
from storage.base import Rows


def _customer(row: sqlite3.Row) -> Customer:
    return Customer(
        id=CustomerId(row["id"]),
        channel=ChannelName(row["channel"]),
        external_id=ExternalId(row["external_id"]),
        guest_number=row["guest_number"],
        profile=Profile(name=row["name"], username=row["username"], language=row["language"], link=row["link"]),
        blocked=bool(row["blocked"]),
    )


class CustomerRows(Rows):
    """See `storage.store.Customers`."""

    def customer(self, customer: CustomerId) -> Customer:
        row = self.one("select * from customers where id = ?", customer)
        if row is None:
            raise KeyError(customer)
        return _customer(row)

    def find_customer(self, channel: ChannelName, external_id: ExternalId) -> Customer | None:
        row = self.one("select * from customers where channel = ? and external_id = ?", channel, external_id)
        return _customer(row) if row else None

    def add_customer(self, channel: ChannelName, external_id: ExternalId, profile: Profile) -> Customer:
        number = None if profile.name else self.count_up("guest")
        cursor = self.run(
            "insert into customers (channel, external_id, guest_number, name, username, language, link, created_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            channel,
            external_id,
            number,
            profile.name,
            profile.username,
            profile.language,
            profile.link,
            self.now.timestamp(),
        )
        return self.customer(CustomerId(_rowid(cursor)))

    def update_profile(self, customer: CustomerId, profile: Profile) -> Customer:
        self.run(
            "update customers set name = coalesce(nullif(?, ''), name),"
            " username = coalesce(nullif(?, ''), username), language = coalesce(nullif(?, ''), language),"
            " link = coalesce(nullif(?, ''), link) where id = ?",
            profile.name,
            profile.username,
            profile.language,
            profile.link,
            customer,
        )
        return self.customer(customer)

    def set_blocked(self, customer: CustomerId, blocked: bool) -> None:
        self.run("update customers set blocked = ? where id = ?", blocked, customer)


def _rowid(cursor: sqlite3.Cursor) -> Any:
    return cursor.lastrowid
