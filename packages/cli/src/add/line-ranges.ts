/** Numbers of lines, in rising order, as ranges: most lines that share a fate are neighbours. */
export class LineRanges {
  readonly ranges: [first: number, last: number][] = [];

  add(line: number): void {
    const last = this.ranges.at(-1);
    if (last && last[1] === line - 1) last[1] = line;
    else this.ranges.push([line, line]);
  }

  /** `Line 7 was`, `Lines 4–1000, 1002 were`: the subject of a sentence, cut where there are many. */
  subject(most = 10): string {
    const shown = this.ranges.slice(0, most).map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
    const [only, more] = this.ranges;
    if (only && !more && only[0] === only[1]) return `Line ${only[0]} was`;
    return `Lines ${shown.join(", ")}${this.ranges.length > most ? ", …" : ""} were`;
  }
}
