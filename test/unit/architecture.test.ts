/** The rules of the package layout, as data. Reads every import and every package.json. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

const MAY_IMPORT: Record<string, readonly string[] | '*'> = {
  spec: [],
  kube: [],
  cluster: ['kube'],
  engine: ['spec'],
  tools: ['spec', 'kube'],
  controller: ['spec', 'kube'],
  server: ['spec', 'kube'],
  ui: ['spec'],
  cli: '*',
};

/** Vendor packages that live behind one folder each; a prefix of the file's path below packages/. */
const ONLY_IN: Record<string, readonly string[]> = {
  'node:sqlite': ['server/src/stores/sqlite/', 'cluster/src/storage/'],
  kysely: ['server/src/stores/'],
  '@ai-sdk/': ['engine/src/models/'],
  '@modelcontextprotocol/client': ['engine/src/tools/mcp/', 'tools/src/adapter/'],
  '@modelcontextprotocol/server': ['tools/src/'],
  'prom-client': ['server/src/'],
  cockatiel: ['engine/src/models/'],
};

interface Source {
  path: string;
  package: string;
  isTest: boolean;
  text: string;
  imports: string[];
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g;

function sources(): Source[] {
  return Object.keys(MAY_IMPORT).flatMap((name) => {
    const folder = join(ROOT, 'packages', name, 'src');
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        const text = readFileSync(file, 'utf8');
        const path = relative(join(ROOT, 'packages'), file);
        const isTest = /\.test\.tsx?$/.test(path) || path.includes('/testing/');
        const imports = [...text.matchAll(IMPORT)].map(
          (match) => match[1] ?? match[2] ?? match[3] ?? '',
        );
        return { path, package: name, isTest, text, imports };
      });
  });
}

function packageName(name: string): string {
  return name === 'cli' ? 'kagent' : `@kagent/${name}`;
}

/** Bare package of an import: `@scope/name/sub` → `@scope/name`. */
function bare(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

describe('architecture', () => {
  const all = sources();

  it('reads the code it judges', () => {
    expect(all.length).toBeGreaterThan(100);
    expect(all.some((source) => source.imports.includes('@kagent/spec'))).toBe(true);
  });

  it.each(Object.entries(MAY_IMPORT))('%s imports only what it may', (name, allowed) => {
    const broken = all
      .filter((source) => source.package === name && !source.isTest)
      .flatMap((source) =>
        source.imports
          .filter((specifier) => specifier.startsWith('@kagent/') || specifier === 'kagent')
          .filter(
            (specifier) =>
              allowed !== '*' && !allowed.some((item) => bare(specifier) === packageName(item)),
          )
          .map((specifier) => `${source.path} → ${specifier}`),
      );
    expect(broken).toEqual([]);
  });

  it('no package reaches into another one', () => {
    const broken = all.flatMap((source) =>
      source.imports
        .filter((specifier) => {
          if (specifier.startsWith('@kagent/'))
            return !/^@kagent\/[a-z]+(\/testing)?$/.test(specifier);
          if (!specifier.startsWith('.')) return false;
          const target = relative(
            join(ROOT, 'packages'),
            resolve(ROOT, 'packages', dirname(source.path), specifier),
          );
          return target.split('/')[0] !== source.package && !target.startsWith('..');
        })
        .map((specifier) => `${source.path} → ${specifier}`),
    );
    expect(broken).toEqual([]);
  });

  it('testing entries are for tests', () => {
    const broken = all
      .filter((source) => !source.isTest)
      .flatMap((source) =>
        source.imports
          .filter((specifier) => specifier.endsWith('/testing'))
          .map((specifier) => `${source.path} → ${specifier}`),
      );
    expect(broken).toEqual([]);
  });

  it('nothing inside a package imports its own index', () => {
    const broken = all
      .filter((source) => !/\/src\/(testing\/)?[^/]*\.test\.tsx?$/.test(source.path))
      .flatMap((source) =>
        source.imports
          .filter((specifier) => /^(\.\.?\/)+index\.ts$/.test(specifier))
          .filter(
            (specifier) =>
              resolve('/', dirname(source.path), specifier) === `/${source.package}/src/index.ts`,
          )
          .map((specifier) => `${source.path} → ${specifier}`),
      );
    expect(broken).toEqual([]);
  });

  it('spec and ui know no Node', () => {
    const broken = all
      .filter((source) => ['spec', 'ui'].includes(source.package) && !source.isTest)
      .flatMap((source) =>
        source.imports
          .filter((specifier) => specifier.startsWith('node:'))
          .map((specifier) => `${source.path} → ${specifier}`),
      );
    expect(broken).toEqual([]);
  });

  it('only cli reads the environment, the arguments, or ends the process', () => {
    const broken = all
      .filter((source) => source.package !== 'cli' && !source.isTest)
      .filter((source) => /process\.(env|argv|exit\b)/.test(source.text))
      .map((source) => source.path);
    expect(broken).toEqual([]);
  });

  it('each vendor package stays in its folder', () => {
    const broken = all
      .filter((source) => !source.isTest)
      .flatMap((source) =>
        source.imports.flatMap((specifier) =>
          Object.entries(ONLY_IN)
            .filter(
              ([vendor]) =>
                specifier === vendor ||
                specifier.startsWith(vendor.endsWith('/') ? vendor : `${vendor}/`),
            )
            .filter(([, folders]) => !folders.some((folder) => source.path.startsWith(folder)))
            .map(([vendor]) => `${source.path} → ${vendor}`),
        ),
      );
    expect(broken).toEqual([]);
  });

  it('every import is a declared dependency of its package', () => {
    const dependencies = new Map(
      Object.keys(MAY_IMPORT).map((name) => {
        const manifest: unknown = JSON.parse(
          readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'),
        );
        const declared =
          typeof manifest === 'object' && manifest !== null && 'dependencies' in manifest
            ? Object.keys(manifest.dependencies ?? {})
            : [];
        return [name, new Set([...declared, packageName(name)])];
      }),
    );
    const broken = all
      .filter((source) => !source.isTest)
      .flatMap((source) =>
        source.imports
          .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
          .filter((specifier) => !dependencies.get(source.package)?.has(bare(specifier)))
          .map((specifier) => `${source.path} → ${specifier}`),
      );
    expect(broken).toEqual([]);
  });

  it('desired.ts files are pure: types and spec only', () => {
    const broken = all
      .filter((source) => source.path.endsWith('/desired.ts'))
      .flatMap((source) =>
        source.imports
          .filter((specifier) => specifier.startsWith('node:') && specifier !== 'node:crypto')
          .map((specifier) => `${source.path} → ${specifier}`),
      );
    expect(broken).toEqual([]);
  });

  it('files stay readable: median at most 150 lines, none over 500', () => {
    const lengths = all
      .filter(
        (source) =>
          !source.isTest &&
          !source.path.includes('/builtin/table/') &&
          !source.path.includes('/generated/'),
      )
      .map((source) => ({ path: source.path, lines: source.text.split('\n').length }))
      .toSorted((a, b) => a.lines - b.lines);
    expect(lengths.filter((item) => item.lines > 501)).toEqual([]);
    expect(lengths[Math.floor(lengths.length / 2)]?.lines).toBeLessThanOrEqual(150);
  });
});
