import { HELPER } from "./surface-clause.ts";

/** The contract's bound for payload, result and progress, in bytes of JSON text. */
const MAX_VALUE_BYTES = 1_048_576;

/** Beyond it a time is no `Date`, and a delay ends in none: milliseconds since 1970. */
const MAX_TIME = "8640000000000000";

/**
 * What the functions for other languages check their arguments with, to the same bounds as `@anyqueue/api`. `refuse`
 * raises the error: what is wrong as its message, the remedy as its hint, always `invalid_parameter_value`.
 *
 * No literal here has a backslash outside `E''`, whose meaning would depend on the session.
 */
export const SURFACE_VALUES = String.raw`
CREATE OR REPLACE FUNCTION refuse(message text, remedy text) RETURNS void ${HELPER} AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = message, HINT = remedy;
END $$;

-- A value as it is shown in a message.
CREATE OR REPLACE FUNCTION shown(value text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN value IS NULL THEN 'null' WHEN length(value) > 60 THEN to_json(left(value, 59) || '…')::text
  ELSE to_json(value)::text END $$;

-- The name of a type, state, holder or group.
CREATE OR REPLACE FUNCTION check_name(subject text, option text, value text) RETURNS void ${HELPER} AS $$
BEGIN
  IF length(value) NOT BETWEEN 1 AND 255 OR value COLLATE "C" ~ E'[\\u0001-\\u001F\\u007F-\\u009F]' THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, shown(value)),
      'A name has 1 to 255 characters, none of them a control character.');
  END IF;
END $$;

CREATE OR REPLACE FUNCTION check_lane(subject text, option text, value text) RETURNS void ${HELPER} AS $$
BEGIN
  IF starts_with(value, '$') THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, shown(value)),
      'Names that begin with $ are reserved; name a lane of your own.');
  END IF;
  IF value COLLATE "C" !~ '^[A-Za-z0-9_.-]{1,100}$' THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, shown(value)),
      'The name of a lane has 1 to 100 letters, digits, "_", "." or "-".');
  END IF;
END $$;

-- JSON of any kind, within bounds, that everybody can read. The type jsonb has refused U+0000 and lone surrogates.
CREATE OR REPLACE FUNCTION check_value(subject text, option text, value jsonb) RETURNS void ${HELPER} AS $$
DECLARE
  written text := value::text;
BEGIN
  IF length(written) <= 300 THEN RETURN; END IF;
  IF octet_length(written) > ${MAX_VALUE_BYTES} THEN
    PERFORM refuse(format('%s: "%s" has %s bytes as JSON, and at most ${MAX_VALUE_BYTES} are taken.', subject, option,
      octet_length(written)), 'Store it elsewhere, and put where it is into the job.');
  END IF;
  -- Only who opens so many lists and objects can have nested them so deep.
  IF length(written) - length(replace(replace(written, '[', ''), '{', '')) > 200 AND jsonb_path_exists(value,
    'strict $.**{200 to last} ? (@.type() == "object" || @.type() == "array")') THEN
    PERFORM refuse(format('%s: "%s" is nested more than 200 levels deep.', subject, option), 'Make it flatter.');
  END IF;
  IF written ~ '[0-9]{155}[0-9]{154}' AND jsonb_path_exists(value,
    'strict $.** ? (@.type() == "number" && (@ > 1.7976931348623157e308 || @ < -1.7976931348623157e308))') THEN
    PERFORM refuse(format('%s: "%s" holds a number beyond 1.8e308, which few can read.', subject, option),
      'Write it as a string.');
  END IF;
END $$;

-- A length of time in milliseconds. A day has 24 hours and a month 30 days, so that it is the same in every session.
CREATE OR REPLACE FUNCTION ms_of(subject text, option text, value interval, least_ms bigint) RETURNS bigint ${HELPER} AS $$
DECLARE
  ms numeric := round((extract(epoch FROM value) * 1000)::numeric);
BEGIN
  -- The infinite intervals of newer servers come out as infinity, too.
  IF ms NOT BETWEEN least_ms AND ${MAX_TIME} THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, shown(value::text)),
      CASE least_ms WHEN 0 THEN 'Give an interval such as ''5 min'', not a negative one.'
      ELSE 'Give an interval such as ''30 s'', of a millisecond at least.' END);
  END IF;
  RETURN ms;
END $$;

-- A time in epoch milliseconds, never earlier than what was said.
CREATE OR REPLACE FUNCTION ms_at(subject text, option text, value timestamptz) RETURNS bigint ${HELPER} AS $$
BEGIN
  IF value NOT BETWEEN '1970-01-01 00:00:00+00' AND '275760-09-13 00:00:00+00' THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, shown(value::text)),
      'Give a time from 1970 to the year 275760.');
  END IF;
  RETURN ((extract(epoch FROM value) * 1000000)::bigint + 999) / 1000;
END $$;
`;
