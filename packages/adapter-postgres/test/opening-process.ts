import { postgres, type PostgresOptions } from "@anyqueue/adapter-postgres";

// Opens a store at the word of its parent, at the same time as others like it, and tells how that went.
const store = postgres(JSON.parse(process.argv[2] ?? "{}") as PostgresOptions);
process.send?.("ready");
process.once("message", () => {
  void store
    .open()
    .then(() => store.close())
    .then(
      () => "opened",
      (error: unknown) => String(error),
    )
    .then((outcome) => process.send?.(outcome, () => process.disconnect()));
});
