"""SQL of customers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bridge.model import ChannelName, ConversationId, Customer, CustomerId, ExternalId, File, Profile
from storage.codec import to_time
from storage.search import SearchRows


def customer_of(row: sqlite3.Row) -> Customer:
    """A customer from their row."""
    return Customer(
        id=CustomerId(row["id"]),
        channel=ChannelName(row["channel"]),
        external_id=ExternalId(row["external_id"]),
        guest_number=row["guest_number"],
        profile=Profile(
            name=row["name"],
            username=row["username"],
            language=row["language"],
            link=row["link"],
            email=row["email"],
            phone=row["phone"],
            verified=bool(row["verified"]),
            avatar=File(origin=row["avatar_origin"], ref=row["avatar_ref"]) if row["avatar_ref"] else None,
        ),
        blocked=bool(row["blocked"]),
        consented_at=to_time(row["consented_at"]),
        person=row["person"],
        heard_at=to_time(row["heard_at"]),
        looked_up_at=to_time(row["looked_up_at"]),
    )


class CustomerRows(SearchRows):
    """See `storage.store.Customers`."""

    def customer(self, customer: CustomerId) -> Customer:
        row = self.one("select * from customers where id = ?", customer)
        if row is None:
            raise KeyError(customer)
        return customer_of(row)

    def find_customer(self, channel: ChannelName, external_id: ExternalId) -> Customer | None:
        row = self.one("select * from customers where channel = ? and external_id = ?", channel, external_id)
        return customer_of(row) if row else None

    def add_customer(self, channel: ChannelName, external_id: ExternalId, profile: Profile) -> Customer:
        number = None if profile.name else self.count_up("guest")
        cursor = self.run(
            "insert into customers (channel, external_id, guest_number, name, username, language, link, email,"
            " phone, verified, avatar_origin, avatar_ref, created_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            channel,
            external_id,
            number,
            profile.name,
            profile.username,
            profile.language,
            profile.link,
            profile.email,
            profile.phone,
            profile.verified,
            profile.avatar.origin if profile.avatar else "",
            profile.avatar.ref if profile.avatar else "",
            self.now.timestamp(),
        )
        return self.customer(CustomerId(_rowid(cursor)))

    def update_profile(self, customer: CustomerId, profile: Profile) -> Customer:
        self.run(
            "update customers set name = coalesce(nullif(?, ''), name),"
            " username = coalesce(nullif(?, ''), username), language = coalesce(nullif(?, ''), language),"
            " link = coalesce(nullif(?, ''), link), email = coalesce(nullif(?, ''), email),"
            " phone = coalesce(nullif(?, ''), phone), verified = max(verified, ?),"
            " avatar_origin = coalesce(nullif(?, ''), avatar_origin),"
            " avatar_ref = coalesce(nullif(?, ''), avatar_ref) where id = ?",
            profile.name,
            profile.username,
            profile.language,
            profile.link,
            profile.email,
            profile.phone,
            profile.verified,
            profile.avatar.origin if profile.avatar else "",
            profile.avatar.ref if profile.avatar else "",
            customer,
        )
        theirs = self.all("select id from conversations where customer_id = ?", customer)
        self.search_again([ConversationId(row["id"]) for row in theirs])
        return self.customer(customer)

    def set_blocked(self, customer: CustomerId, blocked: bool) -> None:
        self.run("update customers set blocked = ? where id = ?", blocked, customer)

    def consent(self, customer: CustomerId, at: datetime) -> None:
        self.run(
            "update customers set consented_at = coalesce(consented_at, ?) where id = ?", at.timestamp(), customer
        )

    def heard(self, customer: CustomerId, at: datetime) -> None:
        self.run(
            "update customers set heard_at = max(coalesce(heard_at, 0), ?) where id = ?", at.timestamp(), customer
        )

    def looked_up(self, customer: CustomerId) -> None:
        self.run("update customers set looked_up_at = ? where id = ?", self.now.timestamp(), customer)

    def windows_over(self, channel: ChannelName, heard_before: datetime, limit: int) -> Sequence[ConversationId]:
        rows = self.all(
            "select c.id from conversations c indexed by open_windows join customers u on u.id = c.customer_id"
            " where c.channel = ? and c.stage <> 'closed' and u.heard_at < ?"
            " and coalesce(u.window_noted, 0) <> u.heard_at limit ?",
            channel,
            heard_before.timestamp(),
            limit,
        )
        return [ConversationId(row["id"]) for row in rows]

    def window_noted(self, customer: CustomerId) -> None:
        self.run("update customers set window_noted = heard_at where id = ?", customer)

    def rename_customer(self, customer: CustomerId, external_id: ExternalId) -> Customer:
        self.run("update customers set external_id = ? where id = ?", external_id, customer)
        return self.customer(customer)

    def join_customers(self, one: CustomerId, other: CustomerId) -> None:
        for customer in (one, other):
            self.run("update customers set person = id where id = ? and person is null", customer)
        self.run(
            "update customers set person = (select person from customers where id = ?)"
            " where person = (select person from customers where id = ?)",
            one,
            other,
        )

    def same_person(self, customer: CustomerId) -> Sequence[Customer]:
        rows = self.all(
            "select * from customers where person = (select person from customers where id = ?) and id <> ?"
            " order by id",
            customer,
            customer,
        )
        return [customer_of(row) for row in rows]

    def offer_join(self, token_hash: str, customer: CustomerId, channel: ChannelName, expires_at: datetime) -> None:
        self.run("delete from joins where expires_at < ? or customer_id = ?", self.now.timestamp(), customer)
        self.run("insert into joins values (?, ?, ?, ?)", token_hash, customer, channel, expires_at.timestamp())

    def take_join(self, token_hash: str, channel: ChannelName) -> CustomerId | None:
        row = self.one(
            "delete from joins where token_hash = ? and channel = ? and expires_at > ? returning customer_id",
            token_hash,
            channel,
            self.now.timestamp(),
        )
        return CustomerId(row["customer_id"]) if row else None


def _rowid(cursor: sqlite3.Cursor) -> Any:
    return cursor.lastrowid
