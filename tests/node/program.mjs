// A program of `spritenet.web.bundle.modules` beside the modules it was made of, as Node.js itself runs them.
//
// node program.mjs PROGRAM FOLDER NAME…: prints, for each module, its exports both ways, as JSON.
import { pathToFileURL } from 'node:url';

const [, , program, folder, ...names] = process.argv;
const { load } = await import(pathToFileURL(program).href);
const plain = (exports) =>
  Object.fromEntries(
    Object.keys(exports ?? {})
      .sort()
      .map((name) => {
        const value = exports[name];
        return [
          name,
          typeof value === 'function' ? `${value.name}/${value.length}` : JSON.stringify(value),
        ];
      }),
  );
const both = {};
for (const name of names) {
  both[name] = [
    plain(await load(name)),
    plain(await import(pathToFileURL(`${folder}/${name}`).href)),
  ];
}
console.log(JSON.stringify(both));
