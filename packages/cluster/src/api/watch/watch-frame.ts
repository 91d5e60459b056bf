/** One event on a watch stream, with its bytes made once however many watchers get it. */

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

export class WatchFrame {
  readonly type: WatchEventType;
  /** Shared between watchers; must not be changed. */
  readonly object: unknown;
  #bytes: Buffer | undefined;

  constructor(type: WatchEventType, object: unknown) {
    this.type = type;
    this.object = object;
  }

  /** The line for the wire: JSON and a newline. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(`${JSON.stringify({ type: this.type, object: this.object })}\n`);
    return this.#bytes;
  }
}
