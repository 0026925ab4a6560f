// Walk-past: people are marked as they come before the camera. `walkPast({...})` looks several times a second and sends
// a frame when there is something in it. send: the server's answer to a FormData, or a word that says why there is none.
const walkPast = ({ stage, camera, screen, look, send, restAfter }) => {
  const LOOK_EVERY = 160, WIDEST = 960, QUALITY = .8; // ms, pixels: faces of 1/16 of the width keep 60 px
  const rule = sendingRule();
  let isBusy = false, quietUntil = 0, faceAt = Date.now(), isResting = false, isRunning = false, isLooping = false, spent = 0;

  const deliver = async (seen) => {
    const now = performance.now(), body = new FormData();
    rule.sent(seen, now);
    body.append("nonce", newNonce());
    body.append("picture", await camera.frame(WIDEST, QUALITY), "frame.jpg");
    const { answer, word, wait } = await send(body);
    quietUntil = performance.now() + (wait || 0);
    if (word) screen.say(word);
    if (!answer) return;
    const faces = answer.faces.map(({ box, name }) => ({ x: box[0] / answer.width, y: box[1] / answer.width, size: box[2] / answer.width, isKnown: Boolean(name) }));
    rule.answered(seen, faces, performance.now());
    if (faces.length) faceAt = Date.now();
    screen.tell(answer);
  };
  const tick = () => {
    if (!camera.isOn() || document.hidden || isResting) return;
    const begun = performance.now(), seen = look(stage.querySelector("video"));
    spent = spent ? .9 * spent + .1 * (performance.now() - begun) : performance.now() - begun;
    stage.dataset.lookMs = spent.toFixed(1);
    if (seen.faces.length) faceAt = Date.now();
    screen.tidy(seen);
    if (restAfter && Date.now() - faceAt > restAfter) return rest();
    if (begun < quietUntil) return;
    screen.say(adviceFor(seen));
    if (isBusy || !rule.isWorth(seen, begun)) return;
    isBusy = true;
    deliver(seen).catch(() => screen.say("offline")).finally(() => { isBusy = false; });
  };
  const loop = () => { tick(); setTimeout(loop, Math.max(LOOK_EVERY, 3 * spent)); }; // a slow tablet looks less often

  // Minutes without a face: the camera goes off, and one tap turns it on.
  const wake = document.getElementById("cam-wake");
  const begin = async () => {
    const obstacle = await camera.start();
    if (obstacle) screen.say(obstacle);
    return !obstacle;
  };
  const rest = () => { isResting = true; camera.stop(); wake.hidden = false; screen.say("resting"); };
  wake?.addEventListener("click", async () => { wake.hidden = true; isResting = false; faceAt = Date.now(); await begin(); });
  document.addEventListener("visibilitychange", () => {
    if (!isRunning || isResting) return;
    if (document.hidden) camera.stop(); else begin();
  });
  return {
    async start() {
      if (!await begin()) return false;
      screen.say("looking");
      isRunning = true;
      faceAt = Date.now();
      if (!isLooping) loop();
      isLooping = true;
      return true;
    },
    // Until it is started again the camera is off.
    stop() {
      isRunning = false;
      camera.stop();
    },
  };
};
