// A photo as it is sent: upright, without metadata and not larger than recognition needs.
import { jpegOf } from "../../portal/jpeg.js";

const LONGEST_SIDE = 2400, QUALITY = 0.88; // pixels: a face at the back of a class of 40 stays above 40 px
const WIDE = 2.5, SHORTEST_SIDE = 1350; // of a panorama, which the server searches in parts as large as a photo

const longestOf = ({ width, height }) => {
  const ratio = Math.max(width, height) / Math.min(width, height);
  return ratio > WIDE ? Math.max(LONGEST_SIDE, Math.round(SHORTEST_SIDE * ratio)) : LONGEST_SIDE;
};

// What this browser cannot decode goes as it is.
export const shrink = async (file) => {
  let bitmap;
  try { bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }); } catch { return file; }
  const { width, height } = bitmap, longest = longestOf(bitmap), isLarge = Math.max(width, height) > longest;
  const blob = await jpegOf(bitmap, { width, height, longest, quality: QUALITY });
  bitmap.close();
  return blob && (blob.size < file.size || isLarge) ? blob : file;
};
