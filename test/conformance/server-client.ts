/** Plain requests to an API server, with nothing interpreted: what comes back is what is compared. */
import { Agent, request } from 'node:https';
import { type HttpTransportOptions, loadKubeconfig } from '@kagent/kube';

export interface RawAnswer {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface RawRequest {
  method: string;
  /** With query. */
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** Ends the answer after so many lines. */
  lines?: number | undefined;
}

export interface ServerClient {
  /** Rejects when there is no answer in time, never because of what it says. */
  send(call: RawRequest): Promise<RawAnswer>;
  close(): void;
}

const TIMEOUT_MS = 15_000;

/** For the server and the client certificate of a kubeconfig, given as text or as a file. */
export async function createServerClient(from: {
  text?: string;
  path?: string;
}): Promise<ServerClient> {
  const { transport } = await loadKubeconfig({ ...from, env: {} });
  const { ca, cert, key } = transport;
  const agent = new Agent({ keepAlive: true, ca, cert, key });
  return {
    send: (call) => send(transport, agent, call),
    close: () => agent.destroy(),
  };
}

function send(
  { server }: HttpTransportOptions,
  agent: Agent,
  { method, path, headers, body, lines }: RawRequest,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const options = { agent, method, headers: { ...headers, ...length } };
    const outgoing = request(`${server}${path}`, options, (answer) => {
      let text = '';
      const done = () => resolve({ code: answer.statusCode ?? 0, headers: answer.headers, text });
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
        if (lines === undefined || text.split('\n').length <= lines) return;
        done();
        answer.destroy();
      });
      answer.once('end', done);
      answer.once('error', reject);
    });
    outgoing.setTimeout(TIMEOUT_MS, () =>
      outgoing.destroy(new Error(`no answer to ${method} ${path}`)),
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
