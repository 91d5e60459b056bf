/** Reconciles one ModelConfig: only its status; agents read the object themselves. */
import { parseKey } from '@kagent/kube';
import { MODEL_CONFIGS } from '@kagent/spec';
import { mergeConditions } from '../conditions.ts';
import { type ReconcileFactory, updateStatus } from '../context.ts';
import type { DependencyId } from '../dependencies.ts';
import type { Scope } from '../lookup.ts';
import { summarize } from '../problem.ts';
import { createLookup } from '../sources.ts';
import { resolveModelConfig } from './resolve.ts';

export const createModelConfigReconcile: ReconcileFactory =
  (context, dependencies) => async (key, signal) => {
    const modelConfig = context.sources.ModelConfig.get(parseKey(key));
    if (modelConfig === undefined) {
      dependencies.set(key, new Set());
      return;
    }
    const asked = new Set<DependencyId>();
    const { namespace = '', generation } = modelConfig.metadata;
    const scope: Scope = { namespace, lookup: createLookup(context.sources, asked), problems: [] };
    const { secretHash } = resolveModelConfig(modelConfig, scope);
    dependencies.set(key, asked);
    const accepted =
      scope.problems.length > 0
        ? { type: 'Accepted', status: 'False' as const, ...summarize(scope.problems) }
        : {
            type: 'Accepted',
            status: 'True' as const,
            reason: 'ModelConfigReconciled',
            message: 'Model configuration accepted',
          };
    await updateStatus(context, MODEL_CONFIGS, {
      object: modelConfig,
      status: {
        observedGeneration: generation ?? 0,
        conditions: mergeConditions(modelConfig.status?.conditions, [accepted], {
          generation,
          now: context.clock.now(),
        }),
        secretHash,
      },
      signal,
    });
  };
