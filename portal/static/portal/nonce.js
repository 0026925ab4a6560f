// A number for one picture, so that sending it twice is harmless: a random UUID (RFC 9562, version 4).
// crypto.randomUUID exists on secure addresses only; a phone on the school's network may be on plain http.
export const newNonce = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((n) => n.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
};
