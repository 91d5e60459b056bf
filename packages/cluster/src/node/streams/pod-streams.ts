/** The port behind `exec`, `attach` and `port-forward`: what can be connected to inside a running pod. */
import type { Duplex, Readable, Writable } from 'node:stream';

export interface TerminalSize {
  /** Columns. */
  width: number;
  /** Rows. */
  height: number;
}

/**
 * The client's side of a command. Streams that the client did not ask for are left out. Writables push back: whoever
 * writes must wait when `write` says so.
 */
export interface CommandIO {
  stdin?: Readable;
  stdout?: Writable;
  stderr?: Writable;
  /** The size of the client's terminal, now and whenever it changes. */
  onResize(listener: (size: TerminalSize) => void): void;
  /** Aborts when the client is gone. */
  signal: AbortSignal;
}

/**
 * Runs once. Resolves to the exit code when the command has ended and its output was taken by the client; rejects when it
 * could not be run. Does not end the client's streams.
 */
export type CommandSession = (io: CommandIO) => Promise<number>;

export interface ContainerTarget {
  namespace: string;
  pod: string;
  container: string;
}

export interface ExecTarget extends ContainerTarget {
  /** Program and arguments; at least one word. Nothing is expanded. */
  command: string[];
  tty: boolean;
}

/** Each method only looks up; `undefined` = no such container runs on this node. */
export interface PodStreams {
  /** A command beside the container's own, with its environment, files and working directory. */
  exec(target: ExecTarget): CommandSession | undefined;
  /** What the container writes from now on, and its standard input where it has one. Ends with the container, code 0. */
  attach(target: ContainerTarget): CommandSession | undefined;
  /**
   * Connections to ports of the pod. `connect` rejects with the system's error when nobody listens; the connection is
   * half-closed in both directions like TCP.
   */
  portForward(target: { namespace: string; pod: string }): PodConnector | undefined;
}

export type PodConnector = (port: number) => Promise<Duplex>;
