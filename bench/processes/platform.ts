/** The platform as a child process that tells what it uses. */
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { type Platform, startPlatform } from '../../packages/cli/src/processes/embedded.ts';

export interface PlatformSettings {
  home: string;
  pods: 'tenant' | 'process';
}

export interface PlatformReady {
  urls: Platform['urls'];
  kubeconfig: string;
}

/** CPU in milliseconds since the start; memory in bytes. */
export interface Usage {
  cpu: number;
  rss: number;
  heap: number;
  /** Memory of buffers and native objects that V8 knows of. */
  external: number;
}

export interface PlatformAnswer {
  usage: Usage;
}

interface Request {
  what: 'usage' | 'profile-start' | 'profile-stop';
  gc?: boolean;
  file?: string;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as PlatformSettings;
const platform = await startPlatform({
  ...settings,
  apiPort: 0,
  uiPort: 0,
  kubePort: 0,
  logLevel: 'warn',
  env: {},
});
const session = new Session();

process.on('message', (request: Request) => {
  answer(request).then(
    (usage) => process.send?.({ usage } satisfies PlatformAnswer),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => {
  void platform.stop().finally(() => process.exit(0));
});
process.send?.({ urls: platform.urls, kubeconfig: platform.kubeconfig } satisfies PlatformReady);

async function answer(request: Request): Promise<Usage> {
  if (request.what === 'profile-start') {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
  }
  if (request.what === 'profile-stop' && request.file !== undefined) {
    const { profile } = await session.post('Profiler.stop');
    await writeFile(request.file, JSON.stringify(profile));
    session.disconnect();
  }
  if (request.gc)
    for (let round = 0; round < 3; round += 1)
      await globalThis.gc?.({ type: 'major', execution: 'async' });
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { cpu: (user + system) / 1000, rss, heap: heapUsed, external };
}
