#!/usr/bin/env node
// Starts the CLI under a Node that runs TypeScript: this one when it is new enough, else the one from the lockfile.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const here = dirname(fileURLToPath(import.meta.url));

if (major > 24 || (major === 24 && minor >= 12)) {
  // Keeps compiled code, which saves half of the time to start. A folder that can't be written is no error.
  nodeModule.enableCompileCache(join(here, '../../../node_modules/.cache/kagent'));
  await import('../src/main.ts');
} else {
  const node = join(here, '../../../node_modules/.bin/node');
  if (!existsSync(node)) {
    console.error(
      `kagent needs Node 24.12 or newer; this is ${process.versions.node}. Run \`npm ci\` in the repository first.`,
    );
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
