/** What other packages may use in tests. */
export { createManualClock, type ManualClock } from './manual-clock.ts';
export { createMemoryRunStore } from './memory-run-store.ts';
export {
  createScriptedModel,
  type ScriptedModel,
  type ScriptedStep,
  type ScriptedTurn,
} from './scripted-model.ts';
