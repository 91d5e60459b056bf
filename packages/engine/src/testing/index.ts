/** What other packages may use in tests. */
export {
  createFakeTool,
  createFakeToolSource,
  type FakeTool,
  type FakeToolSource,
} from './fake-tools.ts';
export { serve, type Served } from './serve.ts';
export { createManualClock, type ManualClock } from './manual-clock.ts';
export { createMemoryRunStore } from './memory-run-store.ts';
export { createRunApiFetch } from './run-api-fetch.ts';
export { newRun, runStoreContract, type RunStoreUnderTest } from './run-store-contract.ts';
export {
  createScriptedModel,
  type ScriptedModel,
  type ScriptedStep,
  type ScriptedTurn,
} from './scripted-model.ts';
export {
  collect,
  createTestAgent,
  failureOf,
  silentLogger,
  testCard,
  textMessage,
  withoutPartials,
  type TestAgent,
  type TestAgentOptions,
} from './test-agent.ts';
