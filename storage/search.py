"""SQL of searching: which conversations have all the words that somebody looks for.

The index has a text for each conversation: the words of all that is said in it and of who the customer is, each
once. They are found by their beginnings, whatever the case, with «ё» as «е».

What is new is not put into the index in the transaction that brings it, which is what customers wait for: the
store's thread does that when it has nothing else to do, many messages at once (`index_words`). Until then a search
looks itself at what the index does not have.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bridge.model import ConversationId
from storage.base import Rows

WORD = re.compile(r"[^\W_]+")
LONGEST = 40  # letters of a word that count
WORDS_MOST = 8  # of a search that count
AT_ONCE = 400  # messages that are put into the index in one transaction
BEHIND = 200  # messages that may wait for that while there is nothing else to do
FAR_BEHIND = 2_000  # messages that may wait for it in any case: as many as a search looks at
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

    @property
    def query(self) -> str:
        """In the words of FTS5. The quotes make of each a string, whatever it says; there are none in a word."""
        return " AND ".join(
            f'("{word}"* OR "№{int(word)}")' if word.isdecimal() else f'"{word}"*' for word in self.words
        )

    def fits(self, having: Iterable[str]) -> bool:
        """Whether these words have all that is looked for."""
        have = set(having)
        return all(
            any(each.startswith(word) for each in have) or (word.isdecimal() and f"№{int(word)}" in have)
            for word in self.words
        )


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
        waiting = self._waiting()
        found = {ConversationId(id) for id, words in waiting.items() if search.fits(words)}
        numbers = self._connection.cursor()
        numbers.row_factory = None  # there may be many
        numbers.execute("select rowid from conversation_words where conversation_words match ?", (search.query,))
        found.update(id for (id,) in numbers if id not in waiting)
        return found

    def _waiting(self) -> dict[ConversationId, set[str]]:
        """The words of conversations in which something is said, or changed, that the index does not have yet."""
        changed = [
            ConversationId(id) for (id,) in self.run("select conversation_id from search_again limit ?", FAR_BEHIND)
        ]
        found = {conversation: self._words(conversation) for conversation in changed}
        new = self._new_words(f"order by id desc limit {FAR_BEHIND}")
        for conversation, words in new.items():
            if conversation not in found:
                found[conversation] = self._known_words(conversation) | words
        return found

    def _new_words(self, which: str) -> dict[ConversationId, set[str]]:
        """The words of messages that the index does not have yet, and of their customers if need be."""
        found: dict[ConversationId, set[str]] = {}
        for row in self.all(
            f"select conversation_id, text, attachments from messages where id > ({LAST})"
            f" and conversation_id is not null and {SAID} {which}"
        ):
            found.setdefault(ConversationId(row["conversation_id"]), set()).update(of_message(row))
        return found

    def _known_words(self, conversation: ConversationId) -> set[str]:
        """The words that the index has; of one that it does not have yet, those of the customer."""
        row = self.one("select words from conversation_words where rowid = ?", conversation)
        return set(row["words"].split()) if row else self._names(conversation)

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
                    self._index(conversation, self._known_words(conversation) | words)
            self.run("update counters set value = ? where name = 'searched'", until["id"])
        for conversation, words in anew.items():
            self._index(conversation, words)
        self.unsearched = self.behind()

    def _index(self, conversation: ConversationId, words: set[str]) -> None:
        row = self.one("select words from conversation_words where rowid = ?", conversation)
        if row is not None and set(row["words"].split()) == words:
            return
        if row is not None:
            self.run("delete from conversation_words where rowid = ?", conversation)
        if words:
            text = " ".join(sorted(words))
            self.run("insert into conversation_words (rowid, words) values (?, ?)", conversation, text)
