import type { BackendConfig } from "@anyqueue/api";

/** Where jobs are kept, as plain data that a child process can be told. */
export type BackendChoice = string | BackendConfig;

/** How a backend is shown: as a URL or its name, never with a password. */
export function showBackend(backend: BackendChoice): string {
  if (typeof backend === "string") return showUrl(backend);
  const { url, path } = backend;
  if (typeof url === "string") return showUrl(url);
  return `${backend.backend}:${typeof path === "string" ? path : ""}`;
}

function showUrl(url: string): string {
  // A password that was not encoded may hold any character, also a question mark.
  const [address = "", query] = url.split(/\?(?=[\w-]+=)/, 2);
  const shown = address.replace(/(\/\/[^/:@]*):.*@/s, "$1:***@");
  return query === undefined ? shown : `${shown}?${query.split("&").map(showParameter).join("&")}`;
}

/** Some are secrets themselves, others are URLs that may hold one. */
function showParameter(parameter: string): string {
  const [name = ""] = parameter.split("=", 1);
  return /pass/i.test(name) || /:\/\/|%3a/i.test(parameter) ? `${name}=***` : parameter;
}
