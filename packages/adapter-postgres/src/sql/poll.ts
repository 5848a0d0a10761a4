import { CLAUSE, CLOCK, DURABILITY } from "./clause.ts";
import { POLL_PARTS } from "./poll-parts.ts";
import { BY_COLUMNS, BY_ROWS, type Telling } from "./poll-answer.ts";
import { LOOK_AT_LANES } from "./poll-lanes.ts";
import { plainly } from "./poll-plainly.ts";
import { BOUND, CHOOSE_ALL, CHOOSE_FIRST, LOGGED } from "./poll-chosen.ts";
import { IN_ORDER, READY } from "./ready.ts";

/** A place before all jobs. */
const BEGINNING = "[-1,0,0]";
/** How many it looks at in any case, if it wants as many, where jobs before them are being claimed by others. */
const STEP = 100;

/** From so many jobs on that are wanted it never looks at more than these: the rest costs less than to find each by itself. */
const MANY = 100;

/** How many pages a look at a lane reads in which nothing is in the way. */
const PAGES_OF_A_LANE = 3;

const SETTLING = `
  kind := 3;
  answer := settle_here(ids, tokens, states, results, settled_at, settle_durability);
  RETURN NEXT;
  -- It may have waited for a lock, and a lease counts from when it is given.
  clock := coalesce(at, ${CLOCK});
  began_at := clock_timestamp();`;

/** What a function that polls takes for it. */
const POLL_PARAMETERS = `asked text[], limits int[], turn int, types text[], patterns text[], resumed json,
  wanted_state text, target text, most int, lease_ms bigint, for_holder text, expired int, marks json, at bigint,
  durability text`;

/** The rest of a function that polls, with what it does before. */
const polling = ({ returns, claim, takeOver, end }: Telling, first = ""): string => String.raw`
RETURNS TABLE (${returns}) ROWS 100 ${CLAUSE} AS $$
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  every_lane text[] := asked;
  here text;
  wanted int;
  allowed bigint;
  claimed int;
  began int;
  taken int := 0;
  may_be_more boolean := false;
  is_cut boolean := false;
  to_custom boolean := is_custom(target);
  pages bigint := ready_pages_read();
  began_at timestamptz := clock_timestamp();
  held bigint := (marks ->> 'held')::bigint;
  believed boolean := held IS NOT NULL;
  paused boolean[];
  limited boolean[];
  has_limits boolean := false;
  -- What the short way leaves to the general one, beside what it looked at: whether anything; behind which place it goes on;
  -- whether it took some, and so takes none before them, since jobs come in order; and whether the next poll is to come soon.
  is_done boolean := false;
  behind json;
  goes_on boolean := false;
  leaves boolean := false;
  owes boolean;
  owing boolean[];
  recording boolean[];
  is_empty boolean[];
  has_due boolean[];
  -- by the place of a lane's first mention, since a lane may come twice
  firsts int[];
  k int;
  seen int;
  is_left boolean;
  places json[];
  looked int[];
  finished boolean[];
  low json;
  is_mark boolean;
  top json;
  last_seen json;
  locked tid[];
  chosen tid[];
  ahead int;
  fit int;
  first_token bigint;
  cut text;
  soonest bigint;
  large text[];
  through text[];
  came text[];
BEGIN${first}${DURABILITY}
  IF asked IS NULL THEN
    every_lane := ARRAY(SELECT DISTINCT n.lane FROM lane_names n ORDER BY n.lane);
    IF cardinality(every_lane) > 1 THEN
      k := turn % cardinality(every_lane);
      every_lane := every_lane[k + 1 :] || every_lane[: k];
    END IF;
  END IF;
${plainly(claim())}

  IF NOT is_done THEN
    ${LOOK_AT_LANES}
    IF owes THEN
      may_be_more := settle_debts(every_lane, clock);
    END IF;
    IF believed THEN
      -- What is leased from now on has higher tokens.
      first_token := (SELECT t.last_value FROM ticks t);
      held := coalesce((SELECT min(j.token) FROM hot_jobs j
        WHERE j.place = 4 AND j.lane = ANY (every_lane) AND j.token >= held), first_token);
    END IF;
    IF expired > 0 AND lease_ms IS NOT NULL THEN
      ${takeOver}
    END IF;
    IF most = 0 THEN
      may_be_more := may_be_more OR EXISTS (
        SELECT FROM unnest(every_lane, paused, limited, places) e(here, paused, limited, low),
          LATERAL (SELECT FROM hot_jobs j WHERE ${READY} ${IN_ORDER} LIMIT 1) ready
        WHERE NOT (e.paused OR (believed AND e.low IS NULL) OR (e.limited AND may_not_start(e.here, clock))));
    END IF;

    -- Few expressions: each costs some microseconds in every call.
    FOR i IN 1 .. cardinality(every_lane) LOOP
      k := firsts[i];
      wanted := CASE WHEN paused[i] OR finished[k] THEN 0 ELSE least(limits[i], most - taken) END;
      -- Lanes that a cursor does not mention were looked through to their end by the calls before.
      CONTINUE WHEN wanted <= 0 OR looked[k] >= ${BOUND} OR (resumed IS NOT NULL AND places[k] IS NULL);
      IF is_empty[i] AND NOT (has_due[i] OR owes) THEN
        finished[k] := true;
        CONTINUE;
      END IF;
      here := every_lane[i];
      low := coalesce(behind, places[k]);
      IF has_limits AND limited[i] THEN
        began := taken;
        IF NOT lock_gate(here) THEN
          -- Somebody else is taking jobs from this lane.
          may_be_more := true;
          CONTINUE;
        END IF;
        SELECT s.starts INTO allowed FROM starts_left(here, clock) s;
        wanted := least(wanted, allowed);
        CONTINUE WHEN wanted = 0;
      END IF;
      -- What a lane owed may let jobs of another one go on.
      IF has_due[i] OR owes THEN
        PERFORM promote(here, wanted_state, most, clock);
        came := came || here;
        -- What has come due, or got its turn, may belong below the mark.
        low := CASE WHEN resumed IS NOT NULL OR goes_on OR (believed AND NOT owing[i]) THEN low END;
        leaves := leaves OR goes_on;
      END IF;
      is_mark := low IS NOT NULL AND resumed IS NULL AND (behind IS NULL OR places[k] IS NOT NULL OR has_due[i] OR owes);
      is_left := leaves;
      chosen := '{}';
      top := NULL;
      -- At first no more than are wanted: mostly all of these fit, and nobody else is claiming them.
      ahead := wanted;
      LOOP
        IF types IS NOT NULL THEN
          ahead := least(ahead, greatest(${BOUND} - coalesce(looked[k], 0), ${STEP}));
        END IF;
        IF ahead <= wanted THEN
          ${CHOOSE_ALL}
        ELSE
          ${CHOOSE_FIRST}
        END IF;
        chosen := chosen || locked;
        wanted := wanted - cardinality(locked);
        EXIT WHEN wanted = 0;

        is_left := is_left OR fit > cardinality(locked);
        ahead := CASE WHEN wanted < ${MANY} THEN least(${BOUND}, 8 * ahead) ELSE wanted END;
        IF last_seen IS NOT NULL THEN
          low := last_seen;
          IF types IS NOT NULL THEN
            -- What fits and is left is being claimed by others, and no candidate.
            looked[k] := coalesce(looked[k], 0) + cardinality(locked) + seen - fit;
            places[k] := low;
            IF looked[k] >= ${BOUND} THEN
              is_cut := true;
              -- What is below the mark is looked at by who goes on.
              IF is_mark AND NOT believed THEN
                places[k] := NULL;
              END IF;
              EXIT;
            END IF;
          END IF;
        ELSIF is_mark AND NOT believed AND NOT goes_on THEN
          -- Once more, from the beginning up to the mark.
          top := marks -> 'lanes' -> here;
          low := NULL;
          places[k] := NULL;
          is_mark := false;
        ELSE
          finished[k] := NOT is_mark OR believed;
          EXIT;
        END IF;
      END LOOP;

      IF chosen = '{}' THEN
        claimed := 0;
      ELSIF recording[i] AND wanted_state <> target THEN
        ${claim(LOGGED)}
      ELSE
        ${claim()}
      END IF;
      -- Who moved on while being chosen may have been met twice: servers from before 15.15, 16.11, 17.7 and 18.1 still lock it.
      taken := taken + claimed;
      IF has_limits AND limited[i] AND taken > began THEN
        PERFORM count_starts(here, taken - began, clock);
      END IF;
      IF wanted = 0 THEN
        -- With limits next_due looks closer.
        may_be_more := may_be_more OR NOT has_limits;
      ELSIF NOT is_cut THEN
        -- Left is what others are claiming at this moment, and what somebody changed just before it was claimed.
        may_be_more := may_be_more OR is_left;
      END IF;
    END LOOP;
  END IF;

  pages := ready_pages_read() - pages - ${PAGES_OF_A_LANE} * cardinality(every_lane);
  IF is_cut AND taken < most THEN
    -- Of a lane that was not looked into, or gave all that it may, the next call begins where this one would have.
    cut := (SELECT json_agg(json_build_array(e.lane, CASE WHEN looked[n] > 0 OR resumed IS NOT NULL
        THEN coalesce(places[n], '${BEGINNING}') ELSE '${BEGINNING}' END)) FROM unnest(every_lane) WITH ORDINALITY e(lane, n)
      WHERE firsts[n] = n AND (resumed IS NULL OR places[n] IS NOT NULL) AND NOT coalesce(finished[n], false))::text;
  END IF;
  soonest := CASE WHEN may_be_more OR cut IS NOT NULL OR (most > 0 AND taken >= most AND NOT has_limits) THEN clock
    ELSE next_due(every_lane, paused, limited, has_limits, types, patterns, wanted_state, has_limits AND most > 0, clock, held) END;
  ${end}
END $$;`;

/**
 * `poll` chooses, orders and leases due jobs, lane by lane, and takes over those whose lease has ended (P6–P8, P10, P15).
 * It answers a row for each: `kind` 0 when claimed, 1 when taken over. A last one of kind 2 holds in `run_at` the next
 * due time, in `updated_at` the clock, in `seq` how many pages of the index of ready jobs were read beyond what any look
 * takes, and in `payload` where a poll by type stopped at its bound of candidates, as `[[lane, place], …]`.
 *
 * - Jobs are chosen over a partial index whose order is exactly its own; SKIP LOCKED steps over what others are claiming.
 *   First these are as many as are wanted; where some do not fit, or are being claimed, it goes on from there, by type up to
 *   a bound. What was chosen is locked, and leased by one update; that returns its rows in any order, so they are sorted again.
 * - `marks` are places below which the caller believes a lane to hold nothing. The index entries of claimed jobs stay until
 *   the next vacuum, or for as long as somebody keeps an old snapshot open, and every claim would walk over all of them. A
 *   mark is a hint: a lane that gives too little above it is looked through from its beginning, unless `marks` also say
 *   from which token on these lanes may hold leases (`{ lanes: { [lane]: place }, held }`): then such looks are long, and
 *   what is below waits for the next one.
 * - Where a poll read many pages, it names the lanes in which it saw the end, so that they can get a mark although nothing was
 *   there; and always those in which something came due, or got its turn, which may be below a mark of another filter.
 * - `most` is 0 for who takes nothing but asks whether there is something, and -1 for who took what it wanted otherwise.
 * - With nothing to do it only reads: no transaction id, nothing in the write-ahead log.
 *
 * `poll_jobs` does the same, and `settle_and_poll` finishes jobs before that. They answer a row with JSON for the jobs of
 * each claim (kind 0), or one for each job where these are few or large (4), one for each job taken over (1), then
 * `[next due time, clock, pages, where it stopped, milliseconds, held, lanes seen to their end, lanes in which jobs became
 * ready]` (2); as kind 3 what `settle` answers.
 */
export const POLL = String.raw`
CREATE OR REPLACE FUNCTION poll(${POLL_PARAMETERS})${polling(BY_ROWS)}

-- The same for the adapter.
CREATE OR REPLACE FUNCTION poll_jobs(${POLL_PARAMETERS})${polling(BY_COLUMNS)}

-- Finishes jobs, and then polls, in one step.
CREATE OR REPLACE FUNCTION settle_and_poll(ids text[], tokens bigint[], states text[], results text[], settled_at bigint,
  settle_durability text, ${POLL_PARAMETERS})${polling(BY_COLUMNS, SETTLING)}

${POLL_PARTS}`;
