/** Everything of `@anyqueue/api/testing`, with the memory, SQLite and Postgres backends on board. */
import "./backends.ts";

export * from "@anyqueue/api/testing";
