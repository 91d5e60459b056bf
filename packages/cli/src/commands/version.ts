/** `kagent version`: this program and the platform it talks to, as one line of JSON. */
import type { Command } from 'commander';
import { z } from 'zod';
import { createApiClient } from '../api/client.ts';
import { CLIENT_SETTINGS } from '../api/settings.ts';
import { addSettings, readSettings } from '../settings.ts';
import { BUILD_DATE, GIT_COMMIT, VERSION } from '../version.ts';

const Backend = z.looseObject({ kagent_version: z.string() });

export function registerVersion(program: Command): void {
  const command = program.command('version').description('print versions as JSON');
  addSettings(command, { url: CLIENT_SETTINGS.url });
  command.action(async (flags: Record<string, unknown>) => {
    const { url } = readSettings({ url: CLIENT_SETTINGS.url }, flags, process.env);
    const client = createApiClient({ url, userId: '', signal: AbortSignal.timeout(5000) });
    const backend = await client.raw('/version').then(
      (body) => Backend.parse(body).kagent_version,
      () => 'unknown',
    );
    console.log(
      JSON.stringify({
        backend_version: backend,
        build_date: BUILD_DATE,
        git_commit: GIT_COMMIT,
        kagent_version: VERSION,
      }),
    );
  });
}
