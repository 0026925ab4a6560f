// The camera station: one student after the other, by keyboard or thumb.
import { posted } from "../../portal/camera/posting.js";
import { byId, wordsIn } from "../../portal/page.js";
import { portraits, showStill } from "./shots.js";

const words = { ...wordsIn("camera-words"), ...wordsIn("words") }, stage = byId("stage"), still = byId("still");
const take = byId("take"), again = byId("again"), skip = byId("skip"), flip = byId("flip");
const people = [...byId("people").querySelectorAll("button")], poses = Number(stage.dataset.poses);
const camera = portraits({ stage, video: stage.querySelector("video"), hint: byId("hint"), words });
let at = -1, isBusy = false, isReady = false, last = "";

const filled = (key, n, m) => words[key].replace("%n", n).replace("%m", m);
const photosOf = (person) => Number(person.dataset.photos);
const mayTake = (person) => person?.dataset.consent === "yes";
const tellState = (person) => {
  const { consent } = person.dataset, n = photosOf(person);
  person.querySelector("[data-state]").textContent = consent === "yes" ? `${n}/${poses}` : words[consent];
};
const tellConsent = (person) => {
  const said = words[person.dataset.consent];
  byId("consent").textContent = mayTake(person) ? `${said} · ${filled("photos", photosOf(person), poses)}` : said;
};
const tell = (text) => { byId("verdict").textContent = text; };

const live = () => {
  showStill(still, null);
  camera.pause(false);
  again.hidden = true;
  take.disabled = !isReady || isBusy || !mayTake(people[at]);
  if (!take.disabled) take.focus({ preventScroll: true });
};
const show = (index) => {
  people[at]?.removeAttribute("aria-current");
  at = index;
  last = "";
  const person = people[at];
  person.setAttribute("aria-current", "true");
  person.scrollIntoView({ block: "nearest" });
  byId("who").textContent = person.dataset.name;
  byId("number").textContent = person.dataset.number;
  tellConsent(person);
  tell("");
  live();
};
// The next one with a consent who has no photo yet, from here on and then from the beginning.
const next = () => {
  const order = [...people.keys()].map((n) => (at + 1 + n) % people.length);
  const found = order.find((n) => mayTake(people[n]) && photosOf(people[n]) === 0);
  const following = order.find((n) => n > at && mayTake(people[n]));
  if (found !== undefined) return show(found);
  if (following !== undefined) return show(following);
  tell(words.end);
};

const answered = (person, answer) => {
  person.dataset.photos = answer.photos;
  last = answer.state === "waiting" ? "" : answer.photo;
  tellState(person);
  tellConsent(person);
  byId("with-photo").textContent = people.filter((one) => photosOf(one) > 0).length;
  tell(answer.state === "enrolled" ? words.enrolled : answer.words);
  (answer.state === "enrolled" ? skip : again).focus();
};
const shoot = async () => {
  const person = people[at];
  if (isBusy || !camera.isOn() || !mayTake(person)) return;
  isBusy = true;
  take.disabled = true;
  const blob = await camera.frame(), body = new FormData();
  body.append("picture", blob, "photo.jpg");
  if (last && !again.hidden) body.append("instead_of", last);
  showStill(still, blob);
  camera.pause(true);
  tell(words.sending);
  const reply = await posted(person.dataset.url, body);
  isBusy = false;
  if (reply.isOver) { location.reload(); return; }
  if (people[at] !== person) return;
  again.hidden = false;
  take.disabled = false;
  if (reply.answer) answered(person, reply.answer); else tell(words[reply.word] || reply.word);
};
// Retake: the live picture again; the next photo takes the place of the last one.
const retake = () => {
  if (again.hidden || isBusy) return;
  showStill(still, null);
  camera.pause(false);
  tell("");
  take.disabled = false;
  take.focus();
};

people.forEach((person, index) => {
  tellState(person);
  person.addEventListener("click", () => { if (!isBusy) show(index); });
});
take.addEventListener("click", () => {
  if (still.hidden) { shoot(); return; }
  // After a photo that was taken: another pose, which replaces nothing.
  last = "";
  live();
});
again.addEventListener("click", retake);
skip.addEventListener("click", () => { if (!isBusy) next(); });
flip.addEventListener("click", async () => {
  const obstacle = await camera.flip();
  if (obstacle) camera.say(obstacle);
});
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = { n: () => skip.click(), ArrowRight: () => skip.click(), r: retake }[event.key];
  if (act) { event.preventDefault(); act(); }
  if (event.key === " " && !event.target.matches("button")) { event.preventDefault(); take.click(); }
});

const begin = async () => {
  const first = people.findIndex((person) => "first" in person.dataset);  // whom the address names
  if (first >= 0) show(first); else if (people.length) next();
  if (people.length && at < 0) show(0);
  isReady = await camera.start();
  if (!isReady) return;
  flip.hidden = !await camera.hasAnother();
  if (at >= 0) live();
};
begin();
