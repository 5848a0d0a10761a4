/** The look of the page: one column on a phone, light or dark as the reader's system is. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f6f4; --card: #ffffff; --ink: #1b1d23; --muted: #636874; --line: #e3e4e8; --track: #eff0f3;
  --ours: #4a55d8; --other: #c76a12; --floor: #8d94a1; --bad: #bd2130; --good: #157a55; --caution: #fff4d6;
  --line-1: #4a55d8; --line-2: #c76a12; --line-3: #12876a; --line-4: #b8327e; --line-5: #3b8fc4; --line-6: #8a6d0b;
  --line-7: #7a4fc2; --line-8: #5d7a2a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101218; --card: #181b23; --ink: #e8e9ee; --muted: #9ba1b0; --line: #2b2f3a; --track: #232732;
    --ours: #8d95ff; --other: #eb9a4a; --floor: #6f7686; --bad: #ff7b85; --good: #4fcf9f; --caution: #3a3115;
    --line-1: #8d95ff; --line-2: #eb9a4a; --line-3: #4fcf9f; --line-4: #f07fc0; --line-5: #6fc0f0; --line-6: #d9bd4a;
    --line-7: #b896f5; --line-8: #a3c46a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 1240px; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { margin: 0; font-size: clamp(1.7rem, 5vw, 2.5rem); line-height: 1.15; letter-spacing: -0.02em; }
h2 { margin: 0; font-size: 1.35rem; letter-spacing: -0.01em; }
h2::first-letter { text-transform: uppercase; }
a { color: var(--ours); text-decoration: none; }
a:hover { text-decoration: underline; }
.lead { margin: 0.6rem 0 1.4rem; max-width: 46rem; color: var(--muted); }
.about { margin: 0.2rem 0 0.8rem; max-width: 60rem; color: var(--muted); }
section { margin-top: 3.2rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr)); gap: 1px; margin: 0 0 1rem; padding: 0;
  overflow: hidden; border: 1px solid var(--line); border-radius: 10px; background: var(--line); }
.facts div { padding: 0.6rem 0.9rem; background: var(--card); }
dt { color: var(--muted); font-size: 0.78rem; }
dd { margin: 0; font-size: 0.92rem; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 0.3rem 1.1rem; margin: 0 0 0.9rem; }
nav a::first-letter { text-transform: uppercase; }
.caution { margin: 0 0 1rem; padding: 0.7rem 1rem; border-radius: 8px; background: var(--caution); }
ul.bad, .left-out, .machine { padding-left: 1.1rem; font-size: 0.9rem; }
.left-out, .machine { color: var(--muted); }
.bad { color: var(--bad); overflow-wrap: anywhere; }
.good { color: var(--good); }
.key { margin: 0 0 0.7rem; color: var(--muted); font-size: 0.86rem; }
.grid + .key { margin-top: 1.8rem; }
.key b { margin-right: 0.9em; color: var(--ink); font-weight: 600; }
.key i { display: inline-block; width: 0.75em; height: 0.75em; margin-right: 0.4em; border-radius: 2px; background: var(--swatch); }
.key span { display: inline-block; margin-right: 0.9em; }
.key svg { margin-right: 0.4em; vertical-align: middle; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); gap: 1rem; align-items: start; }
figure { margin: 0; padding: 0.9rem 1rem 0.8rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
figcaption { margin-bottom: 0.35rem; font-weight: 600; }
figure svg { display: block; width: 100%; height: auto; overflow: visible; }
details { margin-top: 1rem; }
summary { width: fit-content; color: var(--muted); font-size: 0.92rem; cursor: pointer; }
details ul { max-width: 60rem; padding-left: 1.1rem; font-size: 0.94rem; }
.scroll { margin-top: 0.7rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
table { width: 100%; border-collapse: collapse; font-size: 0.88rem; }
th, td { padding: 0.45rem 0.9rem; text-align: left; vertical-align: top; }
tbody th { font-weight: 500; }
th small, td small { display: block; color: var(--muted); font-size: 0.78rem; font-weight: 400; }
thead th { border-bottom: 1px solid var(--line); font-weight: 600; }
thead small { display: inline; }
tbody tr + tr { border-top: 1px solid var(--line); }
.group th { padding-top: 0.9rem; color: var(--muted); font-size: 0.8rem; font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
.wide td:last-child { min-width: 18rem; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: 0.88rem; }
@media (max-width: 480px) {
  body { padding: 1.4rem 1rem 3rem; }
  section { margin-top: 2.4rem; }
  th, td { padding: 0.4rem 0.6rem; }
  tbody th { position: sticky; left: 0; min-width: 8.5rem; background: var(--card); }
}
@media print { details > *, .grid { break-inside: avoid; } }
`;
