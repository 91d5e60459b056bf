/** `/api/tasks`: read any task of the caller; write is for agents that keep their own. */
import { KagentError, Task } from '@kagent/spec';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { principalOf } from '../auth.ts';
import { checked, json } from '../body.ts';
import { ok, type ServerContext } from '../context.ts';
import { findTask } from '../task-views.ts';

interface ById {
  Params: { id: string };
}

const IdLess = z.looseObject({ id: z.string().optional() });

export function registerTasks(app: FastifyInstance, { store, randomId }: ServerContext): void {
  app.get<ById>('/api/tasks/:id', async (request) => {
    const task = await findTask(store, request.params.id, principalOf(request).userId);
    if (!task) throw new KagentError('task_not_found', `Task not found: ${request.params.id}`);
    return ok(task, 'Successfully retrieved task');
  });

  app.post('/api/tasks', async (request, reply) => {
    const body = checked(IdLess, json(request));
    const task = checked(Task, { ...body, id: body.id || `task-${randomId()}` });
    if (await store.runs.get(task.id))
      throw new KagentError('conflict', 'Task ID is already in use');
    const saved = await store.tasks.save(task, principalOf(request).userId);
    return reply.code(201).send(ok(saved, 'Successfully created task'));
  });

  app.delete<ById>('/api/tasks/:id', async (request, reply) => {
    await store.tasks.delete(request.params.id, principalOf(request).userId);
    return reply.code(204).send();
  });
}
