/** Everything of `@anyqueue/api`, with the memory and SQLite backends on board: `openQueue("sqlite:jobs.db")` just works. */
import "./backends.ts";

export * from "@anyqueue/api";
