import { registerBackend } from "@anyqueue/api";

// Loaded when first used: a command that needs no SQLite or Postgres does not pay for it.
registerBackend("memory", () => import("@anyqueue/adapter-memory"));
registerBackend("sqlite", () => import("@anyqueue/adapter-sqlite"));
registerBackend("postgres", () => import("@anyqueue/adapter-postgres"));
