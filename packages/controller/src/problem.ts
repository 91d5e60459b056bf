/** Why an object cannot be put into effect, as its `Accepted` condition will say it. */

export type ProblemReason =
  | 'InvalidName'
  | 'InvalidConfiguration'
  | 'NotSupported'
  | 'ModelConfigNotFound'
  | 'SecretNotFound'
  | 'SecretKeyNotFound'
  | 'ConfigMapNotFound'
  | 'ConfigMapKeyNotFound'
  | 'MCPServerNotFound'
  | 'RemoteMCPServerNotFound'
  | 'ServiceNotFound'
  | 'AgentNotFound'
  | 'AgentCycle'
  | 'NotAllowed'
  | 'NameConflict';

export interface Problem {
  reason: ProblemReason;
  /** Names kind, namespace/name and what to do. Never holds secret values. */
  message: string;
}

/** One condition from many problems: the first reason, all messages. */
export function summarize(problems: readonly Problem[]): {
  reason: ProblemReason;
  message: string;
} {
  return {
    reason: problems[0]?.reason ?? 'InvalidConfiguration',
    message: problems
      .map(({ message }) => message)
      .join('; ')
      .slice(0, 32_768),
  };
}
