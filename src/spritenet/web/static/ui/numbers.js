// Numbers as text, as short as they may be.

/**
 * Returns a number as short text: 1,234, 0.0123, 1.2e-7.
 *
 * @param {number} value
 */
export function plain(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(1);
  const digits = size >= 100 ? 1 : size >= 1 ? 3 : 4;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
