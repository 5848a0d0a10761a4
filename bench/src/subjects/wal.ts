interface Connection {
  pragma(text: string): unknown;
}

/**
 * For queues on knex, which sets nothing of SQLite's: a log, and no waiting for the disk with every job, as those that
 * care set by themselves.
 */
export const WAL = {
  afterCreate: (connection: Connection, done: (error: null, connection: Connection) => void): void => {
    connection.pragma("journal_mode = wal");
    connection.pragma("synchronous = normal");
    done(null, connection);
  },
};
