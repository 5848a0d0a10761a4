import { HELPER, READING_CLAUSE } from "./surface-clause.ts";

/** What a lane can be set to, as SQL names it. */
const SETTINGS = "paused capacity concurrency rate order key_concurrency keep history".split(" ");

/**
 * `set_lane` changes settings of a lane (P19): what is absent stays as it is, and null resets it. It takes what TypeScript's
 * `configure` takes, and the stored form, which the view `lanes` shows; it answers what the lane is set to then.
 */
export const SURFACE_LANES = String.raw`
CREATE OR REPLACE FUNCTION set_lane(lane text, settings jsonb, notify boolean DEFAULT true) RETURNS jsonb ${READING_CLAUSE} AS $$
DECLARE
  subject text := format('Cannot set the lane %s', shown(lane));
  remedy constant text := 'Give an object such as {"concurrency": 5, "rate": {"limit": 100, "per": "1 min"}}; '
    'the settings are ${SETTINGS.join(", ")}.';
  given jsonb := '{}';
  setting text;
  value jsonb;
BEGIN
  IF lane IS NULL THEN
    PERFORM refuse('Cannot set a lane: "lane" is missing.', 'Name the lane.');
  END IF;
  PERFORM check_lane('Cannot set a lane', 'lane', lane);
  IF settings IS NULL OR jsonb_typeof(settings) <> 'object' THEN
    PERFORM refuse(subject || ': "settings" is not an object.', remedy);
  END IF;
  FOR setting, value IN SELECT CASE e.key WHEN 'key_concurrency' THEN 'keyConcurrency' ELSE e.key END, e.value FROM jsonb_each(settings) e LOOP
    IF setting <> ALL ('{${SETTINGS.join(",").replace("key_concurrency", "keyConcurrency")}}') THEN
      PERFORM refuse(format('%s: there is no setting %s.', subject, shown(setting)), remedy);
    END IF;
    given := given || jsonb_build_object(setting, CASE WHEN value <> 'null' THEN checked_setting(subject, setting, value) END);
  END LOOP;
  PERFORM configure_lane(lane, given::json);
  IF notify THEN
    PERFORM tell(ARRAY[lane], NULL);
  END IF;
  RETURN (SELECT l.settings::jsonb FROM lane_settings l WHERE l.lane = set_lane.lane);
END $$;

CREATE OR REPLACE FUNCTION checked_setting(subject text, setting text, value jsonb) RETURNS jsonb ${HELPER} AS $$
BEGIN
  CASE setting
    WHEN 'paused' THEN
      IF jsonb_typeof(value) = 'boolean' THEN RETURN value; END IF;
      PERFORM refuse(format('%s: "paused" cannot be %s.', subject, left(value::text, 60)), 'Give true or false.');
    WHEN 'capacity' THEN RETURN to_jsonb(json_whole(subject, 'capacity', value, 1, 9007199254740991));
    WHEN 'concurrency' THEN RETURN to_jsonb(json_whole(subject, 'concurrency', value, 1, 10000));
    WHEN 'keyConcurrency' THEN RETURN to_jsonb(json_whole(subject, 'key_concurrency', value, 1, 10000));
    WHEN 'order' THEN
      IF value IN ('"priority"', '"fifo"') THEN RETURN value; END IF;
      PERFORM refuse(format('%s: "order" cannot be %s.', subject, left(value::text, 60)), 'Give priority or fifo.');
    WHEN 'history' THEN
      IF value IN ('"failures"', '"all"') THEN RETURN value; END IF;
      PERFORM refuse(format('%s: "history" cannot be %s.', subject, left(value::text, 60)), 'Give failures or all.');
    WHEN 'keep' THEN RETURN stored_keep(subject, value, true)::jsonb;
    WHEN 'rate' THEN RETURN checked_rate(subject, value);
  END CASE;
END $$;

CREATE OR REPLACE FUNCTION checked_rate(subject text, given jsonb) RETURNS jsonb ${HELPER} AS $$
DECLARE
  remedy constant text := 'Give an object such as {"limit": 100, "per": "1 min"}, perhaps with a "burst".';
  unknown text;
  period_ms bigint;
BEGIN
  IF jsonb_typeof(given) <> 'object' THEN
    PERFORM refuse(subject || ': "rate" is not an object.', remedy);
  END IF;
  SELECT key INTO unknown FROM jsonb_object_keys(given) k(key) WHERE key NOT IN ('limit', 'per', 'periodMs', 'burst') LIMIT 1;
  IF unknown IS NOT NULL THEN
    PERFORM refuse(format('%s: "rate" has no %s.', subject, shown(unknown)), remedy);
  END IF;
  period_ms := json_ms(subject, 'rate.per', coalesce(nullif(given -> 'per', 'null'), given -> 'periodMs'));
  IF given -> 'limit' IS NULL OR period_ms IS NULL THEN
    PERFORM refuse(format('%s: "rate" has no "%s".', subject, CASE WHEN period_ms IS NULL THEN 'per' ELSE 'limit' END), remedy);
  END IF;
  IF period_ms = 0 THEN
    PERFORM refuse(subject || ': "rate.per" cannot be 0.', 'Give an interval of a millisecond at least.');
  END IF;
  RETURN jsonb_strip_nulls(jsonb_build_object('periodMs', period_ms,
    'limit', json_whole(subject, 'rate.limit', given -> 'limit', 1, 9007199254740991),
    'burst', CASE WHEN given -> 'burst' <> 'null' THEN json_whole(subject, 'rate.burst', given -> 'burst', 1, 9007199254740991) END));
END $$;
`;
