#!/usr/bin/env node
// Committed, because npm links a workspace's bin before anything is built. The version check comes first and is
// written so that even Node 12 can read it: an old Node must get a sentence, not a syntax error.
var major = Number(process.versions.node.split(".")[0]);

if (major < 22) {
  console.error(
    "anyqueue needs Node.js 22 or newer, but this is Node.js " +
      process.versions.node +
      ": install a current one from https://nodejs.org and run the command again.",
  );
  process.exitCode = 1;
} else {
  import("../dist/main.js").catch(function (error) {
    var isNotBuilt =
      error !== null && error.code === "ERR_MODULE_NOT_FOUND" && /[\\/]dist[\\/]main\.js/.test(String(error.url));
    console.error(isNotBuilt ? "anyqueue is not built yet: run `npm run build` and try again." : error);
    process.exitCode = 1;
  });
}
