/** A webhook of a user: HTTPS with a certificate of its own authority, answering as the test says. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { isObject } from '../../../schema/json.ts';
import type { JsonObject } from '../../../schema/json.ts';
import { issueCertificate } from '../../pki/x509.ts';

export interface WebhookServer extends AsyncDisposable {
  port: number;
  /** Base64, as in `clientConfig`. */
  caBundle: string;
  /** The server's own certificate in the same form. */
  ownBundle: string;
  /** `clientConfig` for a path. */
  config(path: string): { url: string; caBundle: string };
  /** Bodies of all requests, by path. */
  received(path: string): JsonObject[];
}

/** The body to answer with, or undefined to never answer. */
export type WebhookAnswer = (
  review: JsonObject,
) => Promise<object | undefined> | object | undefined;

const DAY = 24 * 60 * 60 * 1000;

/** Starts a server whose paths answer with what `answers` makes of the request. */
export async function startWebhookServer(
  answers: Record<string, WebhookAnswer>,
): Promise<WebhookServer> {
  const now = Date.now();
  const validity = { notBefore: now - DAY, notAfter: now + DAY };
  const subject = { commonName: 'webhook-ca' };
  const ca = issueCertificate({ ...subject, ...validity, use: 'ca' });
  const names = ['127.0.0.1', 'hook.default.svc'];
  const own = issueCertificate(
    { commonName: 'hook', names, use: 'server', ...validity },
    { ...ca, subject },
  );
  const received = new Map<string, JsonObject[]>();
  const server = createServer(own, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      if (!isObject(body)) return;
      received.set(path, [...(received.get(path) ?? []), body]);
      const answer = answers[path];
      if (!answer) {
        response.writeHead(404).end();
        return;
      }
      void Promise.resolve(answer(body)).then((result) => {
        if (!result) return;
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(result));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const caBundle = Buffer.from(ca.cert).toString('base64');
  return {
    port,
    caBundle,
    ownBundle: Buffer.from(own.cert).toString('base64'),
    config: (path) => ({ url: `https://127.0.0.1:${port}${path}`, caBundle }),
    received: (path) => received.get(path) ?? [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An AdmissionReview that answers `review`. */
export function admissionAnswer(review: JsonObject, response: JsonObject): object {
  const request = isObject(review['request']) ? review['request'] : {};
  const { patch, ...rest } = response;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: request['uid'],
      allowed: true,
      ...rest,
      ...(patch !== undefined && {
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      }),
    },
  };
}
