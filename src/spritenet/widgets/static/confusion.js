// The confusion matrix as a table of buttons; the images of the chosen cell below it.

const BLUE = [0, 114, 178]; // right
const ORANGE = [230, 135, 50]; // wrong

/**
 * A cell's colours: solid, so that its number can be read on light and dark pages.
 *
 * @param {number} count
 * @param {number} most
 * @param {boolean} right
 */
function colours(count, most, right) {
  if (!count) return { background: 'transparent', color: 'inherit' };
  const strength = 0.15 + 0.85 * (count / Math.max(1, most));
  const mixed = (right ? BLUE : ORANGE).map((level) => Math.round(255 - (255 - level) * strength));
  return { background: `rgb(${mixed})`, color: right && strength > 0.5 ? '#fff' : '#000' };
}

/**
 * @param {{ model: any, el: HTMLElement }} view
 * @returns {() => void}
 */
function render({ model, el }) {
  /** @type {string[]} */ const names = model.get('names');
  /** @type {number[][]} */ const counts = model.get('counts');
  const wrong = Math.max(0, ...counts.flatMap((row, r) => row.filter((_, c) => c !== r)));
  const right = Math.max(0, ...counts.map((row, r) => row[r]));

  const table = document.createElement('table');
  table.style.borderCollapse = 'collapse';
  const caption = table.createCaption();
  caption.textContent = 'Rows: the true class. Columns: the predicted class. Click a cell.';
  caption.style.captionSide = 'top';
  const head = table.insertRow();
  head.insertCell();
  for (const name of names) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = name;
    head.append(cell);
  }
  /** @type {HTMLButtonElement[][]} */
  const buttons = counts.map((row, r) => {
    const line = table.insertRow();
    const title = document.createElement('th');
    title.scope = 'row';
    title.textContent = names[r];
    line.append(title);
    return row.map((count, c) => {
      const button = document.createElement('button');
      button.textContent = count ? String(count) : '';
      button.title = `${names[r]} predicted as ${names[c]}: ${count}`;
      button.setAttribute('aria-label', button.title);
      Object.assign(button.style, {
        ...colours(count, r === c ? right : wrong, r === c),
        border: '1px solid rgba(128, 128, 128, 0.35)',
        width: '44px',
        height: '30px',
        cursor: 'pointer',
      });
      button.disabled = !count;
      button.addEventListener('click', () => {
        model.set('cell', [r, c]);
        model.save_changes();
      });
      const cell = line.insertCell();
      cell.style.padding = '0';
      cell.append(button);
      return button;
    });
  });

  const words = document.createElement('p');
  words.setAttribute('role', 'status');
  const images = document.createElement('div');
  Object.assign(images.style, { display: 'flex', flexWrap: 'wrap', gap: '4px' });
  el.append(table, words, images);

  const show = () => {
    const [row, column] = model.get('cell');
    buttons.forEach((line, r) =>
      line.forEach((button, c) => {
        const chosen = r === row && c === column;
        button.style.outline = chosen ? '3px solid #cc79a7' : '';
        button.setAttribute('aria-pressed', String(chosen));
      }),
    );
    words.textContent = model.get('caption');
    images.replaceChildren(
      ...model.get('images').map((/** @type {{ address: string, index: number }} */ image) => {
        const made = document.createElement('img');
        made.src = image.address;
        made.title = `image ${image.index}`;
        made.alt = made.title;
        Object.assign(made.style, { width: '56px', imageRendering: 'pixelated' });
        return made;
      }),
    );
  };
  model.on('change:cell change:images change:caption', show);
  show();
  return () => model.off('change:cell change:images change:caption', show);
}

export default { render };
