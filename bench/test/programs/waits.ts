// A process that says that it is there, and stays.
process.on("message", () => undefined);
process.send?.("ready");
