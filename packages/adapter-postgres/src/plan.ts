import type { MigrationPlan } from "@anyqueue/api";
import { Connection } from "./connection.ts";
import { planFor } from "./migrations.ts";
import { type PostgresOptions, settingsOf } from "./options.ts";

/** Tells what opening the schema would change in its layout, and changes nothing (P25). */
export async function plan(options: PostgresOptions): Promise<MigrationPlan> {
  const settings = settingsOf(options);
  const connection = await Connection.open(settings);
  try {
    return await planFor(connection, settings);
  } finally {
    await connection.close();
  }
}
