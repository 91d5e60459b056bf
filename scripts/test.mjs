/** `npm test [vitest arguments]`: the whole suite, with provider keys and proxies out of the environment. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const env = { ...process.env };
for (const name of Object.keys(env)) {
  if (/_API_KEY$|^KAGENT_|^OLLAMA_|^KUBECONFIG$|^USER_ID$|^(HTTPS?|ALL|NO)_PROXY$/i.test(name))
    delete env[name];
}
env.PATH = `${join(root, 'node_modules/.bin')}:${env.PATH}`;
const { status } = spawnSync(
  join(root, 'node_modules/.bin/node'),
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit', env },
);
process.exit(status ?? 1);
