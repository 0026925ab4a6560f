// The tablet at a door: it asks every few seconds what its room has now, and the camera is on while a register is open.
// Nothing here reloads the page unless the server has just answered: a reload while it is away would end on the
// browser's own error page, before which nobody stands.
import { fullScreenBy, stayAwake } from "../../portal/big_screen.js";
import { byId, wordsIn } from "../../portal/page.js";
import { finderFrom } from "../../portal/camera/finder.js";
import { looker } from "../../portal/camera/look.js";
import { isJson, posted } from "../../portal/camera/posting.js";
import { cameraScreen } from "../captures/camera/screen.js";
import { cameraOf } from "../../portal/camera/source.js";
import { walkPast } from "../captures/camera/walk.js";
import { headTurns } from "../../portal/camera/head_turns.js";

const ASK_EVERY = 5000, AGAIN = 2000, PATIENCE = 8000, TOLD = 3500; // ms; TOLD: that a check's outcome is shown
const stage = byId("cam"), video = stage.querySelector("video"), clock = byId("door-clock"), here = byId("cam-here");
const screen = cameraScreen(stage), camera = cameraOf(video, { facing: "user", width: 1280 });
const doorWords = wordsIn("door-words");
const text = (id, words) => { if (byId(id).textContent !== words) byId(id).textContent = words; };

// Shut out: the page becomes the one that asks for a code. Only a page of the portal says so, not a proxy's.
const shutOut = async () => {
  const page = await fetch(location.pathname, { cache: "no-store" });
  if (page.ok) location.reload();
};
const post = async (url, body) => {
  const reply = await posted(url, body), { here: n, expected: m } = reply.answer || {};
  if (reply.isOver) await shutOut();
  if (reply.refused) ask();
  if (n !== undefined) here.textContent = doorWords.here.replace("%n", n).replace("%m", m);
  return reply;
};

// Where nobody of the school stands: the server gives whoever it may know a challenge, and marks who passed it.
const place = byId("door-check"), challenges = { turns: headTurns({ camera, place }) };
const challenged = async (challenge) => {
  const run = challenges[challenge.kind];
  if (!run) return { word: doorWords["no-check"], wait: 10000 };
  stage.classList.add("checking");
  try {
    const sent = await post(`${stage.dataset.url}${challenge.id}/`, await run(challenge));
    if (sent.answer?.passed) return sent;
    if (sent.word) screen.show(screen.words[sent.word] || sent.word);
    return { wait: TOLD };
  } finally { place.hidden = true; stage.classList.remove("checking"); }
};
const send = async (body) => {
  const sent = await post(stage.dataset.url, body);
  return sent.answer?.challenge ? challenged(sent.answer.challenge) : sent;
};

let walk = null, isWatching = false, isStarting = false;
const watch = async (isOpen) => {
  if (isOpen === isWatching || isStarting) return;
  isStarting = true;
  try {
    isWatching = isOpen && await walk.start();
    if (!isWatching) walk.stop();
    if (!isOpen) { here.textContent = ""; screen.say(""); }
  } finally { isStarting = false; }
  video.hidden = !isWatching;
};
let isAttended = null; // the office may change it: the page is another one then
const show = (now) => {
  if (isAttended !== null && now.attended !== isAttended) return shutOut();
  isAttended = now.attended;
  if (now.lesson) text("door-lesson", now.lesson);
  text("door-when", now.when);
  text("door-detail", now.detail);
  byId("door-code").hidden = !now.shows_code;
  return watch(now.is_open);
};
let isAway = false;
const away = (word) => { isAway = true; text("door-detail", screen.words[word]); };
const ask = async () => {
  try {
    const answer = await fetch(stage.dataset.now, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status === 404) return await shutOut();
    if (!answer.ok || !isJson(answer)) return away(answer.status >= 500 ? "fault" : "offline");
    isAway = false;
    await show(await answer.json());
  } catch { away("offline"); }
};
const asking = async () => { await ask(); setTimeout(asking, isAway ? AGAIN : ASK_EVERY); };

const time = new Intl.DateTimeFormat(document.documentElement.lang, {
  hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: clock.dataset.zone,
});
const tick = () => text("door-clock", time.format(new Date()));
const begin = async () => {
  const look = looker(await finderFrom(stage.dataset.cascade));
  walk = walkPast({ stage, camera, screen, look, send });
  tick();
  setInterval(tick, 1000);
  await show(JSON.parse(byId("door-now").textContent));
  setTimeout(asking, ASK_EVERY);
};
fullScreenBy(byId("door-full"));
stayAwake();
begin();
