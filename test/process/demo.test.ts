/** `kagent demo` as people call it, from the list to the end of a scenario. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cli, createCli } from '../testing/cli.ts';
import { createKubectl } from '../testing/kubectl.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { startUp, type UpProcess } from '../testing/up-process.ts';

const NAME = 'secret-missing';

describe('kagent demo', () => {
  const folder = tempFolder();
  const home = folder.path;
  let up: UpProcess;
  let kagent: Cli;

  beforeAll(async () => {
    up = await startUp({ home });
    kagent = createCli({ KAGENT_URL: up.urls.api, KAGENT_HOME: home });
  });

  afterAll(async () => {
    await up.end('SIGTERM');
    folder.remove();
  });

  it('lists what there is', async () => {
    const scenarios = JSON.parse(await kagent('demo', 'list', '-o', 'json')) as { name: string }[];
    expect(scenarios.map(({ name }) => name)).toContain(NAME);
    expect(scenarios.length).toBeGreaterThanOrEqual(20);
  });

  it('suggests names for an unknown one', async () => {
    const { code, stderr } = await kagent.run(['demo', 'start', 'secret-mising']);
    expect(code).toBe(1);
    expect(stderr).toContain('Did you mean secret-missing');
  });

  it('starts, checks, and stops a scenario', async () => {
    expect(await kagent('demo', 'start', NAME)).toContain(`kagent demo check ${NAME}`);
    expect(await kagent('demo', 'start', NAME)).toContain('is running already');
    const kubectl = createKubectl({ kubeconfig: up.kubeconfig, cache: home });
    expect(await kubectl('get', 'pods', '-n', 'payments')).toContain('CreateContainerConfigError');

    const unsolved = await kagent.run(['demo', 'check']);
    expect(unsolved.code).toBe(1);
    expect(unsolved.stdout).toContain('✗ the payments API is available');

    const data = await kubectl(
      'get',
      'secret',
      'payments-db-credentials',
      '-n',
      'payments',
      '-o',
      'json',
    );
    const { kind, apiVersion, type, data: values } = JSON.parse(data) as Record<string, unknown>;
    const metadata = { name: 'payments-db', namespace: 'payments' };
    await kubectl.apply(JSON.stringify({ kind, apiVersion, type, data: values, metadata }));
    await expect
      .poll(() => kagent.run(['demo', 'check', NAME, '-o', 'json']), { timeout: 15_000 })
      .toMatchObject({ code: 0 });

    expect(await kagent('demo', 'stop', '--all')).toContain(`${NAME} is gone`);
    expect((await kagent.run(['demo', 'check', NAME])).stderr).toContain('is not running');
    expect(await kubectl('get', 'nodes')).not.toContain('compute.internal');
  });
});
