import { registerBackend } from "@anyqueue/api";

// Loaded when first used: a command that needs no SQLite does not pay for it.
registerBackend("memory", () => import("@anyqueue/adapter-memory"));
registerBackend("sqlite", () => import("@anyqueue/adapter-sqlite"));
