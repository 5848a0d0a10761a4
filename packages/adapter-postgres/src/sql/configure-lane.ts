import { CLAUSE } from "./clause.ts";

/** `configure_lane` merges settings into a lane's: what is absent stays, and null resets (P19). */
export const CONFIGURE_LANE = String.raw`
CREATE OR REPLACE FUNCTION configure_lane(named text, given json) RETURNS boolean ${CLAUSE} AS $$
DECLARE
  merged jsonb;
BEGIN
  INSERT INTO lane_names SELECT named WHERE NOT EXISTS (SELECT FROM lane_names n WHERE n.lane = named);
  INSERT INTO lane_settings (lane, settings) VALUES (named, '{}') ON CONFLICT DO NOTHING;
  SELECT l.settings::jsonb || given::jsonb INTO merged FROM lane_settings l WHERE l.lane = named FOR UPDATE;
  SELECT coalesce(jsonb_object_agg(key, value), '{}') INTO merged FROM jsonb_each(merged) WHERE value <> 'null';
  UPDATE lane_settings l SET settings = merged::json,
    paused = coalesce((merged ->> 'paused')::boolean, false),
    records = coalesce(merged ->> 'history', '') = 'all',
    discards = ARRAY(SELECT k.key FROM jsonb_each(coalesce(merged -> 'keep', '{}')) k WHERE k.value = 'false')
  WHERE l.lane = named;
  RETURN true;
END $$;
`;
