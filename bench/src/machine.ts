import { readFile, statfs } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, platform, release, arch, tmpdir, totalmem } from "node:os";
import { versionsOfCode } from "./versions.ts";

/** What the figures depend on besides the code. */
export interface Machine {
  readonly node: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** How many processes ran or waited to run in the minute before anything was measured. */
  readonly load: number;
  /** Where SQLite's files and a server's of our own are. */
  readonly disk: Disk;
  /** Of our packages, and of what works under them. */
  readonly versions: Readonly<Record<string, string>>;
  /** By name. */
  readonly servers: Readonly<Record<string, ServerTraits>>;
}

/** Whose a server is, its version, and the settings that matter. */
export interface ServerTraits {
  readonly whose: "of this run" | "yours";
  readonly [setting: string]: string;
}

interface Disk {
  readonly fileSystem: string;
  readonly device: string;
}

/** Describes this machine. */
export async function describeMachine(servers: Machine["servers"]): Promise<Machine> {
  return {
    node: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    load: loadavg()[0] ?? 0,
    disk: await describeDisk(tmpdir()),
    versions: versionsOfCode(),
    servers,
  };
}

/** In memory, where nothing that is written survives a loss of power. */
export function isInMemory({ fileSystem }: Disk): boolean {
  return fileSystem === "tmpfs" || fileSystem === "ramfs";
}

// From linux/magic.h.
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: "ext4",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x2fc12fc1: "zfs",
  0x794c7630: "overlayfs",
  0x01021994: "tmpfs",
  0x858458f6: "ramfs",
  0x6969: "nfs",
};

async function describeDisk(folder: string): Promise<Disk> {
  const { type } = await statfs(folder);
  const mounts = await readFile("/proc/self/mounts", "utf8").catch(() => "");
  const [device = "unknown"] =
    mounts
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([, place = ""]) => place !== "" && `${folder}/`.startsWith(place === "/" ? "/" : `${place}/`))
      .toSorted(([, a = ""], [, b = ""]) => b.length - a.length)[0] ?? [];
  return { fileSystem: FILE_SYSTEMS[type] ?? `type 0x${type.toString(16)}`, device };
}
