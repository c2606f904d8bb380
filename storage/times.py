"""SQL that moves what waits when the clock is set."""

from __future__ import annotations

from storage.base import Rows

# Windows that platforms leave open are only made longer: the platform itself knows when they are over.
MOVED = (
    """update messages set settles_at = settles_at + :by where settles_at > 0 and id in (
        select id from messages indexed by lane where todo is not null
        union select id from messages indexed by unshown where shown <> revision)""",
    """update messages indexed by lane set queued_at = queued_at + :by,
        next_attempt_at = case when next_attempt_at > 0 then max(1, next_attempt_at + :by) else 0 end
        where todo is not null""",
    "update downloads set due = due + :by",
    "update joins set expires_at = expires_at + :by",
    "update desk_links set expires_at = expires_at + :by",
    "update desk_uses set until = until + :by",
    "update desk_sessions set expires_at = expires_at + :by",
    "update media indexed by media_age set created_at = created_at + :by where message_id is null",
    """update customers set heard_at = heard_at + :by where heard_at is not null and :by > 0 and id in (
        select customer_id from conversations indexed by open_windows where stage <> 'closed')""",
)


class TimeRows(Rows):
    """See `storage.store.Times`."""

    def move_times(self, seconds: float) -> None:
        for statement in MOVED:
            self._connection.execute(statement, {"by": seconds})
