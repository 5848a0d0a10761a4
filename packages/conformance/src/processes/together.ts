import type { Helper } from "./helper.ts";

/** Lets other processes begin at the same time, and waits until all of them have ended. */
export async function together(helpers: readonly Helper[]): Promise<void> {
  try {
    await Promise.all(helpers.map((helper) => helper.ready));
    for (const helper of helpers) helper.go();
    await Promise.all(helpers.map((helper) => helper.ended));
  } finally {
    await Promise.all(helpers.map((helper) => helper.kill()));
  }
}
