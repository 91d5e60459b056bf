import { describe, expect, it } from 'vitest';
import { loadKubeconfig, type LoadKubeconfigOptions } from './kubeconfig.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

function config(user: string, cluster = ''): string {
  return `
apiVersion: v1
kind: Config
current-context: dev
contexts:
- {name: dev, context: {cluster: c1, user: u1, namespace: team}}
- {name: other, context: {cluster: c2, user: u1}}
clusters:
- {name: c1, cluster: {server: "https://10.0.0.1:6443"${cluster}}}
- {name: c2, cluster: {server: "https://10.0.0.2:6443"}}
users:
- name: u1
  user: ${user}
`;
}

function files(content: Record<string, string>): NonNullable<LoadKubeconfigOptions['readFile']> {
  return async (path) => {
    const text = content[path];
    if (text === undefined) throw new Error('ENOENT');
    return text;
  };
}

describe('kubeconfig', () => {
  it('reads data fields of the current context', async () => {
    const user = `{client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')}}`;
    const text = config(
      user,
      `, certificate-authority-data: ${base64('CA')}, tls-server-name: kube`,
    );
    expect(await loadKubeconfig({ text, env: {} })).toEqual({
      source: 'text',
      context: 'dev',
      server: 'https://10.0.0.1:6443',
      namespace: 'team',
      transport: {
        server: 'https://10.0.0.1:6443',
        ca: 'CA',
        cert: 'CERT',
        key: 'KEY',
        token: undefined,
        insecureSkipVerify: false,
        serverName: 'kube',
      },
    });
  });

  it('resolves files against the folder of the kubeconfig, and reads a rotated token again', async () => {
    const content: Record<string, string> = {
      '/home/me/.kube/config': config('{tokenFile: token}', ', certificate-authority: pki/ca.pem'),
      '/home/me/.kube/pki/ca.pem': 'CA',
      '/home/me/.kube/token': 'one\n',
    };
    const access = await loadKubeconfig({ env: { HOME: '/home/me' }, readFile: files(content) });
    expect(access.transport.ca).toBe('CA');
    const token = access.transport.token as () => Promise<string>;
    expect(await token()).toBe('one');
    content['/home/me/.kube/token'] = 'two\n';
    expect(await token()).toBe('two');
  });

  it('takes another context and a plain token', async () => {
    const access = await loadKubeconfig({ text: config('{token: t}'), context: 'other', env: {} });
    expect(access).toMatchObject({
      server: 'https://10.0.0.2:6443',
      namespace: 'default',
      transport: { token: 't' },
    });
  });

  it('merges the files of KUBECONFIG, the first one wins', async () => {
    const readFile = files({ '/a': 'current-context: other', '/b': config('{token: t}') });
    const access = await loadKubeconfig({ env: { KUBECONFIG: '/a:/b' }, readFile });
    expect(access).toMatchObject({
      source: '/a, /b',
      context: 'other',
      server: 'https://10.0.0.2:6443',
    });
  });

  it('uses the service account inside a pod', async () => {
    const dir = '/var/run/secrets/kubernetes.io/serviceaccount';
    const readFile = files({
      [`${dir}/ca.crt`]: 'CA',
      [`${dir}/namespace`]: 'kagent',
      [`${dir}/token`]: 'sa',
    });
    const env = {
      KUBERNETES_SERVICE_HOST: 'fd00::1',
      KUBERNETES_SERVICE_PORT: '6443',
      HOME: '/root',
    };
    const access = await loadKubeconfig({ env, readFile });
    expect(access).toMatchObject({
      source: 'in-cluster',
      server: 'https://[fd00::1]:6443',
      namespace: 'kagent',
    });
    expect(await (access.transport.token as () => Promise<string>)()).toBe('sa');
  });

  it.each([
    {
      name: 'exec plugin',
      options: { text: config('{exec: {command: aws, apiVersion: v1}}') },
      reason: 'Unsupported',
      message: 'the exec plugin "aws"',
    },
    {
      name: 'auth provider',
      options: { text: config('{auth-provider: {name: oidc}}') },
      reason: 'Unsupported',
      message: 'the auth provider "oidc"',
    },
    {
      name: 'impersonation',
      options: { text: config('{as: root}') },
      reason: 'Unsupported',
      message: 'impersonation',
    },
    {
      name: 'proxy',
      options: { text: config('{}', ', proxy-url: "http://p"') },
      reason: 'Unsupported',
      message: 'proxy-url',
    },
    {
      name: 'unknown context',
      options: { text: config('{}'), context: 'none' },
      reason: 'InvalidKubeconfig',
      message: 'no entry "none" under contexts',
    },
    {
      name: 'bad YAML',
      options: { text: 'a: [' },
      reason: 'InvalidKubeconfig',
      message: 'not valid YAML',
    },
    {
      name: 'not an object',
      options: { text: 'hello' },
      reason: 'InvalidKubeconfig',
      message: 'not a kubeconfig',
    },
    {
      name: 'no current context',
      options: { text: 'clusters: []' },
      reason: 'InvalidKubeconfig',
      message: 'current-context is not set',
    },
    {
      name: 'missing file',
      options: { path: '/none', readFile: files({}) },
      reason: 'InvalidKubeconfig',
      message: 'cannot read /none',
    },
    {
      name: 'nothing to go by',
      options: {},
      reason: 'InvalidKubeconfig',
      message: 'set KUBECONFIG or HOME',
    },
  ])('refuses: $name', async ({ options, reason, message }) => {
    const loading = loadKubeconfig({ env: {}, ...options });
    await expect(loading).rejects.toMatchObject({ reason });
    await expect(loading).rejects.toThrow(message);
  });
});
