// Rules for all JavaScript of this repository: the pages and their library, tests, benchmarks.
//
// Types are TypeScript's to check (tsconfig.json), format is Prettier's (.prettierrc.json).

import js from '@eslint/js';
import globals from 'globals';

const HOUSE = {
  'array-callback-return': 'error',
  curly: ['error', 'multi-line'],
  eqeqeq: ['error', 'smart'],
  'logical-assignment-operators': 'error',
  'no-constructor-return': 'error',
  'no-console': 'error',
  'no-else-return': 'error',
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-lonely-if': 'error',
  'no-new-func': 'error',
  'no-self-compare': 'error',
  'no-shadow': 'error',
  'no-template-curly-in-string': 'error',
  'no-throw-literal': 'error',
  'no-unneeded-ternary': 'error',
  'no-unused-expressions': ['error', { allowShortCircuit: true }],
  'no-use-before-define': ['error', { functions: false, classes: false, variables: false }],
  'no-unused-vars': ['error', { ignoreRestSiblings: true, destructuredArrayIgnorePattern: '^_' }],
  'no-useless-concat': 'error',
  'no-useless-rename': 'error',
  'no-useless-return': 'error',
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-arrow-callback': 'error',
  'prefer-const': 'error',
  'prefer-rest-params': 'error',
  'prefer-spread': 'error',
  'prefer-template': 'error',
  radix: 'error',
  yoda: 'error',
};

export default [
  { ignores: ['**/node_modules/**', '**/vendor/**', 'build/**', '.venv/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  { rules: HOUSE },
  {
    files: ['src/**/*.js', 'tests/browser/**/*.js'],
    languageOptions: {
      globals: { ...globals.browser, ...globals.worker, setImmediate: 'readonly' },
    },
  },
  {
    files: ['tests/node/**/*.mjs', 'benchmarks/**/*.{js,mjs}'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    rules: { 'no-console': 'off' }, // these are programs that print
  },
];
