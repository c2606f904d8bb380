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
config-syntax-repeated-table = this table is above already; only [[group]], [[channel]] and [[operator]] may repeat
config-syntax-list = the list is not closed with ]
config-syntax-backslash = write a backslash in a string twice: \\

config-missing = a required key is missing
config-no-desk = there is no [desk] with the token of the operators' bot. Without Telegram, operators can work in the browser at this machine only: [web] local = true
config-telegram-needs-token = there is no [desk] whose bot this channel could have: give it a token of its own
config-local-disabled = local is for the web desk, and enabled = false switches that off: remove one of them
config-local-host = with local = true anybody who reaches the desk may enter, so the server must listen on 127.0.0.1; [server] host is { $host }
config-local-url = with local = true anybody who reaches the desk may enter, so public_url must lead to this machine (http://127.0.0.1:8080) or be left out
config-no-tables = at least one [[{ $name }]] is needed
config-expected-tables = write this table in double brackets: [[{ $name }]]
config-expected-table = expected a table with keys, not a value
config-expected-string = expected a string in quotes
config-expected-number = expected a whole number
config-expected-switch = expected true or false, without quotes
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
config-bad-color = expected a colour like #2457d6
config-bad-page = expected the path of a page like /catalog*: without the site's address; * is anything
config-bad-link = expected the address of a page like https://shop.example.com/privacy
config-bad-hours = expected hours like "mon-fri 09:00-18:00" or "sat 10:00-13:00, 14:00-18:00"
config-bad-timezone = expected a time zone like Europe/Moscow
config-bad-timezone-likely = there is no such time zone; did you mean "{ $likely }"?
config-short-secret = the secret has fewer than { $least } characters. To make a good one: python -c "import secrets; print(secrets.token_urlsafe(48))"
config-required-unasked = not in ask: { $names }
config-consent-without-words = consent is missing: the words of the box that the link belongs to
config-empty-form = the form asks nothing: it needs ask or consent
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
config-unknown-key-above = { $name } goes further up, before [{ $table }]
config-kind-missing = the kind of the channel is missing; there are: { $names }
config-kind-unknown = there is no kind “{ $kind }”; there are: { $names }
config-channel-needs-url = a channel of kind { $kind } needs a public_url with https: the platform calls Otklik there
config-channel-needs-https = a channel of kind { $kind } needs a public_url with https: the platform calls no other
config-account-taken = another channel has this page or community already: { $value }
config-unknown-group = there is no group “{ $group }”; there are: { $names }
config-unknown-group-likely = there is no group “{ $group }”; did you mean "{ $likely }"?
config-unknown-channel = there is no channel “{ $name }”; a visitor can go on in: { $names }
config-unknown-channel-likely = there is no channel “{ $name }”; did you mean "{ $likely }"?
config-continue-in-site = “{ $name }” is a site, too: a visitor can go on only in a messenger
config-name-taken = the name “{ $value }” is taken above
config-name-reserved = Otklik itself uses the name “{ $name }”: choose another
config-chat-taken = chat { $value } belongs to another group: each group has its own chat
config-operator-taken = operator { $value } is described above
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

check-title-machine = Place for data
check-title-web = Web server
check-title-desk = [desk] The operators' bot
check-title-helper = [desk] Helper bot { $number }
check-title-web-desk = Web desk
check-web-desk = operators work at { $url }
check-web-desk-local = without proof, under any name: only from this machine (local = true)
check-web-desk-mini-app = it opens inside Telegram, too: write /desk to the operators' bot in private
check-web-desk-no-mini-app = the bot sends a link on /desk in private; inside Telegram (Mini App) it opens only with a public_url of https://
check-web-desk-here = without public_url the link that the bot sends on /desk opens at this machine only
check-title-group = [[group]] { $name }: { $title }
check-title-channel = [[channel]] { $name }: { $title }
check-all-good = { $warnings ->
    [0] All is well.
    [one] It will work; { $warnings } remark (!).
   *[other] It will work; { $warnings } remarks (!).
}
check-to-mend = To mend (✗): { $count }.
check-broke = this check failed: { $kind }
check-broke-fix = this is a mistake in Otklik: run check with --log-level error and send the output to its developers

check-database = the database { $path } is good
check-new-database = the database { $path } will be made at the start
check-media = the folder { $path } can be written
check-folder = { $path } cannot be written: { $reason }
check-folder-fix = let the user that runs Otklik write there, or name another place in [storage]
check-not-a-database = { $path } is not an SQLite database
check-not-a-database-fix = name another file in [storage] path, or restore the database from a backup
check-strange-database = { $path } is the database of another program
check-strange-database-fix = name another file in [storage] path
check-newer-database = a newer version of Otklik wrote the database { $path }
check-newer-database-fix = install that version, or restore the backup that lies beside the database

check-running = Otklik runs at { $address } now
check-can-listen = { $address } is free for Otklik
check-port-taken = another program uses { $address }
check-port-taken-fix = stop it, or set another port in [server]
check-cannot-listen = cannot listen at { $address }: { $reason }
check-cannot-listen-fix = set in [server] a free port from 1024 up and an address of this machine (usually 127.0.0.1)
check-url = { $url } leads to Otklik
check-url-silent = { $url } does not answer: { $reason ->
    [certificate] its certificate does not fit
    [timeout] no answer within 10 seconds
    [dns] no such name in the DNS
   *[other] no connection
}
check-url-silent-fix = check the name in the DNS, the certificate, and that the web server there (nginx, Caddy) runs and can be reached from outside
check-url-redirects = { $url } redirects to { $location }
check-url-redirects-fix = put the final address into public_url
check-url-elsewhere = { $url } answers (status { $status }), but it is not Otklik
check-url-elsewhere-fix = set up the web server to pass this address to host and port of [server]

check-token = the token is good: bot @{ $username }
check-bad-token = Telegram does not know this token
check-bad-token-fix = get the token from @BotFather (command /token) and see that all of it is passed
check-flood = Telegram asks to wait for { $seconds } s
check-flood-fix = run the check again later
check-no-answer = { $server } does not answer ({ $detail })
check-no-answer-fix = check the internet connection, api_url and proxy; where Telegram is blocked, a proxy is needed
check-refused = Telegram refused: { $detail }
check-refused-fix = check that the bot is in the group and that api_url is the address of a Bot API server
check-polling = updates: polling, no webhook
check-webhook = updates: the webhook is set
check-webhook-unset = updates: Otklik will set the webhook at the start
check-webhook-left = the bot has a webhook to { $host }, and polling does not work with one
check-webhook-left-fix = stop the program that set it and remove it: curl "https://api.telegram.org/bot<token>/deleteWebhook"
check-webhook-elsewhere = the webhook leads to { $host }, not to public_url
check-webhook-elsewhere-fix = Otklik will change it at the start; if another program uses this bot, stop that
check-webhook-failing = Telegram cannot deliver updates: { $reason }
check-webhook-failing-fix = check that public_url can be reached from outside over https with a good certificate

check-chat = the group “{ $title }” is found
check-chat-id = there is a group “{ $title }”, but its number is not complete
check-chat-id-fix = set chat_id = { $chat_id }
check-migrated = the group became a supergroup and got a new number
check-migrated-fix = set chat_id = { $chat_id }
check-no-chat = the bot sees no chat { $chat_id }
check-no-chat-fix = add the bot to the group and check chat_id: that of a supergroup begins with -100
check-seen-chat = lately the bot saw the group “{ $title }”: chat_id = { $chat_id }
check-not-in-chat = the bot is not in the group
check-not-in-chat-fix = add the bot to the group and make it an admin
check-not-a-group = this is not a group, but a private chat or a channel
check-not-a-group-fix = make a group for the operators, add the bot and set its chat_id
check-basic-group = this is a basic group; a supergroup is needed
check-basic-group-fix = the group's owner: Edit → Chat history → Visible; the group's number changes, so run the check again
check-layout-topics = topics are on: each customer has a topic
check-layout-replies = topics are off: operators reply to messages
check-layout-replies-in-forum = topics are on, but layout = "replies": everything goes to General
check-no-topics = layout = "topics", but topics are off in the group
check-no-topics-fix = only a human, the group's owner, can switch topics on: Edit → Topics; a bot cannot. Or set layout = "auto"
check-feed-topic-no-topics = feed_topic is set, but topics are off in the group
check-feed-topic-no-topics-fix = switch topics on (the group's owner: Edit → Topics) or remove feed_topic
check-feed-topic = the topic { $topic } for incoming conversations is found
check-no-feed-topic = there is no topic { $topic } in the group
check-no-feed-topic-fix = a topic's number comes after the group's number in the link to the topic; put it into feed_topic or remove the key
check-admin = the bot is an admin: it sees all messages and reactions
check-not-admin = the bot is not an admin: it sees no reactions and cannot pin or delete
check-not-admin-fix = group → Administrators → Add → the bot; allow pinning, deleting and managing topics
check-not-admin-private = the bot is not an admin: because of privacy mode it does not see what operators write
check-not-admin-private-fix = group → Administrators → Add → the bot; an admin sees everything, whatever the privacy mode
check-rights = it has the rights that it needs
check-rights-missing = the bot lacks rights: { $rights }
check-rights-missing-fix = group → Administrators → the bot: switch on { $rights }
check-right-pin = “Pin messages”
check-right-delete = “Delete messages”
check-right-topics = “Manage topics”
check-reactions = not all reactions are allowed in the group: marks of delivery may not be seen
check-reactions-fix = group → Edit → Reactions → All
check-helper-admin = { $group }: an admin
check-helper-member = { $group }: in the group, but not an admin
check-helper-member-fix = make the bot an admin: until then it has nothing to do, and the others work
check-helper-topics = { $group }: an admin, but without the right “Manage topics”
check-helper-topics-fix = the group → Administrators → the bot: turn on “Manage topics”
check-helper-basic = { $group }: a basic group, in which helpers do not work
check-helper-basic-fix = make it a supergroup: turn on topics or the history for new members
check-helper-absent = { $group }: the bot is not in the group
check-helper-absent-fix = add the bot to the group and make it an admin

check-desk-bot = customers write to the operators' bot: https://t.me/{ $username }
check-link = customers write here: https://t.me/{ $username }
check-origin = the widget may stand on { $origin }
check-any-origin = origins = "*": any site may carry the widget
check-any-origin-fix = list your own sites in origins
check-plain-origin = { $origin } is not encrypted: browsers send all of it in the open
check-plain-origin-fix = move the site to https and write it so in origins
check-mixed-content = { $origin } is on https and public_url on http: browsers will not load the widget
check-mixed-content-fix = give Otklik an https address (nginx or Caddy with a certificate) in place of { $public_url }
check-own-origin = { $origin } is not in origins: add it if the widget stands there too
check-widget-tag = code for pages: <script src="{ $public_url }/widget.js" data-channel="{ $name }" async></script>
check-identity = visitors who are logged in on the site are known by your server's signature
check-hours = { $open ->
    [yes] open
   *[no] closed
} now: { $text }
check-avatar = the picture { $path } is good
check-no-avatar = { $path } cannot be shown as a picture: { $reason }
check-no-avatar-fix = name in avatar a JPEG, PNG or WebP file that Otklik can read
check-continue = from the chat a visitor can go on in channel { $name }: { $link }
check-no-continue = a visitor cannot go on in channel { $name } now: its bot does not answer
check-no-continue-fix = mend that channel, or take it out of continue_in

check-vk-token = the access token works: community “{ $name }”
check-vk-link = customers write here: { $link }
check-vk-messages = messages to the community are switched on
check-vk-messages-off = messages to the community seem to be switched off: customers could not write
check-vk-messages-off-fix = switch them on: Manage → Messages → Community messages
check-vk-messages-unknown = VKontakte does not tell whether messages to the community are switched on: look yourself (Manage → Messages)
check-vk-rights-enough = the rights suffice: messages, photos, files, management
check-vk-rights = the access token lacks rights: { $rights }
check-vk-rights-fix = create a new one (Manage → API usage → Access tokens) and tick messages, photos, files and community management
check-vk-community = the access token is of community { $found }, but the config says community_id = { $id }
check-vk-community-fix = correct community_id, or create a token in the right community
check-vk-longpoll = events come by polling (Long Poll API { $version }), those that are needed are on
check-vk-longpoll-off = Long Poll API is off: Otklik switches it on when it starts
check-vk-events = events that are off: { $events }; Otklik switches them on when it starts
check-vk-version = events come in API version { $version }; Otklik changes it to { $wanted } when it starts
check-vk-callback = events come to our address (Callback API { $version }), those that are needed are on
check-vk-callback-unset = there is no Callback API server yet: Otklik adds it when it starts
check-vk-callback-failing = VKontakte does not deliver events to { $url } (state: { $status })
check-vk-callback-failing-fix = check that public_url opens from outside, and start Otklik: it confirms the address anew
check-vk-servers = the community has ten Callback API servers already, there is no room for ours
check-vk-servers-fix = delete one: Manage → API usage → Callback API
check-vk-bad-token = VKontakte does not accept the access token
check-vk-bad-token-fix = create a new one: Manage → API usage → Access tokens
check-vk-denied = VKontakte denies access (code { $code })
check-vk-denied-fix = create a token with the rights to messages, photos, files and community management
check-vk-refused = VKontakte refused (code { $code }): { $message }
check-vk-refused-fix = run the check again in some minutes; what the code means: https://dev.vk.com/en/reference/errors
check-vk-no-ffmpeg = there is no ffmpeg: voice messages that are not OGG Opus go as files (install the package ffmpeg if that matters)
check-viber-bot = the token is good: bot “{ $name }”
check-viber-link = customers open the bot like this: { $link }
check-viber-webhook = events come in: the webhook is set, the events that are needed are on
check-viber-webhook-unset = there is no webhook: Otklik will set it at the start
check-viber-events = events that are off: { $events }; Otklik will switch them on at the start
check-viber-token = Viber does not accept the token
check-viber-token-fix = take the token from the Viber app: More → Settings → Bots → Edit info → Your app key
check-viber-blocked = Viber has blocked the bot
check-viber-blocked-fix = write to Viber's support: only they can lift it
check-viber-gone = Viber has no such bot
check-viber-gone-fix = check that the bot has not been deleted, and take the token of one that exists
check-viber-suspended = Viber has suspended the bot
check-viber-suspended-fix = write to Viber's support, or to the partner who made the bot
check-viber-unauthorized = Viber does not let the bot work through the API
check-viber-unauthorized-fix = write to Viber's support, or to the partner who made the bot
check-viber-refused = Viber refused (code { $status })
check-viber-refused-fix = run the check again in some minutes; if it stays, write to Viber's support and name the code
check-facebook-page = the token works: page “{ $name }”
check-facebook-link = customers write to the page at { $link }
check-facebook-token = Facebook does not accept the page's token{ $subcode ->
    [458] : its owner has removed the app
    [459] : Facebook wants its owner to confirm a login
    [460] : its owner has changed the password
    [463] : it has expired
    [467] : it has been revoked
   *[other] {""}
}
check-facebook-token-fix = make a new token of the page (docs/channels.md) and put it into page_token
check-facebook-other-page = page_token is for another page: “{ $name }” ({ $page })
check-facebook-other-page-fix = take the token of the page that page_id names, or mend page_id
check-facebook-secret = Facebook does not accept the signature of our calls: app_secret is not of the app that made the token
check-facebook-secret-fix = take the App Secret from the app's settings: Settings → Basic
check-facebook-app = Facebook does not accept app_id { $app } with this app_secret
check-facebook-app-fix = take both from the settings of one app: Settings → Basic
check-facebook-token-app = page_token was not made by app { $app }
check-facebook-token-app-fix = make the page's token with that app, or put the app that made it into app_id and app_secret
check-facebook-no-app = there is no app_id: put webhook { $url } and verify_token into the app's settings yourself
check-facebook-permission = Facebook does not allow to ask about the page
check-facebook-permission-fix = give the token the permissions pages_messaging and pages_manage_metadata
check-facebook-refused = Facebook refused ({ $code })
check-facebook-refused-fix = check again in a few minutes; if it stays, look the code up in the Graph API reference
check-facebook-no-version = Facebook does not know version { $version } of the API
check-facebook-no-version-fix = take api_version out of the channel's settings: Otklik knows one that fits
check-facebook-old-version = version { $version } of the API is over, { $newer } answers
check-facebook-old-version-fix = take api_version out of the channel's settings, or put { $newer } there
check-facebook-good-scopes = the token has the permissions it needs
check-facebook-scopes = the token lacks permissions: { $scopes }
check-facebook-scopes-fix = add them, and make the page's token anew
check-facebook-useful-scopes = the token has no { $scopes }: without them not everything can be checked
check-facebook-useful-scopes-fix = add them when you make a token the next time
check-facebook-token-lasts = the token does not expire
check-facebook-token-ends = the token is good until { $date }
check-facebook-token-ends-fix = make one that does not expire: from a long-lived token of a user, or of a system user
check-facebook-access-ends = the app's access to the page's data ends on { $date }
check-facebook-access-ends-fix = have whoever made the token log into the app again and confirm the permissions
check-facebook-webhook = the app's webhook leads here, the events are switched on
check-facebook-webhook-unset = the app has no webhook: Otklik sets it when it starts
check-facebook-events = the app has events switched off: { $events }; Otklik switches them on when it starts
check-facebook-installed = the app is on the page
check-facebook-not-installed = the app is not on the page: Otklik puts it there when it starts
check-facebook-page-events = the page has events switched off: { $events }; Otklik switches them on when it starts
check-facebook-tasks = whoever made the token may not answer the page's messages
check-facebook-tasks-fix = give them the task “Messages” in the page's settings, and make the token anew
check-facebook-routing = several apps may have the page's conversations: make Otklik's the default one (page settings → “Conversation routing”), and switch off the automatic answers of Meta Business Suite
check-facebook-no-start = the page has no “Get started” button: only those who press it are greeted
check-facebook-human-agent = human_agent is on: the app needs the feature Human Agent, or answers after a day will not go through
check-facebook-live = the app must be Live and have Advanced Access to pages_messaging: otherwise only messages of those who have a role on it come in

## Command line

cli-help = Otklik, a support desk for a Telegram group and the browser. Without a command: the same as run.
cli-help-run = Start Otklik.
cli-help-check = Check the settings, Telegram and the place for data; say what to mend.
cli-help-audit = Compare what came in, is kept, shown and delivered; say what is unaccounted for and what waits. Only reads the database, also beside a running Otklik. Exit code: 0 all is accounted for, 3 not all.
cli-help-json = The same for programs, in JSON.
cli-help-config = The config file [config.toml, or the variable OTKLIK_CONFIG].
cli-help-log-level = How much to log [info, or the variable OTKLIK_LOG].
cli-help-write-config = Write the config file from the example and end; a file that is there is not touched.
cli-first-steps =
    Otklik, a support desk inside a Telegram group. There is no config file { $path } yet.
    To look at it without any:         python bot.py demo

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

messenger-greeting = Hello! Write your question, and we will answer right here.
piece-place = Place: { $link }
piece-contact = { $name } { $phone }
piece-option = • { $option }
piece-sticker = [sticker]
piece-file = 📎 { $name }: { $link }
piece-file-unnamed = file
join-welcome = Hello! We go on here. We have everything that you wrote on the site.
join-too-old = Hello! This link has been used or is too old, but you can write to us all the same: just send a message.
join-moved = The conversation goes on here: { $channel }. You can also write in this window.

## VKontakte channel

vk-down-token = VKontakte does not accept the access token: create a new one in the community's management (API usage → Access tokens)
vk-down-access = the access token of VKontakte lacks rights (code { $code }): create one with the rights to messages, photos, files and community management
vk-down-community = the access token is not of community { $id }: check community_id
vk-down-messages = messages are switched off in the community: switch them on in its management (Messages)
vk-down-human = VKontakte wants to see that a person manages the community (code { $code }): open the community's management
vk-down-servers = the community has ten Callback API servers already: delete one (API usage → Callback API)
vk-down-callback = VKontakte does not confirm the address { $url }: check that public_url opens from outside
vk-down-longpoll = Long Poll API is switched off in the community: switch it on (API usage → Long Poll API)
vk-down-network = no connection to VKontakte
vk-down-storage = messages cannot be written down: check the space on the disk
vk-staff = VKontakte: { $name }
vk-staff-unnamed = VKontakte
vk-program = VKontakte (another program)
vk-event-banned = The customer is on the community's blacklist: answers will not arrive.
vk-event-unbanned = The customer is no longer on the community's blacklist.
vk-reaction = reaction No. { $number }
vk-pressed = Button pressed: { $what }
vk-forwarded = Forwarded from { $name }:
vk-in-reply = In reply to: { $text }
vk-cropped = (the message came cut: its end is in VKontakte)
vk-transcript = Transcript: { $text }
vk-doc = File
vk-video = Video
vk-video-message = Video message
vk-audio = Audio
vk-link = Link
vk-wall = Wall post
vk-wall-reply = Comment on a wall
vk-textpost = Post
vk-market = Product
vk-market-album = Collection of products
vk-poll = Poll
vk-gift = Gift
vk-call = Call
vk-mini-app = Mini app
vk-event = Event
vk-audio-playlist = Playlist
vk-story = Story
vk-article = Article
vk-podcast = Podcast
vk-narrative = Narrative
vk-donut-link = VK Donut

## Viber channel

viber-down-token = Viber does not accept the bot's token: take it from the Viber app (Bots → Edit info → Your app key)
viber-down-blocked = Viber has blocked the bot: write to Viber's support
viber-down-gone = Viber has no such bot: check the token, and that the bot has not been deleted
viber-down-suspended = Viber has suspended the bot: write to Viber's support
viber-down-unauthorized = Viber does not let the bot write: ask Viber's support, or the partner who made the bot
viber-down-webhook = Viber does not accept the webhook's address: public_url must open from outside over https, with a real certificate and its full chain
viber-down-refused = Viber does not let the bot be connected (code { $status }): it will be tried again
viber-down-network = no connection to Viber
viber-not-paid = the free messages outside sessions, or the money at Viber, are used up: answers reach only those who wrote in the last 24 hours
viber-country = Country

## Facebook channel

facebook-inbox = Facebook
facebook-app = Facebook (app { $app })
facebook-shared = { $what ->
    [reel] Reel
    [post] Post
    [story] Story
    [product] Product
    [appointment] Appointment
    [place] Place
   *[other] Link
}
facebook-not-shown = 🔗 { $what ->
    [reel] Reel
    [post] Post
    [story] Story
    [product] Product
    [appointment] Appointment
   *[other] Post or link
}: Messenger does not tell what is in it. It can be seen in the page's inbox.
facebook-template = [message with buttons]
facebook-removed = The customer removed this message.
facebook-referral = The customer came by a link: { $ref }
facebook-optin = { $ref ->
    [none] The customer agreed to hear from the page.
   *[other] The customer agreed to hear from the page ({ $ref }).
}
facebook-thread = { $what ->
    [ours] Otklik has the conversation again.
    [request] Another app asks for the conversation: { $app }.
   *[taken] Another app took the conversation: { $app }. You can still answer from here: Otklik will try to take it back.
}
facebook-not-sent-elsewhere = Another app of the page has the conversation and does not let go of it. Answer in the page's inbox, or make Otklik's app the default one: page settings → “Conversation routing”.
facebook-not-sent-abuse = Facebook thinks that this person is written to too insistently, and lets no message through. Wait until they write.
facebook-down-token = Facebook does not accept the page's token{ $subcode ->
    [458] : its owner has removed the app
    [459] : Facebook wants its owner to confirm a login
    [460] : its owner has changed the password
    [463] : it has expired
    [467] : it has been revoked
   *[other] {""}
}. Make a new one and put it into page_token
facebook-down-other-page = page_token is for another page ({ $page }): take the token of the one in page_id
facebook-down-secret = Facebook does not accept the signature of our calls: check app_secret
facebook-down-permission = the Facebook app lacks permissions: run python bot.py check
facebook-down-not-live = the Facebook app is not live yet: it may write only to those who have a role on it
facebook-down-restricted = Facebook has restricted the page for breaking rules: see “Page quality”
facebook-down-network = no connection to Facebook
facebook-trouble-network = Facebook does not answer; messages wait, and go when it does
facebook-trouble-abuse = Facebook warns that the page writes too insistently
facebook-trouble-policy = Facebook warns of broken rules: see “Page quality”
facebook-trouble-signature = events from Facebook come with a wrong signature and are refused: check app_secret
facebook-trouble-webhook = Facebook got no answer from { $url }: check that public_url can be reached from outside
facebook-trouble-setup = the page's events could not be connected ({ $code }): run python bot.py check

## Site widget

widget-open = Open chat
widget-close = Close chat
widget-title = Write to us
widget-hint = We answer here, in this window
widget-log = Conversation
widget-write = Message…
widget-send = Send
widget-connecting = Connecting…
widget-offline = No connection. We will send as soon as it is back
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
widget-shown = Passed on to our team
widget-you = You
widget-deleted = Message deleted
widget-typing = { $name } is typing…
widget-newest = To the new messages
widget-reply = Reply
widget-cancel = Cancel
widget-attach = Attach files
widget-emoji = Emoji
widget-file-too-big = { $name }: at most { $limit }
widget-too-many-files = Up to { $limit } files in one message
widget-photo = Photo
widget-video = Video
widget-voice = Voice message
widget-audio = Audio
widget-sticker = Sticker
widget-previous = Previous
widget-next = Next
widget-play = Play
widget-pause = Pause
widget-seek = Position
widget-download = Download
widget-broken = Could not be loaded
widget-form-name = Name
widget-form-email = E-mail
widget-form-phone = Phone
widget-form-policy = Learn more
widget-form-send = Start the chat
widget-menu = Menu
widget-sound = Sound
widget-notify = Notifications
widget-go-on = Continue in { $place }
widget-go-on-ask = The conversation goes on in { $place } and is shared: we will know that it is you who writes there and here.
widget-go-on-agree = I agree, continue
widget-go-on-open = Open { $place }
widget-open-now = We are here
widget-open-until = We are here until { $time }
widget-closed-now = We are away
widget-closed-until = We answer from { $time }
widget-file = file
widget-file-lost = The file was not sent before the page was closed or reloaded. Attach it again
widget-upload-failed = The file could not be sent
widget-load-failed = The chat did not load. Press again
widget-dismiss = Hide

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
widget-error-bad-identity = We could not confirm who you are: you are writing as a guest
widget-error-form-first = Please fill in the form first
widget-error-bad-contact = { $field ->
    [email] Please check the e-mail address
    [phone] Please check the phone number
    [name] Please write your name
    [consent] The chat cannot start without your consent to the use of your data
   *[other] Please check what you wrote in the form
}
widget-error-file-gone = The file is gone. Please attach it again
widget-error-too-many-files = At most { $files } files in one message
widget-error-no-such-link = It is not possible to go on there now
widget-link-title = { $kind ->
    [telegram] Telegram
    [vk] VK
    [viber] Viber
    [facebook] Facebook
   *[other] { $kind }
}
widget-origin-refused = This site may not open the chat: its address is not in the channel's list of origins

upload-error-empty = The file is empty
upload-error-bad-token = The chat was opened too long ago. Reload the page and attach the file again
upload-error-bad-origin = Files cannot be sent from this site: its address is not in the channel's origins
upload-error-late = The file has stopped coming. Check your connection and try again
upload-error-too-big = The file is too big: at most { $limit } MB
upload-error-flood = Too many files. Try again later
upload-error-try-later = The file could not be stored. Try again a little later

media-refused = The link to the file is wrong. Open the file in the chat
media-expired = The link to the file has expired. Reload the page with the chat and open the file there
media-gone = This file is no longer there
media-later = The file cannot be opened right now. Try again in a minute

widget-try-title = Otklik: try the chat
widget-try-lead = This is how the chat looks on a page. Press the button at the bottom right and write: the message goes to the operators.
widget-try-tag = To put the chat on your site, add this line to its pages:

## Opening hours

hours-day-1 = Mon
hours-day-2 = Tue
hours-day-3 = Wed
hours-day-4 = Thu
hours-day-5 = Fri
hours-day-6 = Sat
hours-day-7 = Sun
hours-daily = Daily
hours-always = Around the clock
hours-moscow = MSK
hours-zone = UTC{ $offset }

## Desk

guest-name = Guest #{ $number }
channel-mark-site = 🌐
channel-mark-telegram = ✈️
channel-mark-vk = 🔷
channel-mark-viber = 🟪
channel-mark-facebook = 📘
empty-message = (empty message)
edited-mark = (edited)
deleted-mark = (taken back)
cannot-show = It cannot be shown here: the file is too big or no longer there.
cannot-show-link = It cannot be shown here; download: { $link }

kind-photo = 📷 Photo
kind-video = 🎬 Video
kind-animation = 🎞 Animation
kind-audio = 🎵 Audio
kind-voice = 🎤 Voice message
kind-video-note = ⏺ Video message
kind-document = 📎 File
kind-sticker = 🖼 Sticker
kind-location = 📍 Place
kind-venue = 📍 Place
kind-contact = 👤 Contact
kind-poll = 📊 Poll: { $question }
    { $options }
kind-unknown = 📎 an attachment that Otklik cannot show ({ $what })

card-previous = Last time: { $name }
card-page = page:
card-waiting = { $count ->
    [one] { $count } message,
   *[other] { $count } messages, the first
}
card-accepted = Taken by { $name }
card-closed = Closed without an answer
card-closed-by = Closed: { $name }
card-verified = ✔ confirmed by the site
card-same-person = The same person: { $name } ({ $where })
card-blocked = 🚫 The customer has blocked the bot: answers will not arrive

button-accept = Accept
button-close = Close
button-close-unanswered = Close without an answer
button-no-reply = No answer needed
button-reopen = Open again
button-topic = Go to the topic
button-retry = Try again
button-old = This button no longer works.

done-accept = Accepted. Go ahead.
done-accept-topic = Accepted. Answer in the customer's topic: it is about to open.
done-close = The conversation is closed.
done-no-reply = Noted: no answer needed.
done-reopen = The conversation is open again and yours.
done-retry = Sending it again.
retry-not-failed = Nothing to try again: the message is not stuck.

hint-accept-first = To answer a request you have to accept it first: press “Accept” on its card.
hint-already-taken = Already taken by { $name }.
hint-already-yours = This conversation is yours already.
hint-already-closed = The conversation is closed already. To go on, press “Open again” on its card.
hint-not-a-member = Only members of this group can work with conversations.
hint-not-found = There is no such conversation.
hint-in-the-topic = Answer in the customer's topic: a button on the card leads there.
hint-anonymous = You write anonymously, as the group, so nobody can tell who you are. Switch off “Remain anonymous” in your admin rights and repeat.
hint-as-channel = You write as a channel, so nobody can tell who you are. Choose yourself at the left of the input field and repeat.
hint-not-checked = Could not check that you are a member of the group. Try again in a minute.
hint-has-newer = This customer already has a newer conversation: go on there.
hint-cannot-edit = This channel cannot change what was sent: the customer still sees the earlier text. Send a correction as a new message.
hint-cannot-unsend = It can't be taken back: this channel cannot delete what was sent. The customer still has the message.
hint-not-an-answer = Only an answer that went to a customer can be taken back.
hint-unknown-command = There is no such command; messages that begin with “/” do not go to customers. See /help.
hint-not-in-work = Only a request in work can be handed to a colleague: accept it first.
hint-in-the-feed = The request is in this group's feed already.
nothing-sent = Nothing was sent to the customer.

sent-again = The message was sent again.
not-delivered = Not delivered: { $reason }
why-blocked = the customer has blocked the bot or deleted the account.
why-too-long = the message is too long for this channel{ $limit ->
    [none] .
   *[other] {" "}(up to { $limit }).
}
why-too-big = the file is too big for this channel{ $limit ->
    [none] .
   *[other] {" "}(up to { $limit }).
}
why-unsupported = this channel does not carry such messages. Write it as text.
why-empty = there is nothing to send in the message.
why-file-gone = the file is no longer available. Send it again.
why-expired = it could not be sent for a day.
why-rejected = the channel refused this message.
why-file-type = this channel takes no { $limit } files. Send it as an archive or a link.
why-window-closed = the time for an answer is over: the platform lets nothing through until the customer writes again.
why-not-paid = Viber charges for messages outside a session, and the quota or the money is used up. Once the customer writes, you can answer again.
why-undelivered = the platform took the message but did not deliver it to the customer.
why-cannot-edit = the change did not arrive; the customer sees the earlier text.
why-cannot-unsend = it could not be taken back, the customer still has it.
why-channel-gone = this channel is no longer in the configuration.

event-reaction = The customer reacted: { $emoji }
event-reaction-removed = The customer took the reaction away.
event-window-closed = The time for an answer is over ({ $hours } h): nothing gets through until the customer writes again.
event-blocked = The customer has forbidden messages: answers will not arrive.
event-unblocked = The customer allows messages again.
detail-referral = Came by
card-profile = profile

outage-down = 🔴 { $channel }: the channel does not work. { $reason } Messages to customers wait, and go when it works again.
outage-up = 🟢 { $channel }: the channel works again.
outage-store = 🔴 The database takes nothing: { $why ->
    [full] there is no room on the disk
    [busy] another program holds it
   *[other] the disk answers with errors
}. What customers and you write is not lost: it waits, and comes in when this is mended.
outage-store-over = 🟢 The database works again.
outage-trouble = 🟡 { $channel }: { $reason }

board-total = { $count ->
    [one] { $count } new
   *[other] { $count } new
}
board-feed = 📥 Incoming: { $count }
board-unanswered = 💬 Accepted, unanswered: { $count }
board-queue-seconds = queue { $seconds } s
board-queue-minutes = queue { $minutes } min
board-accepted = { $count ->
    [one] { $count } conversation
   *[other] { $count } conversations
}
board-new = { $count ->
    [one] { $count } waits for an answer
   *[other] { $count } wait for an answer
}
board-audit = audit: { $count ->
    [one] { $count } entry unaccounted for
   *[other] { $count } entries unaccounted for
} — python bot.py audit

command-help = how to work here
command-open = who waits: incoming conversations
command-mine = conversations that are mine
command-close = close a conversation (in its topic, or as a reply to the card)
command-unsend = take an answer back from the customer (reply to it)
command-status = do the channels work, are there queues
help-title = How to answer customers
help-topics =
    1. A new conversation comes as a card. Press “Accept”: the customer's topic opens.
    2. All that you write in the topic goes to the customer.
    3. A message that begins with // stays a note for colleagues.
    4. “Hand on…” gives it to a colleague, to another group, or back to the feed.
    On your message: ✍ queued, 👌 sent, 👀 seen, 💔 failed.
help-replies =
    1. A new conversation comes as a card. Press “Accept”.
    2. Reply to the card or to any message of the customer (swipe it left): the reply goes to the customer. All else stays in the group.
    3. A reply that begins with // is a note for colleagues.
    4. “Hand on…” gives it to a colleague, to another group, or back to the feed.
    On your message: ✍ queued, 👌 sent, 👀 seen, 💔 failed.
open-title = { $count ->
    [one] { $count } conversation waits:
   *[other] { $count } conversations wait:
}
open-empty = Nobody waits.
mine-title = { $count ->
    [one] You have { $count } conversation:
   *[other] You have { $count } conversations:
}
mine-empty = You have no conversations.
list-more = … and { $count } more
close-which = Write /close in the customer's topic, or as a reply to the conversation's card.
unsend-which = Reply with /unsend to your message that went to the customer.
done-unsend = Taken back: the customer no longer has the message.
status-title = Status
status-up = works
status-down = does not work
status-starting = starting
status-queue = { $count ->
    [one] { $count } message waits to be sent
   *[other] { $count } messages wait to be sent
}
status-posts = { $count ->
    [0] Everything is shown in the group.
   *[other] Not shown in the group yet: { $count }.
}
status-delay = It takes about { $seconds } s.
status-desk = 🔴 This group: { $reason }
status-helper = Helper bot { $name }
helper-token = its token is not valid: get a new one from @BotFather and put it into helpers.
helper-absent = it is not in the group: add it and make it an admin.
helper-rights = it is not an admin: make it an admin of the group.
helper-topics = it lacks the right “Manage topics”: turn it on in the admin's settings.
helper-updates = another program takes its updates, and the buttons under its posts are dead: stop that program.
helper-basic = this is a basic group, and helpers work in a supergroup: turn on topics or the history for new members.
helper-paused = Telegram asks it to wait for { $seconds } s, others do its work: nothing is to be done.
helper-failing = Telegram cannot be reached ({ $reason }): check the network and the proxy.

## The ledger

audit-totals = In all
audit-total-customers = customers
audit-total-conversations = conversations
audit-total-open = of which are open
audit-total-events = events and messages known at the platforms
audit-total-received = messages from customers
audit-total-answers = messages to customers
audit-total-delivered = of which were delivered
audit-total-failed = of which failed
audit-total-posts = posts in the groups
audit-total-media = files
audit-waits = Waiting
audit-waits-nothing = Nothing waits.
audit-waits-conversations = conversations that a group has yet to look at
audit-waits-messages = messages that a group has yet to show
audit-waits-downloads = files to be copied
audit-waits-lane = to be sent: { $channel }
audit-longest = the longest { $unit ->
    [seconds] { $number } s
    [minutes] { $number } min
    [hours] { $number } h
   *[days] { $number } days
}
audit-noted = For your information
audit-noted-given-up = files that could not be copied from their platform
audit-noted-aside-before = events set aside earlier, more than a week ago
audit-noted-early = receipts whose message was not found
audit-good = ✓ Everything is accounted for.
audit-bad = ✗ Unaccounted for: { $count }
audit-hidden = messages that the group does not show, nor is going to
audit-postless = messages said to be shown that no post shows
audit-homeless = customers' messages outside any conversation
audit-cardless = open conversations without a card
audit-groupless = conversations of groups that the config does not have
audit-unsent = messages to customers with no fate: not even queued
audit-workless = messages “queued” that nobody is going to send
audit-confused = messages whose work does not fit their state
audit-untold = failures that no operator was told of
audit-unmarked = answers whose mark in the group is out of date
audit-eventless = customers' messages without an id of the platform
audit-nowhere = ids of platforms without a message
audit-torn = links to posts that are not there
audit-dangling = rows that point nowhere
audit-aside = events set aside within a week: not understood
audit-fileless = files with a row, but not on the disk
audit-rowless = files on the disk without a row

## Running

run-port-taken = Could not listen on { $host }:{ $port }: { $reason }. Free the port or change [server] port.
run-started = Otklik is running: { $url }
store-missing = { $path }: there is no database yet. It comes to be when Otklik is started.
store-older = { $path }: an older version of Otklik wrote this database. Start Otklik of this version: it brings it up to date.
store-locked = { $path }: another Otklik process is using this database. Stop it and start again.
store-newer = { $path }: a newer version of Otklik wrote this database. Install that version, or restore the copy that lies beside the database.
store-foreign = { $path }: this is another program's database. Name another file in [storage] path.
store-broken = { $path }: this is not a usable SQLite database ({ $reason }).
store-unwritable = { $path }: this cannot be written ({ $reason }).

## Web desk: frame

desk-web-title = Requests
desk-web-noscript = Turn JavaScript on in the browser to work with requests.
desk-web-enter-title = Operators: sign in
desk-web-enter-local = What is your name? Customers and colleagues will see it.
desk-web-enter-name = Your name
desk-web-enter-button = Sign in
desk-web-enter-local-hint = Otklik runs on this computer, and only whoever sits at it can sign in.
desk-web-enter-link = With the bot's link. It works once, and not for long.
desk-web-enter-telegram = Signing in through Telegram…
desk-web-enter-bot = Send { $bot } the command /desk in private: it will send a link to sign in with.
desk-web-enter-bot-nameless = Send your group's bot the command /desk in private: it will send a link to sign in with.
desk-web-enter-bot-open = Open the bot
desk-web-enter-members = Members of the operators' group can sign in.
desk-web-enter-again = Try again
desk-web-enter-unreachable = The server does not answer. Check the network and try again.
desk-web-enter-later = Too many attempts. Try again in { $seconds } s.
desk-web-enter-over = Your session is over. Sign in again.
desk-web-enter-out = You are no longer a member of the operators' group.
desk-web-leave = Leave
desk-web-navigation = Sections
desk-web-new-requests = { $count ->
    [one] { $count } new request
   *[other] { $count } new requests
}
desk-web-figure-feed = In the feed: { $count }
desk-web-figure-unanswered = Accepted, with new messages: { $count }
desk-web-figure-mine = Mine that wait for an answer: { $count }
desk-web-lists = Lists of requests
desk-web-list-feed = Incoming
desk-web-list-mine = Mine
desk-web-list-accepted = Accepted
desk-web-list-closed = Closed
desk-web-list-accepted-all = All accepted
desk-web-search = Search names and words
desk-web-search-clear = Clear the search
desk-web-group = Group
desk-web-group-all = All groups
desk-web-found = { $count ->
    [one] { $count } request found
   *[other] { $count } requests found
}
desk-web-empty-feed = No new requests
desk-web-empty-feed-hint = All are accepted. A new one will appear here by itself.
desk-web-empty-mine = You have nothing to work on
desk-web-empty-mine-hint = Accept a request from “Incoming”, and it will be here.
desk-web-empty-accepted = Nothing is accepted
desk-web-empty-accepted-hint = Here are all requests that your colleagues and you work on.
desk-web-empty-closed = No closed requests
desk-web-empty-closed-hint = What is closed can always be found here and opened again.
desk-web-empty-search = Nothing found
desk-web-empty-search-hint = Try the beginning of a name, a guest's number or a word of a message. Or look into another list.
desk-web-loading = Loading…
desk-web-choose = Choose a request
desk-web-choose-hint = In the list on the left, those who have waited longest come first.
desk-web-choose-keys = Arrows up and down choose, Enter opens, ? shows all keys.
desk-web-row-waits = waits { $time }
desk-web-row-closed = closed { $time }
desk-web-row-unread = { $count ->
    [one] { $count } unread
   *[other] { $count } unread
}
desk-web-row-operator = with { $name }
desk-web-row-looking = { $name } is looking
desk-web-row-you = You
desk-web-row-note = Note
desk-web-row-draft = Draft
desk-web-last-photo = Photo
desk-web-last-video = Video
desk-web-last-animation = Animation
desk-web-last-audio = Audio
desk-web-last-voice = Voice message
desk-web-last-video_note = Video message
desk-web-last-document = File
desk-web-last-sticker = Sticker
desk-web-last-location = Place
desk-web-last-venue = Place
desk-web-last-contact = Contact
desk-web-last-poll = Poll
desk-web-last-unknown = Attachment
desk-web-ago-now = < 1 min
desk-web-ago-minutes = { $count } min
desk-web-ago-hours = { $count } h
desk-web-ago-days = { $count } d
desk-web-source-site = site
desk-web-source-telegram = Telegram
desk-web-source-vk = VKontakte
desk-web-source-viber = Viber
desk-web-source-facebook = Facebook
desk-web-popups = Notices
desk-web-popup-request = New request
desk-web-popup-message = New message
desk-web-popup-more = { $count ->
    [one] and { $count } more request
   *[other] and { $count } more requests
}
desk-web-dismiss = Dismiss
desk-web-offline = No connection. The list may be old; what you write will go as soon as there is one.
desk-web-offline-now = Connect now
desk-web-connecting = Connecting…
desk-web-offline-act = The server cannot be reached. Try again when it can.
desk-web-outdated = This page is old: the server has a new version.
desk-web-reload = Reload the page
desk-web-back = Back to the list
desk-web-close = Close
desk-web-person = About the customer
desk-web-settings = Settings
desk-web-pref-theme = Appearance
desk-web-pref-theme-system = As the system
desk-web-pref-theme-light = Light
desk-web-pref-theme-dark = Dark
desk-web-pref-notices = Notices
desk-web-pref-popup = Pop-up in the corner
desk-web-pref-sound = Sound
desk-web-pref-notify = Browser notifications while the tab is out of sight
desk-web-pref-notify-forbidden = The browser forbids notifications for this address. Allow them in its settings.
desk-web-pref-requests = Of new requests
desk-web-pref-messages = Of messages in my requests
desk-web-pref-writing = Send a message with
desk-web-pref-enter = Enter
desk-web-pref-ctrl-enter = Ctrl + Enter
desk-web-pref-signed = You entered as { $name }
desk-web-keys = Keys
desk-web-keys-lists = List
desk-web-keys-talk = Request
desk-web-keys-everywhere = Everywhere
desk-web-key-up-down = previous, next request
desk-web-key-enter = open, and go to the answer
desk-web-key-accept = accept
desk-web-key-search = search
desk-web-key-escape = back: close a window, the search, the request
desk-web-key-lists = Incoming, Mine, Accepted, Closed
desk-web-key-ends = first, last of the list
desk-web-key-send = send
desk-web-key-line = new line
desk-web-key-edit = correct the last one sent (in an empty field)
desk-web-key-help = this sheet

## Web desk: door

desk-web-door-enter = Sign in to work with requests: write /desk to your group's bot in private, and it sends you a link.
desk-web-door-enter-bot = Sign in to work with requests: write /desk to @{ $bot } in private, and it sends you a link.
desk-web-door-enter-local = What is your name? Customers and colleagues will see it.
desk-web-door-foreign = This did not come from Otklik's own page. Open it again at its usual address.
desk-web-door-form = The request could not be understood. Reload the page and try again.
desk-web-door-link = The link has been used or is too old: it works once, and not for long. Ask the bot for a new one: /desk.
desk-web-door-local = A name of your choice is enough only on the computer that Otklik runs on, and only in local mode.
desk-web-door-name = Write a name: one letter at least.
desk-web-door-signature = It could not be verified that Telegram sent you. Open the app again from the chat with the bot.
desk-web-door-old = Telegram introduced you too long ago. Close the app and open it again from the chat with the bot.
desk-web-door-not-a-member = This is for members of the operators' groups, and you are in none of them. Ask to be added to the group and sign in again.
desk-web-door-not-checked = Telegram could not be asked which group you are in. Try again in a minute.
desk-web-door-too-many = { $seconds ->
    [one] Too many tries. Wait for { $seconds } second.
   *[other] Too many tries. Wait for { $seconds } seconds.
}

## Web desk: refusals

desk-error-bad-frame = The page sent something that the server did not understand. Reload it.
desk-error-unknown-type = This page is newer or older than the server. Reload it.
desk-error-bad-version = This page is newer or older than the server. Reload it.
desk-error-hello-first = The page sent something that the server did not understand. Reload it.
desk-error-too-big = The message is too big.
desk-error-text-too-long = The text is too long: 10,000 characters at most.
desk-error-empty = There is nothing in the message.
desk-error-too-many-files = Too many files: one message takes up to 10.
desk-error-file-gone = The file is no longer on the server. Attach it again.
desk-error-not-yours = You can change only what you wrote yourself.
desk-error-not-failed = There is nothing to repeat: the message is no longer among those that failed.
desk-error-no-such-message = There is no such message.
desk-error-no-such-colleague = This colleague is not in the conversation’s group.
desk-error-no-such-group = There is no such group.
desk-error-try-later = That did not work: the server could not store it. Try a little later.
desk-error-flood = The page sends too much. Wait a minute.
desk-error-too-many-pages = Too many tabs are open. Close some.
desk-error-session-over = Your session is over. Sign in again.
desk-error-not-a-member = You are no longer in any group. Only members see the conversations.
desk-error-not-checked = Telegram does not answer now, so which group you are in cannot be checked. The page connects by itself as soon as it does.
desk-error-silent = The page was silent for too long.
desk-error-going-away = The server is restarting. The page will connect by itself.
desk-transfer-colleague = Handing this over. It is now with { $name }
desk-transfer-group = Handing this over to the group “{ $group }”
desk-transfer-feed = Putting this back into “Incoming”

## Demo

demo-config-note = The demo writes these settings anew at each start. Yours go into config.toml: python bot.py --write-config
demo-group-sales = Sales
demo-group-support = Support
demo-site-title = Site
demo-company = The Tea Shop
demo-greeting = Hello! We'll help you choose and tell you about delivery.
demo-title = Otklik: demo
demo-badge = demo
demo-links = Links
demo-connect = Connect your Telegram group
demo-connect-short = Connect Telegram
demo-other-language = Русский
demo-tabs = What to show
demo-customer = A customer on the site
demo-operators = Operators
demo-alone = open by itself
demo-customer-frame = A page of a site with the chat
demo-operators-frame = The operators' desk
demo-operator = Operator
demo-rehearsing = A rehearsal: invented customers write to you. They are gone when it ends.
demo-noscript = This page needs JavaScript.
demo-started = Otklik, the demo. All of it is real, only without Telegram: no token, no account.
demo-address-both = Customer and operator side by side:
demo-address-site = The customer alone:
demo-address-desk = The operator alone:
demo-address-connect = Connect Telegram:
demo-kept = Everything is kept in { $folder }; the next start goes on from there.
demo-rehearsal-on = A rehearsal: soon invented customers of all channels will write. They are gone when it ends.
demo-how-to-end = Ctrl-C ends it.
demo-no-config = There is no config file { $path } yet, so this is the demo. For real work: its page “Connect Telegram”, or python bot.py --write-config
demo-lost-config = There is no { $path }, but { $database } is here: somebody has worked here. Put the config file back, or name it with --config. To look at the demo: python bot.py demo
demo-port-next = Port { $taken } is taken by another program; using { $port }.
demo-port-taken = Port { $port } is taken by another program. Free it, or name another one: python bot.py demo --port { $other }
demo-no-port = There is no free port from { $port } on. Name one that is free: python bot.py demo --port …
demo-cannot-write = The folder { $path } cannot be made: { $reason }
demo-occupied = { $path } is used for real work: the demo leaves it alone. Name another folder: --folder
demo-rehearsal-title = { $title } (rehearsal)
demo-kind-site = Site
demo-kind-telegram = Telegram
demo-kind-vk = VKontakte
demo-kind-viber = Viber
demo-kind-facebook = Messenger
cli-help-demo = Try it without tokens and accounts: the chat on a site and the operators' desk on one page.
cli-help-demo-port = The port [8080 or the next free one].
cli-help-demo-folder = Where data is kept [otklik-demo].
cli-help-demo-language = The language [the system's].
cli-help-rehearse = Let invented customers of all channels come; they are gone when it ends.

connect-heading = Connect your Telegram group
connect-lead = Requests will come into your group as cards, and the desk in the browser stays. This writes a config file on this computer; the token goes nowhere but to Telegram.
connect-back = ← Back to the demo
connect-step-bot = 1. The bot
connect-bot-hint = Write /newbot to @BotFather: you get a token like 123456789:AAE…
connect-token = The bot's token
connect-more = A proxy, or a Bot API server of your own
connect-proxy = Proxy
connect-api-url = Bot API server
connect-check-bot = Check
connect-step-group = 2. The group
connect-group-hint = Make a group for the operators (with Topics, each customer has one), add the bot and make it an admin: pin messages, delete messages, manage topics.
connect-add = Add the bot to a group
connect-look = Find the group
connect-found = The bot was seen just now in:
connect-no-groups = Not seen yet. Add the bot to the group, write /status there and press again.
connect-chat = The group's number
connect-chat-hint = Found by itself when the bot is in the group; or put -1, and python bot.py check names it.
connect-group-title = The group's name
connect-title = Support
connect-site = The address of your site, if there is one
connect-public-url = The address at which browsers will see Otklik, if there is one already
connect-public-url-hint = Without it the chat works on this computer. With https the desk opens inside Telegram, too.
connect-write = Write the settings
connect-done = Done: the settings are written
connect-next = Stop the demo (Ctrl-C) and run:
connect-enter = To enter the desk, write /desk to the bot in private.
connect-failed = Otklik does not answer. Is it running?
connect-silent = Telegram did not answer in time. Try again; where it cannot be reached from your network, name a proxy.
connect-foreign = This can be done only at the computer where Otklik runs, and only from this page.
connect-form = These values do not fit: too long, or with signs that cannot be printed.
connect-chat-id = The group's number is a number like -1001234567890. If you do not know it, put -1.
connect-note = Written by the page “Connect your Telegram group”. All settings, with comments: config.example.toml

## Web desk: conversation

desk-web-talk = Request
desk-web-log = Conversation
desk-web-log-keys = Up and down arrows go through the messages, Tab to what can be done with one.
desk-web-customer = Customer
desk-web-operator = Operator
desk-web-you = You
desk-web-today = Today
desk-web-yesterday = Yesterday
desk-web-newest = To the newest messages
desk-web-new-tab = opens in a new tab
desk-web-types = { $name } is typing…
desk-web-edited = edited
desk-web-deleted = Message taken back
desk-web-deleted-of = { $name }, a message taken back
desk-web-taken-back = taken back
desk-web-quoted = In answer to a message
desk-web-whole = Show all of it
desk-web-less = Show less
desk-web-note = Note
desk-web-note-of = Note, { $name }: the customer does not see it
desk-web-note-flag = Note: the customer does not see it
desk-web-delivery-sending = Being sent
desk-web-delivery-queued = Waits to be sent
desk-web-delivery-sent = Sent
desk-web-delivery-delivered = Delivered
desk-web-delivery-seen = Seen by the customer
desk-web-delivery-failed = Not delivered
desk-web-not-delivered = Not delivered: { $reason }
desk-web-not-sent = Not sent.
desk-web-not-done = That did not work. Try again a little later.
desk-web-retry = Try again
desk-web-to-field = Back to the field
desk-web-message-tools = What to do with the message
desk-web-copy = Copy the text
desk-web-reply = Answer this message
desk-web-edit = Edit
desk-web-unsend = Take back from the customer
desk-web-remove = Remove the note
desk-web-more = More
desk-web-photo = Photo
desk-web-video = Video
desk-web-voice = Voice message
desk-web-audio = Audio
desk-web-sticker = Sticker
desk-web-file = File
desk-web-location = Place on the map
desk-web-venue = Place
desk-web-contact = Contact
desk-web-poll = Poll
desk-web-dice = Dice
desk-web-unknown = An attachment that Otklik cannot show
desk-web-on-the-map = Open on the map
desk-web-no-file = The file is not available here
desk-web-play = Play
desk-web-pause = Pause
desk-web-seek = Seek
desk-web-download = Download
desk-web-broken = Did not load
desk-web-previous = Previous
desk-web-next = Next
desk-web-cancel = Cancel
desk-web-happened-accepted = Accepted: { $name }
desk-web-happened-accepted-alone = Accepted
desk-web-happened-closed = Closed: { $name }
desk-web-happened-closed-alone = Closed
desk-web-happened-reopened = Opened again: { $name }
desk-web-happened-reopened-alone = Opened again
desk-web-happened-no-reply = Marked “no reply needed”: { $name }
desk-web-happened-no-reply-alone = Marked “no reply needed”
desk-web-happened-transferred = Transferred: { $name } → { $to }
desk-web-happened-transferred-alone = Transferred: { $to }
desk-web-happened-returned = Returned to Incoming: { $name }
desk-web-happened-returned-alone = Returned to Incoming
desk-web-happened-moved = Moved to the group “{ $to }”: { $name }
desk-web-happened-moved-alone = Moved to the group “{ $to }”
desk-web-stage-incoming = not accepted
desk-web-stage-accepted = in work
desk-web-stage-mine = in work, yours
desk-web-stage-open = open
desk-web-stage-closed = closed
desk-web-stage-closed-ago = closed { $time } ago
desk-web-accept = Accept
desk-web-reopen = Open again
desk-web-close-talk = Close
desk-web-close-unanswered = Close unanswered
desk-web-no-reply = No reply needed
desk-web-transfer = Transfer
desk-web-gate-incoming = To answer, accept the request
desk-web-gate-previous = The last request: { $name }
desk-web-gate-closed = The request is closed
desk-web-gate-newer = The request is closed; the customer has a newer one: go on there
desk-web-ask-close = The customer waits for an answer. Close it?
desk-web-ask-close-unanswered = Close it unanswered?
desk-web-ask-close-hint = The customer is not told. If they write again, a new request comes.
desk-web-ask-unsend = Take the message back?
desk-web-ask-unsend-hint = It goes away at the customer's. You and your colleagues can still read it.
desk-web-ask-remove = Remove the note?
desk-web-write = Message to the customer…
desk-web-write-note = Note to colleagues…
desk-web-write-what = Whom you write to
desk-web-to-customer = To the customer
desk-web-send = Send to the customer
desk-web-send-note = Save the note
desk-web-save = Save the changes
desk-web-editing = Editing a message
desk-web-attach = Attach files
desk-web-take-out = Take out
desk-web-uploading = Uploading
desk-web-upload-failed = the file could not be uploaded
desk-web-drop = Let go to attach
desk-web-with-other = { $name } has this request. Your answer goes in your name.
desk-web-limit-blocked = The customer has blocked messages: an answer will not arrive.
desk-web-limit-window-closed = The time to answer is over: the platform lets nothing through until the customer writes.
desk-web-limit-window-soon = You can answer until { $time }: after that the platform lets nothing through until the customer writes.
desk-web-limit-file-too-big = { $name }: the file is too big, up to { $size } can go.
desk-web-limit-file-kind = { $name }: { $place } does not carry this ({ $kind }).
desk-web-limit-file-type = { $name }: { $place } takes no .{ $ending } files. Send an archive or a link.
desk-web-limit-file-linked = { $name }: goes to the customer as a link, { $place } does not carry the file itself.
desk-web-transfer-title = Transfer the request
desk-web-transfer-colleague = To a colleague
desk-web-transfer-group = To another group
desk-web-transfer-back = Back
desk-web-transfer-feed = To Incoming
desk-web-transfer-feed-hint = Whoever is free accepts it
desk-web-transfer-nobody = There is nobody to transfer to: no other groups, and no colleagues have been here yet.
desk-web-transfer-comment = For example: wants an invoice, agreed on tomorrow
desk-web-transfer-comment-label = Comment for colleagues; the customer does not see it
desk-web-transfer-go = Transfer
desk-web-contacts = Contacts
desk-web-username = Username
desk-web-profile = Profile
desk-web-email = Email
desk-web-phone = Phone
desk-web-tongue = Language
desk-web-page = The page they write from
desk-web-from-the-site = On the site
desk-web-verified = vouched for by the site
desk-web-blocked = has blocked messages
desk-web-same-person = Writes here too
desk-web-this-request = This request
desk-web-standing = State
desk-web-opened = Came
desk-web-accepted = Accepted
desk-web-closed = Closed
desk-web-previous-operator = The last one had
desk-web-earlier-requests = Earlier requests
desk-web-limit-too-long = { $count ->
    [one] Too long: up to { $most } characters can go, { $count } too many.
   *[other] Too long: up to { $most } characters can go, { $count } too many.
}
desk-web-limit-parts = { $count ->
    [one] Longer than { $most } characters: goes as { $count } message.
   *[other] Longer than { $most } characters: goes as { $count } messages.
}
desk-web-limit-too-many-files = { $count ->
    [one] Up to { $count } file can go in one message.
   *[other] Up to { $count } files can go in one message.
}
desk-web-others-look = { $count ->
    [one] { $names } is looking at this request too
   *[other] { $names } are looking at this request too
}
desk-web-others-type = { $count ->
    [one] { $names } is writing here…
   *[other] { $names } are writing here…
}

## Telegram desk: what happens at another desk

hint-in-another-group = This request has moved to another group: it is answered there now.
card-returned = Back in the feed: { $name }
card-moved-here = From another group: { $name }
card-retired = In the feed again: the card is below
card-left = Moved to the group “{ $group }”
command-desk = enter the web desk
desk-link = { $name }, this is your way into the web desk. The link works once and for 10 minutes: do not pass it on.
desk-open-here = Open here
desk-menu = Requests
desk-in-private = I send the link only in a private chat: write /desk to me there.
desk-to-private = Open the private chat
desk-off = The web desk is not switched on: it is the section [web] of config.toml.
button-transfer = Hand on…
transfer-to-whom = To whom shall the request go: { $name }?
transfer-to-feed = ↩️ To the feed
done-transfer = Handed on.
transfer-colleague-gone = This operator is not in the group any more.
