// What stands over the camera's picture: boxes, a large name, one line that guides, and a soft sound.
import { remember, remembered } from "../../../portal/memory.js";
import { byId, wordsIn } from "../../../portal/page.js";

export const cameraScreen = (stage) => {
  const NAME_STAYS = 2500, AGAIN = 30000; // ms; nobody is announced twice within the second
  const boxes = stage.querySelector("svg.boxes"), name = byId("cam-name"), hint = byId("cam-hint");
  const mute = byId("cam-mute"), words = wordsIn("cam-words"), kept = remembered("camera-sound");
  let nameUntil = 0, sound = null, unknownInARow = 0;
  let isMuted = kept === null ? matchMedia("(prefers-reduced-motion: reduce)").matches : kept === "off";
  const told = new Map();

  const showMute = () => mute?.setAttribute("aria-pressed", String(isMuted));
  if (mute) mute.hidden = false; // before, a press would do nothing
  mute?.addEventListener("click", () => {
    isMuted = !isMuted;
    remember("camera-sound", isMuted ? "off" : "on");
    showMute();
  });
  showMute();

  const beep = () => {
    if (isMuted) return;
    try {
      sound ||= new AudioContext();
      const tone = sound.createOscillator(), volume = sound.createGain(), now = sound.currentTime;
      tone.frequency.value = 880;
      volume.gain.setValueAtTime(.12, now);
      volume.gain.exponentialRampToValueAtTime(.001, now + .25);
      tone.connect(volume).connect(sound.destination);
      tone.start(now);
      tone.stop(now + .25);
    } catch { /* a browser without sound still shows the name */ }
  };
  const show = (large, small = "") => {
    const detail = document.createElement("small");
    detail.textContent = small;
    name.replaceChildren(large, detail);
    nameUntil = Date.now() + NAME_STAYS;
  };
  const say = (key) => {
    const text = words[key] || key;
    if (hint.textContent !== text) hint.textContent = text;
  };
  const draw = (answer) => {
    boxes.setAttribute("viewBox", `0 0 ${answer.width} ${answer.height}`);
    boxes.replaceChildren(...answer.faces.map((face) => {
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      ["x", "y", "width", "height"].forEach((key, i) => rect.setAttribute(key, face.box[i]));
      rect.setAttribute("rx", 10); rect.setAttribute("class", face.outcome);
      return rect;
    }));
  };
  const isNews = (who) => {
    const at = told.get(who);
    if (at && Date.now() - at < AGAIN) return false;
    told.set(who, Date.now());
    return true;
  };
  const tell = (answer) => {
    draw(answer);
    unknownInARow = answer.faces.some((face) => face.outcome === "unknown") ? unknownInARow + 1 : 0;
    const marked = answer.marked.filter((mark) => isNews(mark.name));
    const known = answer.faces.find((face) => face.name);
    if (marked.length) { show(marked.map((mark) => mark.name).join(", "), marked[0].status); beep(); }
    else if (Date.now() < nameUntil) return;
    else if (known && isNews(known.name)) show(known.name, words.here);
    else if (unknownInARow >= 2) show(words.unknown, words["unknown-help"]);
  };
  // Called often: what was said goes, and boxes with it once nobody is there.
  const tidy = (look) => {
    if (Date.now() > nameUntil && name.firstChild) name.replaceChildren();
    if (!look.faces.length && look.canFindFaces && Date.now() > nameUntil) boxes.replaceChildren();
  };
  return { say, show, tell, tidy, words };
};
