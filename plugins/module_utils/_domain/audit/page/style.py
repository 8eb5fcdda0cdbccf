# SPDX-License-Identifier: GPL-3.0-or-later

"""How the page looks: both sets of colours, narrow windows, paper.

Every pair of colours has the contrast of WCAG 2 AA, and nothing is told by colour alone.
"""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark;
  --page: light-dark(#ffffff, #0d1117); --raised: light-dark(#f6f8fa, #151b23); --text: light-dark(#1f2328, #f0f6fc);
  --quiet: light-dark(#59636e, #9198a1); --line: light-dark(#d1d9e0, #3d444d); --edge: light-dark(#818b98, #656c76);
  --accent: light-dark(#0969da, #4493f8);
  --ok: light-dark(#1a7f37, #3fb950); --warn: light-dark(#bc4c00, #f0883e); --bad: light-dark(#cf222e, #ff7b72);
  --none: light-dark(#59636e, #9198a1);
  --ins: light-dark(#dafbe1, #12261e); --ins-text: light-dark(#0f5323, #7ee787);
  --del: light-dark(#ffebe9, #301214); --del-text: light-dark(#82071e, #ffa198); }
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; } [hidden] { display: none !important; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
header, main { max-width: 100rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1.25rem; padding-top: 1rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.5rem 0 0.5rem; }
h3 { font-size: 0.95rem; margin: 1rem 0 0.25rem; }
p { margin: 0.25rem 0; } .quiet { color: var(--quiet); }
#theme { margin-left: auto; }
.skip { position: absolute; left: -100rem; } .skip:focus { left: 0.5rem; top: 0.5rem; padding: 0.5rem;
  background: var(--page); color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button, input, select { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--edge);
  border-radius: 6px; padding: 0.3rem 0.6rem; min-height: 2rem; }
button { cursor: pointer; background: var(--raised); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 0.75rem; }
figure { margin: 0; padding: 0.6rem 0.8rem; border: 1px solid var(--line); border-radius: 8px; }
figcaption { font-weight: 600; font-size: 0.9rem; }
svg { display: block; width: 100%; height: auto; max-width: 34rem; font: 13px system-ui, sans-serif; }
svg text { fill: var(--text); } .bar { fill: var(--accent); }
.bar.in_order { fill: var(--ok); } .bar.drifted { fill: var(--warn); } .bar.unreadable { fill: var(--bad); }
.bar.unchecked, .bar.no_kube_proxy { fill: var(--none); }
.filters { display: flex; flex-wrap: wrap; gap: 0.6rem 1rem; align-items: end; }
.filters label { display: block; margin-bottom: 0.15rem; font-size: 0.85rem; color: var(--quiet); }
.filters input, .filters select { min-width: 9rem; }
#shown { margin: 0.5rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem; border-bottom: 1px solid var(--line); }
thead th { background: var(--raised); white-space: nowrap; padding: 0; }
thead th button { border: 0; background: none; font-weight: 600; width: 100%; text-align: left; border-radius: 0;
  padding: 0.35rem 0.6rem; min-height: 2.25rem; }
thead button::after { content: " \\2195" / ""; color: var(--quiet); }
th[aria-sort=ascending] button::after { content: " \\2191" / ""; color: var(--text); }
th[aria-sort=descending] button::after { content: " \\2193" / ""; color: var(--text); }
#table > tbody > tr > th { font-weight: 600; min-width: 13rem; overflow-wrap: anywhere; }
.open { border: 0; background: none; padding: 0.1rem 0.2rem; min-height: 1.6rem; text-align: left; color: var(--accent);
  font-weight: 600; }
.open::before { content: "\\25B8" / ""; display: inline-block; width: 1.1em; color: var(--quiet); }
.open[aria-expanded=true]::before { content: "\\25BE" / ""; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead .number button { text-align: right; }
.advice { min-width: 16rem; width: 36%; overflow-wrap: anywhere; }
.advice::first-letter { text-transform: uppercase; } .nowrap { white-space: nowrap; }
.state { font-weight: 600; white-space: nowrap; }
.state.in_order { color: var(--ok); } .state.drifted { color: var(--warn); } .state.unreadable { color: var(--bad); }
.state.unchecked, .state.no_kube_proxy { color: var(--none); }
.details > td { background: var(--raised); padding: 0.5rem 1.25rem 1rem 2rem; }
.details > td > div { position: sticky; left: 1rem; max-width: calc(100vw - 5rem); overflow-x: auto; }
.details table { width: auto; font-size: 0.9rem; } .details th { white-space: nowrap; }
.details th, .details table td { padding: 0.25rem 1rem 0.25rem 0; }
.details thead th { background: none; }
.details ul { margin: 0.25rem 0; padding-left: 1.2rem; } .details li, .details p { overflow-wrap: anywhere; }
.diff { font: 0.9rem/1.5 ui-monospace, monospace; border: 1px solid var(--line); border-radius: 6px; overflow: hidden;
  max-width: 60rem; list-style: none; padding: 0 !important; }
.diff li > * { display: block; text-decoration: none; padding: 0 0.6rem; }
.diff ins { background: var(--ins); color: var(--ins-text); }
.diff del { background: var(--del); color: var(--del-text); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; margin: 0.25rem 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
footer { max-width: 100rem; margin: 1.5rem auto; padding: 0 1.25rem; font-size: 0.85rem; }
@media (min-width: 80rem) { .wide { overflow-x: visible; } .wide > table > thead th { position: sticky; top: 0; } }
@media (max-width: 48rem) { body { font-size: 14px; } .details > td { padding-left: 0.75rem; }
  #table > tbody > tr > th { min-width: 10.5rem; }
  .filters > div { flex: 1 1 40%; } .filters input, .filters select { width: 100%; min-width: 0; } }
.unscripted { display: none; }
@media (scripting: none) { #rest[hidden] { display: table-row-group !important; } .unscripted { display: block; } }
@media print { :root, :root[data-theme] { color-scheme: light; }
  .filters, #theme, .skip { display: none; } .wide { overflow: visible; }
  thead button::after, .open::before { content: none; } tr, figure { break-inside: avoid; } }
"""
