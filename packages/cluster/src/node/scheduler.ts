/**
 * One timer for everything that waits in the node: probes of a thousand pods, restart delays, deadlines. A heap of due
 * times over the injected clock, so that an idle pod costs a heap entry and tests own time.
 */
import type { Clock } from '@kagent/kube';

export interface Timer {
  /** Idempotent; a cancelled timer never runs. */
  cancel(): void;
}

export interface Scheduler {
  /** Runs `task` once, not before `delayMs` have passed. Tasks must not throw; they run in order of their due time. */
  after(delayMs: number, task: () => void): Timer;
  /** Drops all timers. Nothing runs afterwards. */
  stop(): void;
}

/** A reason made once: `abort()` alone builds an exception with a stack every time. */
const REARMED = new Error('the timer was set anew');

interface Entry extends Timer {
  due: number;
  order: number;
  task: (() => void) | undefined;
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(entry, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = index * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
  return first;
}

/** Cancelled entries stay in the heap until they are due: half of all timers at worst, as each is armed for seconds. */
export function createScheduler(clock: Clock): Scheduler {
  const heap: Entry[] = [];
  let order = 0;
  let isStopped = false;
  let sleeping: { due: number; wake: AbortController } | undefined;

  /** What is armed meanwhile waits for the next timer, so that a task that asks for itself at once blocks nobody. */
  function runDue(): void {
    const end = order;
    while (
      !isStopped &&
      heap.length > 0 &&
      heap[0]!.order < end &&
      (heap[0]!.task === undefined || heap[0]!.due <= clock.now())
    ) {
      const task = pop(heap)!.task;
      task?.();
    }
  }

  function arm(): void {
    const next = heap[0];
    if (isStopped || next === undefined) return;
    if (sleeping !== undefined) {
      if (sleeping.due <= next.due) return;
      sleeping.wake.abort(REARMED);
    }
    const current = { due: next.due, wake: new AbortController() };
    sleeping = current;
    clock.sleep(Math.max(0, next.due - clock.now()), current.wake.signal).then(
      () => {
        if (sleeping !== current) return;
        sleeping = undefined;
        runDue();
        arm();
      },
      () => {
        // Aborted: an earlier timer took over, or the scheduler stopped.
      },
    );
  }

  return {
    after(delayMs, task) {
      const entry: Entry = {
        due: clock.now() + delayMs,
        order: order++,
        task,
        cancel() {
          entry.task = undefined;
        },
      };
      push(heap, entry);
      arm();
      return entry;
    },
    stop() {
      isStopped = true;
      heap.length = 0;
      sleeping?.wake.abort(REARMED);
      sleeping = undefined;
    },
  };
}
