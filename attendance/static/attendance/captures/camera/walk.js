// Walk-past: people are marked as they come before the camera. `walkPast({...})` looks several times a second and sends
// a frame when there is something in it. send: gives what `posted` gives to a FormData.
import { newNonce } from "../../../portal/nonce.js";
import { burstOf } from "../../../portal/camera/burst.js";
import { adviceFor, isDark } from "../../../portal/camera/framing.js";
import { sendingRule } from "./sending.js";
import { cameraSwitch } from "./switch.js";

export const walkPast = ({ stage, camera, screen, look, send, restAfter }) => {
  const LOOK_EVERY = 160, WIDEST = 960, QUALITY = .8; // ms, pixels: faces of 1/16 of the width keep 60 px
  const rule = sendingRule(), power = cameraSwitch({ camera, screen, restAfter });
  const video = stage.querySelector("video");
  let isBusy = false, isGathering = false, quietUntil = 0, isLooping = false, spent = 0;

  // A face that the server found, in shares of the picture's width.
  const placed = ({ box: [x, y, size], name }, width) => {
    return { x: x / width, y: y / width, size: size / width, isKnown: Boolean(name) };
  };
  // In the dark several frames as one; nothing where somebody moved meanwhile.
  const taken = async (seen) => {
    if (!isDark(seen)) return camera.frame(WIDEST, QUALITY);
    isGathering = true;
    screen.say("dark");
    try { return await burstOf(video, { longest: WIDEST, quality: QUALITY }); } finally { isGathering = false; }
  };
  const deliver = async (seen) => {
    const picture = await taken(seen), now = performance.now(), body = new FormData();
    if (!picture) return;
    rule.sent(seen, now);
    body.append("nonce", newNonce());
    body.append("picture", picture, "frame.jpg");
    const { answer, word, wait } = await send(body);
    quietUntil = performance.now() + (wait || 0);
    if (word) screen.say(word);
    if (!answer) return;
    rule.answered(seen, answer.faces.map((face) => placed(face, answer.width)), performance.now());
    if (answer.faces.length) power.used();
    screen.tell(answer);
  };
  const tick = () => {
    if (!power.isLooking()) return;
    const begun = performance.now(), seen = look(video);
    spent = spent ? .9 * spent + .1 * (performance.now() - begun) : performance.now() - begun;
    stage.dataset.lookMs = spent.toFixed(1);
    if (seen.faces.length) power.used();
    screen.tidy(seen);
    if (power.rests() || begun < quietUntil) return;
    screen.say(isGathering ? "dark" : adviceFor(seen));
    if (isBusy || !rule.isWorth(seen, begun)) return;
    isBusy = true;
    deliver(seen).catch(() => screen.say("offline")).finally(() => { isBusy = false; });
  };
  const loop = () => { tick(); setTimeout(loop, Math.max(LOOK_EVERY, 3 * spent)); }; // a slow tablet looks less often

  return {
    async start() {
      const isOn = await power.start();
      if (isOn) screen.say("looking");
      if (!isLooping) loop();
      isLooping = true;
      return isOn;
    },
    stop: power.stop,
  };
};
