/** The id of a tick's job: the same wherever and however often it is made, so that a tick has one job. */
export function tickId(lane: string, name: string, tick: number): string {
  return `${lane}:${name}@${new Date(tick).toISOString()}`;
}

/**
 * The tick for which a schedule added this job, in epoch milliseconds, also when the job runs late or is tried again;
 * undefined for other jobs. It is read from the id, `<lane>:<schedule>@<ISO time>`.
 */
export function scheduledFor({ id }: { readonly id: string }): number | undefined {
  const text = id.slice(id.lastIndexOf("@") + 1);
  if (!/^(\d{4}|\+\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) || text.length === id.length) return undefined;
  const tick = Date.parse(text);
  return Number.isNaN(tick) ? undefined : tick;
}
