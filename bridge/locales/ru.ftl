### Всё, что читают люди. Тот же порядок и те же идентификаторы, что в en.ftl (проверяет tests/test_catalogue.py).
### Числа пишутся по правилам языка (1 234), поэтому номера и id передаются строками.

## Configuration

config-quoted = «{ $text }»
config-numbered = №{ $number }
config-channel-title = { $kind ->
    [site] Сайт
    [telegram] Telegram
    [vk] ВКонтакте
    [viber] Viber
    [facebook] Facebook
   *[other] { $kind }
} · { $name }

config-unreadable = не удаётся прочитать файл: { $reason }
config-not-utf8 = файл не в кодировке UTF-8: пересохраните его в UTF-8
config-syntax = ошибка в записи TOML: { $reason }
config-syntax-quote = не закрыта кавычка: строка начинается и кончается знаком " в одной и той же строке файла
config-syntax-after-value = после значения лишнее: на одной строке пишется одно «ключ = значение», а кавычка внутри строки — как \"
config-syntax-value = непонятное значение: текст берётся в кавычки, логические значения пишутся true и false
config-syntax-equals = ожидалось «ключ = значение»
config-syntax-repeated-key = этот ключ уже задан выше
config-syntax-repeated-table = такой раздел уже есть выше; повторяются только [[group]], [[channel]] и [[operator]]
config-syntax-list = список не закрыт скобкой ]
config-syntax-backslash = обратная черта в строке пишется дважды: \\

config-missing = обязательный ключ не задан
config-no-desk = нет раздела [desk] с токеном бота сотрудников. Без Telegram сотрудники могут работать только в браузере на этой машине: [web] local = true
config-telegram-needs-token = нет раздела [desk], чьим ботом мог бы пользоваться этот канал: задайте ему свой token
config-local-disabled = local — для веб-панели, а enabled = false её выключает: уберите одно из двух
config-local-host = при local = true войти может любой, кто откроет панель, поэтому сервер должен слушать 127.0.0.1, а в [server] host указано { $host }
config-local-url = при local = true войти может любой, кто откроет панель, поэтому public_url должен вести на эту же машину (http://127.0.0.1:8080) или отсутствовать
config-no-tables = нужен хотя бы один раздел [[{ $name }]]
config-expected-tables = раздел пишется в двойных скобках: [[{ $name }]]
config-expected-table = ожидался раздел с ключами, а не значение
config-expected-string = ожидалась строка в кавычках
config-expected-number = ожидалось целое число
config-expected-switch = ожидалось true или false без кавычек
config-expected-list = ожидался список в квадратных скобках: ["…", "…"]
config-expected-one-of = ожидалось одно из: { $names }
config-wrong-value = значение не подходит
config-empty = значение пустое
config-empty-list = список пуст
config-too-long = слишком длинно: можно не больше { $most } знаков
config-too-small = слишком мало: можно от { $least }
config-bad-port = порт — число от 1 до 65535
config-bad-name = имя — от 1 до 32 знаков: строчные латинские буквы, цифры, «-» и «_»
config-bad-url = ожидался адрес вида https://chat.example.ru
config-bad-proxy = ожидался прокси вида http://адрес:порт или socks5://логин:пароль@адрес:порт
config-bad-address = ожидался IP-адрес или сеть вида 10.0.0.0/8
config-bad-color = ожидался цвет вида #2457d6
config-bad-page = ожидался путь страницы вида /catalog*: без адреса сайта, * — что угодно
config-bad-link = ожидался адрес страницы вида https://shop.example.ru/privacy
config-bad-hours = ожидались часы вида "mon-fri 09:00-18:00" или "sat 10:00-13:00, 14:00-18:00"
config-bad-timezone = ожидался часовой пояс вида Europe/Moscow
config-bad-timezone-likely = такого часового пояса нет; может быть, вы имели в виду "{ $likely }"?
config-short-secret = секрет короче { $least } знаков. Сделать хороший: python -c "import secrets; print(secrets.token_urlsafe(48))"
config-required-unasked = этого нет в ask: { $names }
config-consent-without-words = не задан consent — слова у галочки, к которым относится ссылка
config-empty-form = форма ничего не спрашивает: нужен ask или consent
config-bad-token = это не похоже на токен бота: он вида 123456789:AAE… и выдаётся @BotFather
config-bad-webhook-secret = можно только латинские буквы, цифры, «-» и «_», до 256 знаков
config-bad-chat-id = ожидался номер чата вида -1001234567890. Не знаете его — впишите -1, добавьте бота в группу и запустите «python bot.py check»: он назовёт номер
config-bad-origin = ожидался адрес сайта вида https://shop.example.ru
config-origin-without-scheme = не хватает https://; может быть, вы имели в виду "{ $likely }"?
config-origin-with-path = адрес сайта пишется без пути и без логина: "{ $likely }"
config-origin-with-star = звёздочка в адресе не действует: перечислите адреса сайтов или разрешите все — "*"

config-unknown-key = неизвестный ключ; здесь бывают: { $names }
config-unknown-key-likely = неизвестный ключ; может быть, вы имели в виду "{ $likely }"?
config-unknown-key-top = ключ { $name } пишется в начале файла, до первого раздела в скобках
config-unknown-key-above = ключ { $name } пишется выше, до [{ $table }]
config-kind-missing = не указан вид канала; есть: { $names }
config-kind-unknown = вида «{ $kind }» нет; есть: { $names }
config-channel-needs-url = каналу вида { $kind } нужен public_url на https: по нему платформа вызывает Otklik
config-channel-needs-https = каналу вида { $kind } нужен public_url на https: без него платформа не вызовет Otklik
config-account-taken = эта страница или сообщество уже есть в другом канале: { $value }
config-unknown-group = группы «{ $group }» нет; есть: { $names }
config-unknown-group-likely = группы «{ $group }» нет; может быть, вы имели в виду "{ $likely }"?
config-unknown-channel = канала «{ $name }» нет; продолжить можно в: { $names }
config-unknown-channel-likely = канала «{ $name }» нет; может быть, вы имели в виду "{ $likely }"?
config-continue-in-site = «{ $name }» — тоже сайт: продолжить можно только в мессенджере
config-name-taken = имя «{ $value }» уже занято выше
config-name-reserved = имя «{ $name }» занято самим Otklik: выберите другое
config-chat-taken = чат { $value } уже у другой группы: у каждой группы свой чат
config-operator-taken = сотрудник { $value } уже описан выше
config-helper-taken = этот бот уже указан выше: каждый помощник — отдельный бот
config-bot-taken = этот бот уже занят: у каждого канала Telegram свой бот
config-desk-bot-taken = на боте сотрудников уже есть канал: заведите для этого отдельного бота и укажите его token
config-key-of-the-desk = у канала без token бот тот же, что в [desk]: задайте { $key } там
config-webhook-needs-url = для вебхука нужен public_url
config-webhook-needs-https = Telegram присылает вебхуки только на https и порты 443, 80, 88, 8443: поправьте public_url или поставьте updates = "polling"
config-site-needs-url = для виджета на сайте нужен public_url: адрес, по которому браузеры видят Otklik
config-feed-topic-without-topics = feed_topic действует только с темами: уберите его или layout = "replies"
config-variable-unset = переменная окружения { $name } не задана
config-variable-name = в ${ "{" }…{ "}" } ожидалось имя переменной окружения: латинские буквы, цифры и «_»

## Check

check-title-machine = Место для данных
check-title-web = Веб-сервер
check-title-desk = [desk] Бот сотрудников
check-title-helper = [desk] Бот-помощник №{ $number }
check-title-web-desk = Веб-панель
check-web-desk = сотрудники работают на { $url }
check-web-desk-local = без проверки, под любым именем: только с этой машины (local = true)
check-web-desk-mini-app = открывается и внутри Telegram: напишите боту сотрудников /desk в личку
check-web-desk-no-mini-app = на /desk в личке бот пришлёт ссылку; внутри Telegram (Mini App) она открывается, только если public_url на https://
check-web-desk-here = без public_url ссылка, которую бот пришлёт на /desk, откроется только на этой машине
check-title-group = [[group]] { $name }: { $title }
check-title-channel = [[channel]] { $name }: { $title }
check-all-good = { $warnings ->
    [0] Всё в порядке.
    [one] Работать можно; { $warnings } замечание (!).
    [few] Работать можно; { $warnings } замечания (!).
   *[many] Работать можно; { $warnings } замечаний (!).
}
check-to-mend = Исправить (✗): { $count }.
check-broke = проверка не удалась: { $kind }
check-broke-fix = это ошибка в Otklik: запустите check с --log-level error и пришлите вывод разработчикам

check-database = база { $path } подходит
check-new-database = база { $path } будет создана при запуске
check-media = в папку { $path } можно писать
check-folder = в { $path } нельзя писать: { $reason }
check-folder-fix = дайте пользователю, от имени которого работает Otklik, право записи или укажите другое место в [storage]
check-not-a-database = { $path } — не база SQLite
check-not-a-database-fix = укажите в [storage] path другой файл или верните базу из резервной копии
check-strange-database = { $path } — база другой программы
check-strange-database-fix = укажите в [storage] path другой файл
check-newer-database = базу { $path } записала более новая версия Otklik
check-newer-database-fix = установите ту версию или верните резервную копию, которая лежит рядом с базой

check-running = Otklik сейчас работает на { $address }
check-can-listen = { $address } свободен, Otklik сможет на нём работать
check-port-taken = { $address } занят другой программой
check-port-taken-fix = остановите её или укажите другой port в [server]
check-cannot-listen = на { $address } нельзя принимать соединения: { $reason }
check-cannot-listen-fix = укажите в [server] свободный порт от 1024 и адрес этой машины (обычно 127.0.0.1)
check-url = { $url } ведёт к Otklik
check-url-silent = { $url } не отвечает: { $reason ->
    [certificate] сертификат не подходит
    [timeout] нет ответа за 10 секунд
    [dns] нет такого имени в DNS
   *[other] соединиться не удалось
}
check-url-silent-fix = проверьте имя в DNS, сертификат и то, что веб-сервер (nginx, Caddy) на этом адресе запущен и доступен снаружи
check-url-redirects = { $url } пересылает на { $location }
check-url-redirects-fix = впишите в public_url конечный адрес
check-url-elsewhere = { $url } отвечает (код { $status }), но это не Otklik
check-url-elsewhere-fix = настройте веб-сервер так, чтобы этот адрес передавался на host и port из [server]

check-token = токен действует: бот @{ $username }
check-bad-token = Telegram не знает этого токена
check-bad-token-fix = возьмите токен у @BotFather (команда /token) и проверьте, что он передан целиком
check-flood = Telegram просит подождать { $seconds } с
check-flood-fix = запустите проверку позже
check-no-answer = { $server } не отвечает ({ $detail })
check-no-answer-fix = проверьте интернет, api_url и proxy; если Telegram закрыт в вашей сети, нужен proxy
check-refused = Telegram отказал: { $detail }
check-refused-fix = проверьте, что бот в группе и что api_url — адрес сервера Bot API
check-polling = обновления: опрос, вебхука нет
check-webhook = обновления: вебхук установлен
check-webhook-unset = обновления: вебхук Otklik установит при запуске
check-webhook-left = у бота остался вебхук на { $host }: опрос с ним не работает
check-webhook-left-fix = остановите программу, которая его поставила, и удалите его: curl "https://api.telegram.org/bot<токен>/deleteWebhook"
check-webhook-elsewhere = вебхук ведёт на { $host }, а не на public_url
check-webhook-elsewhere-fix = Otklik переставит его при запуске; если этим ботом пользуется другая программа, остановите её
check-webhook-failing = Telegram не может передать обновления: { $reason }
check-webhook-failing-fix = проверьте, что public_url доступен снаружи по https с верным сертификатом

check-chat = группа «{ $title }» найдена
check-chat-id = группа «{ $title }» есть, но номер неполный
check-chat-id-fix = впишите chat_id = { $chat_id }
check-migrated = группа стала супергруппой и получила новый номер
check-migrated-fix = впишите chat_id = { $chat_id }
check-no-chat = чата { $chat_id } бот не видит
check-no-chat-fix = добавьте бота в группу и проверьте chat_id: у супергруппы он начинается с -100
check-seen-chat = недавно бот видел группу «{ $title }»: chat_id = { $chat_id }
check-not-in-chat = бота нет в группе
check-not-in-chat-fix = добавьте бота в группу и сделайте администратором
check-not-a-group = это не группа, а личный чат или канал
check-not-a-group-fix = создайте группу для сотрудников, добавьте бота и впишите её chat_id
check-basic-group = это обычная группа, а нужна супергруппа
check-basic-group-fix = владелец группы: Изменить → История чата → «видна»; номер группы сменится, запустите проверку снова
check-layout-topics = темы включены: каждому клиенту — своя тема
check-layout-replies = темы выключены: сотрудники отвечают на сообщения
check-layout-replies-in-forum = темы включены, но layout = "replies": всё идёт в General
check-no-topics = layout = "topics", но темы в группе выключены
check-no-topics-fix = темы включает только человек, владелец группы: Изменить → Темы; бот этого не может. Или layout = "auto"
check-feed-topic-no-topics = feed_topic задан, но темы в группе выключены
check-feed-topic-no-topics-fix = включите темы (владелец группы: Изменить → Темы) или уберите feed_topic
check-feed-topic = тема { $topic } для входящих найдена
check-no-feed-topic = темы { $topic } в группе нет
check-no-feed-topic-fix = номер темы — число после номера группы в ссылке на тему; впишите его в feed_topic или уберите ключ
check-admin = бот — администратор: видит все сообщения и реакции
check-not-admin = бот не администратор: не видит реакций, не может закреплять и удалять
check-not-admin-fix = группа → Администраторы → Добавить → бот; включите закрепление, удаление и управление темами
check-not-admin-private = бот не администратор: из-за режима приватности не видит сообщений сотрудников
check-not-admin-private-fix = группа → Администраторы → Добавить → бот; администратор видит всё и с режимом приватности
check-rights = прав достаточно
check-rights-missing = боту не хватает прав: { $rights }
check-rights-missing-fix = группа → Администраторы → бот: включите { $rights }
check-right-pin = «Закрепление сообщений»
check-right-delete = «Удаление сообщений»
check-right-topics = «Управление темами»
check-reactions = в группе разрешены не все реакции: отметок о доставке может не быть видно
check-reactions-fix = группа → Изменить → Реакции → Все
check-helper-admin = { $group }: администратор
check-helper-member = { $group }: в группе, но не администратор
check-helper-member-fix = сделайте бота администратором: до тех пор ему нечего делать, работают остальные
check-helper-topics = { $group }: администратор, но без права «Управление темами»
check-helper-topics-fix = группа → Администраторы → бот: включите «Управление темами»
check-helper-basic = { $group }: обычная группа, в ней помощники не работают
check-helper-basic-fix = сделайте группу супергруппой: включите в ней темы или историю для новых участников
check-helper-absent = { $group }: бота нет в группе
check-helper-absent-fix = добавьте бота в группу и сделайте администратором

check-desk-bot = клиенты пишут боту сотрудников: https://t.me/{ $username }
check-link = клиенты пишут сюда: https://t.me/{ $username }
check-origin = виджет можно поставить на { $origin }
check-any-origin = origins = "*": виджет может поставить любой сайт
check-any-origin-fix = перечислите в origins свои сайты
check-plain-origin = { $origin } без шифрования: браузеры передают с него всё открыто
check-plain-origin-fix = переведите сайт на https и впишите его так в origins
check-mixed-content = { $origin } открывается по https, а public_url — по http: браузеры не загрузят виджет
check-mixed-content-fix = дайте Otklik адрес на https (nginx или Caddy с сертификатом) вместо { $public_url }
check-own-origin = { $origin } нет в origins: добавьте, если виджет стоит и там
check-widget-tag = код для страниц: <script src="{ $public_url }/widget.js" data-channel="{ $name }" async></script>
check-identity = посетителей, вошедших на сайт, узнаём по подписи вашего сервера
check-hours = сейчас { $open ->
    [yes] открыто
   *[no] закрыто
}: { $text }
check-avatar = картинка { $path } подходит
check-no-avatar = { $path } не показать как картинку: { $reason }
check-no-avatar-fix = укажите в avatar файл JPEG, PNG или WebP, который Otklik может прочитать
check-continue = из чата можно продолжить в канале { $name }: { $link }
check-no-continue = в канале { $name } сейчас не продолжить: его бот не отвечает
check-no-continue-fix = исправьте этот канал или уберите его из continue_in

check-vk-token = ключ доступа действует: сообщество «{ $name }»
check-vk-link = клиенты пишут сюда: { $link }
check-vk-messages = сообщения сообщества включены
check-vk-messages-off = похоже, сообщения сообщества выключены: клиенты не смогут написать
check-vk-messages-off-fix = включите их: Управление → Сообщения → Сообщения сообщества
check-vk-messages-unknown = ВКонтакте не говорит, включены ли сообщения сообщества: проверьте сами (Управление → Сообщения)
check-vk-rights-enough = прав достаточно: сообщения, фотографии, файлы, управление
check-vk-rights = ключу доступа не хватает прав: { $rights }
check-vk-rights-fix = создайте новый ключ (Управление → Работа с API → Ключи доступа) и отметьте сообщения, фотографии, файлы и управление сообществом
check-vk-community = ключ доступа выдан сообществу { $found }, а в настройках community_id = { $id }
check-vk-community-fix = исправьте community_id или создайте ключ в нужном сообществе
check-vk-longpoll = события приходят опросом (Long Poll API { $version }), нужные включены
check-vk-longpoll-off = Long Poll API выключен: Otklik включит его при запуске
check-vk-events = выключены события: { $events }; Otklik включит их при запуске
check-vk-version = события приходят в версии API { $version }; Otklik сменит её на { $wanted } при запуске
check-vk-callback = события приходят на наш адрес (Callback API { $version }), нужные включены
check-vk-callback-unset = сервера Callback API ещё нет: Otklik добавит его при запуске
check-vk-callback-failing = ВКонтакте не доставляет события на { $url } (состояние: { $status })
check-vk-callback-failing-fix = проверьте, что public_url открывается снаружи, и запустите Otklik: он подтвердит адрес заново
check-vk-servers = в сообществе уже десять серверов Callback API, для нашего нет места
check-vk-servers-fix = удалите лишний: Управление → Работа с API → Callback API
check-vk-bad-token = ВКонтакте не принимает ключ доступа
check-vk-bad-token-fix = создайте новый: Управление → Работа с API → Ключи доступа
check-vk-denied = ВКонтакте отказывает в доступе (код { $code })
check-vk-denied-fix = создайте ключ с правами «сообщения», «фотографии», «файлы» и «управление сообществом»
check-vk-refused = ВКонтакте отказал (код { $code }): { $message }
check-vk-refused-fix = запустите проверку через несколько минут; что значит код: https://dev.vk.com/ru/reference/errors
check-vk-no-ffmpeg = программы ffmpeg нет: голосовые не в OGG Opus уйдут файлом (поставьте пакет ffmpeg, если это важно)
check-viber-bot = токен действует: бот «{ $name }»
check-viber-link = клиенты открывают бота так: { $link }
check-viber-webhook = события приходят: вебхук задан, нужные события включены
check-viber-webhook-unset = вебхука нет: Otklik задаст его при запуске
check-viber-events = выключены события: { $events }; Otklik включит их при запуске
check-viber-token = Viber не принимает токен
check-viber-token-fix = возьмите токен в приложении Viber: Ещё → Настройки → Боты → Изменить сведения → App key
check-viber-blocked = Viber заблокировал бота
check-viber-blocked-fix = напишите в поддержку Viber: снять блокировку может только она
check-viber-gone = у Viber нет такого бота
check-viber-gone-fix = проверьте, не удалён ли бот, и возьмите токен действующего
check-viber-suspended = Viber приостановил бота
check-viber-suspended-fix = напишите в поддержку Viber или партнёру, через которого заведён бот
check-viber-unauthorized = Viber не разрешает боту работать через API
check-viber-unauthorized-fix = напишите в поддержку Viber или партнёру, через которого заведён бот
check-viber-refused = Viber отказал (код { $status })
check-viber-refused-fix = запустите проверку через несколько минут; если не пройдёт, напишите в поддержку Viber и назовите код
check-facebook-page = токен действует: страница «{ $name }»
check-facebook-link = клиенты пишут странице так: { $link }
check-facebook-token = Facebook не принимает токен страницы{ $subcode ->
    [458] : приложение удалено у того, кто его выпускал
    [459] : Facebook просит владельца токена подтвердить вход
    [460] : владелец токена сменил пароль
    [463] : срок токена вышел
    [467] : токен отозван
   *[other] {""}
}
check-facebook-token-fix = выпустите токен страницы заново (docs/channels.ru.md) и впишите его в page_token
check-facebook-other-page = page_token выпущен для другой страницы: «{ $name }» ({ $page })
check-facebook-other-page-fix = возьмите токен той страницы, что указана в page_id, или исправьте page_id
check-facebook-secret = Facebook не принимает подпись запросов: app_secret не от того приложения, что выпустило токен
check-facebook-secret-fix = возьмите App Secret в настройках приложения: Settings → Basic
check-facebook-app = Facebook не принимает app_id { $app } с этим app_secret
check-facebook-app-fix = возьмите оба значения в настройках одного приложения: Settings → Basic
check-facebook-token-app = page_token выпущен не приложением { $app }
check-facebook-token-app-fix = выпустите токен страницы этим приложением или впишите в app_id и app_secret то, которым он выпущен
check-facebook-no-app = app_id не указан: вебхук { $url } и verify_token впишите в настройках приложения сами
check-facebook-permission = Facebook не разрешает спросить о странице
check-facebook-permission-fix = дайте токену разрешения pages_messaging и pages_manage_metadata
check-facebook-refused = Facebook отказал ({ $code })
check-facebook-refused-fix = запустите проверку через несколько минут; если не пройдёт, найдите код в справочнике Graph API
check-facebook-no-version = Facebook не знает версии API { $version }
check-facebook-no-version-fix = уберите api_version из настроек канала: Otklik возьмёт подходящую
check-facebook-old-version = версия API { $version } больше не поддерживается, отвечает { $newer }
check-facebook-old-version-fix = уберите api_version из настроек канала или укажите { $newer }
check-facebook-good-scopes = разрешений токена достаточно
check-facebook-scopes = токену не хватает разрешений: { $scopes }
check-facebook-scopes-fix = добавьте их и выпустите токен страницы заново
check-facebook-useful-scopes = у токена нет разрешений { $scopes }: без них не всё можно проверить
check-facebook-useful-scopes-fix = добавьте их, когда будете выпускать токен в следующий раз
check-facebook-token-lasts = токен бессрочный
check-facebook-token-ends = токен действует до { $date }
check-facebook-token-ends-fix = выпустите бессрочный: из долгоживущего токена пользователя или от системного пользователя
check-facebook-access-ends = доступ приложения к данным страницы кончается { $date }
check-facebook-access-ends-fix = пусть тот, кто выпускал токен, снова войдёт в приложение и подтвердит разрешения
check-facebook-webhook = вебхук приложения ведёт сюда, нужные события включены
check-facebook-webhook-unset = вебхука у приложения нет: Otklik задаст его при запуске
check-facebook-events = у приложения выключены события: { $events }; Otklik включит их при запуске
check-facebook-installed = приложение подключено к странице
check-facebook-not-installed = приложение не подключено к странице: Otklik подключит его при запуске
check-facebook-page-events = на странице выключены события: { $events }; Otklik включит их при запуске
check-facebook-tasks = тому, кто выпустил токен, не разрешено отвечать на сообщения страницы
check-facebook-tasks-fix = дайте ему в настройках страницы задачу «Сообщения» и выпустите токен заново
check-facebook-routing = страницу могут вести несколько приложений: сделайте приложение Otklik главным (настройки страницы → «Маршрутизация бесед») и выключите автоответы Meta Business Suite
check-facebook-no-start = кнопки «Начать» у страницы нет: приветствие уйдёт только тем, кто её нажмёт
check-facebook-human-agent = human_agent включён: приложению нужна функция Human Agent, иначе после суток ответы не пройдут
check-facebook-live = приложение должно быть опубликовано (Live) и иметь Advanced Access к pages_messaging: иначе приходят сообщения только тех, кто в его ролях

## Command line

cli-help = Otklik — служба поддержки в группе Telegram и в браузере. Без команды — то же, что run.
cli-help-run = Запустить Otklik.
cli-help-check = Проверить настройки, Telegram и место для данных; сказать, что исправить.
cli-help-audit = Сверить, что пришло, хранится, показано и доставлено; сказать, что не учтено и что ждёт. Базу только читает, можно при работающем Otklik. Код выхода: 0 — учтено всё, 3 — не всё.
cli-help-json = То же для программ, в JSON.
cli-help-config = Файл настроек [config.toml или переменная OTKLIK_CONFIG].
cli-help-log-level = Подробность журнала [info или переменная OTKLIK_LOG].
cli-help-write-config = Записать файл настроек из образца и закончить; готовый файл не трогает.
cli-first-steps =
    Otklik — служба поддержки в Telegram и в браузере. Файла { $path } пока нет.
    Посмотреть, не настраивая:         python bot.py demo

    1. Создайте бота: напишите @BotFather команду /newbot, он даст токен.
    2. Создайте в Telegram группу сотрудников, добавьте бота и сделайте его
       администратором (закрепление, удаление, управление темами).
    3. Запишите образец настроек:      python bot.py --write-config
    4. Впишите в него номер группы и адреса сайтов, а токен передайте так:
                                       export DESK_TOKEN=123456789:AAE…
       На Windows: set DESK_TOKEN=…
    5. Проверьте, всё ли на месте:     python bot.py check
    6. Запустите:                      python bot.py
cli-offer-config = Записать образец настроек в { $path }?
cli-config-written = Образец записан в { $path }. Впишите в него своё и проверьте: python bot.py check
cli-config-exists = Файл { $path } уже есть, он не тронут.
cli-cannot-write = Не удалось записать { $path }: { $reason }
cli-no-config = Нет файла настроек { $path }. С чего начать, покажет python bot.py
cli-wrong-config = В { $path } { $count ->
    [one] { $count } ошибка
    [few] { $count } ошибки
   *[many] { $count } ошибок
}:
cli-bad-log-level = Подробности журнала «{ $level }» нет; есть: { $levels }

## Telegram channel

megabytes = { $count } МБ

telegram-greeting = Здравствуйте! Напишите ваш вопрос — ответим здесь же.

telegram-down-token = Telegram не принимает токен бота: проверьте его в @BotFather
telegram-down-conflict = обновления этого бота забирает другая программа: оставьте работать только одну
telegram-down-webhook = у бота задан вебхук; Otklik его снимает
telegram-down-webhook-refused = Telegram не принимает адрес вебхука: проверьте public_url
telegram-down-network = нет связи с Telegram
telegram-down-storage = сообщения не удаётся записать: проверьте место на диске

messenger-greeting = Здравствуйте! Напишите ваш вопрос — ответим здесь же.
piece-place = Место: { $link }
piece-contact = { $name } { $phone }
piece-option = • { $option }
piece-sticker = [стикер]
piece-file = 📎 { $name }: { $link }
piece-file-unnamed = файл
join-welcome = Здравствуйте! Продолжаем разговор здесь. Всё, что вы писали на сайте, у нас есть.
join-too-old = Здравствуйте! Эта ссылка уже сработала или устарела, но написать нам можно и так: просто отправьте сообщение.
join-moved = Разговор продолжается здесь: { $channel }. Можно писать и в этом окне.

## VKontakte channel

vk-down-token = ВКонтакте не принимает ключ доступа: создайте новый в управлении сообществом (Работа с API → Ключи доступа)
vk-down-access = ключу доступа ВКонтакте не хватает прав (код { $code }): создайте ключ с правами «сообщения», «фотографии», «файлы» и «управление сообществом»
vk-down-community = ключ доступа выдан не сообществу { $id }: проверьте community_id
vk-down-messages = в сообществе выключены сообщения: включите их в управлении (Сообщения)
vk-down-human = ВКонтакте просит подтвердить, что сообществом управляет человек (код { $code }): зайдите в управление сообществом
vk-down-servers = у сообщества уже десять серверов Callback API: удалите лишний (Работа с API → Callback API)
vk-down-callback = ВКонтакте не подтверждает адрес { $url }: проверьте, что public_url открывается снаружи
vk-down-longpoll = в сообществе выключен Long Poll API: включите его (Работа с API → Long Poll API)
vk-down-network = нет связи с ВКонтакте
vk-down-storage = сообщения не удаётся записать: проверьте место на диске
vk-staff = ВКонтакте: { $name }
vk-staff-unnamed = ВКонтакте
vk-program = ВКонтакте (другая программа)
vk-event-banned = Клиент в чёрном списке сообщества: ответы не дойдут.
vk-event-unbanned = Клиент больше не в чёрном списке сообщества.
vk-reaction = реакция № { $number }
vk-pressed = Нажата кнопка: { $what }
vk-forwarded = Пересланное от { $name }:
vk-in-reply = В ответ на: { $text }
vk-cropped = (сообщение пришло не целиком: его конец — во ВКонтакте)
vk-transcript = Расшифровка: { $text }
vk-doc = Файл
vk-video = Видео
vk-video-message = Видеосообщение
vk-audio = Аудиозапись
vk-link = Ссылка
vk-wall = Запись на стене
vk-wall-reply = Комментарий на стене
vk-textpost = Запись
vk-market = Товар
vk-market-album = Подборка товаров
vk-poll = Опрос
vk-gift = Подарок
vk-call = Звонок
vk-mini-app = Мини-приложение
vk-event = Встреча
vk-audio-playlist = Плейлист
vk-story = История
vk-article = Статья
vk-podcast = Подкаст
vk-narrative = Сюжет
vk-donut-link = VK Donut

## Viber channel

viber-down-token = Viber не принимает токен бота: возьмите его в приложении Viber (Боты → изменить сведения → App key)
viber-down-blocked = Viber заблокировал бота: напишите в поддержку Viber
viber-down-gone = у Viber нет такого бота: проверьте токен и не удалён ли бот
viber-down-suspended = Viber приостановил бота: напишите в поддержку Viber
viber-down-unauthorized = Viber не разрешает боту писать: напишите в поддержку Viber или партнёру, через которого заведён бот
viber-down-webhook = Viber не принимает адрес вебхука: public_url должен открываться снаружи по https с настоящим сертификатом и полной цепочкой
viber-down-refused = Viber не даёт подключить бота (код { $status }): попробуем снова
viber-down-network = нет связи с Viber
viber-not-paid = бесплатные сообщения вне сеанса или деньги на счёте Viber кончились: ответы доходят только тем, кто писал за последние сутки
viber-country = Страна

## Facebook channel

facebook-inbox = Facebook
facebook-app = Facebook (приложение { $app })
facebook-shared = { $what ->
    [reel] Видео Reels
    [post] Публикация
    [story] История
    [product] Товар
    [appointment] Запись на приём
    [place] Место
   *[other] Ссылка
}
facebook-not-shown = 🔗 { $what ->
    [reel] Видео Reels
    [post] Публикация
    [story] История
    [product] Товар
    [appointment] Запись на приём
   *[other] Публикация или ссылка
}: Messenger не передаёт, что в ней. Посмотреть можно во входящих страницы.
facebook-template = [сообщение с кнопками]
facebook-removed = Клиент удалил это сообщение у себя.
facebook-referral = Клиент пришёл по ссылке: { $ref }
facebook-optin = { $ref ->
    [none] Клиент согласился получать сообщения страницы.
   *[other] Клиент согласился получать сообщения страницы ({ $ref }).
}
facebook-thread = { $what ->
    [ours] Диалог снова ведёт Otklik.
    [request] Диалог просит себе другое приложение: { $app }.
   *[taken] Диалог забрало другое приложение: { $app }. Ответить можно и отсюда: Otklik попробует забрать его обратно.
}
facebook-not-sent-elsewhere = Диалог ведёт другое приложение страницы и не отдаёт его. Ответьте во входящих страницы или сделайте приложение Otklik главным: настройки страницы → «Маршрутизация бесед».
facebook-not-sent-abuse = Facebook считает, что этому человеку пишут слишком настойчиво, и не пропускает сообщения. Дождитесь, пока он напишет сам.
facebook-down-token = Facebook не принимает токен страницы{ $subcode ->
    [458] : приложение удалено у того, кто его выпускал
    [459] : Facebook просит владельца токена подтвердить вход
    [460] : владелец токена сменил пароль
    [463] : срок токена вышел
    [467] : токен отозван
   *[other] {""}
}. Выпустите новый и впишите в page_token
facebook-down-other-page = page_token выпущен для другой страницы ({ $page }): возьмите токен той, что в page_id
facebook-down-secret = Facebook не принимает подпись запросов: проверьте app_secret
facebook-down-permission = у приложения Facebook нет нужных разрешений: запустите python bot.py check
facebook-down-not-live = приложение Facebook ещё не опубликовано: писать можно только тем, кто в его ролях
facebook-down-restricted = Facebook ограничил страницу за нарушение правил: смотрите «Качество страницы»
facebook-down-network = нет связи с Facebook
facebook-trouble-network = Facebook не отвечает; сообщения ждут и уйдут, когда ответит
facebook-trouble-abuse = Facebook предупреждает, что страница пишет слишком настойчиво
facebook-trouble-policy = Facebook предупреждает о нарушении правил: смотрите «Качество страницы»
facebook-trouble-signature = события от Facebook приходят с неверной подписью и не принимаются: проверьте app_secret
facebook-trouble-webhook = Facebook не получил ответа от { $url }: проверьте, что public_url открыт снаружи
facebook-trouble-setup = не удалось подключить события страницы ({ $code }): запустите python bot.py check

## Site widget

widget-open = Открыть чат
widget-close = Закрыть чат
widget-title = Напишите нам
widget-hint = Ответим здесь, в этом окне
widget-log = Переписка
widget-write = Сообщение…
widget-send = Отправить
widget-connecting = Соединяемся…
widget-offline = Нет связи. Отправим, как только она появится
widget-stored = Доставлено
widget-sending = Отправляется
widget-failed = Не отправлено
widget-retry = Повторить
widget-discard = Удалить
widget-edited = изменено
widget-today = Сегодня
widget-yesterday = Вчера
widget-operator = Поддержка
widget-too-long = Слишком длинно: можно до { $limit } знаков
widget-unread = Непрочитанных: { $count }
widget-new-tab = откроется в новой вкладке
widget-shown = Передано сотрудникам
widget-you = Вы
widget-deleted = Сообщение удалено
widget-typing = { $name } печатает…
widget-newest = К новым сообщениям
widget-reply = Ответить
widget-cancel = Отмена
widget-attach = Приложить файлы
widget-emoji = Эмодзи
widget-file-too-big = { $name }: можно до { $limit }
widget-too-many-files = В одном сообщении можно до { $limit } файлов
widget-photo = Фото
widget-video = Видео
widget-voice = Голосовое сообщение
widget-audio = Аудио
widget-sticker = Стикер
widget-previous = Предыдущее
widget-next = Следующее
widget-play = Слушать
widget-pause = Пауза
widget-seek = Перемотка
widget-download = Скачать
widget-broken = Не загрузилось
widget-form-name = Имя
widget-form-email = Почта
widget-form-phone = Телефон
widget-form-policy = Подробнее
widget-form-send = Начать чат
widget-menu = Меню
widget-sound = Звук
widget-notify = Уведомления
widget-go-on = Продолжить в { $place }
widget-go-on-ask = Переписка продолжится в { $place } и станет общей: мы будем знать, что там и здесь пишете вы.
widget-go-on-agree = Согласен, продолжить
widget-go-on-open = Открыть { $place }
widget-open-now = Сейчас отвечаем
widget-open-until = Сейчас отвечаем · до { $time }
widget-closed-now = Сейчас не отвечаем
widget-closed-until = Ответим с { $time }
widget-file = файл
widget-file-lost = Файл не успел отправиться. Прикрепите ещё раз
widget-upload-failed = Файл не удалось отправить
widget-load-failed = Чат не загрузился. Нажмите ещё раз
widget-dismiss = Скрыть

widget-error-bad-frame = Не удалось разобрать сообщение от страницы. Обновите страницу
widget-error-unknown-type = Такое сообщение чат не понимает. Обновите страницу
widget-error-bad-version = Чат на странице устарел или слишком новый. Обновите страницу
widget-error-bad-secret = Чат не смог узнать вас. Обновите страницу
widget-error-hello-first = Соединение начато не с приветствия. Обновите страницу
widget-error-hello-twice = Соединение уже открыто. Обновите страницу
widget-error-late = Соединение открыто, но на него ничего не пришло
widget-error-too-big = Сообщение слишком большое. Разделите его на части
widget-error-text-too-long = Сообщение слишком длинное: можно до { $limit } знаков
widget-error-empty = В сообщении нет ни одного видимого знака
widget-error-flood = Слишком много сообщений подряд. Можно продолжить через { $seconds } с
widget-error-too-many-connections = Слишком много открытых чатов с вашего адреса. Попробуйте через { $seconds } с
widget-error-try-later = Не получилось сохранить сообщение. Попробуем ещё раз через { $seconds } с
widget-error-bad-identity = Не получилось подтвердить, кто вы: вы пишете как гость
widget-error-form-first = Сначала заполните форму
widget-error-bad-contact = { $field ->
    [email] Проверьте адрес почты
    [phone] Проверьте номер телефона
    [name] Напишите, как вас зовут
    [consent] Без согласия на обработку данных начать чат нельзя
   *[other] Проверьте, что вы написали в форме
}
widget-error-file-gone = Файла больше нет. Приложите его ещё раз
widget-error-too-many-files = В одном сообщении можно до { $files } файлов
widget-error-no-such-link = Продолжить там сейчас не получится
widget-link-title = { $kind ->
    [telegram] Telegram
    [vk] ВКонтакте
    [viber] Viber
    [facebook] Facebook
   *[other] { $kind }
}
widget-origin-refused = С этого сайта чат открывать нельзя: его адреса нет в списке origins канала

upload-error-empty = Файл пустой
upload-error-bad-token = Чат был открыт слишком давно. Обновите страницу и приложите файл ещё раз
upload-error-bad-origin = С этого сайта файлы отправлять нельзя: его адреса нет в списке origins канала
upload-error-late = Файл перестал передаваться. Проверьте связь и попробуйте ещё раз
upload-error-too-big = Файл слишком большой: можно до { $limit } МБ
upload-error-flood = Слишком много файлов. Попробуйте позже
upload-error-try-later = Файл не удалось сохранить. Попробуйте чуть позже

media-refused = Ссылка на файл неверна. Откройте файл из чата
media-expired = Ссылка на файл устарела. Обновите страницу с чатом и откройте файл оттуда
media-gone = Этого файла больше нет
media-later = Файл сейчас не открывается. Попробуйте через минуту

widget-try-title = Otklik: проба чата
widget-try-lead = Так чат выглядит на странице. Нажмите на кнопку справа внизу и напишите: сообщение придёт операторам.
widget-try-tag = Чтобы поставить чат на свой сайт, добавьте в страницу эту строку:

## Opening hours

hours-day-1 = Пн
hours-day-2 = Вт
hours-day-3 = Ср
hours-day-4 = Чт
hours-day-5 = Пт
hours-day-6 = Сб
hours-day-7 = Вс
hours-daily = Ежедневно
hours-always = Круглосуточно
hours-moscow = МСК
hours-zone = UTC{ $offset }

## Desk

guest-name = Гость №{ $number }
channel-mark-site = 🌐
channel-mark-telegram = ✈️
channel-mark-vk = 🔷
channel-mark-viber = 🟪
channel-mark-facebook = 📘
empty-message = (пустое сообщение)
edited-mark = (изменено)
deleted-mark = (отозвано)
cannot-show = Показать здесь не получилось: файл слишком велик или его больше нет.
cannot-show-link = Показать здесь не получилось; скачать: { $link }

kind-photo = 📷 Фото
kind-video = 🎬 Видео
kind-animation = 🎞 Анимация
kind-audio = 🎵 Аудио
kind-voice = 🎤 Голосовое
kind-video-note = ⏺ Видеосообщение
kind-document = 📎 Файл
kind-sticker = 🖼 Стикер
kind-location = 📍 Место
kind-venue = 📍 Место
kind-contact = 👤 Контакт
kind-poll = 📊 Опрос: { $question }
    { $options }
kind-unknown = 📎 вложение, которое Otklik не умеет показать ({ $what })

card-previous = Прошлое обращение: { $name }
card-page = страница:
card-waiting = { $count ->
    [one] { $count } сообщение,
    [few] { $count } сообщения, первое
   *[many] { $count } сообщений, первое
}
card-accepted = В работе: { $name }
card-closed = Закрыто без ответа
card-closed-by = Закрыто: { $name }
card-verified = ✔ подтверждено сайтом
card-same-person = Тот же человек: { $name } ({ $where })
card-blocked = 🚫 Клиент заблокировал бота: ответы не дойдут

button-accept = Принять
button-close = Закрыть
button-close-unanswered = Закрыть без ответа
button-no-reply = Ответ не нужен
button-reopen = Открыть снова
button-topic = Перейти в тему
button-retry = Повторить
button-old = Эта кнопка больше не действует.

done-accept = Принято. Отвечайте.
done-accept-topic = Принято. Отвечайте в теме клиента: она сейчас откроется.
done-close = Обращение закрыто.
done-no-reply = Отмечено: ответ не нужен.
done-reopen = Обращение снова открыто, оно у вас.
done-retry = Отправляем ещё раз.
retry-not-failed = Повторять нечего: сообщение не застряло.

hint-accept-first = Чтобы ответить на обращение, нужно принять его в работу: нажмите «Принять» на карточке.
hint-already-taken = Обращение уже в работе: { $name }.
hint-already-yours = Это обращение уже у вас.
hint-already-closed = Обращение уже закрыто. Чтобы продолжить, нажмите «Открыть снова» на его карточке.
hint-not-a-member = С обращениями работают только участники этой группы.
hint-not-found = Такого обращения нет.
hint-in-the-topic = Отвечайте в теме клиента: её открывает кнопка на карточке.
hint-anonymous = Вы пишете анонимно, от имени группы, и непонятно, кто вы. Выключите анонимность в своих правах администратора и повторите.
hint-as-channel = Вы пишете от имени канала, и непонятно, кто вы. Выберите себя слева от поля ввода и повторите.
hint-not-checked = Не удалось проверить, что вы участник группы. Повторите через минуту.
hint-has-newer = У этого клиента уже есть новое обращение: продолжайте в нём.
hint-cannot-edit = Этот канал не умеет править отправленное: у клиента осталось прежнее сообщение. Напишите поправку новым сообщением.
hint-cannot-unsend = Отозвать не получится: этот канал не умеет удалять отправленное. У клиента сообщение осталось.
hint-not-an-answer = Отозвать можно только ответ, который ушёл клиенту.
hint-unknown-command = Такой команды нет; сообщения, начатые с «/», клиентам не уходят. Список команд — /help.
hint-not-in-work = Передать сотруднику можно только обращение, которое в работе: сначала примите его.
hint-in-the-feed = Обращение и так во «Входящих» этой группы.
nothing-sent = Клиенту ничего не отправлено.

sent-again = Сообщение отправлено ещё раз.
not-delivered = Не доставлено: { $reason }
why-blocked = клиент заблокировал бота или удалил аккаунт.
why-too-long = сообщение слишком длинное для этого канала{ $limit ->
    [none] .
   *[other] {" "}(до { $limit }).
}
why-too-big = файл слишком большой для этого канала{ $limit ->
    [none] .
   *[other] {" "}(до { $limit }).
}
why-unsupported = этот канал не передаёт такие сообщения. Напишите текстом.
why-empty = в сообщении нечего отправлять.
why-file-gone = файл больше недоступен. Отправьте его ещё раз.
why-expired = не удалось отправить за сутки.
why-rejected = канал не принял это сообщение.
why-file-type = файлы вида { $limit } этот канал не принимает. Отправьте архивом или ссылкой.
why-window-closed = время для ответа вышло: платформа больше не пропускает наши сообщения, пока клиент не напишет сам.
why-not-paid = Viber берёт плату за сообщения вне сеанса, а квота или деньги кончились. Напишет клиент — ответить можно будет снова.
why-undelivered = платформа приняла сообщение, но до клиента не доставила.
why-cannot-edit = правка не дошла, у клиента прежний текст.
why-cannot-unsend = отозвать не получилось, у клиента сообщение осталось.
why-channel-gone = этого канала больше нет в настройках.

event-reaction = Реакция клиента: { $emoji }
event-reaction-removed = Клиент убрал реакцию.
event-window-closed = Время для ответа вышло ({ $hours } ч): ответы не дойдут, пока клиент не напишет сам.
event-blocked = Клиент запретил сообщения: ответы не дойдут.
event-unblocked = Клиент снова разрешил сообщения.
detail-referral = Откуда
card-profile = профиль

outage-down = 🔴 { $channel }: канал не работает. { $reason } Сообщения клиентам ждут и уйдут, когда он заработает.
outage-up = 🟢 { $channel }: канал снова работает.
outage-store = 🔴 База данных ничего не принимает: { $why ->
    [full] на диске нет места
    [busy] её держит другая программа
   *[other] диск отвечает ошибкой
}. Что пишут клиенты и вы, не теряется: оно ждёт и придёт, когда это исправят.
outage-store-over = 🟢 База данных снова работает.
outage-trouble = 🟡 { $channel }: { $reason }

board-total = { $count ->
    [one] { $count } новое
    [few] { $count } новых
   *[many] { $count } новых
}
board-feed = 📥 Входящие: { $count }
board-unanswered = 💬 В работе с новыми: { $count }
board-queue-seconds = очередь { $seconds } с
board-queue-minutes = очередь { $minutes } мин
board-accepted = { $count ->
    [one] { $count } обращение
    [few] { $count } обращения
   *[many] { $count } обращений
}
board-new = { $count ->
    [one] { $count } ждёт ответа
    [few] { $count } ждут ответа
   *[many] { $count } ждут ответа
}
board-audit = учёт: { $count ->
    [one] { $count } запись не учтена
    [few] { $count } записи не учтены
   *[many] { $count } записей не учтено
} — python bot.py audit

command-help = как здесь работать
command-open = кто ждёт: входящие обращения
command-mine = обращения у меня в работе
command-close = закрыть обращение (в теме или ответом на карточку)
command-unsend = отозвать ответ у клиента (ответом на него)
command-status = работают ли каналы и нет ли очередей
help-title = Как отвечать клиентам
help-topics =
    1. Новое обращение приходит карточкой. Нажмите «Принять» — откроется тема клиента.
    2. Всё, что вы напишете в теме, уйдёт клиенту.
    3. Сообщение, начатое с //, останется заметкой для своих.
    4. «Передать…» — коллеге, в другую группу или обратно во «Входящие».
    Под вашим сообщением: ✍ в очереди, 👌 отправлено, 👀 прочитано, 💔 не дошло.
help-replies =
    1. Новое обращение приходит карточкой. Нажмите «Принять».
    2. Отвечайте на карточку или на любое сообщение клиента (смахните его влево): ответ уйдёт клиенту. Остальное остаётся в группе.
    3. Ответ, начатый с //, — заметка для своих.
    4. «Передать…» — коллеге, в другую группу или обратно во «Входящие».
    Под вашим сообщением: ✍ в очереди, 👌 отправлено, 👀 прочитано, 💔 не дошло.
open-title = { $count ->
    [one] Ждёт { $count } обращение:
    [few] Ждут { $count } обращения:
   *[many] Ждут { $count } обращений:
}
open-empty = Входящих нет.
mine-title = { $count ->
    [one] У вас { $count } обращение:
    [few] У вас { $count } обращения:
   *[many] У вас { $count } обращений:
}
mine-empty = У вас в работе ничего нет.
list-more = … и ещё { $count }
close-which = Напишите /close в теме клиента или ответом на карточку обращения.
unsend-which = Ответьте командой /unsend на своё сообщение, которое ушло клиенту.
done-unsend = Отозвано: у клиента сообщения больше нет.
status-title = Состояние
status-up = работает
status-down = не работает
status-starting = запускается
status-queue = { $count ->
    [one] { $count } сообщение ждёт отправки
    [few] { $count } сообщения ждут отправки
   *[many] { $count } сообщений ждут отправки
}
status-posts = { $count ->
    [0] Всё показано в группе.
    [one] Ещё не показано в группе: { $count }.
   *[other] Ещё не показано в группе: { $count }.
}
status-delay = Займёт около { $seconds } с.
status-desk = 🔴 Эта группа: { $reason }
status-helper = Бот-помощник { $name }
helper-token = токен не действует: возьмите новый у @BotFather и впишите в helpers.
helper-absent = его нет в группе: добавьте его и сделайте администратором.
helper-rights = он не администратор: сделайте его администратором группы.
helper-topics = ему не хватает права «Управление темами»: включите его в настройках администратора.
helper-updates = его обновления забирает другая программа, и кнопки под его постами молчат: остановите её.
helper-basic = это обычная группа, а помощники работают в супергруппе: включите в группе темы или историю для новых участников.
helper-paused = Telegram просит его подождать ещё { $seconds } с, его работу взяли другие: ничего делать не нужно.
helper-failing = до Telegram не достучаться ({ $reason }): проверьте сеть и proxy.

## The ledger

audit-totals = Всего
audit-total-customers = клиентов
audit-total-conversations = обращений
audit-total-open = из них открыто
audit-total-events = известных событий и сообщений у платформ
audit-total-received = сообщений от клиентов
audit-total-answers = сообщений клиентам
audit-total-delivered = из них доставлено
audit-total-failed = из них не доставлено
audit-total-posts = постов в группах
audit-total-media = файлов
audit-waits = Ждёт
audit-waits-nothing = Ничто не ждёт.
audit-waits-conversations = обращений, на которые группа ещё посмотрит
audit-waits-messages = сообщений ждут показа в группе
audit-waits-downloads = файлов ждут копирования
audit-waits-lane = ждут отправки: { $channel }
audit-longest = дольше всего { $unit ->
    [seconds] { $number } с
    [minutes] { $number } мин
    [hours] { $number } ч
   *[days] { $number } сут
}
audit-noted = К сведению
audit-noted-given-up = файлов, которые не удалось скопировать с платформы
audit-noted-aside-before = событий отложено раньше, больше недели назад
audit-noted-early = отметок о доставке, чьё сообщение не нашлось
audit-good = ✓ Учтено всё.
audit-bad = ✗ Не учтено: { $count }
audit-hidden = сообщений группа не показала и не собирается
audit-postless = сообщений считаются показанными, но поста нет
audit-homeless = сообщений клиентов вне обращений
audit-cardless = открытых обращений без карточки
audit-groupless = обращений в группах, которых нет в настройках
audit-unsent = сообщений клиентам без судьбы: ни в очереди, ни дальше
audit-workless = сообщений «в очереди», которые никто не отправит
audit-confused = сообщений, чья работа не сходится с состоянием
audit-untold = неудач, о которых не сказали сотруднику
audit-unmarked = ответов, чья отметка в группе устарела
audit-eventless = сообщений клиентов без номера у платформы
audit-nowhere = номеров у платформ, за которыми нет сообщения
audit-torn = связей с постами, которых нет
audit-dangling = записей, ссылающихся в пустоту
audit-aside = событий отложено за неделю: их не удалось понять
audit-fileless = файлов записано, но на диске нет
audit-rowless = файлов на диске, о которых нет записи

## Running

run-port-taken = Не удалось занять { $host }:{ $port }: { $reason }. Освободите порт или поменяйте [server] port.
run-started = Otklik работает: { $url }
store-missing = { $path }: базы ещё нет. Она появится, когда Otklik запустят.
store-older = { $path }: базу записала более старая версия Otklik. Запустите Otklik этой версии: он её обновит.
store-locked = { $path }: эту базу уже использует другой процесс Otklik. Остановите его и запустите снова.
store-newer = { $path }: базу записала более новая версия Otklik. Установите её или верните копию, что лежит рядом с базой.
store-foreign = { $path }: это база другой программы. Укажите другой файл в [storage] path.
store-broken = { $path }: это не рабочая база SQLite ({ $reason }).
store-unwritable = { $path }: сюда нельзя писать ({ $reason }).

## Web desk: frame

desk-web-title = Обращения
desk-web-noscript = Чтобы работать с обращениями, включите в браузере JavaScript.
desk-web-enter-title = Вход для операторов
desk-web-enter-local = Как вас зовут? Это имя увидят клиенты и коллеги.
desk-web-enter-name = Ваше имя
desk-web-enter-button = Войти
desk-web-enter-local-hint = Otklik запущен на этом компьютере, и войти может только тот, кто за ним сидит.
desk-web-enter-link = По ссылке от бота. Она действует один раз и недолго.
desk-web-enter-telegram = Входим через Telegram…
desk-web-enter-bot = Напишите боту { $bot } в личные сообщения команду /desk: он пришлёт ссылку для входа.
desk-web-enter-bot-nameless = Напишите боту вашей группы в личные сообщения команду /desk: он пришлёт ссылку для входа.
desk-web-enter-bot-open = Открыть бота
desk-web-enter-members = Войти могут участники группы операторов.
desk-web-enter-again = Попробовать снова
desk-web-enter-unreachable = Сервер не отвечает. Проверьте связь и попробуйте снова.
desk-web-enter-later = Слишком много попыток. Попробуйте через { $seconds } с.
desk-web-enter-over = Время входа вышло. Войдите снова.
desk-web-enter-out = Вы больше не участник группы операторов.
desk-web-leave = Выйти
desk-web-navigation = Разделы
desk-web-new-requests = { $count ->
    [one] { $count } новое обращение
    [few] { $count } новых обращения
   *[many] { $count } новых обращений
}
desk-web-figure-feed = Во входящих: { $count }
desk-web-figure-unanswered = В работе, с новыми сообщениями: { $count }
desk-web-figure-mine = У меня ждут ответа: { $count }
desk-web-lists = Списки обращений
desk-web-list-feed = Входящие
desk-web-list-mine = Мои
desk-web-list-accepted = В работе
desk-web-list-closed = Закрытые
desk-web-list-accepted-all = Все в работе
desk-web-search = Поиск по имени и словам
desk-web-search-clear = Очистить поиск
desk-web-group = Группа
desk-web-group-all = Все группы
desk-web-found = { $count ->
    [one] Найдено { $count } обращение
    [few] Найдено { $count } обращения
   *[many] Найдено { $count } обращений
}
desk-web-empty-feed = Новых обращений нет
desk-web-empty-feed-hint = Все приняты. Новое появится здесь само.
desk-web-empty-mine = У вас в работе ничего нет
desk-web-empty-mine-hint = Примите обращение из «Входящих», и оно окажется здесь.
desk-web-empty-accepted = В работе ничего нет
desk-web-empty-accepted-hint = Здесь все обращения, которые ведут коллеги и вы.
desk-web-empty-closed = Закрытых обращений нет
desk-web-empty-closed-hint = Закрытое всегда можно найти здесь и открыть снова.
desk-web-empty-search = Ничего не нашлось
desk-web-empty-search-hint = Попробуйте начало имени, номер гостя или слово из сообщения. Или загляните в другой список.
desk-web-loading = Загружаем…
desk-web-choose = Выберите обращение
desk-web-choose-hint = Список слева: сверху те, кто ждёт дольше.
desk-web-choose-keys = Стрелки вверх и вниз выбирают, Enter открывает, ? — все клавиши.
desk-web-row-waits = ждёт { $time }
desk-web-row-closed = закрыто { $time }
desk-web-row-unread = { $count ->
    [one] { $count } непрочитанное
    [few] { $count } непрочитанных
   *[many] { $count } непрочитанных
}
desk-web-row-operator = ведёт { $name }
desk-web-row-looking = смотрит { $name }
desk-web-row-you = Вы
desk-web-row-note = Заметка
desk-web-row-draft = Черновик
desk-web-last-photo = Фото
desk-web-last-video = Видео
desk-web-last-animation = Анимация
desk-web-last-audio = Аудио
desk-web-last-voice = Голосовое сообщение
desk-web-last-video_note = Видеосообщение
desk-web-last-document = Файл
desk-web-last-sticker = Стикер
desk-web-last-location = Место
desk-web-last-venue = Место
desk-web-last-contact = Контакт
desk-web-last-poll = Опрос
desk-web-last-unknown = Вложение
desk-web-ago-now = < 1 мин
desk-web-ago-minutes = { $count } мин
desk-web-ago-hours = { $count } ч
desk-web-ago-days = { $count } дн
desk-web-source-site = сайт
desk-web-source-telegram = Telegram
desk-web-source-vk = ВКонтакте
desk-web-source-viber = Viber
desk-web-source-facebook = Facebook
desk-web-popups = Уведомления
desk-web-popup-request = Новое обращение
desk-web-popup-message = Новое сообщение
desk-web-popup-more = { $count ->
    [one] и ещё { $count } обращение
    [few] и ещё { $count } обращения
   *[many] и ещё { $count } обращений
}
desk-web-dismiss = Скрыть
desk-web-offline = Нет связи. Список мог устареть; что напишете, уйдёт, как только связь появится.
desk-web-offline-now = Соединиться сейчас
desk-web-connecting = Соединяемся…
desk-web-offline-act = Нет связи с сервером. Повторите, когда она появится.
desk-web-outdated = Страница устарела: на сервере новая версия.
desk-web-reload = Обновить страницу
desk-web-back = Назад к списку
desk-web-close = Закрыть
desk-web-person = О клиенте
desk-web-settings = Настройки
desk-web-pref-theme = Оформление
desk-web-pref-theme-system = Как в системе
desk-web-pref-theme-light = Светлое
desk-web-pref-theme-dark = Тёмное
desk-web-pref-notices = Уведомления
desk-web-pref-popup = Всплывающее окно в углу
desk-web-pref-sound = Звук
desk-web-pref-notify = Уведомления браузера, когда вкладка не видна
desk-web-pref-notify-forbidden = Браузер запретил уведомления для этого адреса. Разрешите их в его настройках.
desk-web-pref-requests = О новых обращениях
desk-web-pref-messages = О сообщениях в моих обращениях
desk-web-pref-writing = Отправка сообщения
desk-web-pref-enter = Enter
desk-web-pref-ctrl-enter = Ctrl + Enter
desk-web-pref-signed = Вы вошли как { $name }
desk-web-keys = Клавиши
desk-web-keys-lists = Список
desk-web-keys-talk = Обращение
desk-web-keys-everywhere = Везде
desk-web-key-up-down = предыдущее, следующее обращение
desk-web-key-enter = открыть и перейти к ответу
desk-web-key-accept = принять
desk-web-key-search = поиск
desk-web-key-escape = назад: закрыть окно, поиск, обращение
desk-web-key-lists = Входящие, Мои, В работе, Закрытые
desk-web-key-ends = в начало, в конец списка
desk-web-key-send = отправить
desk-web-key-line = новая строка
desk-web-key-edit = исправить последнее отправленное (в пустом поле)
desk-web-key-help = эта подсказка

## Web desk: door

desk-web-door-enter = Войдите, чтобы работать с обращениями: ссылку пришлёт бот вашей группы, если написать ему в личку /desk.
desk-web-door-enter-bot = Войдите, чтобы работать с обращениями: напишите боту @{ $bot } в личку /desk, и он пришлёт ссылку.
desk-web-door-enter-local = Как вас зовут? Это имя увидят клиенты и коллеги.
desk-web-door-foreign = Этот запрос пришёл не со страницы Otklik. Откройте её заново по её обычному адресу.
desk-web-door-form = Не удалось понять запрос. Обновите страницу и попробуйте ещё раз.
desk-web-door-link = Ссылка уже использована или устарела: она действует один раз и недолго. Попросите у бота новую: /desk.
desk-web-door-local = Войти под любым именем можно только на том компьютере, где работает Otklik, и только в локальном режиме.
desk-web-door-name = Напишите имя: хотя бы одну букву.
desk-web-door-signature = Не удалось убедиться, что вас прислал Telegram. Откройте приложение заново из чата с ботом.
desk-web-door-old = Telegram представил вас слишком давно. Закройте приложение и откройте его заново из чата с ботом.
desk-web-door-not-a-member = Здесь работают участники групп операторов, а вас в них нет. Попросите добавить вас в группу и войдите снова.
desk-web-door-not-checked = Не удалось спросить у Telegram, в какой вы группе. Попробуйте ещё раз через минуту.
desk-web-door-too-many = { $seconds ->
    [one] Слишком много попыток. Подождите { $seconds } секунду.
    [few] Слишком много попыток. Подождите { $seconds } секунды.
   *[many] Слишком много попыток. Подождите { $seconds } секунд.
}

## Web desk: refusals

desk-error-bad-frame = Страница прислала то, чего сервер не понял. Обновите её.
desk-error-unknown-type = Эта страница новее или старее сервера. Обновите её.
desk-error-bad-version = Эта страница новее или старее сервера. Обновите её.
desk-error-hello-first = Страница прислала то, чего сервер не понял. Обновите её.
desk-error-too-big = Сообщение слишком большое.
desk-error-text-too-long = Текст слишком длинный: можно до 10 000 знаков.
desk-error-empty = В сообщении ничего нет.
desk-error-too-many-files = Слишком много файлов: в одном сообщении их может быть до 10.
desk-error-file-gone = Файла больше нет на сервере. Приложите его ещё раз.
desk-error-not-yours = Править можно только своё.
desk-error-not-failed = Повторять нечего: сообщение уже не в числе неотправленных.
desk-error-no-such-message = Такого сообщения нет.
desk-error-no-such-colleague = Этого сотрудника нет в группе обращения.
desk-error-no-such-group = Такой группы нет.
desk-error-try-later = Не получилось: сервер не смог это сохранить. Попробуйте чуть позже.
desk-error-flood = Страница шлёт слишком много. Подождите минуту.
desk-error-too-many-pages = Открыто слишком много вкладок. Закройте лишние.
desk-error-session-over = Вход устарел. Войдите ещё раз.
desk-error-not-a-member = Вы больше не состоите ни в одной группе. Обращения видят только их участники.
desk-error-not-checked = Telegram сейчас не отвечает, и в какой вы группе, не проверить. Страница подключится сама, как только он ответит.
desk-error-silent = Страница долго молчала.
desk-error-going-away = Сервер перезапускается. Страница подключится сама.
desk-transfer-colleague = Передаю обращение. Теперь оно у сотрудника { $name }
desk-transfer-group = Передаю обращение в группу «{ $group }»
desk-transfer-feed = Возвращаю обращение во «Входящие»

## Demo

demo-config-note = Эти настройки демо записывает заново при каждом запуске. Свои — в config.toml: python bot.py --write-config
demo-group-sales = Продажи
demo-group-support = Поддержка
demo-site-title = Сайт
demo-company = Чайная лавка
demo-greeting = Здравствуйте! Подскажем с выбором и расскажем о доставке.
demo-title = Otklik: демо
demo-badge = демо
demo-links = Ссылки
demo-connect = Подключить группу Telegram
demo-connect-short = Подключить Telegram
demo-other-language = English
demo-tabs = Что показать
demo-customer = Клиент на сайте
demo-operators = Операторы
demo-alone = открыть отдельно
demo-customer-frame = Страница сайта с чатом
demo-operators-frame = Панель операторов
demo-operator = Оператор
demo-rehearsing = Идёт репетиция: с вами пишут выдуманные клиенты. В конце они исчезнут.
demo-noscript = Этой странице нужен JavaScript.
demo-started = Otklik, демо. Всё настоящее, только без Telegram: ни токена, ни учётной записи не нужно.
demo-address-both = Клиент и оператор рядом:
demo-address-site = Только клиент:
demo-address-desk = Только оператор:
demo-address-connect = Подключить Telegram:
demo-kept = Всё хранится в { $folder }; следующий запуск продолжит с того же места.
demo-rehearsal-on = Репетиция: скоро напишут выдуманные клиенты из всех каналов. В конце они исчезнут.
demo-how-to-end = Ctrl-C — остановить.
demo-no-config = Файла { $path } пока нет, поэтому запускаю демо. Настоящую работу настроит страница «Подключить Telegram» или python bot.py --write-config
demo-lost-config = Файла { $path } нет, но рядом лежит { $database }: здесь уже работали. Верните файл настроек на место или укажите его: --config. Посмотреть демо: python bot.py demo
demo-port-next = Порт { $taken } занят другой программой, поэтому берём { $port }.
demo-port-taken = Порт { $port } занят другой программой. Освободите его или назовите другой: python bot.py demo --port { $other }
demo-no-port = Нет свободного порта от { $port } и дальше. Назовите свободный: python bot.py demo --port …
demo-cannot-write = Не удалось завести папку { $path }: { $reason }
demo-occupied = В папке { $path } работают по-настоящему, демо её не тронет. Назовите другую: --folder
demo-rehearsal-title = { $title } (репетиция)
demo-kind-site = Сайт
demo-kind-telegram = Telegram
demo-kind-vk = ВКонтакте
demo-kind-viber = Viber
demo-kind-facebook = Messenger
cli-help-demo = Попробовать без токенов и учётных записей: чат на сайте и панель операторов на одной странице.
cli-help-demo-port = Порт [8080 или следующий свободный].
cli-help-demo-folder = Где хранить данные [otklik-demo].
cli-help-demo-language = Язык [как в системе].
cli-help-rehearse = Пусть придут выдуманные клиенты из всех каналов; в конце они исчезнут.

connect-heading = Подключить группу Telegram
connect-lead = Обращения будут приходить карточками в вашу группу, а панель в браузере останется. Здесь записывается файл настроек на этом компьютере; токен не уходит никуда, кроме Telegram.
connect-back = ← К демо
connect-step-bot = 1. Бот
connect-bot-hint = Напишите @BotFather команду /newbot: он даст токен вида 123456789:AAE…
connect-token = Токен бота
connect-more = Прокси или свой сервер Bot API
connect-proxy = Прокси
connect-api-url = Сервер Bot API
connect-check-bot = Проверить
connect-step-group = 2. Группа
connect-group-hint = Создайте группу сотрудников (с «Темами» у каждого клиента будет своя), добавьте бота и сделайте администратором: закрепление, удаление сообщений, управление темами.
connect-add = Добавить бота в группу
connect-look = Найти группу
connect-found = Бота только что видели здесь:
connect-no-groups = Пока не видно. Добавьте бота в группу, напишите там /status и нажмите ещё раз.
connect-chat = Номер группы
connect-chat-hint = Найдётся сам, когда бот в группе; или впишите -1: тогда его назовёт python bot.py check.
connect-group-title = Название группы
connect-title = Поддержка
connect-site = Адрес вашего сайта, если есть
connect-public-url = Адрес, по которому Otklik увидят браузеры, если уже есть
connect-public-url-hint = Без него чат работает на этом компьютере. С https панель откроется и внутри Telegram.
connect-write = Записать настройки
connect-done = Готово: настройки записаны
connect-next = Остановите демо (Ctrl-C) и выполните:
connect-enter = Чтобы войти в панель, напишите боту в личку /desk.
connect-failed = Otklik не отвечает. Он запущен?
connect-silent = Telegram не ответил вовремя. Попробуйте ещё раз; если он недоступен из вашей сети, укажите прокси.
connect-foreign = Это доступно только с того компьютера, на котором запущен Otklik, и только с этой страницы.
connect-form = Эти данные не подходят: слишком длинные или с непечатаемыми знаками.
connect-chat-id = Номер группы — число вида -1001234567890. Если не знаете, впишите -1.
connect-note = Записано страницей «Подключить группу Telegram». Все настройки с пояснениями: config.example.toml

## Web desk: conversation

desk-web-talk = Обращение
desk-web-log = Переписка
desk-web-log-keys = Стрелки вверх и вниз — по сообщениям, Tab — к тому, что можно сделать с сообщением.
desk-web-customer = Клиент
desk-web-operator = Оператор
desk-web-you = Вы
desk-web-today = Сегодня
desk-web-yesterday = Вчера
desk-web-newest = К последним сообщениям
desk-web-new-tab = откроется в новой вкладке
desk-web-types = { $name } печатает…
desk-web-edited = изменено
desk-web-deleted = Сообщение отозвано
desk-web-deleted-of = { $name }, отозванное сообщение
desk-web-taken-back = отозвано
desk-web-quoted = В ответ на сообщение
desk-web-whole = Показать целиком
desk-web-less = Свернуть
desk-web-note = Заметка
desk-web-note-of = Заметка, { $name }: клиент не увидит
desk-web-note-flag = Заметка: клиент не увидит
desk-web-delivery-sending = Отправляется
desk-web-delivery-queued = В очереди на отправку
desk-web-delivery-sent = Отправлено
desk-web-delivery-delivered = Доставлено
desk-web-delivery-seen = Прочитано клиентом
desk-web-delivery-failed = Не доставлено
desk-web-not-delivered = Не доставлено: { $reason }
desk-web-not-sent = Не отправлено.
desk-web-not-done = Не получилось. Повторите чуть позже.
desk-web-retry = Повторить
desk-web-to-field = Вернуть в поле
desk-web-message-tools = Что сделать с сообщением
desk-web-copy = Скопировать текст
desk-web-reply = Ответить на это сообщение
desk-web-edit = Исправить
desk-web-unsend = Отозвать у клиента
desk-web-remove = Удалить заметку
desk-web-more = Ещё
desk-web-photo = Фото
desk-web-video = Видео
desk-web-voice = Голосовое сообщение
desk-web-audio = Аудио
desk-web-sticker = Стикер
desk-web-file = Файл
desk-web-location = Место на карте
desk-web-venue = Место
desk-web-contact = Контакт
desk-web-poll = Опрос
desk-web-dice = Кубик
desk-web-unknown = Вложение, которое Otklik не умеет показать
desk-web-on-the-map = Открыть на карте
desk-web-no-file = Файл здесь недоступен
desk-web-play = Слушать
desk-web-pause = Пауза
desk-web-seek = Перемотка
desk-web-download = Скачать
desk-web-broken = Не загрузилось
desk-web-previous = Предыдущее
desk-web-next = Следующее
desk-web-cancel = Отмена
desk-web-happened-accepted = Принято в работу: { $name }
desk-web-happened-accepted-alone = Принято в работу
desk-web-happened-closed = Закрыто: { $name }
desk-web-happened-closed-alone = Закрыто
desk-web-happened-reopened = Открыто снова: { $name }
desk-web-happened-reopened-alone = Открыто снова
desk-web-happened-no-reply = Отмечено «ответ не нужен»: { $name }
desk-web-happened-no-reply-alone = Отмечено «ответ не нужен»
desk-web-happened-transferred = Передано: { $name } → { $to }
desk-web-happened-transferred-alone = Передано: { $to }
desk-web-happened-returned = Возвращено во входящие: { $name }
desk-web-happened-returned-alone = Возвращено во входящие
desk-web-happened-moved = Передано в группу «{ $to }»: { $name }
desk-web-happened-moved-alone = Передано в группу «{ $to }»
desk-web-stage-incoming = не принято
desk-web-stage-accepted = в работе
desk-web-stage-mine = у вас в работе
desk-web-stage-open = открыто
desk-web-stage-closed = закрыто
desk-web-stage-closed-ago = закрыто { $time } назад
desk-web-accept = Принять
desk-web-reopen = Открыть снова
desk-web-close-talk = Закрыть
desk-web-close-unanswered = Закрыть без ответа
desk-web-no-reply = Ответ не нужен
desk-web-transfer = Передать
desk-web-gate-incoming = Чтобы ответить, примите обращение в работу
desk-web-gate-previous = Прошлое обращение: { $name }
desk-web-gate-closed = Обращение закрыто
desk-web-gate-newer = Обращение закрыто; у клиента есть новое: продолжайте в нём
desk-web-ask-close = Клиент ждёт ответа. Закрыть?
desk-web-ask-close-unanswered = Закрыть без ответа?
desk-web-ask-close-hint = Клиент об этом не узнает. Напишет снова — придёт новое обращение.
desk-web-ask-unsend = Отозвать сообщение?
desk-web-ask-unsend-hint = У клиента оно исчезнет. Вы и коллеги сможете его прочитать.
desk-web-ask-remove = Удалить заметку?
desk-web-write = Сообщение клиенту…
desk-web-write-note = Заметка для коллег…
desk-web-write-what = Кому пишете
desk-web-to-customer = Клиенту
desk-web-send = Отправить клиенту
desk-web-send-note = Сохранить заметку
desk-web-save = Сохранить исправленное
desk-web-editing = Исправление сообщения
desk-web-attach = Приложить файлы
desk-web-take-out = Убрать
desk-web-uploading = Загружается
desk-web-upload-failed = файл не удалось загрузить
desk-web-drop = Отпустите, чтобы приложить
desk-web-with-other = Обращение ведёт { $name }. Ответ уйдёт от вашего имени.
desk-web-limit-blocked = Клиент запретил сообщения: ответ не дойдёт.
desk-web-limit-window-closed = Время для ответа вышло: платформа не пропустит сообщение, пока клиент не напишет сам.
desk-web-limit-window-soon = Ответить можно до { $time }: потом платформа не пропустит сообщение, пока клиент не напишет сам.
desk-web-limit-file-too-big = { $name }: слишком большой файл, можно до { $size }.
desk-web-limit-file-kind = { $name }: { $place } такого не передаёт ({ $kind }).
desk-web-limit-file-type = { $name }: { $place } не принимает файлы .{ $ending }. Отправьте архивом или ссылкой.
desk-web-limit-file-linked = { $name }: уйдёт клиенту ссылкой, самим файлом { $place } его не передаёт.
desk-web-transfer-title = Передать обращение
desk-web-transfer-colleague = Коллеге
desk-web-transfer-group = В другую группу
desk-web-transfer-back = Обратно
desk-web-transfer-feed = Во входящие
desk-web-transfer-feed-hint = Примет любой, кто освободится
desk-web-transfer-nobody = Передать некому: других групп нет, а коллеги здесь ещё не появлялись.
desk-web-transfer-comment = Например: просит счёт, договорились на завтра
desk-web-transfer-comment-label = Комментарий для коллег — клиент не увидит
desk-web-transfer-go = Передать
desk-web-contacts = Контакты
desk-web-username = Имя пользователя
desk-web-profile = Профиль
desk-web-email = Почта
desk-web-phone = Телефон
desk-web-tongue = Язык
desk-web-page = Страница, с которой пишет
desk-web-from-the-site = На сайте
desk-web-verified = подтверждено сайтом
desk-web-blocked = запретил сообщения
desk-web-same-person = Пишет и здесь
desk-web-this-request = Это обращение
desk-web-standing = Состояние
desk-web-opened = Пришло
desk-web-accepted = Принято
desk-web-closed = Закрыто
desk-web-previous-operator = Прошлое вёл
desk-web-earlier-requests = Прошлые обращения
desk-web-limit-too-long = { $count ->
    [one] Слишком длинно: можно до { $most } знаков, лишний { $count } знак.
    [few] Слишком длинно: можно до { $most } знаков, лишних { $count } знака.
   *[many] Слишком длинно: можно до { $most } знаков, лишних { $count } знаков.
}
desk-web-limit-parts = { $count ->
    [one] Длиннее { $most } знаков: уйдёт { $count } сообщением.
    [few] Длиннее { $most } знаков: уйдёт { $count } сообщениями.
   *[many] Длиннее { $most } знаков: уйдёт { $count } сообщениями.
}
desk-web-limit-too-many-files = { $count ->
    [one] В одном сообщении можно до { $count } файла.
    [few] В одном сообщении можно до { $count } файлов.
   *[many] В одном сообщении можно до { $count } файлов.
}
desk-web-others-look = { $count ->
    [one] { $names } тоже смотрит это обращение
    [few] { $names } тоже смотрят это обращение
   *[many] { $names } тоже смотрят это обращение
}
desk-web-others-type = { $count ->
    [one] { $names } пишет здесь…
    [few] { $names } пишут здесь…
   *[many] { $names } пишут здесь…
}

## Telegram desk: what happens at another desk

hint-in-another-group = Обращение передано в другую группу: отвечают теперь там.
card-returned = Вернулось во входящие: { $name }
card-moved-here = Из другой группы: { $name }
card-retired = Снова во входящих: карточка ниже
card-left = Передано в группу «{ $group }»
command-desk = войти в веб-панель
desk-link = { $name }, это ваш вход в веб-панель. Ссылка одноразовая и действует 10 минут: никому её не пересылайте.
desk-open-here = Открыть здесь
desk-menu = Обращения
desk-in-private = Ссылку для входа я присылаю только в личном чате: напишите мне там /desk.
desk-to-private = Открыть личный чат
desk-off = Веб-панель выключена: её включает раздел [web] в config.toml.
button-transfer = Передать…
transfer-to-whom = Кому передать обращение: { $name }?
transfer-to-feed = ↩️ Во «Входящие»
done-transfer = Передано.
transfer-colleague-gone = Этого сотрудника в группе больше нет.
