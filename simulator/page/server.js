// What the page asks of the server, and the one stream by which it is told what happened.

async function ask(address, options = {}) {
  const response = await fetch(address, options);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `${response.status} ${response.statusText}`);
  return answer;
}

const post = (address, body = {}) =>
  ask(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const server = {
  page: () => ask("/page"),
  phones: () => ask("/phones"),
  newcomer: (language, start) => post("/phones", { language_code: language, start }),
  now: () => ask("/demo/now"),
  nextDay: () => post("/demo/next-day"),
  nextHour: () => post("/demo/next-hour"),
  file: (id) => `/phones/files/${encodeURIComponent(id)}`,
};

/** The requests of one phone; `where` is the chat that is open on it, and in a forum the topic. */
export function serverOf(phone, where = {}) {
  const at = (action) => `/phones/${encodeURIComponent(phone)}/${action}`;
  return {
    state: (chat) => ask(`${at("messages")}?chat=${chat}`),
    text: (text, replyTo) => post(at("text"), { ...where, text, reply_to: replyTo }),
    press: (messageId, data) => post(at("press"), { ...where, message_id: messageId, data }),
    edit: (messageId, text) => post(at("edit"), { ...where, message_id: messageId, text }),
    location: (latitude, longitude) => post(at("location"), { ...where, latitude, longitude }),
    group: (deed, about) => post(at("group"), { ...where, deed, ...about }),
    language: (code) => post(at("language"), { language_code: code }),
    block: () => post(at("block")),
    unblock: () => post(at("unblock")),
    files: (kind, files, fields = {}) => {
      const form = new FormData();
      form.set("kind", kind);
      for (const [name, value] of Object.entries({ ...where, ...fields })) if (value !== undefined && value !== null && value !== "") form.set(name, value);
      for (const file of files) form.append("files", file, file.name);
      return ask(at("files"), { method: "POST", body: form });
    },
  };
}

/**
 * Listens for good. onOpen: (again) connected, so everything is to be read anew; onEvent: one thing that happened;
 * onLost: the line is down and is being called again. One stream for all phones: a browser allows six to a server.
 */
export function listen(onOpen, onEvent, onLost) {
  const source = new EventSource("/events");
  source.addEventListener("hello", () => onOpen());
  source.addEventListener("message", (event) => onEvent(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    onLost();
    // a browser gives up after an HTTP error; after a mere break it calls again by itself
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(onOpen, onEvent, onLost), 1500);
  });
  addEventListener("pagehide", () => source.close(), { once: true });
}
