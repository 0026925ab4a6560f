// The class photo in several shots: each is sent as it is taken, and the page says who is still missing.
import { newNonce } from "../../portal/nonce.js";
import { byId, clone } from "../../portal/page.js";
import * as queue from "../../portal/queue.js";
import { finderFrom } from "../../portal/camera/finder.js";
import { burstOf } from "../../portal/camera/burst.js";
import { adviceFor, isDark } from "../../portal/camera/framing.js";
import { looker } from "../../portal/camera/look.js";
import { posted } from "../../portal/camera/posting.js";
import { cameraScreen } from "./camera/screen.js";
import { cameraOf } from "../../portal/camera/source.js";
import { cameraSwitch } from "./camera/switch.js";

const LOOK_EVERY = 700, WIDEST = 2400, QUALITY = .88, REST = 5 * 60000; // ms and pixels; REST: without a tap
const BACK_ROWS = 640; // pixels of the copy that is looked at: their faces are small
const stage = byId("cam"), shutter = byId("cam-shutter"), video = stage.querySelector("video");
const screen = cameraScreen(stage), camera = cameraOf(video, { facing: "environment", width: 2560 });
const turned = (isOn) => { shutter.disabled = !isOn; };
const power = cameraSwitch({ camera, screen, restAfter: REST, turned });
const filled = (key, n, m) => screen.words[key].replace("%n", n).replace("%m", m);
let sending = Promise.resolve(), strangers = 0, doubts = 0, isInTheDark = false, isGathering = false;

const named = (name) => {
  const one = document.createElement("bdi");
  one.textContent = name;
  return one;
};
const show = (answer) => {
  byId("cam-here").textContent = answer.here;
  byId("missing-count").textContent = answer.missing.length;
  byId("missing").replaceChildren(...(answer.missing.length ? answer.missing.map(named) : [screen.words.everybody]));
  // The same stranger may be on every shot: the most that any one shows are certain.
  strangers = Math.max(strangers, answer.unknown);
  doubts = Math.max(doubts, answer.doubts);
  const said = [doubts && filled("doubts", doubts), strangers && filled("strangers", strangers)];
  const place = byId("unknown");
  place.textContent = said.filter(Boolean).join(" · ");
  place.hidden = !place.textContent;
};
// With what is sent later, so that it outlives this page; its number is the same, so it cannot come twice.
const isKept = ({ nonce, blob, at }) => {
  const page = location.pathname.replace(/[^/]+\/$/, "");
  return queue.add({ kind: "photo", page, nonce, blob, at, url: `/api${page}captures/` });
};
const send = async (shot, line) => {
  const text = line.querySelector("[data-text]"), again = line.querySelector("button"), body = new FormData();
  again.hidden = true;
  body.append("nonce", shot.nonce);
  body.append("picture", shot.blob, "photo.jpg");
  const reply = await posted(stage.dataset.url, body);
  if (reply.isOver) await isKept(shot);
  if (reply.isOver || reply.refused?.code === "cap_reached") return location.reload();
  if (reply.isAway || reply.status >= 500) {
    again.hidden = await isKept(shot);
    text.textContent = screen.words[again.hidden ? "kept" : "not-sent"];
    return;
  }
  const { answer } = reply;
  text.textContent = reply.word || (answer ? filled("shot", answer.faces, answer.marked) : screen.words["not-sent"]);
  if (answer) show(answer);
};
const enqueue = (shot, line) => { sending = sending.then(() => send(shot, line)); };

// In the dark several frames as one, unless somebody moved meanwhile.
const taken = async () => {
  isGathering = isInTheDark;
  if (isGathering) screen.say("dark");
  const several = isGathering && await burstOf(video, { longest: WIDEST, quality: QUALITY });
  isGathering = false;
  return several || camera.frame(WIDEST, QUALITY);
};
shutter.addEventListener("click", async () => {
  power.used();
  if (!camera.isOn()) return;
  const line = clone("shot"), image = line.querySelector("img");
  const shot = { nonce: newNonce(), at: Date.now(), blob: await taken() };
  image.src = URL.createObjectURL(shot.blob);
  image.onload = () => URL.revokeObjectURL(image.src);
  line.querySelector("button").addEventListener("click", () => enqueue(shot, line));
  byId("shots").append(line);
  line.scrollIntoView({ block: "nearest", inline: "end" });
  enqueue(shot, line);
});

const tick = (look) => {
  if (!power.isLooking() || power.rests()) return;
  const seen = look(video), advice = isGathering ? "dark" : adviceFor(seen), count = seen.faces.length;
  isInTheDark = isDark(seen);
  screen.say(count && ["good", "closer"].includes(advice) ? filled("in-view", count) : advice);
};
const begin = async () => {
  const look = looker(await finderFrom(stage.dataset.cascade), BACK_ROWS);
  await power.start();
  setInterval(() => tick(look), LOOK_EVERY);
};
if (stage.dataset.open === "1") begin(); else screen.say("closed");
