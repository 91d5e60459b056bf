/** A fetch with the TLS settings of one tool server. */
import tls from 'node:tls';
import { KagentError } from '@kagent/spec';
import type { Fetch, McpTls } from './server-params.ts';

/** Rejects with `invalid_argument` when no CA would be left or the CA can't be read. */
export async function withTls(
  fetch: Fetch,
  settings: McpTls,
  readFile: (path: string) => Promise<string>,
): Promise<Fetch> {
  const ca = await trustedCas(settings, readFile);
  const { Agent } = await import('undici');
  const dispatcher = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { ...(ca ? { ca } : {}), rejectUnauthorized: !settings.insecureSkipVerify },
  });
  return (url, init) => {
    const withDispatcher: RequestInit & { dispatcher: unknown } = { ...init, dispatcher };
    return fetch(url, withDispatcher);
  };
}

async function trustedCas(
  settings: McpTls,
  readFile: (path: string) => Promise<string>,
): Promise<string[] | undefined> {
  if (settings.insecureSkipVerify) return undefined;
  if (settings.caCertPath === undefined) {
    if (!settings.disableSystemCas) return undefined;
    throw new KagentError('invalid_argument', 'tls.disableSystemCAs is set, but no CA to trust instead.');
  }
  let own: string;
  try {
    own = await readFile(settings.caCertPath);
  } catch (cause) {
    throw new KagentError('invalid_argument', 'The CA certificate of its tls settings is not readable.', { cause });
  }
  return settings.disableSystemCas ? [own] : [...tls.getCACertificates('default'), own];
}
