// Pictures made smaller or larger by area, in whole numbers: the same bytes as spritenet/prepare.
//
// A pixel is a square of even colour. A pixel of the result is the mean of what it covers. All sums
// are whole numbers below 2^53, so that float64 adds them exactly.

/**
 * Pixels of one or more channels, row by row, channels together.
 *
 * @typedef {object} Picture
 * @property {Uint8Array} data
 * @property {number} height
 * @property {number} width
 * @property {number} channels
 */
/**
 * New pixels along one axis: a source pixel is `pixel` long, a new one `step`, in a unit in which
 * both are whole; the first new one begins at `start`, and there are `count`.
 *
 * @typedef {{ start: number, step: number, count: number, pixel: number }} Axis
 */

/**
 * Each new pixel's mean, rounded half up; what lies outside the source counts as 0.
 *
 * @param {Picture} picture
 * @param {Axis} down
 * @param {Axis} across
 * @returns {Picture}
 */
export function meanOver({ data, height, width, channels }, down, across) {
  const row = across.count * channels;
  const narrow = new Float64Array(height * row);
  for (let c = 0; c < across.count; c++) {
    cover(across, c, width, (j, length) => {
      for (let r = 0; r < height; r++) {
        for (let k = 0; k < channels; k++) {
          narrow[r * row + c * channels + k] += length * data[(r * width + j) * channels + k];
        }
      }
    });
  }
  const area = down.step * across.step;
  const half = Math.floor(area / 2);
  const result = new Uint8Array(down.count * row);
  const sums = new Float64Array(row);
  for (let r = 0; r < down.count; r++) {
    sums.fill(0);
    cover(down, r, height, (i, length) => {
      for (let k = 0; k < row; k++) sums[k] += length * narrow[i * row + k];
    });
    for (let k = 0; k < row; k++) result[r * row + k] = Math.floor((sums[k] + half) / area);
  }
  return { data: result, height: down.count, width: across.count, channels };
}

/**
 * Calls back for each source pixel that new pixel i covers, with the length they share.
 *
 * @param {Axis} axis
 * @param {number} i
 * @param {number} pixels  of the source
 * @param {(j: number, length: number) => void} each
 */
function cover({ start, step, pixel }, i, pixels, each) {
  const begin = start + i * step;
  const end = begin + step;
  const last = Math.min(pixels, Math.ceil(end / pixel));
  for (let j = Math.max(0, Math.floor(begin / pixel)); j < last; j++) {
    const length = Math.min(end, (j + 1) * pixel) - Math.max(begin, j * pixel);
    if (length > 0) each(j, length);
  }
}

/**
 * All of a picture in another size.
 *
 * @param {Picture} picture
 * @param {number} height
 * @param {number} width
 */
export function stretched(picture, height, width) {
  const down = { start: 0, step: picture.height, count: height, pixel: height };
  const across = { start: 0, step: picture.width, count: width, pixel: width };
  return meanOver(picture, down, across);
}

/**
 * A picture made smaller by the least whole factor that leaves sides of at most `longest`.
 *
 * @param {Picture} picture
 * @param {number} longest
 * @returns {Picture}
 */
export function reduced(picture, longest) {
  const factor = Math.ceil(Math.max(picture.height, picture.width) / longest);
  if (factor === 1) return picture;
  const height = Math.max(1, Math.floor(picture.height / factor));
  const width = Math.max(1, Math.floor(picture.width / factor));
  const tall = Math.min(factor, picture.height);
  const wide = Math.min(factor, picture.width);
  return meanOver(
    picture,
    { start: 0, step: tall, count: height, pixel: 1 },
    { start: 0, step: wide, count: width, pixel: 1 },
  );
}
