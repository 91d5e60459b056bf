/**
 * What people run inside a container to look around, answered from what the simulation knows: variables, mounted files,
 * names, connections. Nothing is executed.
 */
import type { RunPlan } from './assess.ts';

export interface ShellNetwork {
  /** The Service behind a host name, as DNS knows it. */
  address(host: string): { name: string; ips: string[] } | undefined;
  /** Status code of a GET (none = it is no HTTP server), or why there is no connection. */
  get(address: string, path: string): { status: number | undefined } | { error: string };
}

export interface ShellWorld {
  namespace: string;
  /** Host name. */
  pod: string;
  podIP: string;
  env: Readonly<Record<string, string>>;
  plan: RunPlan;
  /** Command line of process 1. */
  program: string;
  now: number;
  /** Bytes of the node's disk. */
  disk: number;
  network: ShellNetwork;
  /** Content of a file below a mount. */
  read(path: string): Uint8Array | undefined;
  /** Paths of everything that is mounted, directories end with a slash. */
  files(): string[];
}

export interface ShellResult {
  code: number;
  stdout: string;
  stderr: string;
}

type Command = (words: string[], world: ShellWorld) => Partial<ShellResult>;

const DNS = '10.96.0.10';
const ROOT = ['bin/', 'dev/', 'etc/', 'home/', 'proc/', 'root/', 'sys/', 'tmp/', 'usr/', 'var/'];

const lines = (list: readonly string[]): string => list.map((line) => `${line}\n`).join('');
const operands = (words: string[]): string[] =>
  words.slice(1).filter((word) => !word.startsWith('-'));

function resolvConf({ namespace }: ShellWorld): string {
  const search = [`${namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'];
  return `search ${search.join(' ')}\nnameserver ${DNS}\noptions ndots:5\n`;
}

function readFile(path: string, world: ShellWorld): string | undefined {
  const mounted = world.read(path);
  if (mounted !== undefined) return Buffer.from(mounted).toString('utf8');
  switch (path) {
    case '/etc/hostname':
      return `${world.pod}\n`;
    case '/etc/hosts':
      return `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n${world.podIP}\t${world.pod}\n`;
    case '/etc/resolv.conf':
      return resolvConf(world);
    default:
      return undefined;
  }
}

/** Names in a directory; undefined when there is no such directory. */
function listDirectory(path: string, world: ShellWorld): string[] | undefined {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  const known = [
    ...ROOT.map((name) => `/${name}`),
    '/etc/hostname',
    '/etc/hosts',
    '/etc/resolv.conf',
  ];
  const below = [...known, ...world.files()].filter((file) => file.startsWith(prefix));
  if (below.length === 0) return undefined;
  const names = below.map((file) => file.slice(prefix.length).split('/')[0]!);
  return [...new Set(names)].filter((name) => name !== '').toSorted();
}

const cat: Command = (words, world) => {
  const result = { code: 0, stdout: '', stderr: '' };
  for (const path of operands(words)) {
    const text = readFile(path, world);
    if (text !== undefined) {
      result.stdout += text;
      continue;
    }
    const reason =
      listDirectory(path, world) === undefined ? 'No such file or directory' : 'Is a directory';
    result.stderr += `cat: ${path}: ${reason}\n`;
    result.code = 1;
  }
  return result;
};

const ls: Command = (words, world) => {
  const isLong = words.some((word) => /^-\w*l/.test(word));
  const [path = '/'] = operands(words);
  const isFile = readFile(path, world) !== undefined;
  const names = isFile ? [path] : listDirectory(path, world);
  if (names === undefined)
    return { code: 2, stderr: `ls: cannot access '${path}': No such file or directory\n` };
  if (!isLong) return { stdout: lines(names) };
  const at = new Date(world.now);
  const day = `${at.toLocaleString('en', { month: 'short', timeZone: 'UTC' })} ${String(at.getUTCDate()).padStart(2)}`;
  const rows = names.map((name) => {
    const text = readFile(isFile ? name : `${path.replace(/\/$/, '')}/${name}`, world);
    const size = String(text === undefined ? 4096 : Buffer.byteLength(text)).padStart(6);
    const mode = text === undefined ? 'drwxr-xr-x 2' : '-rw-r--r-- 1';
    return `${mode} root root ${size} ${day} 00:00 ${name}`;
  });
  return { stdout: lines(isFile ? rows : [`total ${rows.length * 4}`, ...rows]) };
};

const df: Command = (_words, world) => {
  const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(0)}G`;
  const used = world.disk * 0.22 + world.plan.disk;
  const share = `${Math.min(100, Math.round((used / world.disk) * 100))}%`;
  const row = (...cells: string[]): string =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(16) : cell.padStart(5)))
      .join(' ')
      .replace(/ +(\S+)$/, ' $1');
  return {
    stdout: lines([
      row('Filesystem', 'Size', 'Used', 'Avail', 'Use%', 'Mounted on'),
      row(
        'overlay',
        gigabytes(world.disk),
        gigabytes(used),
        gigabytes(Math.max(0, world.disk - used)),
        share,
        '/',
      ),
      row('tmpfs', '64M', '0', '64M', '0%', '/dev'),
    ]),
  };
};

const nslookup: Command = (words, { network }) => {
  const [host = ''] = operands(words);
  const found = network.address(host);
  const server = `Server:\t\t${DNS}\nAddress:\t${DNS}:53\n\n`;
  if (found === undefined)
    return { code: 1, stdout: `${server}** server can't find ${host}: NXDOMAIN\n` };
  return {
    stdout: `${server}${found.ips.map((ip) => `Name:\t${found.name}\nAddress: ${ip}\n`).join('')}`,
  };
};

const getent: Command = (words, { network }) => {
  const [, host = ''] = operands(words);
  const found = network.address(host);
  return found === undefined
    ? { code: 2 }
    : { stdout: lines(found.ips.map((ip) => `${ip.padEnd(16)}${found.name}`)) };
};

/** `http://host:port/path`, scheme and port may be left out. */
function target(url: string): { address: string; host: string; port: number; path: string } {
  const [, scheme = 'http', host = '', given, path = '/'] =
    /^(?:(https?):\/\/)?([^/:]+)(?::(\d+))?(\/.*)?$/.exec(url) ?? [];
  const port = Number(given ?? (scheme === 'https' ? 443 : 80));
  return { address: `${host}:${port}`, host, port, path };
}

/** The word after an option is no operand. */
function withoutOptions(words: string[], valued: RegExp): string[] {
  return words.filter(
    (word, index) => index > 0 && !word.startsWith('-') && !valued.test(words[index - 1]!),
  );
}

const bodyOf = (status: number): string => (status < 400 ? 'OK\n' : `${status}\n`);

const curl: Command = (words, { network }) => {
  const [url = ''] = withoutOptions(words, /^(-[mXHodwA]|--(max-time|connect-timeout|retry))$/);
  const { address, host, port, path } = target(url);
  const has = (pattern: RegExp): boolean => words.some((word) => pattern.test(word));
  const isSilent = has(/^-\w*s/) && !has(/^-\w*S/);
  const fail = (code: number, text: string) => ({
    code,
    stderr: isSilent ? '' : `curl: (${code}) ${text}\n`,
  });
  const answer = network.get(address, path);
  if ('error' in answer) {
    if (answer.error.includes('no such host')) return fail(6, `Could not resolve host: ${host}`);
    if (answer.error.includes('timeout'))
      return fail(28, 'Connection timed out after 10001 milliseconds');
    return fail(
      7,
      `Failed to connect to ${host} port ${port} after 2 ms: Could not connect to server`,
    );
  }
  const { status } = answer;
  if (status === undefined) return fail(52, 'Empty reply from server');
  if (has(/^-\w*f/) && status >= 400)
    return fail(22, `The requested URL returned error: ${status}`);
  const isHead = has(/^-\w*[iI]|^--head$/);
  const head = isHead ? `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\n\r\n` : '';
  const isDropped = words[words.indexOf('-o') + 1] === '/dev/null' && words.includes('-o');
  const format = words.includes('-w') ? (words[words.indexOf('-w') + 1] ?? '') : '';
  const shown = format.replaceAll('%{http_code}', String(status)).replaceAll(String.raw`\n`, '\n');
  return { stdout: `${head}${isDropped || has(/^-\w*I/) ? '' : bodyOf(status)}${shown}` };
};

const wget: Command = (words, { network }) => {
  const [url = ''] = withoutOptions(words, /^-[TOtq]$|^--timeout$/);
  const { address, host, path } = target(url);
  const answer = network.get(address, path);
  if ('error' in answer) {
    if (answer.error.includes('no such host'))
      return { code: 1, stderr: `wget: bad address '${host}'\n` };
    const reason = answer.error.includes('timeout')
      ? 'download timed out'
      : `can't connect to remote host: Connection refused`;
    return { code: 1, stderr: `wget: ${reason}\n` };
  }
  const { status } = answer;
  if (status === undefined) return { code: 1, stderr: 'wget: error getting response\n' };
  if (status >= 400)
    return { code: 1, stderr: `wget: server returned error: HTTP/1.1 ${status}\n` };
  return { stdout: bodyOf(status) };
};

const nc: Command = (words, { network }) => {
  const [host = '', port = ''] = withoutOptions(words, /^-\w*w$/);
  const answer = network.get(`${host}:${port}`, '/');
  if (!('error' in answer)) return { stderr: `${host} (${host}:${port}) open\n` };
  const reason = answer.error.includes('no such host')
    ? `nc: bad address '${host}'`
    : `nc: ${host} (${host}:${port}): ${answer.error.includes('timeout') ? 'Connection timed out' : 'Connection refused'}`;
  return { code: 1, stderr: `${reason}\n` };
};

const printVariables: Command = (words, { env }) => {
  const [name] = operands(words);
  if (name === undefined)
    return { stdout: lines(Object.entries(env).map(([key, value]) => `${key}=${value}`)) };
  return env[name] === undefined ? { code: 1 } : { stdout: `${env[name]}\n` };
};

const COMMANDS: Readonly<Record<string, Command>> = {
  cat,
  ls,
  df,
  nslookup,
  getent,
  curl,
  wget,
  nc,
  env: printVariables,
  printenv: printVariables,
  date: (_words, { now }) => ({
    stdout: `${new Date(now).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, '$1 $3 $2 $5 UTC $4')}\n`,
  }),
  echo: (words) => ({ stdout: `${words.slice(1).join(' ')}\n` }),
  false: () => ({ code: 1 }),
  hostname: (words, { pod, podIP }) => ({ stdout: `${words[1] === '-i' ? podIP : pod}\n` }),
  id: () => ({ stdout: 'uid=0(root) gid=0(root) groups=0(root)\n' }),
  ps: (_words, { program }) => ({
    stdout: `PID   USER     TIME  COMMAND\n    1 root      0:02 ${program}\n   17 root      0:00 ps\n`,
  }),
  pwd: () => ({ stdout: '/\n' }),
  true: () => ({}),
  whoami: () => ({ stdout: 'root\n' }),
};

export const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'ash', '/bin/sh', '/bin/bash']);

/** Splits like a shell: quotes, `$NAME` and `${NAME}` outside single quotes. */
function split(line: string, env: Readonly<Record<string, string>>): string[] {
  const fill = (text: string): string =>
    text.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => env[name] ?? '');
  const parts = line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g);
  return Array.from(parts, ([part]) =>
    Array.from(
      part.matchAll(/'([^']*)'|"([^"]*)"|([^'"]+)/g),
      ([, raw, quoted, bare]) => raw ?? fill(quoted ?? bare ?? ''),
    ).join(''),
  );
}

/** Runs one line: commands joined by `;`, `&&` and `||`. Pipes and redirections are refused. */
export function runLine(line: string, world: ShellWorld): ShellResult {
  const total: ShellResult = { code: 0, stdout: '', stderr: '' };
  const parts = line.trim().split(/\s*(;|&&|\|\||\n)\s*/);
  for (let index = 0; index < parts.length; index += 2) {
    const [joint, text = ''] = [parts[index - 1], parts[index]];
    if (text === '' || (joint === '&&' && total.code !== 0) || (joint === '||' && total.code === 0))
      continue;
    const [, quiet = text, errors] = /^(.*?)\s*2>\s*(&1|\/dev\/null)$/s.exec(text) ?? [];
    const result = /[|<>`]|\$\(/.test(quiet.replaceAll(/'[^']*'|"[^"]*"/g, ''))
      ? {
          code: 2,
          stderr:
            'sh: pipes, redirections and substitutions are not available in a simulated container\n',
        }
      : runWords(split(quiet, world.env), world);
    total.code = result.code ?? 0;
    const { stdout = '', stderr = '' } = result;
    total.stdout += errors === '&1' ? stdout + stderr : stdout;
    total.stderr += errors === undefined ? stderr : '';
  }
  return total;
}

function runWords(words: string[], world: ShellWorld): Partial<ShellResult> {
  const [name = ''] = words;
  if (name === 'exit') return { code: Number(words[1] ?? 0) };
  return runCommand(words, world) ?? { code: 127, stderr: `sh: ${name}: not found\n` };
}

/** Runs a program with its arguments; undefined when the container has no such program. */
export function runCommand(words: string[], world: ShellWorld): Partial<ShellResult> | undefined {
  const [program = ''] = words;
  if (SHELLS.has(program)) {
    const at = words.findIndex((word) => /^-\w*c$/.test(word));
    return at === -1 ? {} : runLine(words[at + 1] ?? '', world);
  }
  const name = program.slice(program.lastIndexOf('/') + 1);
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name]!(words, world) : undefined;
}
