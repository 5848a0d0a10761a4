import { CLAUSE } from "./clause.ts";

/** `configure_lane` merges settings into a lane's: what is absent stays, and null resets (P19). */
export const CONFIGURE_LANE = String.raw`
CREATE OR REPLACE FUNCTION configure_lane(named text, given json) RETURNS boolean ${CLAUSE} AS $$
DECLARE
  merged jsonb;
  each_key text := '';
BEGIN
  INSERT INTO lane_names SELECT named WHERE NOT EXISTS (SELECT FROM lane_names n WHERE n.lane = named);
  INSERT INTO lane_settings (lane, settings) VALUES (named, '{}') ON CONFLICT DO NOTHING;
  SELECT l.settings::jsonb || given::jsonb INTO merged FROM lane_settings l WHERE l.lane = named FOR UPDATE;
  SELECT coalesce(jsonb_object_agg(key, value), '{}') INTO merged FROM jsonb_each(merged) WHERE value <> 'null';
  UPDATE lane_settings l SET settings = merged::json,
    paused = coalesce((merged ->> 'paused')::boolean, false),
    records = coalesce(merged ->> 'history', '') = 'all',
    discards = ARRAY(SELECT k.key FROM jsonb_each(coalesce(merged -> 'keep', '{}')) k WHERE k.value = 'false'),
    capacity = (merged ->> 'capacity')::numeric,
    concurrency = (merged ->> 'concurrency')::numeric,
    key_concurrency = (merged ->> 'keyConcurrency')::numeric,
    is_fifo = coalesce(merged ->> 'order', '') = 'fifo',
    rate_limit = (merged -> 'rate' ->> 'limit')::double precision,
    rate_period = (merged -> 'rate' ->> 'periodMs')::double precision,
    rate_burst = coalesce(merged -> 'rate' ->> 'burst', merged -> 'rate' ->> 'limit')::double precision
  WHERE l.lane = named;
  INSERT INTO lane_gates (lane, kind) SELECT named, k.kind FROM (VALUES ('room'), ('start')) k(kind)
  WHERE merged ?| '{capacity,concurrency,rate}' ON CONFLICT DO NOTHING;
  -- Turns may be free of each key that jobs wait for. Jumps from one to the next.
  IF given::jsonb ? 'keyConcurrency' THEN
    LOOP
      SELECT j.okey INTO each_key FROM hot_jobs j WHERE j.place = 2 AND j.lane = named AND j.okey > each_key ORDER BY j.okey LIMIT 1;
      EXIT WHEN each_key IS NULL;
      INSERT INTO debts (lane, okey) VALUES (named, each_key);
    END LOOP;
  END IF;
  RETURN true;
END $$;
`;
