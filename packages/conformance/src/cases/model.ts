import type { Case, PromiseNumber } from "../case.ts";
import { present } from "../check.ts";
import type { TasteName } from "../model/plans/tastes.ts";
import { readReplay } from "../model/replay.ts";
import { findAgain, MODEL, search } from "../model/search.ts";

/** All promises: whatever is called in whatever order, the answers are those of the memory adapter, which is the model. */
export const model: readonly Case[] = [
  following("storing", "P3", "stores and gives back what the model does, whatever is called in whatever order"),
  following("choosing", "P7", "polls what the model does, whatever is called in whatever order"),
  following("filtering", "P9", "finds by predicate and type what the model does, whatever is stored and asked for"),
  following("deciding", "P12", "decides about changes as the model does, whatever is called in whatever order"),
  following(
    "rescuing",
    "P15",
    "takes over whose lease has ended as the model does, whatever is called in whatever order",
  ),
  following("unique", "P17", "knows who holds a unique key as the model does, whatever is called in whatever order"),
  following("keys", "P18", "gives turns under ordering keys as the model does, whatever is called in whatever order"),
  following("limits", "P19", "keeps to the limits of lanes as the model does, whatever is called in whatever order"),
  following("dependencies", "P20", "lets jobs wait for others as the model does, whatever is called in whatever order"),
  following("telling", "P22", "tells the log as the model does, whatever is called in whatever order"),
  following("keeping", "P26", "keeps and removes as the model does, whatever is called in whatever order"),
  following("everything", "P6", "answers as the model does where all of it comes together"),
];

function following(taste: TasteName, promise: PromiseNumber, title: string): Case {
  return {
    promise,
    title,
    isOpenEnded: true,
    replays: (text) => readReplay(text)?.taste === taste,
    async run({ fixture, seed, budgetMs, replay }) {
      const rivals = { subject: fixture, reference: MODEL };
      const found =
        replay === null
          ? await search(rivals, [taste], { seed, budgetMs })
          : await findAgain(rivals, present(readReplay(replay), "This is no replay of a script."));
      if (found) throw found;
    },
  };
}
