// Follows what an address shows: asks again and again whether it has changed, mostly to hear "no" (304).
// The slower the server answers the less often it is asked, and a page that nobody looks at asks nothing.
const LONGEST = 15000, PATIENCE = 10000; // ms
const SHARE = 8; // a page has at most an eighth of a thread
const EVERYTHING = 120000; // so often the whole is asked for: what a version cannot know, such as a new portrait

const notes = [...document.querySelectorAll("[data-lost]")]; // each says one reason why the page does not follow
const note = (why) => { for (const one of notes) one.hidden = one.dataset.lost !== why; };

// What came: shown, or a reason why nothing did. A 5xx is a fault of the server; another 4xx means that this page is
// not for this person any more, or that there is no such thing.
export const reasonOf = ({ status, redirected, headers }) => {
  if (redirected || headers.get("HX-Redirect") || status === 401) return "signed-out";
  if (status >= 500 || status === 429) return "fault";
  return status >= 400 ? "gone" : "";
};

// What is shown says by its `data-tag` which version it is: what the page, or an act's answer, has brought is not drawn
// again. url: what is asked; every(): ms between two questions; root(): what is shown now; isBusy(): while somebody's
// own act is on its way, whose answer is newer; show(html); tell(why): "" or a reason. Returns a function that asks for
// all.
export const follow = ({ url, every, root, isBusy, show, tell }) => {
  let timer = 0, isAsking = false, whole = Date.now(), failures = 0;
  const again = (ms) => { clearTimeout(timer); timer = setTimeout(ask, ms); };
  const forget = () => { delete root().dataset.tag; };
  const take = async (answer, at) => {
    if (answer.status !== 200) return;
    const html = await answer.text();
    // Not over an act that began or ended meanwhile: the next question brings it.
    if (at !== root() || isBusy()) return;
    show(html);
    root().dataset.tag = (answer.headers.get("ETag") || "").replace(/^W\/|"/g, "");
  };
  const question = async () => {
    const headers = { "HX-Request": "true" }, signal = AbortSignal.timeout?.(PATIENCE);
    if (Date.now() - whole > EVERYTHING) { forget(); whole = Date.now(); }
    const { tag } = root().dataset;
    if (tag) headers["If-None-Match"] = `"${tag}"`;
    return fetch(url, { headers, cache: "no-store", signal });
  };
  const ask = async () => {
    if (document.hidden || isAsking) return;
    if (isBusy()) { again(every()); return; }
    isAsking = true;
    const at = root(), started = performance.now();
    let share = SHARE, why = "offline";
    try {
      const answer = await question();
      why = reasonOf(answer);
      if (!why) await take(answer, at);
      if (answer.status === 200) share = 1; // drawing the whole is no sign of a busy server
    } catch { why = "offline"; }
    failures = why ? failures + 1 : 0;
    note(why);
    tell(why);
    isAsking = false;
    const least = every() * (failures ? 2 ** Math.min(failures, 3) : 1);
    again(Math.min(Math.max(least, share * (performance.now() - started)), LONGEST));
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) again(0); });
  addEventListener("online", () => again(0));
  ask();
  return () => { forget(); again(0); };
};
