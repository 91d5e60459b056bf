/**
 * The store port: everything the server keeps. Owner filters live here, not in routes: whoever asks for a person's rows
 * says whose. Adapters pass the contract suite in `testing/store-contract.ts`; `createSqliteStore({ path: ':memory:' })`
 * is the in-memory twin.
 */
import type { RunEvent, RunEventDraft, RunRecord, SessionSeed, Task } from '@kagent/spec';

export interface SessionRow {
  id: string;
  userId: string;
  /** `namespace/name` of the agent. */
  agent: string;
  name: string | null;
  source: 'user' | 'agent';
  /** Milliseconds since the epoch, as all times of this port. */
  createdAt: number;
  updatedAt: number;
}

export interface SessionEventRow {
  id: string;
  sessionId: string;
  userId: string;
  /** JSON text as the agent sent it. */
  data: string;
  createdAt: number;
}

export interface NewStoredRun {
  runId: string;
  sessionId: string;
  agent: string;
  userId: string;
  messageId: string;
  holder: string;
  leaseUntil: number;
  session: SessionSeed;
  first: RunEventDraft & { type: 'run-started' };
}

/**
 * The durable journal, as the engine's `RunStore` port describes it (same contract suite). Rejects with `KagentError`
 * `conflict` (lease lost, run ended), `not_found`, `permission_denied` (session of another user or agent).
 */
export interface RunJournal {
  create(run: NewStoredRun): Promise<{ run: RunRecord; created: boolean }>;
  get(runId: string): Promise<RunRecord | undefined>;
  append(runId: string, holder: string, events: RunEventDraft[]): Promise<RunEvent[]>;
  read(runId: string, afterSeq?: number): Promise<RunEvent[]>;
  history(sessionId: string, exceptRunId: string): Promise<RunEvent[]>;
  claim(agent: string, holder: string, leaseUntil: number): Promise<RunRecord[]>;
  renew(runId: string, holder: string, leaseUntil: number): Promise<boolean>;
  requestCancel(runId: string, by: string): Promise<boolean>;
  isCancelRequested(runId: string): Promise<boolean>;
  /**
   * Gives up every lease. For a store that one process has for itself, when it starts: whoever held a lease is gone, and
   * its runs can be claimed at once.
   */
  releaseAll(): Promise<void>;
  /** Runs of one session, oldest first. */
  ofSession(sessionId: string): Promise<RunRecord[]>;
}

export interface SessionStore {
  /** Creates or updates (same id and owner). A live id of another owner rejects with `conflict`. */
  save(session: {
    id: string;
    userId: string;
    agent: string;
    name?: string | undefined;
    source?: 'user' | 'agent' | undefined;
  }): Promise<SessionRow>;
  get(id: string, userId: string): Promise<SessionRow | undefined>;
  /** Latest change first. Sessions that agents opened with other agents are left out unless asked for. */
  list(filter: {
    userId: string;
    agent?: string;
    includeAgentSessions?: boolean;
    limit?: number;
  }): Promise<SessionRow[]>;
  /** Idempotent. Runs, tasks and events stay. */
  delete(id: string, userId: string): Promise<void>;
  addEvent(event: {
    id: string;
    sessionId: string;
    userId: string;
    data: string;
  }): Promise<SessionEventRow>;
  events(
    sessionId: string,
    options: { userId: string; after?: number; limit?: number; order: 'asc' | 'desc' },
  ): Promise<SessionEventRow[]>;
}

/** Tasks that agents outside our engine post themselves (BYO containers). */
export interface TaskStore {
  /** Upsert by id. An id of another owner rejects with `conflict`. */
  save(task: Task, userId: string): Promise<Task>;
  get(id: string, userId: string): Promise<Task | undefined>;
  ofSession(sessionId: string, userId: string): Promise<{ task: Task; createdAt: number }[]>;
  delete(id: string, userId: string): Promise<void>;
}

export interface ToolServerRow {
  /** `namespace/name`. */
  ref: string;
  /** `RemoteMCPServer.kagent.dev`, `MCPServer.kagent.dev`, `Service`. */
  groupKind: string;
  description: string;
  tools: { name: string; description: string }[];
  createdAt: number;
  updatedAt: number;
}

export interface ToolServerStore {
  /** Replaces the server's row and its tools in one transaction. */
  put(server: Omit<ToolServerRow, 'createdAt' | 'updatedAt'>): Promise<void>;
  remove(ref: string, groupKind: string): Promise<void>;
  /** Oldest first. */
  list(): Promise<ToolServerRow[]>;
}

export interface Store {
  runs: RunJournal;
  sessions: SessionStore;
  tasks: TaskStore;
  toolServers: ToolServerStore;
  close(): Promise<void>;
}
