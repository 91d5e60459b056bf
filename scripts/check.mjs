/** `npm run check`: types, lint, format, architecture, generated files. Stops at nothing; fails if anything failed. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, 'node_modules/.bin', name);

const steps = [
  ['types', bin('tsc'), ['-p', 'tsconfig.json']],
  ['types of the UI', bin('tsc'), ['-p', 'packages/ui/tsconfig.json']],
  ['lint', bin('oxlint'), ['--type-aware']],
  ['format', bin('oxfmt'), ['--check']],
  [
    'architecture',
    bin('vitest'),
    ['run', '--project', 'unit', 'test/unit/architecture.test.ts', '--reporter', 'dot'],
  ],
  ['generated files', bin('node'), ['scripts/generate.ts', '--check']],
];

let failed = 0;
for (const [name, command, args] of steps) {
  const start = performance.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  if (status !== 0) failed += 1;
}
if (failed > 0) {
  console.error(`\n${failed} of ${steps.length} checks failed.`);
  process.exit(1);
}
