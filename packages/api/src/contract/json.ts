/** Any value that JSON can carry. Payloads, results, progress and events are `Json` (P2). */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
