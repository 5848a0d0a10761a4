/** What the driver takes from the query of a URL and would misread in silence: how each is to be written. */
const FORMS: readonly { readonly names: readonly string[]; readonly form: RegExp; readonly told: string }[] = [
  {
    names: ["sslmode"],
    form: /^(disable|prefer|require|verify-ca|verify-full|no-verify)$/,
    told: "disable, prefer, require, verify-ca, verify-full or no-verify",
  },
  {
    names: ["query_timeout", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"],
    form: /^\d{1,9}$/,
    told: "a whole number of milliseconds",
  },
];

/** What is wrong with an option of the driver's in the query of a URL, such as `sslmode`; undefined if nothing is. */
export function misreadOption(query: URLSearchParams): string | undefined {
  for (const { names, form, told } of FORMS) {
    for (const name of names) {
      const wrong = query.getAll(name).find((text) => !form.test(text));
      if (wrong !== undefined) return `\`${name}\` in the URL must be ${told}, not ${JSON.stringify(wrong)}`;
    }
  }
  return undefined;
}
