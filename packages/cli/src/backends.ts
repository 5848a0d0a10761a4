import { registerBackend } from "@anyqueue/api";
// For their types alone: each names its transactions in `BackendTransactions`, so that `queue.in(tx)` is typed.
import type {} from "@anyqueue/adapter-memory";
import type {} from "@anyqueue/adapter-sqlite";

// Loaded when first used: a command that needs no SQLite does not pay for it.
registerBackend("memory", () => import("@anyqueue/adapter-memory"));
registerBackend("sqlite", () => import("@anyqueue/adapter-sqlite"));
