/** A2A tasks as callers see them: projections of the journal, beside the tasks that other agents stored whole. */
import { projectTask, type RunRecord, type Task } from '@kagent/spec';
import type { SessionRow, Store } from './store.ts';

/** Oldest first. */
export async function tasksOfSession(store: Store, session: SessionRow): Promise<Task[]> {
  const [runs, stored] = await Promise.all([
    store.runs.ofSession(session.id),
    store.tasks.ofSession(session.id, session.userId),
  ]);
  const projected = await Promise.all(
    runs.map(async (run) => ({ task: await taskOfRun(store, run), createdAt: run.createdAt })),
  );
  return [...projected, ...stored]
    .toSorted((a, b) => a.createdAt - b.createdAt)
    .map((item) => item.task);
}

/** The caller's task, wherever it is kept. */
export async function findTask(
  store: Store,
  id: string,
  userId: string,
): Promise<Task | undefined> {
  const run = await store.runs.get(id);
  if (run) return run.userId === userId ? taskOfRun(store, run) : undefined;
  return store.tasks.get(id, userId);
}

async function taskOfRun(store: Store, run: RunRecord): Promise<Task> {
  return projectTask(
    { runId: run.runId, sessionId: run.sessionId },
    await store.runs.read(run.runId),
  );
}
