"""SQL of what platforms tell of messages that were sent: receipts, also those that come early, and echoes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bridge.model import ChannelName, CustomerId, Delivery, ExternalId, MessageId
from storage.messages import NEXT, LaneRows, numbers

KEPT = timedelta(days=2)  # what nobody has asked for by then is of no use
BEFORE = {Delivery.DELIVERED: "('sent')", Delivery.SEEN: "('sent', 'delivered')"}


class ReceiptRows(LaneRows):
    """See the receipts' part of `storage.store.Messages`."""

    def advance_message(self, message: MessageId, delivery: Delivery) -> None:
        self.advanced(
            self.all(
                f"update messages set delivery = ?, {NEXT} where id = ? and delivery in {BEFORE[delivery]}"
                " returning conversation_id",
                delivery,
                message,
            )
        )

    def advance_up_to(self, customer: CustomerId, message: MessageId, delivery: Delivery) -> None:
        self.advanced(
            self.all(
                f"update messages indexed by unseen set delivery = ?, {NEXT} where customer_id = ? and id <= ?"
                f" and delivery in ('sent', 'delivered') and delivery in {BEFORE[delivery]}"
                " returning conversation_id",
                delivery,
                customer,
                message,
            )
        )

    def advance_until(self, customer: CustomerId, until: datetime, delivery: Delivery) -> None:
        self.advanced(
            self.all(
                f"update messages indexed by unseen set delivery = ?, {NEXT} where customer_id = ?"
                f" and coalesce(called_at, written_at) <= ?"
                f" and delivery in ('sent', 'delivered') and delivery in {BEFORE[delivery]}"
                " returning conversation_id",
                delivery,
                customer,
                until.timestamp(),
            )
        )

    def keep_receipt(
        self, channel: ChannelName, external_id: ExternalId, delivery: Delivery, *, up_to: bool
    ) -> None:
        now = self.now
        self.run("delete from early_receipts where channel = ? and at < ?", channel, (now - KEPT).timestamp())
        self.run(
            "insert or replace into early_receipts values (?, ?, ?, ?, ?)",
            channel,
            external_id,
            delivery,
            up_to,
            now.timestamp(),
        )

    def take_receipts(
        self, channel: ChannelName, external_ids: Sequence[ExternalId]
    ) -> Sequence[tuple[ExternalId, Delivery, bool]]:
        return [
            (external_id, Delivery(row["delivery"]), bool(row["up_to"]))
            for external_id in external_ids
            for row in self.all(
                "delete from early_receipts where channel = ? and external_id = ? returning delivery, up_to",
                channel,
                external_id,
            )
        ]

    def lose_piece(self, channel: ChannelName, external_id: ExternalId) -> None:
        row = self.one(
            "select e.message_id, e.piece, m.todo, m.sent_pieces, m.missing from external_ids e"
            " join messages m on m.id = e.message_id where e.channel = ? and e.external_id = ?",
            channel,
            external_id,
        )
        if row is None:
            return
        message = row["message_id"]
        last = self.one("select max(piece) as piece from external_ids where message_id = ?", message)
        assert last is not None
        sent = max(row["sent_pieces"], last["piece"] + 1)
        missing = sorted({*numbers(row["missing"]), row["piece"]})
        if len(missing) == sent and row["todo"] is None:
            sent, missing = 0, []  # nothing of it arrived: it is sent as if for the first time
        self.run("delete from external_ids where message_id = ? and piece = ?", message, row["piece"])
        listed = " ".join(map(str, missing))
        self.run("update messages set sent_pieces = ?, missing = ? where id = ?", sent, listed, message)

    def keep_echo(self, channel: ChannelName, key: str, external_id: ExternalId) -> None:
        now = self.now
        self.run("delete from echoes where channel = ? and at < ?", channel, (now - KEPT).timestamp())
        self.run("insert or replace into echoes values (?, ?, ?, ?)", channel, key, external_id, now.timestamp())

    def echo(self, channel: ChannelName, key: str) -> ExternalId | None:
        row = self.one("select external_id from echoes where channel = ? and key = ?", channel, key)
        return ExternalId(row["external_id"]) if row else None

    def recent_answers(self, customer: CustomerId, limit: int) -> Sequence[MessageId]:
        rows = self.all(
            "select id from messages where customer_id = ? and direction in ('out', 'system')"
            " order by seq desc limit ?",
            customer,
            limit,
        )
        return [MessageId(row["id"]) for row in rows]
