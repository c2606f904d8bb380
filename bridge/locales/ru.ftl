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
config-syntax-repeated-table = такой раздел уже есть выше; повторяются только [[group]] и [[channel]]
config-syntax-list = список не закрыт скобкой ]
config-syntax-backslash = обратная черта в строке пишется дважды: \\

config-missing = обязательный ключ не задан
config-no-desk = нет раздела [desk] с токеном бота операторов
config-no-tables = нужен хотя бы один раздел [[{ $name }]]
config-expected-tables = раздел пишется в двойных скобках: [[{ $name }]]
config-expected-table = ожидался раздел с ключами, а не значение
config-expected-string = ожидалась строка в кавычках
config-expected-number = ожидалось целое число
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
config-kind-missing = не указан вид канала; есть: { $names }
config-kind-unknown = вида «{ $kind }» нет; есть: { $names }
config-kind-later = вид «{ $kind }» появится в следующей версии; пока есть: { $names }
config-unknown-group = группы «{ $group }» нет; есть: { $names }
config-unknown-group-likely = группы «{ $group }» нет; может быть, вы имели в виду "{ $likely }"?
config-name-taken = имя «{ $value }» уже занято выше
config-name-reserved = имя «{ $name }» занято самим Otklik: выберите другое
config-chat-taken = чат { $value } уже у другой группы: у каждой группы свой чат
config-helper-taken = этот бот уже указан выше: каждый помощник — отдельный бот
config-bot-taken = этот бот уже занят: у каждого канала Telegram свой бот
config-desk-bot-taken = на боте операторов уже есть канал: заведите для этого отдельного бота и укажите его token
config-key-of-the-desk = у канала без token бот тот же, что в [desk]: задайте { $key } там
config-webhook-needs-url = для вебхука нужен public_url
config-webhook-needs-https = Telegram присылает вебхуки только на https и порты 443, 80, 88, 8443: поправьте public_url или поставьте updates = "polling"
config-site-needs-url = для виджета на сайте нужен public_url: адрес, по которому браузеры видят Otklik
config-feed-topic-without-topics = feed_topic действует только с темами: уберите его или layout = "replies"
config-variable-unset = переменная окружения { $name } не задана
config-variable-name = в ${ "{" }…{ "}" } ожидалось имя переменной окружения: латинские буквы, цифры и «_»

## Check

## Command line

cli-help = Otklik — служба поддержки в группе Telegram. Без команды — то же, что run.
cli-help-run = Запустить Otklik.
cli-help-check = Проверить настройки, Telegram и место для данных; сказать, что исправить.
cli-help-config = Файл настроек [config.toml или переменная OTKLIK_CONFIG].
cli-help-log-level = Подробность журнала [info или переменная OTKLIK_LOG].
cli-help-write-config = Записать файл настроек из образца и закончить; готовый файл не трогает.
cli-first-steps =
    Otklik — служба поддержки в группе Telegram. Файла { $path } пока нет.

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

piece-place = Место: { $link }
piece-contact = { $name } { $phone }
piece-option = • { $option }
piece-sticker = [стикер]

## Site widget

widget-open = Открыть чат
widget-close = Закрыть чат
widget-title = Напишите нам
widget-hint = Ответим здесь, в этом окне
widget-log = Переписка
widget-write = Сообщение…
widget-send = Отправить
widget-connecting = Соединяемся…
widget-offline = Нет связи. Сообщения отправятся, как только она появится
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
widget-origin-refused = С этого сайта чат открывать нельзя: его адреса нет в списке origins канала

widget-try-title = Otklik: проба чата
widget-try-lead = Так чат выглядит на странице. Нажмите на кнопку справа внизу и напишите: сообщение придёт операторам.
widget-try-tag = Чтобы поставить чат на свой сайт, добавьте в страницу эту строку:
