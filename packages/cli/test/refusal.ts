import "../src/backends.ts";
import { describeFailure, type Failure } from "../src/failure.ts";
import { buildProgram } from "../src/program.ts";

/** How a command line is refused, found out in this process because that is a hundred times faster than in another one. */
export async function refusal(args: readonly string[]): Promise<Failure> {
  try {
    await buildProgram().parseAsync(args, { from: "user" });
  } catch (error) {
    return describeFailure(error);
  }
  throw new Error(`anyqueue ${args.join(" ")} is not refused.`);
}
