// Photos by a personal link: a check where asked for, then one pose after the other.
import { headTurns } from "../../portal/camera/head_turns.js";
import { posted } from "../../portal/camera/posting.js";
import { cameraOf } from "../../portal/camera/source.js";
import { byId, wordsIn } from "../../portal/page.js";
import { portraits, showStill } from "./shots.js";

const words = { ...wordsIn("camera-words"), ...wordsIn("words") };
const stage = byId("stage"), still = byId("still"), video = stage.querySelector("video");
const take = byId("take"), again = byId("again"), flip = byId("flip"), finish = byId("finish");
const poses = Number(stage.dataset.poses), camera = portraits({ stage, video, hint: byId("hint"), words });
let photos = Number(stage.dataset.photos), needsCheck = Boolean(stage.dataset.check), isBusy = false;

const tell = (text) => { byId("verdict").textContent = text; };
const label = (key) => { take.querySelector("span").textContent = words[key]; };
const show = () => {
  const isAll = photos >= poses;
  byId("pose").textContent = needsCheck ? words.first : isAll ? words.all : words[`pose-${photos}`];
  const count = words.photos.replace("%n", Math.min(photos + 1, poses)).replace("%m", poses);
  byId("count").textContent = needsCheck || isAll ? "" : count;
  take.hidden = isAll && !needsCheck;
  finish.hidden = photos === 0 || needsCheck;
  label(needsCheck ? "begin" : "take");
};
const live = () => {
  showStill(still, null);
  camera.pause(false);
  again.hidden = true;
  take.disabled = false;
  show();
};

// The arrows are followed with small frames from a handle of its own on the same picture.
const frames = cameraOf(video, { facing: "user", width: 1280 });
const turns = headTurns({ camera: frames, place: byId("check") });
const check = async () => {
  camera.pause(true);
  const begun = await posted(stage.dataset.check, new FormData());
  const shown = begun.answer && await turns(begun.answer);
  const reply = shown ? await posted(stage.dataset.frames, shown) : begun;
  byId("check").hidden = true;
  if (reply.isOver) { location.reload(); return; }
  needsCheck = !reply.answer?.is_live;
  tell(reply.answer ? (needsCheck ? words["not-live"] : "") : words[reply.word] || reply.word);
  live();
};
const shoot = async () => {
  const blob = await camera.frame(), body = new FormData();
  body.append("picture", blob, "photo.jpg");
  showStill(still, blob);
  camera.pause(true);
  tell(words.sending);
  const { answer, word, isOver, refused } = await posted(stage.dataset.url, body);
  if (isOver || refused?.error === "link_ended") { location.reload(); return; }
  if (!answer) { tell(words[word] || word); again.hidden = false; return; }
  photos = answer.photos;
  tell(words[answer.state] || answer.words);
  const isUsed = answer.state !== "refused";
  again.hidden = isUsed;
  take.disabled = !isUsed;
  show();
  if (isUsed) label("next");
};
take.addEventListener("click", async () => {
  if (isBusy || !camera.isOn()) return;
  if (!still.hidden) { tell(""); live(); return; }
  isBusy = true;
  take.disabled = true;
  try { await (needsCheck ? check() : shoot()); } finally { isBusy = false; }
});
again.addEventListener("click", () => { tell(""); live(); });
flip.addEventListener("click", async () => {
  const obstacle = await camera.flip();
  if (obstacle) camera.say(obstacle);
});

const begin = async () => {
  show();
  if (!await camera.start()) return;
  flip.hidden = !await camera.hasAnother();
  live();
};
begin();
