// The script of the library's worker. See host.js and remote.js.

import { Host } from './host.js';

const host = new Host((message, transfer = []) => postMessage(message, { transfer }));
addEventListener('message', ({ data }) => void host.receive(data));
