# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page does: sorting, filtering, opening rows, other colours.

Whatever comes from a cluster is put into the page as text, and never as HTML.
"""

from __future__ import annotations

SCRIPT = """
'use strict';
(() => {
  const clusters = JSON.parse(document.getElementById('data').textContent);
  const table = document.getElementById('table');
  const body = table.tBodies[0];
  const columns = table.tHead.rows[0].cells;
  const rest = document.getElementById('rest');
  const rows = [...body.rows, ...(rest ? rest.rows : [])].map((row, number) => ({
    row, cluster: clusters[number], details: null,
    text: row.textContent.toLowerCase() + ' ' + (clusters[number].kube_id || '').toLowerCase(),
  }));
  const order = new Intl.Collator('en', {numeric: true, sensitivity: 'base'});

  const make = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const list = (items) => make('ul', {}, ...items.map((item) => make('li', {}, item)));
  const words = new Map([[true, 'yes'], [false, 'no'], [null, 'not known']]);
  const said = (value) => words.get(value) || String(value);

  const settings = (value, path) => {
    if (value === null) return [];
    if (typeof value !== 'object') return [[path, String(value)]];
    if (Array.isArray(value)) return [[path, value.length ? value.join(', ') : 'none']];
    return Object.entries(value).flatMap(([name, member]) => settings(member, path ? path + '.' + name : name));
  };
  const pairs = (entries) => make('dl', {}, ...entries.flatMap(
    ([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));

  const difference = ({option, current, desired}) => {
    const item = make('li', {});
    if (current !== null) item.append(make('del', {}, '- ' + option + ': ' + current));
    if (desired !== null) item.append(make('ins', {}, '+ ' + option + ': ' + desired));
    return item;
  };
  const nodes = (found) => {
    const head = ['Node', 'Mode', 'Ready', 'Up to date', 'Sync (p99)', 'Left by another mode'];
    const line = (node) => make('tr', {}, make('th', {scope: 'row'}, node.name),
      ...[node.mode, node.ready, node.up_to_date].map((value) => make('td', {}, said(value))),
      make('td', {}, node.sync ? node.sync.p99 + ' s' : 'not known'),
      make('td', {}, node.error || (node.leftovers === null ? 'not known' : node.leftovers.join('; ') || 'nothing')));
    const titles = make('tr', {}, ...head.map((title) => make('th', {scope: 'col'}, title)));
    return make('table', {}, make('thead', {}, titles), make('tbody', {}, ...found.map(line)));
  };

  const content = (one) => {
    const inner = make('div', {});
    const part = (title, ...children) => inner.append(make('h3', {}, title), ...children);
    part(one.recommendations.length > 1 ? 'Recommendations' : 'Recommendation', list(one.recommendations.map(
      ({reason, todo}) => todo ? reason + ' \u2192 ' + todo : reason)));
    if (one.differences.length) {
      part('Current and desired', make('ul', {'class': 'diff'}, ...one.differences.map(difference)));
    }
    if (one.drift.length) part('Drift', list(one.drift));
    if (one.effective) part('Effective configuration', pairs(settings(one.effective, '')));
    if (one.nodes.length) part('Nodes', nodes(one.nodes));
    const known = [['Inventory host', one.host], ['ID', one.kube_id], ['Status', one.status], ['Plan', one.plan],
      ['Version', one.version], ['Newest patch version', one.up_to_date], ['Desired mode', one.desired_mode],
      ['Migration', one.migration], ['Services', one.services], ['Deprecation', one.deprecation]];
    part('Cluster', pairs(known.filter(([, value]) => value !== null).map(([name, value]) => [name, said(value)])));
    return make('td', {colspan: columns.length}, inner);
  };
  const toggle = (entry, button) => {
    const open = button.getAttribute('aria-expanded') === 'true';
    button.setAttribute('aria-expanded', String(!open));
    if (open) {
      entry.details.remove();
      return;
    }
    if (!entry.details) {
      entry.details = make('tr', {'class': 'details', id: 'details-' + rows.indexOf(entry)}, content(entry.cluster));
    }
    entry.row.after(entry.details);
    button.setAttribute('aria-controls', entry.details.id);
  };
  for (const entry of rows) {
    const button = entry.row.querySelector('button');
    button.addEventListener('click', () => toggle(entry, button));
  }

  const key = {
    number: (cell) => cell.dataset.sort === undefined ? null : Number(cell.dataset.sort),
    text: (cell) => cell.dataset.sort === undefined ? cell.textContent : cell.dataset.sort || null,
  };
  const compare = (one, other, turn) => {
    if (one === null || other === null) return (one === null) - (other === null);
    return turn * (typeof one === 'number' ? one - other : order.compare(one, other));
  };
  const sort = (head) => {
    const turn = head.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
    for (const each of columns) each.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', turn === 1 ? 'ascending' : 'descending');
    const value = key[head.classList.contains('number') ? 'number' : 'text'];
    const keyed = rows.map((entry) => [value(entry.row.cells[head.cellIndex]), entry]);
    keyed.sort(([one], [other]) => compare(one, other, turn));
    const sorted = document.createDocumentFragment();
    for (const [, entry] of keyed) {
      sorted.append(entry.row);
      if (entry.details && entry.row.querySelector('button').getAttribute('aria-expanded') === 'true') {
        sorted.append(entry.details);
      }
    }
    body.append(sorted);
  };
  for (const head of columns) head.querySelector('button').addEventListener('click', () => sort(head));

  const shown = document.getElementById('shown');
  const search = document.getElementById('words');
  const choices = [...document.querySelectorAll('.filters select')];
  const filter = () => {
    const wanted = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let count = 0;
    for (const entry of rows) {
      const fits = wanted.every((word) => entry.text.includes(word)) && choices.every(
        (choice) => !choice.value || (entry.cluster[choice.name] || 'unknown') === choice.value);
      count += fits;
      entry.row.hidden = !fits;
      if (entry.details) entry.details.hidden = !fits;
    }
    shown.textContent = count + ' of ' + rows.length + (rows.length === 1 ? ' cluster shown' : ' clusters shown');
  };
  search.addEventListener('input', filter);
  for (const choice of choices) choice.addEventListener('change', filter);
  document.getElementById('everything').addEventListener('click', () => {
    search.value = '';
    for (const choice of choices) choice.value = '';
    filter();
  });
  filter();
  if (rest) {
    addEventListener('load', () => setTimeout(() => {
      body.append(...rest.rows);
      rest.remove();
    }));
  }

  const theme = document.getElementById('theme');
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches;
  const label = () => { theme.textContent = isDark() ? 'Light colours' : 'Dark colours'; };
  theme.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    label();
  });
  dark.addEventListener('change', label);
  label();
  for (const each of document.querySelectorAll('[data-script]')) each.hidden = false;
})();
"""
