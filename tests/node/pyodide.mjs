// node pyodide.mjs PYODIDE SCRIPT FOLDER PLACE ...: runs a Python script in Pyodide, with folders
// of this machine at places of its file system, and prints the value of its last line.
import { readFileSync } from 'node:fs';

const [pyodide, script, ...mounts] = process.argv.slice(2);
const { loadPyodide } = await import(pyodide);
const python = await loadPyodide();
for (let at = 0; at < mounts.length; at += 2) {
  python.FS.mkdirTree(mounts[at + 1]);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: mounts[at] }, mounts[at + 1]);
}
try {
  console.log(String(python.runPython(readFileSync(script, 'utf8'))));
} catch (error) {
  console.error(String(error).slice(-3000)); // not the source that Node.js would print
  process.exit(1);
}
