/** Why a cluster cannot start. `message` says what to do about it. */

export type StartErrorCode = 'port_in_use' | 'cannot_listen' | 'cannot_write' | 'damaged';

export class StartError extends Error {
  readonly code: StartErrorCode;
  /** For `port_in_use`. */
  readonly port: number | undefined;
  /** For `port_in_use`: the program that has the port, when it can be found out. */
  readonly owner: string | undefined;

  constructor(
    code: StartErrorCode,
    message: string,
    options: { cause?: unknown; port?: number; owner?: string } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'StartError';
    this.code = code;
    this.port = options.port;
    this.owner = options.owner;
  }
}
