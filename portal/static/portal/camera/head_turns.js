// A check for a living face, as whoever stands there sees it: what to do now, an arrow, and how long it takes.
// `headTurns({camera, place})` gives a function of a challenge that shows its steps and returns the frames taken of
// them as a FormData; place: the element that shows it, with one .check-words per pose and a progress bar.
export const headTurns = ({ camera, place }) => {
  const WIDEST = 640, QUALITY = .8; // pixels: a face a fifth as wide keeps landmarks that do not tremble
  const AT_FIRST = [.3, .6, .95], LATER = [.5, .68, .84, .98]; // when frames are taken, in shares of a step
  const bar = place.querySelector("progress");
  const wait = (ms) => new Promise((done) => setTimeout(done, Math.max(0, ms)));
  const show = (pose) => {
    place.dataset.pose = pose;
    for (const words of place.querySelectorAll(".check-words")) words.hidden = words.dataset.pose !== pose;
  };

  return async ({ steps }) => {
    const frames = new FormData(), whole = steps.reduce((sum, step) => sum + step.milliseconds, 0);
    let begins = 0;
    place.hidden = false;
    show(steps[0].pose);
    const begun = performance.now(), now = () => performance.now() - begun;
    for (const [number, { pose, milliseconds }] of steps.entries()) {
      show(pose);
      for (const share of number ? LATER : AT_FIRST) {
        await wait(begins + share * milliseconds - now());
        bar.value = now() / whole;
        const at = Math.round(now());
        frames.append("frames", await camera.frame(WIDEST, QUALITY), "frame.jpg");
        frames.append("at", at);
      }
      begins += milliseconds;
      await wait(begins - now());
    }
    show("wait");
    return frames;
  };
};
