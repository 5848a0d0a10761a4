export {
  type Definition,
  MAX_SCHEDULE_NAME,
  type Missed,
  type Overlap,
  type ScheduledJobOptions,
  type ScheduleOptions,
} from "./definition.ts";
export { MOST_MISSED } from "./due-ticks.ts";
export { type Schedule } from "./schedule.ts";
export { scheduledFor } from "./scheduled-for.ts";
export { SHORTEST_INTERVAL, type Timetable, type When } from "./when.ts";
