/** The static checks of `npm run verify`; those marked `inTests` are also run by `npm test`. Programs are paths in node_modules. */
export const CHECKS = [
  {
    name: 'format',
    program: 'prettier/bin/prettier.cjs',
    args: ['--check', '--log-level', 'warn', '.'],
    inTests: false,
  },
  { name: 'types', program: 'typescript/bin/tsc', args: ['--noEmit', '-p', '.'], inTests: true },
  { name: 'lint', program: 'eslint/bin/eslint.js', args: ['--max-warnings', '0', '.'], inTests: true },
  {
    name: 'edges between parts, and cycles',
    program: 'dependency-cruiser/bin/dependency-cruiser.mjs',
    args: ['--config', '.dependency-cruiser.mjs', '--output-type', 'err', 'src', 'server'],
    inTests: true,
  },
];
