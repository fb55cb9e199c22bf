// Elements of the page.

/**
 * Makes an element.
 *
 * @param {string} name
 * @param {string} className
 * @param {string} [text]
 */
export function element(name, className, text = '') {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
