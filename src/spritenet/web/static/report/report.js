// The report's script: shows a cell's images, moves through the matrix by keys, sorts the classes.
// Everything else on the page is there without it.
'use strict';

(() => {
  const SVG = 'http://www.w3.org/2000/svg';

  /**
   * @typedef {object} Cells
   * @property {Record<string, string>} names class number → name
   * @property {Record<string, [number, string, number][]>} cells "is,taken" → tile, confidence, index
   * @property {Record<string, number>} counts "is,taken" → how many images there are
   * @property {[number, number, number]} tile width and height in pixels, tiles in a row
   */

  for (const head of document.querySelectorAll('th[data-sort]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const body = head.closest('table')?.tBodies[0];
      if (!body || !head.parentElement) return;
      const place = [...head.parentElement.children].indexOf(head);
      const down = head.getAttribute('aria-sort') !== 'descending' && place > 0;
      /** @param {HTMLTableRowElement} row */
      const value = (row) => Number(row.cells[place]?.dataset['value'] ?? NaN);
      const rows = [...body.rows].map((row, number) => ({
        row,
        number: Number(row.dataset['place'] ?? number),
      }));
      for (const { row, number } of rows) row.dataset['place'] = String(number);
      const up = head.getAttribute('aria-sort') === 'ascending' && place === 0;
      rows.sort((a, b) => {
        if (place === 0) return up ? b.number - a.number : a.number - b.number;
        return (
          (down ? value(b.row) - value(a.row) : value(a.row) - value(b.row)) || a.number - b.number
        );
      });
      for (const other of head.parentElement.children) other.removeAttribute('aria-sort');
      const way =
        place === 0 ? (up ? 'descending' : 'ascending') : down ? 'descending' : 'ascending';
      head.setAttribute('aria-sort', way);
      body.append(...rows.map(({ row }) => row));
    });
  }

  const data = document.getElementById('cells');
  if (!data) return;
  /** @type {Cells} */
  const { names, cells, counts, tile } = JSON.parse(data.textContent ?? '{}');
  const [width, height, columns] = tile;

  /** @type {HTMLButtonElement[]} */
  const buttons = [...document.querySelectorAll('button[data-cell]')].filter(
    (button) => button instanceof HTMLButtonElement,
  );

  /**
   * @param {string} id
   * @returns {HTMLElement}
   */
  function element(id) {
    const found = document.getElementById(id);
    if (!found) throw new Error(`#${id} is missing`);
    return found;
  }

  /**
   * A window onto the one picture that holds all images.
   * @param {number} number
   * @param {string} label
   */
  function picture(number, label) {
    const svg = document.createElementNS(SVG, 'svg');
    const x = (number % columns) * (width + 2) + 1;
    const y = Math.floor(number / columns) * (height + 2) + 1;
    svg.setAttribute('viewBox', `${x} ${y} ${width} ${height}`);
    svg.setAttribute('class', 'view');
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', label);
    const use = document.createElementNS(SVG, 'use');
    use.setAttribute('href', '#sheet');
    svg.append(use);
    return svg;
  }

  /** @param {HTMLButtonElement} button */
  function show(button) {
    const key = button.dataset['cell'] ?? '';
    const [is, taken] = key.split(',');
    const images = cells[key] ?? [];
    const count = counts[key] ?? images.length;
    const name = names[is ?? ''] ?? '';
    const right = is === taken;
    const what = right ? `${name}, right` : `${name} predicted as ${names[taken ?? ''] ?? ''}`;
    element('cell-title').textContent =
      `${what}: ${count.toLocaleString('en')} ${count === 1 ? 'image' : 'images'}`;
    const some = images.length < count ? `${images.length} of them: ` : '';
    const order = right ? 'lowest confidence first' : 'highest confidence first';
    element('cell-note').textContent = `${some}${order}, with the network's confidence`;
    element('cell-images').replaceChildren(
      ...images.map(([number, confidence, index]) => {
        const figure = document.createElement('figure');
        const caption = document.createElement('figcaption');
        const place = document.createElement('span');
        place.className = 'faint';
        place.textContent = `no. ${index.toLocaleString('en')}`;
        caption.append(confidence, document.createElement('br'), place);
        figure.append(picture(number, `image ${index} of ${name}`), caption);
        return figure;
      }),
    );
    for (const other of buttons) {
      other.setAttribute('aria-pressed', String(other === button));
      other.tabIndex = other === button ? 0 : -1;
    }
  }

  /**
   * The next cell with images in that direction.
   * @param {HTMLButtonElement} from
   * @param {string} key
   * @returns {HTMLButtonElement | undefined}
   */
  function next(from, key) {
    const cell = from.closest('td');
    const row = from.closest('tr');
    if (!cell || !row) return undefined;
    const [down, across] = {
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
      ArrowRight: [0, 1],
      ArrowLeft: [0, -1],
    }[key] ?? [0, 0];
    const rows = [...(row.parentElement?.children ?? [])];
    let y = rows.indexOf(row);
    let x = [...row.children].indexOf(cell);
    for (;;) {
      y += down ?? 0;
      x += across ?? 0;
      const there = rows[y]?.children[x];
      if (!there) return undefined;
      const button = there.querySelector('button');
      if (button) return button;
    }
  }

  for (const button of buttons) {
    button.addEventListener('click', () => show(button));
    button.addEventListener('keydown', (event) => {
      if (!event.key.startsWith('Arrow')) return;
      event.preventDefault();
      const target = next(button, event.key);
      if (target) {
        target.focus();
        show(target);
      }
    });
  }

  /** @param {HTMLButtonElement} button */
  const isWrong = (button) => new Set((button.dataset['cell'] ?? '').split(',')).size > 1;
  /** @param {HTMLButtonElement} button */
  const size = (button) => counts[button.dataset['cell'] ?? ''] ?? 0;
  const wrong = buttons.filter(isWrong);
  const first = (wrong.length ? wrong : buttons).reduce(
    (/** @type {HTMLButtonElement | undefined} */ best, button) =>
      best && size(best) >= size(button) ? best : button,
    undefined,
  );
  if (first) show(first);
})();
