// Files to and from the person's computer.

/**
 * Gives files to the person: the browser saves each.
 *
 * @param {Record<string, string | Uint8Array>} files
 */
export function save(files) {
  for (const [name, content] of Object.entries(files)) {
    const type = name.endsWith('.json') ? 'application/json' : 'application/octet-stream';
    const url = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (content)], { type }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}

/**
 * Files dropped anywhere on the page.
 *
 * @param {(files: File[]) => unknown} take
 */
export function onDrop(take) {
  let inside = 0;
  /** @param {number} change */
  const mark = (change) => {
    inside = Math.max(0, inside + change);
    document.body.classList.toggle('dropping', inside > 0);
  };
  addEventListener('dragenter', () => mark(1));
  addEventListener('dragleave', () => mark(-1));
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    mark(-inside);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length) take(files);
  });
}

/**
 * A button that opens the browser's choice of files.
 *
 * @param {HTMLElement} button
 * @param {HTMLInputElement} input
 * @param {(files: File[]) => unknown} take
 */
export function onChoice(button, input, take) {
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    input.value = ''; // the same files may be chosen again
    if (files.length) take(files);
  });
}
