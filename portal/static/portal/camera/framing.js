// What is wrong with the picture, as one word of #cam-words, before anything is sent; "good" where nothing is.
const FRAMING = {
  small: 1 / 12, // of the picture's width: below, a face is asked to come closer; the largest one counts
  least: 1 / 16, // below, no frame is sent for it
  dim: 45, glaring: 215, behind: .45, // light of 255; a face with less than so much of the room's light has it behind
  blurred: .006, // sharpnessOf a face; blurred by a thirtieth of its width it is below
  moving: 14, // mean change of light between two looks
};
export const isGoodFace = ({ size, light, sharpness }) => {
  const isLit = light >= FRAMING.dim && light <= FRAMING.glaring;
  return size >= FRAMING.least && isLit && sharpness >= FRAMING.blurred;
};
// In the dark a single frame is mostly noise: see burst.js.
export const isDark = (look) => (look.faces[0] || look).light < FRAMING.dim;
// A face that is worth several frames: it lacks nothing but light.
export const isDimFace = ({ size, light }) => size >= FRAMING.least && light < FRAMING.dim;
export const adviceFor = (look) => {
  const face = look.faces[0];
  if (!face) return look.light < FRAMING.dim ? "light" : look.canFindFaces ? "nobody" : "looking";
  if (face.size < FRAMING.small) return "closer";
  if (face.light < look.light * FRAMING.behind) return "behind";
  if (face.light < FRAMING.dim) return "light";
  if (face.light > FRAMING.glaring) return "glare";
  if (face.sharpness < FRAMING.blurred || look.motion > FRAMING.moving) return "still";
  return "good";
};
