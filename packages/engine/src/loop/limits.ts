/** Bounds of a run. Durations are milliseconds here, seconds in the config. */
import type { EngineLimits } from '@kagent/spec';

export interface RunLimits {
  /** Model calls in one run. */
  maxTurns: number;
  /** Of the work of one process on the run: it begins anew when another process goes on with it. */
  maxDurationMs: number;
  /** Input plus output tokens, sub-agents included. */
  maxTokens: number | undefined;
  /** One tool call; agents are bound by the run's deadline instead. */
  toolTimeoutMs: number;
  /** Characters of one tool result that the model and the journal get. */
  maxToolOutput: number;
  /** The same call with the same arguments and the same result this often in a run is a loop. */
  maxRepeats: number;
  /** Resumes after a crash with nothing journalled in between. */
  maxResumes: number;
}

export const DEFAULT_LIMITS: RunLimits = {
  maxTurns: 50,
  maxDurationMs: 3_600_000,
  maxTokens: undefined,
  toolTimeoutMs: 60_000,
  maxToolOutput: 24_000,
  maxRepeats: 5,
  maxResumes: 10,
};

/** The config's limits over the defaults. */
export function runLimits(config: EngineLimits | null | undefined): RunLimits {
  return {
    ...DEFAULT_LIMITS,
    maxTurns: config?.max_turns ?? DEFAULT_LIMITS.maxTurns,
    maxDurationMs: config?.max_duration ? config.max_duration * 1000 : DEFAULT_LIMITS.maxDurationMs,
    maxTokens: config?.max_tokens ?? undefined,
    toolTimeoutMs: config?.tool_timeout ? config.tool_timeout * 1000 : DEFAULT_LIMITS.toolTimeoutMs,
  };
}
