// Bytes as base64, and back.

const PIECE = 8192; // arguments of a call

/** Returns the bytes of an array. @param {ArrayBufferView} array  of a little-endian machine */
export function toBase64({ buffer, byteOffset, byteLength }) {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const native = /** @type {any} */ (bytes).toBase64;
  if (native) return native.call(bytes);
  let letters = '';
  for (let at = 0; at < byteLength; at += PIECE) {
    letters += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  }
  return btoa(letters);
}

/** @param {string} text  @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64(text) {
  const native = /** @type {any} */ (Uint8Array).fromBase64;
  return native ? native(text) : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
