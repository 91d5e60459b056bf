/** Takes out of an answer what is different each time: identities, times, revisions, addresses, random names. */

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const CLUSTER_IP = /\b10\.\d+\.\d+\.\d+\b/g;
const TOKEN_VOLUME = /\bkube-api-access-[a-z0-9]{5}\b/g;

/** The alphabet of Kubernetes for hashes and endings, which has no vowels. */
const RANDOM_PART = /(?<=^|-)[bcdfghjklmnpqrstvwxz2456789]{5,10}\b/g;
const EVENT_NAME = /\.[0-9a-f]{16}$/;
const SCHEDULER = /^default-scheduler-.*$/;

/** By the name of their key. Only values that are set are replaced. */
const REPLACED: Record<string, string> = {
  resourceVersion: '<revision>',
  continue: '<token>',
  nodePort: '<port>',
  healthCheckNodePort: '<port>',
};

export interface NormaliseOptions {
  /** Longer values first; each is replaced by its key wherever it stands. */
  names: Record<string, string>;
  managedFields: boolean;
  /** Replaces hashes and random endings of the names that controllers give. */
  randomNames?: boolean;
}

export function normalise(value: unknown, options: NormaliseOptions): unknown {
  if (typeof value === 'string') return textOf(value, options);
  if (Array.isArray(value)) return value.map((item) => normalise(item, options));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => options.managedFields || key !== 'managedFields')
    .map(([key, item]): [string, unknown] => {
      const replaced = REPLACED[key];
      if (replaced !== undefined && (typeof item === 'string' || typeof item === 'number'))
        return [key, item === '' || item === 0 ? item : replaced];
      return [textOf(key, options), normalise(item, options)];
    });
  return withoutRandomName(Object.fromEntries(entries));
}

function textOf(text: string, { names, randomNames = false }: NormaliseOptions): string {
  const result = normaliseText(text, names);
  if (!randomNames) return result;
  return result
    .replace(EVENT_NAME, '.<random>')
    .replace(SCHEDULER, 'default-scheduler-<host>')
    .replaceAll(RANDOM_PART, '<random>');
}

export function normaliseText(text: string, names: Record<string, string>): string {
  let result = text
    .replace(UUID, '<uid>')
    .replace(TIME, '<time>')
    .replace(CLUSTER_IP, '<ip>')
    .replace(TOKEN_VOLUME, 'kube-api-access-<random>');
  for (const [variable, name] of Object.entries(names)) result = result.replaceAll(name, variable);
  return result;
}

function withoutRandomName(object: Record<string, unknown>): Record<string, unknown> {
  const { name, generateName } = object;
  if (typeof name === 'string' && typeof generateName === 'string' && name.startsWith(generateName))
    return { ...object, name: `${generateName}<random>` };
  return object;
}

/** The value without what stands at the paths: dotted, `*` for any one key or index. */
export function without(value: unknown, paths: readonly string[]): unknown {
  const patterns = paths.map((path) => path.split('.'));
  return prune(value, patterns);
}

function prune(value: unknown, patterns: string[][]): unknown {
  if (patterns.length === 0 || typeof value !== 'object' || value === null) return value;
  const visit = (key: string, item: unknown): unknown => {
    const rest = patterns
      .filter(([first]) => first === key || first === '*')
      .map((p) => p.slice(1));
    if (rest.some((pattern) => pattern.length === 0)) return undefined;
    return prune(item, rest);
  };
  if (Array.isArray(value)) return value.map((item, index) => visit(String(index), item));
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]): [string, unknown] => [key, visit(key, item)])
      .filter(([, item]) => item !== undefined),
  );
}
