// The camera's switch: on, turned round, off while the page is hidden, at rest when nobody uses it, woken by a tap.
// `cameraSwitch({camera, screen, restAfter, turned})`; restAfter: ms without use, nothing for never; turned: told
// whether there is a picture now.
import { explained } from "../../../portal/camera/permission.js";
import { byId } from "../../../portal/page.js";

export const cameraSwitch = ({ camera, screen, restAfter, turned = () => {} }) => {
  const wake = byId("cam-wake"), flip = byId("cam-flip");
  let usedAt = Date.now(), isResting = false, isRunning = false;

  const used = () => { usedAt = Date.now(); };
  const begin = async () => {
    const obstacle = await camera.start();
    turned(!obstacle);
    if (obstacle) screen.say(obstacle);
    return !obstacle;
  };
  wake?.addEventListener("click", async () => {
    wake.hidden = true;
    isResting = false;
    used();
    await begin();
  });
  flip.addEventListener("click", async () => {
    used();
    const obstacle = await camera.flip();
    if (obstacle) screen.say(obstacle);
  });
  document.addEventListener("visibilitychange", () => {
    if (!isRunning || isResting) return;
    if (document.hidden) camera.stop(); else begin();
  });
  return {
    used,
    isLooking: () => camera.isOn() && !document.hidden && !isResting,
    // Minutes without use: the camera goes off. Whether it did.
    rests() {
      if (!restAfter || Date.now() - usedAt <= restAfter) return false;
      isResting = true;
      camera.stop();
      turned(false);
      wake.hidden = false;
      screen.say("resting");
      return true;
    },
    // Whether there is a picture.
    async start() {
      await explained(byId("cam-why"));
      isRunning = true;
      used();
      if (!await begin()) return false;
      flip.hidden = !await camera.hasAnother();
      return true;
    },
    // Until it is started again the camera is off.
    stop() {
      isRunning = false;
      camera.stop();
      flip.hidden = true;
    },
  };
};
