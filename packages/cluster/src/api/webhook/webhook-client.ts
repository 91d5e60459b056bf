/**
 * Calls the webhooks of users: admission and conversion. HTTPS only, certificates checked against the `caBundle` of the
 * configuration; failures in the words of Go's HTTP client, because people read them in kubectl.
 */
import { Agent, request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';

import type { Clock } from '@kagent/kube';

import { numberAt, objectAt, stringAt } from '../json.ts';

/** Where a connection to a Service really goes; undefined when there is none. */
export type ServiceResolver = (
  host: string,
  port: number,
) => { host: string; port: number } | undefined;

export interface WebhookCall {
  /** `clientConfig` of a configuration: `url` or `service`, and `caBundle` in base64. */
  clientConfig: Record<string, unknown>;
  /** Sent as JSON. */
  body: unknown;
  timeoutSeconds: number;
}

export interface WebhookClient {
  /** The JSON value of the answer. Rejects with an Error whose message says what went wrong with which URL. */
  call(call: WebhookCall): Promise<unknown>;
  /** Ends calls that run. Idempotent. */
  close(): void;
}

interface Destination {
  /** As error messages show it. */
  url: string;
  host: string;
  port: number;
  path: string;
  /** Name in the certificate. */
  servername: string;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_SOCKETS = 64;

export function createWebhookClient(options: {
  clock: Clock;
  resolveService?: ServiceResolver;
}): WebhookClient {
  const { clock } = options;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    // A `caBundle` may be the server's own certificate, as envtest has it: Go trusts whatever is in it.
    allowPartialTrustChain: true,
  });
  const closing = new AbortController();

  async function call({ clientConfig, body, timeoutSeconds }: WebhookCall): Promise<unknown> {
    const destination = destinationOf(clientConfig, timeoutSeconds);
    const ended = new AbortController();
    const signal = AbortSignal.any([closing.signal, ended.signal]);
    const timeout = clock.sleep(timeoutSeconds * 1000, signal).then(
      () => Promise.reject(new Error('context deadline exceeded')),
      () => Promise.reject(new Error('context canceled')),
    );
    try {
      const { host, port } = addressOf(clientConfig, destination, options.resolveService);
      const { path, servername } = destination;
      const ca = stringAt(clientConfig, 'caBundle') ?? '';
      const request: RequestOptions = {
        agent,
        host,
        port,
        path,
        servername,
        signal,
        method: 'POST',
        ...(ca !== '' && { ca: Buffer.from(ca, 'base64') }),
      };
      return await Promise.race([post(request, JSON.stringify(body)), timeout]);
    } catch (error) {
      if (error instanceof AnswerError) throw error;
      throw new Error(`Post ${JSON.stringify(destination.url)}: ${describe(error)}`, {
        cause: error,
      });
    } finally {
      ended.abort();
      timeout.catch(() => undefined);
    }
  }

  return {
    call,
    close() {
      closing.abort();
      agent.destroy();
    },
  };
}

/** The webhook answered, but with a refusal or nonsense. */
class AnswerError extends Error {}

function destinationOf(clientConfig: Record<string, unknown>, timeoutSeconds: number): Destination {
  const service = objectAt(clientConfig, 'service');
  const name = `${stringAt(service, 'name') ?? ''}.${stringAt(service, 'namespace') ?? ''}.svc`;
  const base = service
    ? new URL(`https://${name}:${numberAt(service, 'port') ?? 443}`)
    : new URL(stringAt(clientConfig, 'url') ?? '');
  if (service) {
    const path = stringAt(service, 'path') ?? '/';
    base.pathname = path.startsWith('/') ? path : `/${path}`;
  }
  base.searchParams.set('timeout', `${timeoutSeconds}s`);
  const host = base.hostname.replace(/^\[|\]$/g, '');
  const port = base.port === '' ? 443 : Number(base.port);
  // envtest writes `//path`, and Go's servers redirect that; the real API server cleans it as `path.Join` does.
  const path = `${base.pathname.replaceAll(/\/{2,}/g, '/')}${base.search}`;
  return { url: `https://${base.hostname}:${port}${path}`, host, port, path, servername: host };
}

function addressOf(
  clientConfig: Record<string, unknown>,
  { host, port }: Destination,
  resolveService: ServiceResolver | undefined,
): { host: string; port: number } {
  const service = objectAt(clientConfig, 'service');
  if (!service) return { host, port };
  const found = resolveService?.(host, port);
  if (!found)
    throw new Error(
      `no endpoints available for service ${JSON.stringify(stringAt(service, 'name') ?? '')}`,
    );
  return found;
}

async function post(options: RequestOptions, body: string, isRetry = false): Promise<unknown> {
  const sent = httpsRequest(
    // An address has no server name; the certificate is then checked against the address.
    isAddress(options.servername) ? { ...options, servername: '' } : options,
  );
  sent.setHeader('content-type', 'application/json');
  sent.setHeader('accept', 'application/json');
  try {
    const text = await new Promise<string>((resolve, reject) => {
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('error', reject);
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) sent.destroy(new Error('the response is too large'));
          chunks.push(chunk);
        });
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString('utf8');
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(answer);
          else reject(new AnswerError(refusal(status, answer)));
        });
      });
      sent.end(body);
    });
    return parse(text);
  } catch (error) {
    // A kept connection that the server had already given up: nothing has been processed.
    if (!isRetry && sent.reusedSocket && codeOf(error) === 'ECONNRESET')
      return post(options, body, true);
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new AnswerError(`couldn't get version/kind; json parse error: ${String(error)}`, {
      cause: error,
    });
  }
}

/** As client-go words an answer that is no success. */
function refusal(status: number, answer: string): string {
  const text = answer.trim().slice(0, 1024);
  if (status === 404) return 'the server could not find the requested resource';
  if (status >= 500)
    return `an error on the server (${JSON.stringify(text === '' ? 'unknown' : text)}) has prevented the request from succeeding`;
  return text === '' ? 'the server rejected our request for an unknown reason' : text;
}

function isAddress(host: unknown): boolean {
  return typeof host === 'string' && (/^[\d.]+$/.test(host) || host.includes(':'));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const CERTIFICATE_PROBLEMS: Record<string, string> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate signed by unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate signed by unknown authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate signed by unknown authority',
  CERT_SIGNATURE_FAILURE: 'certificate signed by unknown authority',
  CERT_HAS_EXPIRED: 'certificate has expired or is not yet valid',
  CERT_NOT_YET_VALID: 'certificate has expired or is not yet valid',
};

/** Node's errors in the words of Go's. */
function describe(error: unknown): string {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const certificate = CERTIFICATE_PROBLEMS[code];
  if (certificate !== undefined) return `tls: failed to verify certificate: x509: ${certificate}`;
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: ${lowerFirst(message)}`;
    case 'ECONNREFUSED': {
      const { address, port } = error as { address?: string; port?: number };
      return `dial tcp ${address ?? ''}:${port ?? ''}: connect: connection refused`;
    }
    case 'ENOTFOUND': {
      const { hostname } = error as { hostname?: string };
      return `dial tcp: lookup ${hostname ?? ''}: no such host`;
    }
    case 'ECONNRESET':
      return 'EOF';
    default:
      return message;
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
