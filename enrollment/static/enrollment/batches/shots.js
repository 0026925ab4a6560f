// A camera for portraits: what is wrong with the picture now, in words, and a still on demand.
// `portraits({stage, video, hint, words})`; `start()` resolves to whether there is a picture.
import { finderFrom } from "../../portal/camera/finder.js";
import { adviceFor } from "../../portal/camera/framing.js";
import { looker } from "../../portal/camera/look.js";
import { explained } from "../../portal/camera/permission.js";
import { cameraOf } from "../../portal/camera/source.js";
import { byId } from "../../portal/page.js";

const LOOK_EVERY = 250, WIDEST = 1600, QUALITY = .92, SECOND = .6; // ms, pixels; SECOND: another face as large counts

export const portraits = ({ stage, video, hint, words, facing = "user" }) => {
  const camera = cameraOf(video, { facing, width: 1920 });
  let look = null, isPaused = false;

  const say = (word) => {
    const text = words[word] || word;
    if (hint.textContent !== text) hint.textContent = text;
    stage.classList.toggle("good", word === "good");
  };
  const advice = () => {
    const seen = look(video), [first, second] = seen.faces;
    return second && second.size > SECOND * first.size ? "several" : adviceFor(seen);
  };
  const tick = () => {
    if (look && camera.isOn() && !isPaused && !document.hidden) say(advice());
    setTimeout(tick, LOOK_EVERY);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) camera.stop(); else camera.start();
  });
  return {
    say,
    async start() {
      await explained(byId("cam-why"));
      const obstacle = await camera.start();
      if (obstacle) { say(obstacle); return false; }
      look = looker(await finderFrom(stage.dataset.cascade));
      tick();
      return true;
    },
    pause(isNow) { isPaused = isNow; hint.hidden = isNow; },
    isOn: camera.isOn,
    flip: camera.flip,
    hasAnother: camera.hasAnother,
    frame: () => camera.frame(WIDEST, QUALITY),
  };
};

// The still of a blob over the live picture; without a blob the live picture again.
export const showStill = (image, blob) => {
  if (image.src) URL.revokeObjectURL(image.src);
  image.hidden = !blob;
  if (blob) image.src = URL.createObjectURL(blob); else image.removeAttribute("src");
};
