/**
 * A model without latency as a child process. `say N` as the question gets N words, each a chunk; anything else a short
 * answer. Below `/ticks` it sends the words of its own clock, one every 2 ms, so that a reader can tell their age.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Brain, mockLlmListener } from '@kagent/engine';
import { clock } from '../clock.ts';

const TICK_MS = 2;
const TICKS = 500;

const brain: Brain = ({ messages }) => {
  const last = messages.findLast((message) => message.role === 'user');
  const words = Number(/^say (\d+)$/.exec(last?.role === 'user' ? last.text : '')?.[1] ?? 0);
  return {
    chunks:
      words > 0 ? Array.from({ length: words }, (_, index) => `word${index} `) : ['All is well.'],
  };
};

const ignore = () => {};
const listener = mockLlmListener({
  brain,
  logger: { debug: ignore, info: ignore, warn: console.error, error: console.error },
});
const server = createServer((request, response) => {
  if (!request.url?.startsWith('/ticks/')) return listener(request, response);
  request.resume();
  ticks(response).catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
process.once('disconnect', () => process.exit(0));
process.send?.({
  url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
});

async function ticks(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta: object, finish: string | null) => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    response.write(
      `data: ${JSON.stringify({ id: 'ticks', object: 'chat.completion.chunk', created: 0, model: 'ticks', choices })}\n\n`,
    );
  };
  send({ role: 'assistant', content: '' }, null);
  for (let index = 0; index < TICKS && !response.destroyed; index += 1) {
    await delay(TICK_MS);
    send({ content: `t${clock()} ` }, null);
  }
  send({}, 'stop');
  response.end('data: [DONE]\n\n');
}
