/** Which cluster a command talks to: `--kubeconfig`, `KUBECONFIG`, else the embedded one's. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KagentError } from '@kagent/spec';
import { loadKubeconfig } from '@kagent/kube';
import { z } from 'zod';
import { HOME_SETTING } from '../home.ts';

export const KUBECONFIG_SETTINGS = {
  home: HOME_SETTING,
  kubeconfig: {
    flag: 'kubeconfig',
    env: 'KUBECONFIG',
    placeholder: 'file',
    description: 'kubeconfig of the cluster; without it, the one that `kagent up` wrote',
    schema: z.string().optional(),
  },
  namespace: {
    flag: 'namespace',
    env: 'KAGENT_NAMESPACE',
    placeholder: 'namespace',
    description: 'namespace for objects that name none',
    schema: z.string().min(1).optional(),
  },
};

export async function connectionFor(
  settings: { home: string; kubeconfig: string | undefined; namespace: string | undefined },
  env: Record<string, string | undefined>,
) {
  const path = settings.kubeconfig ?? join(settings.home, 'kubeconfig');
  if (!existsSync(path)) {
    throw new KagentError(
      'unavailable',
      `There is no kubeconfig at ${path}. Start the platform with \`npm start\` (or \`kagent up\`), or give --kubeconfig.`,
    );
  }
  const loaded = await loadKubeconfig({ path, env });
  return {
    transport: loaded.transport,
    namespace: settings.namespace ?? loaded.namespace ?? 'kagent',
  };
}
