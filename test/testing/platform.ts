/** The embedded platform in this process, in a new home, with the clients that tests use. */
import { join } from 'node:path';
import {
  type Platform,
  type PlatformOptions,
  startPlatform,
} from '../../packages/cli/src/processes/embedded.ts';
import { AGENTS } from '@kagent/spec';
import { type A2AClient, createA2AClient } from './a2a.ts';
import { type Cli, createCli } from './cli.ts';
import { type ClusterTool, createHelm, createKubectl, type Kubectl } from './kubectl.ts';
import { tempFolder } from './temp-folder.ts';
import { isTrue, waitFor } from './wait-for.ts';

export interface TestPlatform extends Platform {
  kubectl: Kubectl;
  helm: ClusterTool;
  cli: Cli;
  a2a: A2AClient;
  /** Resolves when the agent in namespace `kagent` is Ready. */
  agentReady(name: string): Promise<void>;
  /** Stops it and removes its home. */
  stop(): Promise<void>;
}

export async function startTestPlatform(
  options: Partial<PlatformOptions> = {},
): Promise<TestPlatform> {
  const folder = tempFolder();
  const platform = await startPlatform({
    home: join(folder.path, 'home'),
    apiPort: 0,
    uiPort: 0,
    kubePort: 0,
    pods: 'tenant',
    logLevel: 'info',
    containerEngine: 'none',
    env: {},
    ...options,
  });
  const tools = { kubeconfig: platform.kubeconfig, cache: folder.path };
  return {
    ...platform,
    kubectl: createKubectl(tools),
    helm: createHelm(tools),
    cli: createCli({ KAGENT_URL: platform.urls.api, KAGENT_HOME: platform.home }),
    a2a: createA2AClient(platform.urls.api),
    agentReady: async (name) => {
      const target = { type: AGENTS, namespace: 'kagent', name };
      await waitFor(
        platform.kube,
        target,
        (agent) => isTrue(agent, 'Ready') && isTrue(agent, 'Accepted'),
      );
    },
    stop: async () => {
      await platform.stop();
      folder.remove();
    },
  };
}
