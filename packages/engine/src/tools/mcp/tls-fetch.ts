/** A fetch with the TLS settings of one tool server. */
import tls from 'node:tls';
import type { Fetch, McpTls } from './server-params.ts';

/** `fetch` must take undici's `dispatcher`, as the platform's and undici's own do. */
export async function withTls(fetch: Fetch, settings: McpTls): Promise<Fetch> {
  const { Agent } = await import('undici');
  const { ca: own, disableSystemCas } = settings;
  const ca = own && (disableSystemCas ? [own] : [...tls.getCACertificates('default'), own]);
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
