/** Whom a server runs as. */
interface User {
  readonly uid: number;
  readonly gid: number;
}

/** What a server is given by its keeper. */
interface Kitchen {
  /** Its own, removed when it has ended. */
  readonly folder: string;
  /** On loopback, and free. */
  readonly port: number;
  readonly password: string;
  /** Where its programs are. */
  readonly programs: string;
  readonly user: User | undefined;
  /** Runs one of the programs to its end. */
  readonly run: (program: string, args: readonly string[]) => Promise<void>;
}

/** How a kind of server is set up, begun and ended. */
export interface Recipe {
  /** If it must not be ourselves. */
  user?(): Promise<User | undefined>;
  prepare(kitchen: Kitchen): Promise<void>;
  command(kitchen: Pick<Kitchen, "folder">): readonly [program: string, args: readonly string[]];
  /** The signal on which it ends at once. */
  readonly end: NodeJS.Signals;
}
