"""SQL of searching: which conversations have all the words that somebody looks for.

The index has the words of all that is said in conversations and of who the customers are. They are found by their
beginnings, whatever the case, with «ё» as «е». A conversation's words are in parts: what is said later is another
part, since nothing can be added to one.

What is new is not put into the index in the transaction that brings it, which is what customers wait for: the
store's thread does that when it has nothing else to do, many messages at once (`index_words`). Until then a search
looks itself at what the index does not have.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from bridge.model import ConversationId
from storage.base import Rows

WORD = re.compile(r"[^\W_]+")
LONGEST = 40  # letters of a word that count
WORDS_MOST = 8  # of a search that count
AT_ONCE = 100  # messages that are put into the index in one transaction
BEHIND = 100  # messages that may wait for that while there is nothing else to do
FAR_BEHIND = 2_000  # messages that may wait for it in any case: as many as a search looks at
SHIFT = 32  # bits of a part's number that say up to which message; those above are the conversation's number
CHANGED = 20  # a conversation that has to be put into it anew counts like so many messages
FEW = 1_000  # conversations that are sooner looked up than a list is read

LAST = "select value from counters where name = 'searched'"  # the last message that is in the index
SAID = "(direction <> 'note' or author_id is not null)"  # lines without an author are events
GUEST = "гость guest"  # what those without a name are called


def words_of(text: str) -> list[str]:
    """A text's words, as the index has them."""
    folded = unicodedata.normalize("NFKC", text.replace("№", " ")).casefold().replace("ё", "е")
    return [word[:LONGEST] for word in WORD.findall(folded)]


def of_message(row: sqlite3.Row) -> list[str]:
    """The words that a message says, captions and files' names included."""
    if not row["attachments"]:
        return words_of(row["text"])
    attachments = json.loads(row["attachments"])
    named = (f"{each.get('caption', '')} {each.get('name', '')}" for each in attachments)
    return words_of(" ".join([row["text"], *named]))


def of_customer(row: sqlite3.Row) -> list[str]:
    """What a customer is called, and how they are reached. A guest's number is found as a whole."""
    called = words_of(" ".join((row["name"] or GUEST, row["username"], row["email"], row["phone"])))
    return called if row["guest_number"] is None else [*called, f"№{row['guest_number']}"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: beginnings of words, and guests' numbers."""

    words: tuple[str, ...]

    @staticmethod
    def query(word: str) -> str:
        """In the words of FTS5. The quotes make of it a string, whatever it says; there are none in a word."""
        return f'"{word}"* OR "№{int(word)}"' if word.isdecimal() else f'"{word}"*'

    @staticmethod
    def has(words: set[str], word: str) -> bool:
        """Whether one of these words begins with what is looked for."""
        return any(each.startswith(word) for each in words) or (word.isdecimal() and f"№{int(word)}" in words)


def wanted(search: str) -> Wanted | None:
    """What somebody looks for; None: nothing in particular."""
    if not search.strip():
        return None
    return Wanted(tuple(dict.fromkeys(words_of(search[:1_000])))[:WORDS_MOST])


class SearchRows(Rows):
    """The index, and searching in it."""

    def find(self, search: Wanted) -> Collection[ConversationId]:
        """Conversations that have all the words. A search without any word in it («***») finds nothing."""
        if not search.words:
            return ()
        changed = self._changed_words()
        new = self._new_words(f"order by id desc limit {FAR_BEHIND}")
        for conversation, words in new.items():
            words |= self._names(conversation)
        found: set[int] | None = None
        for word in search.words:
            having = self._indexed(search.query(word)) - changed.keys()
            for waiting in (new, changed):
                having.update(id for id, words in waiting.items() if search.has(words, word))
            found = having if found is None else found & having
        return {ConversationId(id) for id in found or ()}

    def _indexed(self, query: str) -> set[int]:
        parts = self._connection.cursor()
        parts.row_factory = None  # there may be many
        parts.execute("select rowid from conversation_words where conversation_words match ?", (query,))
        return {part >> SHIFT for (part,) in parts}

    def _changed_words(self) -> dict[ConversationId, set[str]]:
        """The words of conversations in which something was changed since it was put into the index."""
        changed = self.all("select conversation_id from search_again limit ?", FAR_BEHIND)
        return {ConversationId(id): self._words(ConversationId(id)) for (id,) in changed}

    def _new_words(self, which: str) -> dict[ConversationId, set[str]]:
        """The words of messages that the index does not have yet."""
        found: dict[ConversationId, set[str]] = {}
        for row in self.all(
            f"select conversation_id, text, attachments from messages where id > ({LAST})"
            f" and conversation_id is not null and {SAID} {which}"
        ):
            found.setdefault(ConversationId(row["conversation_id"]), set()).update(of_message(row))
        return found

    def _names(self, conversation: ConversationId) -> set[str]:
        row = self.one(
            "select u.* from customers u where u.id = (select customer_id from conversations where id = ?)",
            conversation,
        )
        return set(of_customer(row)) if row else set()

    def _words(self, conversation: ConversationId) -> set[str]:
        """All words of a conversation, as it is now; none for one that is gone."""
        found = self._names(conversation)
        for row in self.all(
            f"select text, attachments from messages where conversation_id = ? and {SAID}", conversation
        ):
            found.update(of_message(row))
        return found

    def search_again(self, conversations: Collection[ConversationId]) -> None:
        """Words in these have changed: they are to be put into the index anew."""
        for conversation in conversations:
            self.run("insert or ignore into search_again (conversation_id) values (?)", conversation)
            self.unsearched += CHANGED

    def behind(self) -> int:
        """How many messages are not in the index, roughly."""
        row = self.one(
            f"select coalesce((select max(id) from messages), 0) - ({LAST})"
            f" + (select count(*) from search_again) * {CHANGED} as behind"
        )
        assert row is not None
        return int(row["behind"])

    def index_words(self, limit: int = AT_ONCE) -> None:
        """Put what is new into the index, so many messages."""
        changed = self.all(
            "delete from search_again where conversation_id in (select conversation_id from search_again limit ?)"
            " returning conversation_id",
            limit // CHANGED,
        )
        anew = {ConversationId(id): self._words(ConversationId(id)) for (id,) in changed}
        until = self.one(f"select max(id) as id from (select id from messages where id > ({LAST}) limit ?)", limit)
        assert until is not None
        if until["id"] is not None:
            for conversation, words in self._new_words(f"and id <= {until['id']}").items():
                if conversation not in anew:
                    new = words if self._begun(conversation) else words | self._names(conversation)
                    self._put(conversation, until["id"], new)
            self.run("update counters set value = ? where name = 'searched'", until["id"])
        for conversation, words in anew.items():
            self.run("delete from conversation_words where rowid between ? and ?", *_parts(conversation))
            self._put(conversation, 0, words)
        self.unsearched = self.behind()

    def _begun(self, conversation: ConversationId) -> bool:
        """Whether some of it is in the index, and so the customer's name."""
        return bool(
            self.one(
                f"select 1 from messages where conversation_id = ? and id <= ({LAST}) and {SAID} limit 1",
                conversation,
            )
        )

    def _put(self, conversation: ConversationId, until: int, words: set[str]) -> None:
        if words:
            part, text = conversation << SHIFT | until, " ".join(sorted(words))
            self.run("insert into conversation_words (rowid, words) values (?, ?)", part, text)


def _parts(conversation: ConversationId) -> tuple[int, int]:
    """The first and the last number that a conversation's parts may have."""
    return conversation << SHIFT, (conversation + 1 << SHIFT) - 1
