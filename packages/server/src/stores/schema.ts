/** The tables, in the words both dialects share. JSON columns hold text. */

export interface Tables {
  session: {
    id: string;
    user_id: string;
    agent: string;
    name: string | null;
    source: string;
    created_at: number;
    updated_at: number;
    deleted_at: number | null;
  };
  session_event: {
    id: string;
    session_id: string;
    user_id: string;
    data: string;
    created_at: number;
  };
  run: {
    run_id: string;
    session_id: string;
    agent: string;
    user_id: string;
    message_id: string;
    state: string;
    holder: string | null;
    lease_until: number | null;
    last_seq: number;
    cancel_by: string | null;
    created_at: number;
    updated_at: number;
  };
  run_event: {
    run_id: string;
    seq: number;
    at: number;
    body: string;
  };
  task: {
    id: string;
    session_id: string;
    user_id: string;
    body: string;
    created_at: number;
    updated_at: number;
  };
  tool_server: {
    ref: string;
    group_kind: string;
    description: string;
    tools: string;
    created_at: number;
    updated_at: number;
  };
}

/**
 * Forward migrations; the index plus one is the schema version. A release adds at the end and never edits what stands,
 * and each step leaves a schema that the previous release can work with.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `create table session (
      id text primary key, user_id text not null, agent text not null, name text, source text not null,
      created_at integer not null, updated_at integer not null, deleted_at integer)`,
    `create index session_by_owner on session (user_id, updated_at desc, id)`,
    `create index session_by_agent on session (user_id, agent, updated_at desc, id)`,
    `create table session_event (
      id text not null, session_id text not null, user_id text not null, data text not null, created_at integer not null,
      primary key (session_id, id))`,
    `create index session_event_order on session_event (session_id, created_at)`,
    `create table run (
      run_id text primary key, session_id text not null, agent text not null, user_id text not null,
      message_id text not null, state text not null, holder text, lease_until integer, last_seq integer not null,
      cancel_by text, created_at integer not null, updated_at integer not null)`,
    `create unique index run_by_message on run (agent, user_id, message_id)`,
    `create index run_by_session on run (session_id, created_at)`,
    `create index run_open on run (agent, lease_until) where state = 'running'`,
    `create table run_event (
      run_id text not null, seq integer not null, at integer not null, body text not null,
      primary key (run_id, seq))`,
    `create table task (
      id text primary key, session_id text not null, user_id text not null, body text not null,
      created_at integer not null, updated_at integer not null)`,
    `create index task_by_session on task (session_id, created_at)`,
    `create table tool_server (
      ref text not null, group_kind text not null, description text not null, tools text not null,
      created_at integer not null, updated_at integer not null, primary key (ref, group_kind))`,
  ],
];
