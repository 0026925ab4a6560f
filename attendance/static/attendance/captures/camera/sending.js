// Whether a frame is worth sending: it holds a face that is large, light and sharp enough and was not just answered;
// or, since the browser's finder misses some, the scene changed. One request at a time; where nothing changes, fewer
// and fewer. `sendingRule()` remembers what was answered; times are milliseconds.
import { isDimFace, isGoodFace } from "../../../portal/camera/framing.js";
import { difference } from "../../../portal/camera/look.js";

export const sendingRule = () => {
  const GAP = 300, LONGEST = 30000; // between frames
  const KNOWN = 12000, DOUBT = 1500, MOST_DOUBT = 12000; // until the same face is asked again
  const GONE = 1500, SAME = .82; // unseen for so long a face is forgotten; correlation of the same face's patches
  const CHANGED = 6, STILL = 8; // mean change of light since the last frame; between two looks
  const LIT = 64, LEAST = .08; // light of a room that needs no less change; the least share of it that counts
  let sentAt = -Infinity, scene = null, answered = [], blanks = 0;

  const correlation = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const overlaps = (a, b) => {
    const aside = a.x + a.size / 2 - b.x - b.size / 2, above = a.y + a.size / 2 - b.y - b.size / 2;
    return Math.hypot(aside, above) < .6 * Math.max(a.size, b.size);
  };
  const isSame = (a, b) => overlaps(a, b) && correlation(a.patch, b.patch) >= SAME;

  const note = (look, now) => {
    for (const face of look.faces) {
      const known = answered.find((one) => isSame(one, face));
      if (known) Object.assign(known, { x: face.x, y: face.y, size: face.size, patch: face.patch, seenAt: now });
    }
    answered = answered.filter((one) => now - one.seenAt < GONE);
  };
  const isAnswered = (face, now) => answered.some((one) => now < one.until && isSame(one, face));
  // In a dark room everything is a change of few grey levels.
  const least = (look) => CHANGED * Math.min(1, Math.max(LEAST, look.light / LIT));
  const hasChanged = (look) => {
    return !scene || scene.length !== look.scene.length || difference(scene, look.scene) > least(look);
  };
  const isWorthy = (face, look) => isGoodFace(face) || isDimFace(face) && look.motion < STILL;
  const pause = (look) => Math.min(LONGEST, (look.canFindFaces ? 2000 : 600) * 2 ** blanks);

  return {
    isWorth(look, now) {
      note(look, now);
      if (now - sentAt < GAP) return false;
      if (look.faces.some((face) => isWorthy(face, look) && !isAnswered(face, now))) return true;
      if (look.faces.length && look.faces.every((face) => isAnswered(face, now))) return false;
      return look.motion < STILL && hasChanged(look) && now - sentAt >= pause(look);
    },
    sent(look, now) { sentAt = now; scene = look.scene; },
    // faces: what the server answered to the frame of this look, [{x, y, size, isKnown}] in shares of the width.
    answered(look, faces, now) {
      blanks = look.faces.length || faces.length ? 0 : Math.min(blanks + 1, 4);
      for (const face of look.faces) {
        const earlier = answered.find((one) => isSame(one, face));
        const tries = (earlier?.tries || 0) + 1;
        const isKnown = faces.some((one) => one.isKnown && overlaps(one, face));
        const until = now + (isKnown ? KNOWN : Math.min(MOST_DOUBT, DOUBT * 2 ** (tries - 1)));
        answered = answered.filter((one) => one !== earlier);
        answered.push({ ...face, tries: isKnown ? 0 : tries, until, seenAt: now });
      }
    },
  };
};
