// The review of a data set's findings: a choice for each image, undone and saved as CSV.
// Choices are kept in the browser under the data set's hash, so that a reload loses nothing.
'use strict';
{
  const { name, columns, classes, findings } = JSON.parse(
    document.getElementById('values').textContent,
  );
  const cards = [...document.querySelectorAll('.card')];
  const key = `spritenet-review-${name}`;
  const past = [];
  let choices = restored();

  function restored() {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? '{}');
      return kept && typeof kept === 'object' ? kept : {};
    } catch {
      return {}; // no storage here, or it was damaged
    }
  }

  function store() {
    try {
      localStorage.setItem(key, JSON.stringify(choices));
    } catch {
      // a page from disk may have no storage: the choices last as long as the page
    }
  }

  const place = ({ split, index }) => `${split} ${index}`;

  function choose(numbers, action, to) {
    past.push(structuredClone(choices));
    for (const number of numbers) {
      const finding = findings[number];
      choices[place(finding)] = {
        action,
        to: action === 'relabel' ? to || finding.to || finding.label : '',
      };
    }
    changed();
  }

  function changed() {
    store();
    cards.forEach(show);
    const all = new Set(findings.map(place));
    const made = [...all].filter((one) => choices[one]);
    const counted = (action) => made.filter((one) => choices[one].action === action).length;
    document.getElementById('count').textContent =
      `${made.length} of ${all.size} images decided: ${counted('relabel')} relabelled, ` +
      `${counted('remove')} removed, ${counted('keep')} kept`;
    document.getElementById('undo').disabled = past.length === 0;
    filter();
  }

  function show(card) {
    const finding = findings[card.dataset.number];
    const choice = choices[place(finding)];
    card.dataset.state = choice?.action ?? '';
    for (const button of card.querySelectorAll('[data-action]')) {
      button.setAttribute('aria-pressed', String(button.dataset.action === choice?.action));
    }
    const to = card.querySelector('.to');
    to.hidden = choice?.action !== 'relabel';
    if (to.hidden) return;
    const select = to.querySelector('select');
    if (!select.options.length) {
      select.append(...classes.map((one) => new Option(one, one)));
    }
    select.value = choice.to;
  }

  function filter() {
    const wanted = document.getElementById('filter').value;
    for (const card of cards) {
      const decided = card.dataset.state !== '';
      card.hidden = (wanted === 'open' && decided) || (wanted === 'done' && !decided);
    }
  }

  const quoted = (value) => {
    const text = String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  function csv() {
    const rows = new Map();
    for (const finding of findings) {
      const choice = choices[place(finding)];
      if (choice && !rows.has(place(finding))) {
        rows.set(place(finding), { ...finding, ...choice });
      }
    }
    const lines = [...rows.values()].map((row) =>
      columns.map((column) => quoted(row[column] ?? '')).join(','),
    );
    return [columns.join(','), ...lines, ''].join('\n');
  }

  document.querySelector('main').addEventListener('click', ({ target }) => {
    const number = target.closest('.card')?.dataset.number;
    if (target.dataset.action) choose([number], target.dataset.action);
    if (target.dataset.accept) {
      const kind = target.dataset.accept;
      const open = findings.keys().filter((each) => {
        return findings[each].kind === kind && !choices[place(findings[each])];
      });
      choose([...open], kind === 'label' ? 'relabel' : 'remove');
    }
  });
  document.querySelector('main').addEventListener('change', ({ target }) => {
    choose([target.closest('.card').dataset.number], 'relabel', target.value);
  });
  document.getElementById('filter').addEventListener('change', filter);
  document.getElementById('undo').addEventListener('click', () => {
    choices = past.pop() ?? choices;
    changed();
  });
  document.getElementById('save').addEventListener('click', () => {
    const link = document.createElement('a');
    link.download = 'changes.csv';
    link.href = URL.createObjectURL(new Blob([csv()], { type: 'text/csv' }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
  changed();
}
