/**
 * What the functions for other languages are declared with. They run as the owner and see only their schema, as in
 * `CLAUSE`. Their plans need no pinning: they find jobs by id only, and leave the rest to the functions of the adapter.
 */
export const SURFACE_CLAUSE = `
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT`;

/** The same for what reads times, dates and durations from text, which then mean the same in every session. */
export const READING_CLAUSE = `${SURFACE_CLAUSE}
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres'`;

/** What helps them and is called by them only: it runs as they do. Setting as much again would cost more than most of it does. */
export const HELPER = "LANGUAGE plpgsql";
