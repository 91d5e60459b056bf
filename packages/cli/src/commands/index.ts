/** Every command, one line each. */
import type { Command } from 'commander';
import { registerAgentInvoke } from './agent/invoke.ts';
import { registerApply } from './apply.ts';
import { registerCluster } from './cluster.ts';
import { registerDemo } from './demo/index.ts';
import { registerGet } from './get.ts';
import { registerInvoke } from './invoke.ts';
import { registerMockLlm } from './mock-llm.ts';
import { registerRoles } from './roles.ts';
import { registerUp } from './up.ts';
import { registerVersion } from './version.ts';

export function registerCommands(program: Command): void {
  registerUp(program);
  registerCluster(program);
  const agent = program.command('agent').description('work with agents');
  registerAgentInvoke(agent);
  registerInvoke(program);
  registerGet(program);
  registerDemo(program);
  registerApply(program);
  registerMockLlm(program);
  registerVersion(program);
  registerRoles(program);
}
