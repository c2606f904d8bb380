### Everything that people read. Same order and same ids as ru.ftl (tests/test_catalogue.py checks).
### Numbers are written as the language writes them (1,234), so ids are passed as strings.

## Configuration

config-quoted = “{ $text }”
config-numbered = No. { $number }
config-channel-title = { $kind ->
    [site] Site
    [telegram] Telegram
    [vk] VK
    [viber] Viber
    [facebook] Facebook
   *[other] { $kind }
} · { $name }

config-unreadable = the file cannot be read: { $reason }
config-not-utf8 = the file is not in UTF-8: save it again as UTF-8
config-syntax = not good TOML: { $reason }
config-syntax-quote = a quote is not closed: a string begins and ends with " on the same line
config-syntax-after-value = something follows the value: write one “key = value” on a line, and a quote inside a string as \"
config-syntax-value = this value is not understood: text goes in quotes, switches are true and false
config-syntax-equals = expected “key = value”
config-syntax-repeated-key = this key is set above already
config-syntax-repeated-table = this table is above already; only [[group]] and [[channel]] may repeat
config-syntax-list = the list is not closed with ]
config-syntax-backslash = write a backslash in a string twice: \\

config-missing = a required key is missing
config-no-desk = there is no [desk] with the token of the operators' bot
config-no-tables = at least one [[{ $name }]] is needed
config-expected-tables = write this table in double brackets: [[{ $name }]]
config-expected-table = expected a table with keys, not a value
config-expected-string = expected a string in quotes
config-expected-number = expected a whole number
config-expected-list = expected a list in square brackets: ["…", "…"]
config-expected-one-of = expected one of: { $names }
config-wrong-value = this value does not fit
config-empty = the value is empty
config-empty-list = the list is empty
config-too-long = too long: at most { $most } characters
config-too-small = too small: { $least } or more
config-bad-port = a port is a number from 1 to 65535
config-bad-name = a name is 1 to 32 characters: small Latin letters, digits, “-” and “_”
config-bad-url = expected an address like https://chat.example.com
config-bad-proxy = expected a proxy like http://host:port or socks5://user:password@host:port
config-bad-address = expected an IP address or a network like 10.0.0.0/8
config-bad-token = this does not look like a bot's token: it is like 123456789:AAE… and comes from @BotFather
config-bad-webhook-secret = only Latin letters, digits, “-” and “_”, at most 256 characters
config-bad-chat-id = expected the number of a chat, like -1001234567890. If you do not know it, put -1, add the bot to the group and run “python bot.py check”: it names the number
config-bad-origin = expected the address of a site, like https://shop.example.com
config-origin-without-scheme = https:// is missing; did you mean "{ $likely }"?
config-origin-with-path = the address of a site goes without path and user name: "{ $likely }"
config-origin-with-star = a star inside an address does nothing: list the sites' addresses, or allow all with "*"

config-unknown-key = unknown key; known here: { $names }
config-unknown-key-likely = unknown key; did you mean "{ $likely }"?
config-unknown-key-top = { $name } goes to the beginning of the file, before the first table in brackets
config-kind-missing = the kind of the channel is missing; there are: { $names }
config-kind-unknown = there is no kind “{ $kind }”; there are: { $names }
config-kind-later = kind “{ $kind }” comes in a later version; for now there are: { $names }
config-unknown-group = there is no group “{ $group }”; there are: { $names }
config-unknown-group-likely = there is no group “{ $group }”; did you mean "{ $likely }"?
config-name-taken = the name “{ $value }” is taken above
config-name-reserved = Otklik itself uses the name “{ $name }”: choose another
config-chat-taken = chat { $value } belongs to another group: each group has its own chat
config-helper-taken = this bot is named above already: each helper is a bot of its own
config-bot-taken = this bot is in use already: each Telegram channel has its own bot
config-desk-bot-taken = the operators' bot has a channel already: make another bot for this one and give its token
config-key-of-the-desk = a channel without token has the bot of [desk]: set { $key } there
config-webhook-needs-url = a webhook needs public_url
config-webhook-needs-https = Telegram sends webhooks only to https and ports 443, 80, 88, 8443: correct public_url or set updates = "polling"
config-site-needs-url = the widget needs public_url: the address where browsers see Otklik
config-feed-topic-without-topics = feed_topic works only with topics: remove it or layout = "replies"
config-variable-unset = the environment variable { $name } is not set
config-variable-name = expected the name of an environment variable in ${ "{" }…{ "}" }: Latin letters, digits and “_”

## Check

## Command line

cli-help = Otklik, a support desk inside a Telegram group. Without a command: the same as run.
cli-help-run = Start Otklik.
cli-help-check = Check the settings, Telegram and the place for data; say what to mend.
cli-help-config = The config file [config.toml, or the variable OTKLIK_CONFIG].
cli-help-log-level = How much to log [info, or the variable OTKLIK_LOG].
cli-help-write-config = Write the config file from the example and end; a file that is there is not touched.
cli-first-steps =
    Otklik, a support desk inside a Telegram group. There is no config file { $path } yet.

    1. Make a bot: write /newbot to @BotFather, who gives you a token.
    2. Make a Telegram group for the operators, add the bot and make it an admin
       (pin messages, delete messages, manage topics).
    3. Write the example config:       python bot.py --write-config
    4. Put the group's number and your sites into it; give the token like this:
                                       export DESK_TOKEN=123456789:AAE…
       On Windows: set DESK_TOKEN=…
    5. Check that all is in place:     python bot.py check
    6. Start:                          python bot.py
cli-offer-config = Write the example config to { $path }?
cli-config-written = The example is in { $path }. Put your own things into it and check: python bot.py check
cli-config-exists = There is a { $path } already; it was not touched.
cli-cannot-write = { $path } cannot be written: { $reason }
cli-no-config = There is no config file { $path }. How to begin: python bot.py
cli-wrong-config = { $path } has { $count ->
    [one] { $count } mistake
   *[other] { $count } mistakes
}:
cli-bad-log-level = There is no log level “{ $level }”; there are: { $levels }

## Telegram channel

megabytes = { $count } MB

telegram-greeting = Hello! Write your question, and we will answer right here.

telegram-down-token = Telegram does not accept the bot's token: check it with @BotFather
telegram-down-conflict = another program takes this bot's updates: leave only one running
telegram-down-webhook = the bot has a webhook; Otklik is removing it
telegram-down-webhook-refused = Telegram does not accept the webhook's address: check public_url
telegram-down-network = no connection to Telegram
telegram-down-storage = messages cannot be written down: check the free space of the disk

piece-place = Place: { $link }
piece-contact = { $name } { $phone }
piece-option = • { $option }
piece-sticker = [sticker]

## Site widget

widget-open = Open chat
widget-close = Close chat
widget-title = Write to us
widget-hint = We answer here, in this window
widget-log = Conversation
widget-write = Message…
widget-send = Send
widget-connecting = Connecting…
widget-offline = No connection. Messages will go as soon as it is back
widget-stored = Delivered
widget-sending = Sending
widget-failed = Not sent
widget-retry = Try again
widget-discard = Delete
widget-edited = edited
widget-today = Today
widget-yesterday = Yesterday
widget-operator = Support
widget-too-long = Too long: at most { $limit } characters
widget-unread = Unread: { $count }
widget-new-tab = opens in a new tab

widget-error-bad-frame = What the page sent cannot be read. Reload the page
widget-error-unknown-type = The chat does not know this kind of message. Reload the page
widget-error-bad-version = The chat on this page is too old or too new. Reload the page
widget-error-bad-secret = The chat could not tell who you are. Reload the page
widget-error-hello-first = The connection did not begin with a hello. Reload the page
widget-error-hello-twice = The connection is open already. Reload the page
widget-error-late = The connection was opened, but nothing came
widget-error-too-big = The message is too big. Send it in parts
widget-error-text-too-long = The message is too long: at most { $limit } characters
widget-error-empty = There is nothing to see in the message
widget-error-flood = Too many messages at once. You can go on in { $seconds } s
widget-error-too-many-connections = Too many open chats from your address. Try again in { $seconds } s
widget-error-try-later = The message could not be stored. Trying again in { $seconds } s
widget-origin-refused = This site may not open the chat: its address is not in the channel's list of origins

widget-try-title = Otklik: try the chat
widget-try-lead = This is how the chat looks on a page. Press the button at the bottom right and write: the message goes to the operators.
widget-try-tag = To put the chat on your site, add this line to its pages:
