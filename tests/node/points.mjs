// Asks ui/points.js: standard input has a list of {do, …}, standard output gets the list of answers.

import { readFileSync } from 'node:fs';
import { join, nearest, smooth, thin } from '../../src/spritenet/web/static/ui/points.js';

const numbers = (list) => Float64Array.from(list, (value) => value ?? NaN);
const plain = (list) =>
  Array.from(list, (value) => (Number.isNaN(value) || value === undefined ? null : value));

const answers = JSON.parse(readFileSync(0, 'utf8')).map((task) => {
  switch (task.do) {
    case 'thin':
      return thin(numbers(task.x), numbers(task.y), task.from, task.to, task.columns);
    case 'smooth':
      return plain(smooth(numbers(task.y), task.window));
    case 'join':
      return join(task.lines).map((row) =>
        Array.from(row, (value) => (value === undefined ? 'nothing' : value)),
      );
    default:
      return nearest(numbers(task.x), task.value);
  }
});
console.log(JSON.stringify(answers));
