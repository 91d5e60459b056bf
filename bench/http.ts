/** The HTTP client of the benchmarks: keep-alive, nothing parsed, so that it costs little of what it measures. */
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createSseParser } from '@kagent/spec';

const agent = new Agent({ keepAlive: true });

/** Rejects on anything but a 2xx. */
async function send(url: string, body?: string): Promise<IncomingMessage> {
  const { hostname } = new URL(url);
  if (hostname !== '127.0.0.1') throw new Error(`${url} is not on the loopback`);
  const headers =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const outgoing = request(url, { method: body === undefined ? 'GET' : 'POST', headers, agent });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299)
    throw new Error(`${url} answered ${status}: ${await text(response)}`);
  return response;
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export async function get(url: string): Promise<string> {
  return await text(await send(url));
}

export async function post(url: string, body: unknown): Promise<string> {
  return await text(await send(url, JSON.stringify(body)));
}

/** The data of each server-sent event. */
export async function* events(url: string, body: unknown): AsyncGenerator<string> {
  const response = await send(url, JSON.stringify(body));
  const parser = createSseParser();
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) {
    for (const frame of parser.push(chunk)) yield frame.data;
  }
}
