// Every phrase of the page itself, in its three languages. What people and the bot write comes from the server.

export const LANGUAGES = [
  { code: "kk", short: "Қаз", name: "Қазақша" },
  { code: "ru", short: "Рус", name: "Русский" },
  { code: "en", short: "Eng", name: "English" },
];

const WORDS = {
  en: {
    phones: "Phones",
    pageLanguage: "Language of the page",
    appLanguage: "Language of this Telegram",
    messages: "Messages",
    unread: "unread",
    bot: "bot",
    typing: "typing…",
    start: "START",
    empty: "No messages here yet.",
    menu: "Commands",
    attach: "Attach",
    pickMedia: "Photo or video",
    pickFile: "File",
    pickPlace: "Location",
    pickVoice: "Voice message (sample, 0:07)",
    keyboard: "Bot keyboard",
    message: "Message",
    caption: "Add a caption",
    send: "Send",
    reply: "Reply to this message",
    edit: "Edit this message",
    edited: "edited",
    editing: "Editing the message",
    replyingTo: "Reply to",
    cancel: "Cancel",
    remove: "Remove",
    you: "You",
    newMessages: "New messages",
    toBottom: "To the latest message",
    lost: "Connection lost. Reconnecting…",
    more: "More",
    block: "Block the bot",
    unblock: "UNBLOCK",
    blocked: "You have blocked the bot",
    photo: "Photo",
    video: "Video",
    voice: "Voice message",
    audio: "Audio",
    document: "File",
    location: "Location",
    contact: "Contact",
    poll: "Poll",
    sticker: "Sticker",
    unknown: "A message this page cannot show",
    pinned: "pinned a message",
    play: "Play",
    pause: "Pause",
    download: "Download",
    openPhoto: "Open the photo",
    close: "Close",
    ok: "OK",
    showMore: "Show more",
    showLess: "Show less",
    hidden: "Hidden text: press to show",
    opensLink: "opens a link",
    copied: "Copied",
    notSent: "Not sent.",
    nextDay: "+1 working day",
    nextHour: "+1 hour",
    moveOnFailed: "The clock could not be moved.",
    newcomer: "Somebody new",
    newcomerFailed: "Nobody new could come.",
    followsLink: "Opens on the phone of somebody new",
    chats: "Chats",
    topics: "Topics",
    general: "General",
    people: (count) => (count === 1 ? "1 member" : `${count} members`),
    deeds: {
      make_supergroup: "Make it a supergroup",
      begin_topics: "Turn topics on",
      end_topics: "Turn topics off",
      promote_bot: "Make the bot an administrator",
      demote_bot: "Make the bot an ordinary member",
      add_bot: "Add the bot",
      remove_bot: "Remove the bot",
    },
    deleteTopic: "Delete this topic",
    addPerson: "Add to the group",
    added: "added",
    removed: "removed",
    supergroup: "The group has become a supergroup",
    topicBegun: "A topic was begun",
    opensBot: "Opens the chat with the bot",
    copies: "Copies to the clipboard",
    chosen: (count) => (count === 1 ? "1 file" : `${count} files`),
    sizes: ["B", "KB", "MB"],
    months: ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    weekdays: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
  },
  ru: {
    phones: "Телефоны",
    pageLanguage: "Язык страницы",
    appLanguage: "Язык этого Telegram",
    messages: "Сообщения",
    unread: "непрочитанных",
    bot: "бот",
    typing: "печатает…",
    start: "СТАРТ",
    empty: "Здесь пока нет сообщений.",
    menu: "Команды",
    attach: "Прикрепить",
    pickMedia: "Фото или видео",
    pickFile: "Файл",
    pickPlace: "Геопозиция",
    pickVoice: "Голосовое сообщение (образец, 0:07)",
    keyboard: "Клавиатура бота",
    message: "Сообщение",
    caption: "Добавить подпись",
    send: "Отправить",
    reply: "Ответить на это сообщение",
    edit: "Изменить это сообщение",
    edited: "изменено",
    editing: "Изменение сообщения",
    replyingTo: "В ответ",
    cancel: "Отменить",
    remove: "Убрать",
    you: "Вы",
    newMessages: "Новые сообщения",
    toBottom: "К последнему сообщению",
    lost: "Связь потеряна. Подключаемся снова…",
    more: "Ещё",
    block: "Заблокировать бота",
    unblock: "РАЗБЛОКИРОВАТЬ",
    blocked: "Вы заблокировали бота",
    photo: "Фото",
    video: "Видео",
    voice: "Голосовое сообщение",
    audio: "Аудио",
    document: "Файл",
    location: "Геопозиция",
    contact: "Контакт",
    poll: "Опрос",
    sticker: "Стикер",
    unknown: "Сообщение, которое страница не умеет показать",
    pinned: "закрепил(а) сообщение",
    play: "Слушать",
    pause: "Пауза",
    download: "Скачать",
    openPhoto: "Открыть фото",
    close: "Закрыть",
    ok: "ОК",
    showMore: "Показать полностью",
    showLess: "Свернуть",
    hidden: "Скрытый текст: нажмите, чтобы показать",
    opensLink: "открывает ссылку",
    copied: "Скопировано",
    notSent: "Не отправлено.",
    nextDay: "+1 рабочий день",
    nextHour: "+1 час",
    moveOnFailed: "Не удалось перевести часы.",
    newcomer: "Новый человек",
    newcomerFailed: "Не удалось добавить нового человека.",
    followsLink: "Откроется на телефоне нового человека",
    chats: "Чаты",
    topics: "Темы",
    general: "Общая тема",
    people: (count) => `Участников: ${count}`,
    deeds: {
      make_supergroup: "Преобразовать в супергруппу",
      begin_topics: "Включить темы",
      end_topics: "Выключить темы",
      promote_bot: "Назначить бота администратором",
      demote_bot: "Сделать бота обычным участником",
      add_bot: "Добавить бота",
      remove_bot: "Удалить бота из группы",
    },
    deleteTopic: "Удалить эту тему",
    addPerson: "Добавить в группу",
    added: "добавляет в группу",
    removed: "удаляет из группы",
    supergroup: "Группа стала супергруппой",
    topicBegun: "Создана тема",
    opensBot: "Открывает чат с ботом",
    copies: "Копирует в буфер обмена",
    chosen: (count) => `Файлов: ${count}`,
    sizes: ["Б", "КБ", "МБ"],
    months: ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"],
    weekdays: ["воскресенье", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота"],
  },
  kk: {
    phones: "Телефондар",
    pageLanguage: "Беттің тілі",
    appLanguage: "Осы Telegram тілі",
    messages: "Хабарламалар",
    unread: "оқылмаған",
    bot: "бот",
    typing: "жазып жатыр…",
    start: "БАСТАУ",
    empty: "Мұнда әзірге хабарлама жоқ.",
    menu: "Командалар",
    attach: "Тіркеу",
    pickMedia: "Фото немесе бейне",
    pickFile: "Файл",
    pickPlace: "Геолокация",
    pickVoice: "Дауыстық хабарлама (үлгі, 0:07)",
    keyboard: "Бот пернетақтасы",
    message: "Хабарлама",
    caption: "Сипаттама қосу",
    send: "Жіберу",
    reply: "Осы хабарламаға жауап беру",
    edit: "Осы хабарламаны өзгерту",
    edited: "өзгертілді",
    editing: "Хабарламаны өзгерту",
    replyingTo: "Жауап:",
    cancel: "Бас тарту",
    remove: "Алып тастау",
    you: "Сіз",
    newMessages: "Жаңа хабарламалар",
    toBottom: "Соңғы хабарламаға",
    lost: "Байланыс үзілді. Қайта қосылуда…",
    more: "Тағы",
    block: "Ботты бұғаттау",
    unblock: "БҰҒАТТАН ШЫҒАРУ",
    blocked: "Сіз ботты бұғаттадыңыз",
    photo: "Фото",
    video: "Бейне",
    voice: "Дауыстық хабарлама",
    audio: "Аудио",
    document: "Файл",
    location: "Геолокация",
    contact: "Контакт",
    poll: "Сауалнама",
    sticker: "Стикер",
    unknown: "Бұл бет көрсете алмайтын хабарлама",
    pinned: "хабарламаны бекітті",
    play: "Тыңдау",
    pause: "Кідірту",
    download: "Жүктеп алу",
    openPhoto: "Фотоны ашу",
    close: "Жабу",
    ok: "Жарайды",
    showMore: "Толық көрсету",
    showLess: "Жинау",
    hidden: "Жасырын мәтін: көрсету үшін басыңыз",
    opensLink: "сілтемені ашады",
    copied: "Көшірілді",
    notSent: "Жіберілмеді.",
    nextDay: "+1 жұмыс күні",
    nextHour: "+1 сағат",
    moveOnFailed: "Сағатты жылжыту мүмкін болмады.",
    newcomer: "Жаңа адам",
    newcomerFailed: "Жаңа адамды қосу мүмкін болмады.",
    followsLink: "Жаңа адамның телефонында ашылады",
    chats: "Чаттар",
    topics: "Тақырыптар",
    general: "Жалпы тақырып",
    people: (count) => `${count} мүше`,
    deeds: {
      make_supergroup: "Супертопқа айналдыру",
      begin_topics: "Тақырыптарды қосу",
      end_topics: "Тақырыптарды өшіру",
      promote_bot: "Ботты әкімші ету",
      demote_bot: "Ботты қатардағы мүше ету",
      add_bot: "Ботты қосу",
      remove_bot: "Ботты топтан шығару",
    },
    deleteTopic: "Осы тақырыпты жою",
    addPerson: "Топқа қосу",
    added: "топқа қосты",
    removed: "топтан шығарды",
    supergroup: "Топ супертопқа айналды",
    topicBegun: "Тақырып ашылды",
    opensBot: "Ботпен чатты ашады",
    copies: "Алмасу буферіне көшіреді",
    chosen: (count) => `${count} файл`,
    sizes: ["Б", "КБ", "МБ"],
    months: ["қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан"],
    weekdays: ["жексенбі", "дүйсенбі", "сейсенбі", "сәрсенбі", "бейсенбі", "жұма", "сенбі"],
  },
};

/** The language the page has for a Telegram language_code; English for any other. */
export function pageLanguage(code) {
  const short = String(code || "").slice(0, 2).toLowerCase();
  return short in WORDS ? short : "en";
}

export function words(language) {
  return WORDS[pageLanguage(language)];
}

/** One text out of {kk, ru, en}, or the text itself when it is not translated. */
export function inLanguage(translations, language) {
  if (translations === null || translations === undefined) return "";
  if (typeof translations === "string") return translations;
  return translations[pageLanguage(language)] || translations.en || Object.values(translations)[0] || "";
}

// The city's clock, not the visitor's: three phones in one city must agree wherever the page is opened
let timeZone = "UTC";
let clockParts = null;

export function useTimeZone(name) {
  timeZone = name || "UTC";
  clockParts = null;
}

function parts(seconds) {
  clockParts ??= new Intl.DateTimeFormat("en-GB", {
    timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit",
  });
  return Object.fromEntries(clockParts.formatToParts(new Date(seconds * 1000)).map((part) => [part.type, part.value]));
}

export function timeOfDay(seconds) {
  const at = parts(seconds);
  return `${at.hour}:${at.minute}`;
}

export function dayKey(seconds) {
  const at = parts(seconds);
  return `${at.year}-${at.month}-${at.day}`;
}

/** "Thursday, 14 May": by our own names, since browsers differ in what they know of Kazakh. */
export function dayName(seconds, language) {
  const at = parts(seconds);
  const phrases = words(language);
  const weekday = new Date(Date.UTC(+at.year, +at.month - 1, +at.day)).getUTCDay();
  const name = `${phrases.weekdays[weekday]}, ${at.day} ${phrases.months[+at.month - 1]}`;
  return name[0].toUpperCase() + name.slice(1);
}

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function fileSize(bytes, language) {
  const units = words(language).sizes;
  if (!bytes) return "";
  if (bytes < 1024) return `${bytes} ${units[0]}`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} ${units[1]}`;
  const separator = pageLanguage(language) === "en" ? "." : ",";
  return `${(bytes / 1024 / 1024).toFixed(1).replace(".", separator)} ${units[2]}`;
}
