// A confusion matrix: what was there (rows) against what was answered (columns).
//
// A grid for the keyboard: one cell takes part in the tab order, arrows move among them, Enter picks.

const MOST_CLASSES = 40; // of more, the most frequent confusions are listed instead
const MOST_LISTED = 30;

/**
 * @typedef {object} Confusion
 * @property {ArrayLike<ArrayLike<number>>} matrix  matrix[true class][predicted class]: how many images
 * @property {readonly string[]} classNames
 * @property {(truth: number, predicted: number) => unknown} [onPick]  a cell was clicked, or Enter pressed
 *     on it; without it, cells are only read
 */

/** @type {WeakMap<HTMLElement, { table: HTMLTableElement, names: string, cells: HTMLTableCellElement[][], fractions: HTMLTableCellElement[], given: Confusion }>} */
const made = new WeakMap();

/**
 * Shows a confusion matrix in a container, or brings the one that is there up to date: focus stays.
 *
 * @param {HTMLElement} container
 * @param {Confusion} confusion
 */
export function confusionMatrix(container, confusion) {
  const { matrix, classNames } = confusion;
  if (classNames.length > MOST_CLASSES) {
    listConfusions(container, confusion);
    return;
  }
  const names = JSON.stringify(classNames);
  let shown = made.get(container);
  if (!shown || shown.names !== names || !container.contains(shown.table)) {
    shown = { ...build(container, classNames), names, given: confusion };
    made.set(container, shown);
  }
  shown.given = confusion;
  shown.table.classList.toggle('pickable', Boolean(confusion.onPick));
  for (let truth = 0; truth < classNames.length; truth++) {
    const row = matrix[truth];
    let total = 0;
    for (let k = 0; k < classNames.length; k++) total += row[k];
    for (let predicted = 0; predicted < classNames.length; predicted++) {
      const count = row[predicted];
      const fraction = total ? count / total : 0;
      const cell = shown.cells[truth][predicted];
      write(cell, count ? shortCount(count) : '·');
      cell.classList.toggle('none', !count);
      // The root of the fraction, so that one mistake in a hundred can be seen.
      cell.style.setProperty('--fraction', Math.sqrt(fraction).toFixed(3));
      const said = `${classNames[truth]} predicted as ${classNames[predicted]}`;
      cell.setAttribute(
        'aria-label',
        `${truth === predicted ? `${classNames[truth]} recognised` : said}: ${count} of ${total}`,
      );
    }
    write(shown.fractions[truth], total ? percent(row[truth] / total) : '–');
  }
}

/**
 * The table without numbers.
 *
 * @param {HTMLElement} container
 * @param {readonly string[]} classNames
 */
function build(container, classNames) {
  const table = document.createElement('table');
  table.className = classNames.some((name) => name.length > 4) ? 'confusion long' : 'confusion';
  table.setAttribute('role', 'grid');
  const caption = document.createElement('caption');
  caption.textContent = 'Rows: true classes. Columns: predicted classes.';
  table.append(caption);
  const head = table.createTHead().insertRow();
  head.append(document.createElement('td'));
  for (const name of classNames) head.append(header(name, 'col'));
  head.append(
    header('recall', 'col', 'Recall: the fraction of the class that was predicted as it'),
  );
  const body = table.createTBody();
  /** @type {HTMLTableCellElement[][]} */
  const cells = [];
  /** @type {HTMLTableCellElement[]} */
  const fractions = [];
  classNames.forEach((name, truth) => {
    const row = body.insertRow();
    row.append(header(name, 'row'));
    cells.push(
      classNames.map((_, predicted) => {
        const cell = row.insertCell();
        cell.tabIndex = truth === 0 && predicted === 0 ? 0 : -1;
        cell.className = truth === predicted ? 'hit' : 'miss';
        cell.setAttribute('role', 'gridcell');
        return cell;
      }),
    );
    const fraction = row.insertCell();
    fraction.className = 'number fraction';
    fractions.push(fraction);
  });
  /** @param {EventTarget | null} target */
  const placeOf = (target) => {
    const truth = cells.findIndex((row) =>
      row.includes(/** @type {HTMLTableCellElement} */ (target)),
    );
    return truth < 0
      ? null
      : [truth, cells[truth].indexOf(/** @type {HTMLTableCellElement} */ (target))];
  };
  /** @param {EventTarget | null} target */
  const pick = (target) => {
    const place = placeOf(target);
    if (place) made.get(container)?.given.onPick?.(place[0], place[1]);
  };
  table.addEventListener('click', ({ target }) => pick(target));
  table.addEventListener('keydown', (event) => {
    const place = placeOf(event.target);
    if (!place) return;
    const last = classNames.length - 1;
    const moves = /** @type {Record<string, [number, number]>} */ ({
      ArrowUp: [place[0] - 1, place[1]],
      ArrowDown: [place[0] + 1, place[1]],
      ArrowLeft: [place[0], place[1] - 1],
      ArrowRight: [place[0], place[1] + 1],
      Home: [place[0], 0],
      End: [place[0], last],
    });
    if (event.key === 'Enter' || event.key === ' ') pick(event.target);
    else if (!moves[event.key]) return;
    else {
      const [r, c] = moves[event.key].map((k) => Math.max(0, Math.min(last, k)));
      cells[place[0]][place[1]].tabIndex = -1;
      cells[r][c].tabIndex = 0;
      cells[r][c].focus();
    }
    event.preventDefault();
  });
  const scroll = document.createElement('div');
  scroll.className = 'scroll';
  scroll.append(table);
  container.replaceChildren(scroll);
  return { table, cells, fractions };
}

/**
 * @param {HTMLElement} container
 * @param {Confusion} confusion
 */
function listConfusions(container, { matrix, classNames, onPick }) {
  /** @type {[number, number, number][]} */
  const found = [];
  for (let truth = 0; truth < classNames.length; truth++) {
    for (let predicted = 0; predicted < classNames.length; predicted++) {
      if (truth !== predicted && matrix[truth][predicted]) {
        found.push([matrix[truth][predicted], truth, predicted]);
      }
    }
  }
  found.sort((a, b) => b[0] - a[0]);
  const list = document.createElement('ul');
  list.className = 'confusions';
  for (const [count, truth, predicted] of found.slice(0, MOST_LISTED)) {
    const item = document.createElement('li');
    const text = `${count} × ${classNames[truth]} predicted as ${classNames[predicted]}`;
    if (onPick) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = text;
      button.addEventListener('click', () => onPick(truth, predicted));
      item.append(button);
    } else {
      item.textContent = text;
    }
    list.append(item);
  }
  if (!found.length) list.append('No image was predicted as another class.');
  container.replaceChildren(list);
}

/**
 * @param {string} text
 * @param {'row' | 'col'} scope
 * @param {string} [title]
 */
function header(text, scope, title = '') {
  const cell = document.createElement('th');
  cell.scope = scope;
  cell.textContent = text;
  if (title) cell.title = title;
  return cell;
}

/**
 * Never 100 % of what is not all of them.
 *
 * @param {number} fraction
 */
function percent(fraction) {
  return `${fraction === 1 ? '100' : Math.min(99.9, 100 * fraction).toFixed(1)} %`;
}

/** Up to 9999 without a comma: ten columns fit a phone. @param {number} count */
function shortCount(count) {
  return count < 10_000 ? String(count) : count.toLocaleString('en');
}

/** @param {HTMLElement} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
