/** From the command to a platform that answers, on a new home and on one that was used before. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createHttpTransport, createKubeClient, loadKubeconfig } from '@kagent/kube';
import { get } from '../http.ts';
import { type Figure, type Measure, percentile } from '../measure.ts';

const EXECUTABLE = fileURLToPath(new URL('../../packages/cli/bin/kagent.mjs', import.meta.url));
const WARM_STARTS = 3;

export const up: Measure = {
  name: 'up',
  title: '`kagent up` to a UI, an API and a Kubernetes API that answer',
  byDefault: true,
  async run({ scratch, say }): Promise<Figure[]> {
    const home = scratch();
    say('first start');
    const cold = await startAndStop(home);
    const warm: number[] = [];
    for (let index = 0; index < WARM_STARTS; index += 1) {
      say(`warm start ${index + 1} of ${WARM_STARTS}`);
      warm.push(await startAndStop(home));
    }
    return [
      { what: 'up: new home to ready', value: cold / 1000, unit: 's' },
      {
        what: 'up: warm to ready',
        value: percentile(warm, 0.5) / 1000,
        unit: 's',
        target: { below: 3 },
        against: { what: 'new home', value: cold / 1000 },
      },
    ];
  },
};

/** Milliseconds from spawn until everything answered. */
async function startAndStop(home: string): Promise<number> {
  const started = performance.now();
  const ports = ['--api-port', '0', '--ui-port', '0', '--kube-port', '0'];
  const child = spawn(process.execPath, [EXECUTABLE, 'up', '--home', home, ...ports], {
    // no provider keys, so that nothing outside of this machine is asked
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const exit = once(child, 'exit');
  try {
    const text = await banner(child.stdout);
    await Promise.all([
      get(`${address(text, 'UI')}/`),
      get(`${address(text, 'API, A2A')}/health`),
      kubernetesReady(/kubeconfig\s+(\S+)/.exec(text)?.[1] ?? ''),
    ]);
    return performance.now() - started;
  } finally {
    child.kill('SIGINT');
    const timer = setTimeout(kill, 10_000);
    await exit;
    clearTimeout(timer);
    process.off('exit', kill);
  }
}

/** The lines up to the address that comes last. Goes on reading afterwards: the program still has things to say. */
async function banner(output: Readable): Promise<string> {
  let text = '';
  return await new Promise((resolve, reject) => {
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (/kagent is ready/.test(text) && /kubeconfig\s+\S+\n/.test(text)) resolve(text);
    });
    output.once('end', () => reject(new Error(`kagent up ended before it was ready:\n${text}`)));
  });
}

function address(text: string, name: string): string {
  return new RegExp(`${name}\\s+(http://\\S+)`).exec(text)?.[1] ?? '';
}

async function kubernetesReady(kubeconfig: string): Promise<void> {
  const access = await loadKubeconfig({ path: kubeconfig, env: {} });
  const transport = createHttpTransport(access.transport);
  try {
    const { status } = await createKubeClient(transport).raw({ method: 'GET', path: '/readyz' });
    if (status !== 200) throw new Error(`/readyz answered ${status}`);
  } finally {
    await transport.close();
  }
}
