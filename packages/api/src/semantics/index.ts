export * from "./advance.ts";
export * from "./cursor.ts";
export * from "./decide.ts";
export * from "./fresh.ts";
export * from "./matches.ts";
export * from "./shape.ts";
export * from "./type-pattern.ts";
