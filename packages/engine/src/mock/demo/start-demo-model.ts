/** Starts the demo model as a server. */
import { startMockLlm, type MockLlm, type StartMockLlmOptions } from '../server.ts';
import { createDemoBrain } from './demo-brain.ts';

/** Model id of the demo model; any other is accepted too. */
export const DEMO_MODEL = 'kagent-demo';

/** Like `startMockLlm`, with the rules of the demo model as its brain. */
export function startDemoModel(options: Omit<StartMockLlmOptions, 'brain'>): Promise<MockLlm> {
  return startMockLlm({ models: [DEMO_MODEL], ...options, brain: createDemoBrain() });
}
