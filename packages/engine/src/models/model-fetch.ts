/**
 * The HTTP client of model calls: undici's fetch without its own timeouts (a model may think for minutes; the
 * resilience layer owns time), with proxies, and with the TLS settings of a ModelConfig.
 */
import tls from 'node:tls';
import type { EngineModel } from '@kagent/spec';
import type { Dispatcher } from 'undici';
import { ModelFailure } from './failure.ts';

export type Fetch = typeof globalThis.fetch;

export interface ModelFetchOptions {
  /** Proxy for `http:` endpoints. */
  httpProxy?: string;
  /** Proxy for `https:` endpoints. */
  httpsProxy?: string;
  /** Hosts that are reached directly, comma separated. */
  noProxy?: string;
}

/**
 * A fetch for model calls, to be shared by all models of a process. Loads undici on the first call. Connections are
 * kept alive and close themselves when idle.
 */
export function createModelFetch(options: ModelFetchOptions = {}): Fetch {
  let ready: Promise<Fetch> | undefined;
  return async (input, init) => {
    ready ??= loadFetch(options);
    return (await ready)(input, init);
  };
}

async function loadFetch(options: ModelFetchOptions): Promise<Fetch> {
  const undici = await import('undici');
  const time = { headersTimeout: 0, bodyTimeout: 0 };
  const proxied = options.httpProxy !== undefined || options.httpsProxy !== undefined;
  const dispatcher = proxied
    ? new undici.EnvHttpProxyAgent({
        ...time,
        httpProxy: options.httpProxy ?? '',
        httpsProxy: options.httpsProxy ?? '',
        noProxy: options.noProxy ?? '',
      })
    : new undici.Agent(time);
  // undici implements the standard; only the declarations of the two copies differ.
  const fetch = undici.fetch as unknown as Fetch;
  return async (input, init) => fetch(input, { dispatcher, ...init } as RequestInit);
}

/** Reads a file of the agent's file system. */
export type ReadFile = (path: string) => Promise<string>;

/** True when the config asks for TLS settings of its own. */
export function hasTlsSettings(config: EngineModel): boolean {
  return (
    Boolean(config.tls_insecure_skip_verify ?? false) ||
    Boolean(config.tls_ca_cert_path) ||
    Boolean(config.tls_disable_system_cas)
  );
}

/**
 * The same fetch with the TLS settings of one ModelConfig. Rejects with a `ModelFailure` when the CA can't be read or
 * no CA at all would be left.
 */
export async function withTls(input: {
  fetch: Fetch;
  config: EngineModel;
  readFile: ReadFile | undefined;
}): Promise<Fetch> {
  const { config, fetch } = input;
  const ca = await loadCa(input);
  const { Agent } = await import('undici');
  const dispatcher: Dispatcher = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: config.tls_insecure_skip_verify !== true,
    },
  });
  return async (url, init) => fetch(url, { ...init, dispatcher } as RequestInit);
}

async function loadCa(input: {
  config: EngineModel;
  readFile: ReadFile | undefined;
}): Promise<string[] | undefined> {
  const { config, readFile } = input;
  const path = config.tls_ca_cert_path;
  if (!path) {
    if (!config.tls_disable_system_cas || config.tls_insecure_skip_verify) return undefined;
    throw new ModelFailure({
      code: 'model_bad_request',
      reason: 'tls.disableSystemCAs is set, but there is no CA to trust instead',
      advice: 'Set tls.caCertSecretRef and tls.caCertSecretKey of the ModelConfig.',
    });
  }
  let own: string;
  try {
    if (readFile === undefined) throw new Error('no file system');
    own = await readFile(path);
  } catch (cause) {
    throw new ModelFailure({
      code: 'model_bad_request',
      reason: "the CA certificate of its tls settings can't be read",
      advice: 'Check tls.caCertSecretRef and tls.caCertSecretKey of the ModelConfig.',
      cause,
    });
  }
  return config.tls_disable_system_cas ? [own] : [...tls.getCACertificates('default'), own];
}
