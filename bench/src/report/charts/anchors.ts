/** Where texts stand that belong to a row and not to a place on the axis. */
export const LEFT = { frameAnchor: "left", textAnchor: "start" } as const;
export const RIGHT = { frameAnchor: "right", textAnchor: "end" } as const;
