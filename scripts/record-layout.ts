// Records the layout of the Postgres schema that is about to be released: its SQL, which may not change from then on, and
// the functions that others call. Part of `npm run version-packages`; the tests of the adapter compare with it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { migration, SCHEMA_VERSION } from "../packages/adapter-postgres/src/migrations.ts";
import { signatures } from "../packages/adapter-postgres/test/layouts/signatures.ts";

const folder = new URL("../packages/adapter-postgres/test/layouts/", import.meta.url);
const released = new URL(`${SCHEMA_VERSION}.sql`, folder);
const sql = `${migration("anyqueue", 0)}\n`;

if (existsSync(released) && readFileSync(released, "utf8") !== sql) {
  console.error(`Layout ${SCHEMA_VERSION} was released with other SQL. Add a step to the adapter's migrations.ts.`);
  process.exit(1);
}
if (!process.argv.includes("--functions")) writeFileSync(released, sql);
writeFileSync(new URL("functions.txt", folder), `${signatures(sql).join("\n")}\n`);
console.log(`Layout ${SCHEMA_VERSION} is recorded.`);
