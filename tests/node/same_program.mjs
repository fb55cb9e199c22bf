// Whether two texts are one program: TypeScript's parser, which nobody here wrote, is asked.
//
// Reads a JSON list of [name, text, other text] and prints the names of those that differ.
import ts from 'typescript';

function tree(text) {
  const file = ts.createSourceFile('x.js', text, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
  const wrong = file.parseDiagnostics.map(({ messageText }) => messageText);
  const walk = (node) => {
    const children = [];
    ts.forEachChild(node, (child) => void children.push(walk(child)));
    const word =
      ts.isTemplateMiddleOrTemplateTail(node) || node.kind < ts.SyntaxKind.FirstNode
        ? (node.text ?? '')
        : '';
    return [node.kind, word, node.operator ?? 0, node.flags & ts.NodeFlags.BlockScoped, children];
  };
  return JSON.stringify([wrong, walk(file)]);
}

let input = '';
for await (const part of process.stdin) input += part;
const different = JSON.parse(input).filter(([, one, other]) => tree(one) !== tree(other));
console.log(JSON.stringify(different.map(([name]) => name)));
