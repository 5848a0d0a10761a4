import { postgres, type PostgresOptions } from "@anyqueue/adapter-postgres";

/** How another process of the suite reaches the same file. */
export function connect(options: PostgresOptions) {
  return postgres(options);
}
