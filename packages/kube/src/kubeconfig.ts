/** Finds out how to reach a cluster: a kubeconfig (file or text), or the service account of the pod we run in. */
import { readFile as readFileFromDisk } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { KubeError } from './errors.ts';
import type { HttpTransportOptions } from './http-transport.ts';
import { isRecord, stringOf } from './parse-json.ts';

export interface LoadKubeconfigOptions {
  /** A kubeconfig file. Wins over `env`. */
  path?: string;
  /** A kubeconfig's text. Wins over `path`; relative files in it are resolved against the working directory. */
  text?: string;
  /** Context to use instead of `current-context`. */
  context?: string;
  /** Read: KUBECONFIG, KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT, HOME. */
  env: Record<string, string | undefined>;
  readFile?: (path: string) => Promise<string>;
}

export interface ClusterAccess {
  /** Where it came from, for messages: a path, `text` or `in-cluster`. */
  source: string;
  context?: string;
  server: string;
  /** Namespace of the context or of the pod; `default` when not set. */
  namespace: string;
  transport: HttpTransportOptions;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

function invalid(message: string, cause?: unknown): KubeError {
  return new KubeError({ reason: 'InvalidKubeconfig', code: 0, message, cause });
}

function unsupported(what: string): KubeError {
  return new KubeError({
    reason: 'Unsupported',
    code: 0,
    message: `kubeconfig: ${what} is not supported yet; use a client certificate or a token (kubectl create token)`,
  });
}

/**
 * Order: `text`, `path`, `KUBECONFIG` (colon-separated, the first file that names a thing wins), in-cluster,
 * `$HOME/.kube/config`. Rejects with `KubeError` of reason `InvalidKubeconfig`, or `Unsupported` for what needs a login
 * program (exec, OIDC and other auth providers), a proxy or impersonation. No message holds a credential.
 */
export async function loadKubeconfig(options: LoadKubeconfigOptions): Promise<ClusterAccess> {
  const readFile = options.readFile ?? ((path: string) => readFileFromDisk(path, 'utf8'));
  const { env } = options;
  if (options.text !== undefined)
    return await fromSources([{ source: 'text', text: options.text, dir: '.' }], options);
  const paths =
    options.path !== undefined
      ? [options.path]
      : (env['KUBECONFIG'] ?? '').split(':').filter((path) => path !== '');
  if (paths.length === 0) {
    const host = env['KUBERNETES_SERVICE_HOST'];
    if (host !== undefined && host !== '') return await inCluster(host, { env, readFile });
    if (env['HOME'] === undefined)
      throw invalid('no kubeconfig: give a path, or set KUBECONFIG or HOME');
    paths.push(join(env['HOME'], '.kube', 'config'));
  }
  const sources = await Promise.all(
    paths.map(async (path) => ({
      source: path,
      text: await readOrThrow(path, readFile),
      dir: dirname(path),
    })),
  );
  return await fromSources(sources, options);
}

async function readOrThrow(
  path: string,
  readFile: (path: string) => Promise<string>,
): Promise<string> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw invalid(
      `cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

interface Source {
  source: string;
  text: string;
  dir: string;
}

interface Entry {
  value: Record<string, unknown>;
  dir: string;
}

async function fromSources(
  sources: Source[],
  options: LoadKubeconfigOptions,
): Promise<ClusterAccess> {
  const { parse } = await import('yaml');
  const documents = sources.map(({ source, text, dir }) => {
    let config: unknown;
    try {
      config = parse(text);
    } catch (cause) {
      throw invalid(`${source} is not valid YAML`, cause);
    }
    if (!isRecord(config)) throw invalid(`${source} is not a kubeconfig`);
    return { config, dir, source };
  });
  const names = documents.map(({ source }) => source).join(', ');

  function find(list: string, field: string, name: string): Entry {
    for (const { config, dir } of documents) {
      const entries = config[list];
      for (const entry of Array.isArray(entries) ? (entries as unknown[]) : [])
        if (isRecord(entry) && entry['name'] === name)
          return { value: isRecord(entry[field]) ? entry[field] : {}, dir };
    }
    throw invalid(`${names}: no entry "${name}" under ${list}`);
  }

  const current = documents
    .map(({ config }) => stringOf(config['current-context']))
    .find((name) => name !== undefined);
  const contextName = options.context ?? current;
  if (contextName === undefined)
    throw invalid(`${names}: current-context is not set; name a context`);
  const context = find('contexts', 'context', contextName).value;
  const cluster = find('clusters', 'cluster', stringOf(context['cluster']) ?? '');
  const userName = stringOf(context['user']);
  const user: Entry =
    userName === undefined ? { value: {}, dir: '.' } : find('users', 'user', userName);
  const server = stringOf(cluster.value['server']);
  if (server === undefined || !URL.canParse(server))
    throw invalid(`${names}: the cluster has no valid server address`);
  const readFile = options.readFile ?? ((path: string) => readFileFromDisk(path, 'utf8'));
  return {
    source: names,
    context: contextName,
    server,
    namespace: stringOf(context['namespace']) ?? 'default',
    transport: {
      server,
      ...(await clusterOptions(cluster, readFile)),
      ...(await userOptions(user, readFile)),
    },
  };
}

type ReadFile = (path: string) => Promise<string>;

/** `<field>-data` (base64) wins over `<field>` (a file), as in kubectl. */
async function dataOrFile(
  entry: Entry,
  field: string,
  readFile: ReadFile,
): Promise<string | undefined> {
  const data = stringOf(entry.value[`${field}-data`]);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const path = stringOf(entry.value[field]);
  return path === undefined ? undefined : await readOrThrow(resolve(entry.dir, path), readFile);
}

async function clusterOptions(
  cluster: Entry,
  readFile: ReadFile,
): Promise<Partial<HttpTransportOptions>> {
  if (stringOf(cluster.value['proxy-url']) !== undefined) throw unsupported('proxy-url');
  return {
    ca: await dataOrFile(cluster, 'certificate-authority', readFile),
    insecureSkipVerify: cluster.value['insecure-skip-tls-verify'] === true,
    serverName: stringOf(cluster.value['tls-server-name']),
  };
}

async function userOptions(
  user: Entry,
  readFile: ReadFile,
): Promise<Partial<HttpTransportOptions>> {
  const { value } = user;
  if (isRecord(value['exec']))
    throw unsupported(`the exec plugin "${stringOf(value['exec']['command']) ?? ''}"`);
  const provider = value['auth-provider'];
  if (isRecord(provider))
    throw unsupported(`the auth provider "${stringOf(provider['name']) ?? ''}"`);
  if (stringOf(value['as']) !== undefined) throw unsupported('impersonation (as)');
  const username = stringOf(value['username']);
  const tokenFile = stringOf(value['tokenFile']);
  return {
    cert: await dataOrFile(user, 'client-certificate', readFile),
    key: await dataOrFile(user, 'client-key', readFile),
    ...(tokenFile === undefined
      ? { token: stringOf(value['token']) }
      : { token: () => readToken(resolve(user.dir, tokenFile), readFile) }),
    ...(username === undefined
      ? {}
      : { headers: { authorization: basic(username, value['password']) } }),
  };
}

function basic(username: string, password: unknown): string {
  return `Basic ${Buffer.from(`${username}:${stringOf(password) ?? ''}`).toString('base64')}`;
}

/** Read at every request: kubelet rotates the file, and a read of tmpfs costs less than a cache that can be stale. */
async function readToken(path: string, readFile: ReadFile): Promise<string> {
  return (await readOrThrow(path, readFile)).trim();
}

async function inCluster(
  host: string,
  { env, readFile }: { env: LoadKubeconfigOptions['env']; readFile: ReadFile },
): Promise<ClusterAccess> {
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const [ca, namespace] = await Promise.all([
    readOrThrow(`${SERVICE_ACCOUNT}/ca.crt`, readFile),
    readOrThrow(`${SERVICE_ACCOUNT}/namespace`, readFile),
  ]);
  return {
    source: 'in-cluster',
    server,
    namespace: namespace.trim(),
    transport: { server, ca, token: () => readToken(`${SERVICE_ACCOUNT}/token`, readFile) },
  };
}
