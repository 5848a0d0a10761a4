/**
 * A plan is made by what the planner believes of the table then, and kept until statistics are collected. By a vacuum that
 * met the queue all but empty it believes in a job or two, and that an index is read from end to end as soon as in one
 * place; when the backlog has come, each call would read all of it. So conditions leave no such plan:
 *
 * - jobs of many ids are found by `hasId`, those of known places with `OF_LANE`;
 * - whether and how many there are of a place in the queue is asked with the order of that place's index, since nothing may
 *   be sorted (`CLAUSE`): the primary key of partitions holds the lane, too, and would do for finding it;
 * - what an `EXISTS` or `LATERAL` looks up by id ends with `OFFSET 0`, by which it stays a look-up for each row.
 */

/**
 * Holds for the unfinished job `alias` that has this id, an expression of what it is joined with. Not by a plain `=`,
 * for which the planner also thinks of merging, and so of reading the index of ids whole.
 */
export const hasId = (alias: string, id: string): string =>
  `${alias}.id = ANY (ARRAY[${id}]) AND ${alias}.lane = split_part(${id}, ':', 1)`;

/**
 * Holds for a job `j` of the lane `here` that is looked up by where it is. It leads to the lane's partition and, since no
 * index serves an `OR`, to nothing else; its second part never holds.
 */
export const OF_LANE = "(j.lane = here OR (j.lane = here || '' AND j.place < 0))";
