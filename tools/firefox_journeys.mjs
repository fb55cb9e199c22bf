/* global document, Event, process, setTimeout, window */

// Goes through every page in Firefox as a person would: draw, lab, Collect, an exported file.
//
//     npm install --prefix DIR puppeteer-core && cd DIR && node ROOT/tools/firefox_journeys.mjs [JOURNEY …]
//
// Needs Firefox (`apt-get install firefox-esr`; another one is named by FIREFOX), and `spritenet` as
// `python -m spritenet` (another Python is named by PYTHON). Firefox is driven by WebDriver BiDi; its
// camera is a made-up one. A console error, an uncaught exception or a wait of a minute ends it with
// an error; each journey that went well is a line.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const PATIENCE = 120_000; // milliseconds
const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
const PYTHON = process.env.PYTHON ?? 'python';
const IGNORED = /Layout was forced before|Unknown property|camera/i; // notes on style sheets

const here = createRequire(path.resolve('here.js'));
const { default: puppeteer } = await import(pathToFileURL(here.resolve('puppeteer-core')).href);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'firefox-'));
const inFolder = (name) => path.join(folder, name);

/** Runs a command of Spritenet to its end. */
function run(...words) {
  const done = spawnSync(PYTHON, ['-m', 'spritenet', ...words], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${words.join(' ')}: ${done.stderr}`);
}

/** Calls a function with the address that a command serves. */
async function serving(words, visit) {
  const options = ['-u', '-m', 'spritenet', ...words, '--port', '0', '--no-browser'];
  const server = spawn(PYTHON, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const address = await new Promise((resolve, reject) => {
      let text = '';
      server.stdout.on('data', (part) => {
        text += part;
        const found = /http:\S+token=\S+/.exec(text);
        if (found) resolve(found[0]);
      });
      server.on('exit', () => reject(new Error(`${words[0]} ended: ${text}`)));
    });
    await visit(address);
  } finally {
    server.removeAllListeners('exit');
    server.kill('SIGINT');
  }
}

const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: FIREFOX,
  headless: true,
  extraPrefsFirefox: {
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
  },
});

/** Opens a page; what its console complains of is kept. */
async function opened(address, journey) {
  const page = await browser.newPage();
  const complaints = [];
  page.setDefaultTimeout(PATIENCE);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error' && !IGNORED.test(line.text())) complaints.push(line.text());
  });
  await page.goto(address);
  await journey(page);
  if (complaints.length) throw new Error(`${address}: ${complaints.join('\n')}`);
  await page.close();
}

const shown = (page, selector) => page.waitForSelector(selector, { visible: true });
const textIn = (page, selector, words) =>
  page.waitForFunction(
    (place, text) => document.querySelector(place)?.textContent.includes(text),
    {},
    selector,
    words,
  );

/** Draws a line on a canvas, its points from 0 to 1. */
async function stroke(page, selector, points) {
  const canvas = await shown(page, selector);
  await canvas.evaluate((element) => element.scrollIntoView({ block: 'center' }));
  const box = await canvas.boundingBox();
  const places = points.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height]);
  await page.mouse.move(...places[0]);
  await page.mouse.down();
  for (const place of places.slice(1)) await page.mouse.move(...place, { steps: 5 });
  await page.mouse.up();
}

const SEVEN = [
  [0.3, 0.2],
  [0.7, 0.2],
  [0.45, 0.8],
];

async function draws(page) {
  await shown(page, '#stage');
  await stroke(page, '#canvas', SEVEN);
  await textIn(page, '#line', 'sure');
  await page.click('#clear');
  await textIn(page, '#line', 'Nothing drawn yet');
  await page.click('#camera');
  await shown(page, '#paper video');
  await page.waitForFunction(() => window.spritenetDraw.answer.state !== 'empty');
  await page.click('#camera');
  await page.waitForFunction(() => !document.querySelector('#paper video'));
  await stroke(page, '#canvas', SEVEN);
  await page.waitForFunction(() => window.spritenetDraw.answer.state !== 'empty');
  await page.click('#classes button:nth-child(8)');
  await textIn(page, '#lesson', 'Trained on 1 drawing');
}

async function trains(page) {
  await shown(page, '#data');
  await page.evaluate(() => {
    const set = (id, value) => {
      const field = document.querySelector(id);
      field.value = value;
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.dispatchEvent(new Event('change', { bubbles: true }));
    };
    set('#unit', 'steps');
    set('#length', '200');
  });
  await page.click('#start');
  await shown(page, '#matrix td');
  await page.waitForSelector('body[data-state=idle] #test:enabled');
  const accuracy = await page.$eval('#now-test', (place) => parseFloat(place.textContent));
  if (!(accuracy > 70)) throw new Error(`the lab's accuracy is ${accuracy} %`);
  await stroke(page, '#pad', SEVEN);
}

async function trainsAndComesBack(page) {
  await trains(page);
  await new Promise((resolve) => void setTimeout(resolve, 2000)); // until it is kept
  await page.reload();
  await textIn(page, '#progress-text', 'Restored');
}

async function collects(page) {
  await shown(page, 'body[data-state=idle] .class-card');
  await textIn(page, '#train-about', '100 images');
  await page.click('#train');
  await shown(page, '#try');
  await page.waitForSelector('body[data-checked]');
  await stroke(page, '#try canvas', SEVEN);
  await page.waitForFunction(() => {
    const [button] = [...document.querySelectorAll('#try button')].filter((one) =>
      one.textContent.startsWith('Camera'),
    );
    button.click();
    return true;
  });
  await shown(page, '#try video');
  await page.evaluate(() => window.spritenetCollect.camera.stop());
  await page.click('#undo').catch(() => {}); // nothing to undo in a project that was given
  await page.reload();
  await textIn(page, '#train-about', '100 images');
}

try {
  const train = ['strokes', '--epochs', '1', '--out', inFolder('run')];
  run('train', ...train);
  const take = 'import sys, spritenet as sn; sn.pack(sn.load("strokes").train[:100], sys.argv[1])';
  spawnSync(PYTHON, ['-c', take, inFolder('some.png')]);
  run('export', inFolder('run'), inFolder('page.html'));
  run('export', inFolder('run'), inFolder('both.html'), '--with-data', inFolder('some.png'));
  const file = (name) => pathToFileURL(inFolder(name)).href;
  const journeys = {
    draw: () => serving(['draw', inFolder('run')], (address) => opened(address, draws)),
    lab: () => serving(['lab', 'strokes'], (address) => opened(address, trainsAndComesBack)),
    collect: () =>
      serving(['collect', inFolder('some.png')], (address) => opened(address, collects)),
    exported: () => opened(file('page.html'), draws),
    'exported lab': () => opened(`${file('both.html')}#lab`, (page) => shown(page, '#data')),
  };
  const wanted = process.argv.slice(2); // all of them if none is named
  for (const [name, go] of Object.entries(journeys)) {
    if (wanted.length && !wanted.includes(name)) continue;
    await go().catch((error) => {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    });
    process.stdout.write(`${name}: done\n`);
  }
} finally {
  await browser.close();
  fs.rmSync(folder, { recursive: true, force: true });
}
