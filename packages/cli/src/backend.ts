import type { BackendConfig } from "@anyqueue/api";

/** Where jobs are kept, as plain data that a child process can be told. */
export type BackendChoice = string | BackendConfig;

/** How a backend is shown: as a URL or its name, never with a password. */
export function showBackend(backend: BackendChoice): string {
  if (typeof backend === "string") return backend.replace(/(:\/\/[^/@:]*):[^/@]*@/, "$1:***@");
  const path = typeof backend["path"] === "string" ? backend["path"] : "";
  return `${backend.backend}:${path}`;
}
