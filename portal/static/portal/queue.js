// Sends what was marked and photographed without a connection: once each, in order, as soon as there is one again.
// A photo carries its number and a mark the version that it was made over, so that sending twice changes nothing. What
// the server has meanwhile otherwise is shown with both versions, and the person chooses; nothing is dropped unseen.
const queue = (() => {
  const place = document.getElementById("unsent");
  const text = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
  const AGAIN = 10000; // ms
  let isSending = false, isLost = !navigator.onLine, signIn = "", timer = 0, holding = 0;

  const items = async () => (await device.all()).filter((item) => item.person === device.person);
  const told = (name) => document.dispatchEvent(new CustomEvent(name));

  // A device's clock may be wrong: what counts is how long ago it was, by the server's.
  const offset = async () => {
    const answer = await fetch("/health/", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    return Date.parse(answer.headers.get("Date")) - Date.now() || 0;
  };
  const post = (item, ahead) => {
    const at = new Date(Math.min(item.at + ahead, Date.now() + ahead - 1000)).toISOString();
    const headers = { "X-CSRFToken": token(), Accept: "application/json" };
    if (item.kind === "photo") {
      const body = new FormData();
      body.append("nonce", item.nonce); body.append("taken_at", at); body.append("picture", item.blob, "photo.jpg");
      return fetch(item.url, { method: "POST", body, headers });
    }
    const body = JSON.stringify({ status: item.status, expected_version: item.version, made_at: at });
    return fetch(item.url, { method: "PUT", body, headers: { ...headers, "Content-Type": "application/json" } });
  };

  const laterOf = async (item) => (await items()).filter((other) => other.kind === "mark" && other.url === item.url && other.id > item.id);
  const sent = async (item, data) => {
    await device.remove(item.id);
    for (const later of item.kind === "mark" ? await laterOf(item) : []) await device.put({ ...later, version: data.version });
  };
  const refused = async (item, answer, data) => {
    const isConflict = data.code === "mark_changed";
    const last = { ...item };
    for (const later of item.kind === "mark" ? await laterOf(item) : []) {
      Object.assign(last, { status: later.status, at: later.at }); // the last word is the one to choose about
      await device.remove(later.id);
    }
    await device.put({ ...last, state: isConflict ? "conflict" : "refused", current: data.current, detail: data.detail || String(answer.status) });
  };
  const SIGNED_OUT = ["not_authenticated", "authentication_failed", "permission_denied"];
  // Whether to go on with the next one.
  const handled = async (item, answer) => {
    const data = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : {};
    if (answer.ok && !answer.redirected) { await sent(item, data); return true; }
    if (answer.redirected || answer.status === 401 || (answer.status === 403 && SIGNED_OUT.includes(data.code))) {
      signIn = `${place.dataset.signIn}?next=${encodeURIComponent(location.pathname)}`;
      return false;
    }
    if (answer.status === 429 || answer.status >= 500) return false;
    await refused(item, answer, data);
    return true;
  };
  const sendAll = async () => {
    const waiting = (await items()).filter((item) => item.state === "waiting");
    if (!waiting.length) return;
    const ahead = await offset();
    for (const { id } of waiting) {
      const item = await device.get(id); // as it is now: another tab may have sent it
      if (!item || item.state !== "waiting") continue;
      if (!await handled(item, await post(item, ahead))) return;
      await draw();
    }
  };
  const flush = async () => {
    if (isSending) return;
    isSending = true;
    clearTimeout(timer);
    await device.ready;
    const before = (await items()).length;
    try {
      signIn = "";
      await (navigator.locks ? navigator.locks.request("queue", sendAll) : sendAll());
      if (before) isLost = false;
    } catch { isLost = true; }
    isSending = false;
    await draw();
    if ((await items()).some((item) => item.state === "waiting") && !signIn) timer = setTimeout(flush, AGAIN);
    if (before) told("register:ask");
  };

  const add = async (item) => { await device.add(item); await draw(); if (navigator.onLine && !isLost) flush(); };
  const fill = (node, words) => {
    for (const [name, value] of Object.entries(words)) for (const part of node.querySelectorAll(`[data-${name}]`)) part.textContent = value;
    return node;
  };
  const clock = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  const choice = (item) => {
    const isConflict = item.state === "conflict";
    const theirs = item.current ? item.words?.[item.current.status] || item.current.status : place.dataset.nothing;
    const note = fill(text(isConflict ? "unsent-conflict" : "unsent-refused"), {
      name: item.name || place.dataset.photo, mine: item.words?.[item.status] || "", theirs, at: clock(item.at), detail: item.detail,
    });
    note.querySelector("[data-leave]").addEventListener("click", async () => { await device.remove(item.id); await draw(); told("register:ask"); });
    note.querySelector("[data-insist]").addEventListener("click", async () => {
      await device.put({ ...item, state: "waiting", version: isConflict ? item.current?.version || 0 : item.version });
      flush();
    });
    return note;
  };
  const draw = async () => {
    const all = await items(), waiting = all.filter((item) => item.state === "waiting");
    holding = waiting.length;
    const words = { marks: waiting.filter((item) => item.kind === "mark").length, photos: waiting.filter((item) => item.kind === "photo").length };
    const lines = all.filter((item) => item.state !== "waiting").map(choice);
    if (waiting.length) {
      const line = fill(text(signIn ? "unsent-sign-in" : isLost ? "unsent-offline" : "unsent-waiting"), words);
      if (signIn) line.querySelector("a").href = signIn;
      lines.unshift(line);
    } else if (isLost && document.querySelector("[data-live]")) lines.unshift(text("unsent-nothing"));
    // Said again only where it says something else: it is a live region.
    const shown = lines.map((line) => line.outerHTML).join("");
    if (place.dataset.shown !== shown) { place.dataset.shown = shown; place.replaceChildren(...lines); }
    told("queue:drawn");
  };

  addEventListener("online", () => { isLost = false; flush(); });
  addEventListener("offline", () => { isLost = true; draw(); });
  document.addEventListener("register:lost", () => { if (!isLost) { isLost = true; draw(); } });
  document.addEventListener("register:back", () => { isLost = false; flush(); });
  flush();
  return { add, items, isHolding: () => isLost || holding > 0 };
})();
