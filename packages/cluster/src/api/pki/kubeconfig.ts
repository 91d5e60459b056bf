/** The file that makes kubectl, helm and every other client find the cluster. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { stringify } from 'yaml';

import type { KeyPair } from './x509.ts';

export interface KubeconfigOptions {
  url: string;
  /** PEM. */
  ca: string;
  client: KeyPair;
  /** Name of cluster, user and context. */
  name: string;
}

/** A kubeconfig with everything inside it, as YAML. */
export function renderKubeconfig({ url, ca, client, name }: KubeconfigOptions): string {
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server: url, 'certificate-authority-data': base64(ca) } }],
      users: [
        {
          name: `${name}-admin`,
          user: {
            'client-certificate-data': base64(client.cert),
            'client-key-data': base64(client.key),
          },
        },
      ],
      contexts: [{ name, context: { cluster: name, user: `${name}-admin` } }],
      'current-context': name,
    },
    { lineWidth: 0 },
  );
}

/** Writes a kubeconfig for its owner alone (0600), whole or not at all; makes the directory. */
export function writeKubeconfig(path: string, kubeconfig: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, kubeconfig, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
