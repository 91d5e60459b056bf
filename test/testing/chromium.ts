/**
 * A browser for tests without a download: the one inside `@sparticuz/chromium`, unpacked once below `node_modules`. On
 * systems other than Linux on x64 the installed Chrome is used.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';

const CACHE = resolve(import.meta.dirname, '../../node_modules/.kagent-bin');

/** Starts a headless browser; close it when done. Contexts of it share nothing. */
export async function launchChromium(): Promise<Browser> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return chromium.launch({ channel: 'chrome' });
  }
  const packed = join(
    dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')),
    '../bin',
  );
  const folder = unpacked('chromium', (target) => {
    const binary = join(target, 'chromium');
    writeFileSync(binary, inflate(join(packed, 'chromium.br')));
    chmodSync(binary, 0o755);
    untar(join(packed, 'fonts.tar.br'), target);
  });
  const executablePath = join(folder, 'chromium');
  const fonts = join(folder, 'own-fonts.conf');
  writeFileSync(fonts, `<fontconfig><dir>${join(folder, 'fonts')}</dir></fontconfig>`);
  return chromium.launch({
    executablePath,
    args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    env: {
      ...process.env,
      ...libraryPath(executablePath, packed),
      ...(existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_FILE: fonts }),
    },
  });
}

/** Machines without the libraries of a desktop get those that come with the browser. */
function libraryPath(binary: string, packed: string): Record<string, string> {
  const linked = spawnSync('ldd', [binary], { encoding: 'utf8' });
  if (!linked.stdout?.includes('not found')) return {};
  const folder = unpacked('chromium-libraries', (target) =>
    untar(join(packed, 'al2023.tar.br'), target),
  );
  const rest = process.env['LD_LIBRARY_PATH'];
  return { LD_LIBRARY_PATH: [join(folder, 'lib'), ...(rest ? [rest] : [])].join(':') };
}

/** A folder of the cache, filled at the first call. Appears whole or not at all, also when several processes ask. */
function unpacked(name: string, fill: (target: string) => void): string {
  const folder = join(CACHE, `${name}-${browserVersion()}`);
  if (existsSync(folder)) return folder;
  const target = `${folder}.${process.pid}`;
  mkdirSync(target, { recursive: true });
  try {
    fill(target);
    renameSync(target, folder);
  } catch (error) {
    rmSync(target, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function browserVersion(): string {
  const file = resolve(import.meta.dirname, '../../node_modules/@sparticuz/chromium/package.json');
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '';
}

function inflate(file: string): Buffer {
  return brotliDecompressSync(readFileSync(file));
}

function untar(file: string, target: string): void {
  const { status, stderr } = spawnSync('tar', ['-x', '-C', target], { input: inflate(file) });
  if (status !== 0) throw new Error(`could not unpack ${file}: ${stderr.toString()}`);
}
