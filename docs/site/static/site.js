/* SPDX-License-Identifier: GPL-3.0-or-later */

"use strict";

document.addEventListener("DOMContentLoaded", () => {
  // What scrolls sideways can be scrolled by keyboard as well.
  for (const wide of document.querySelectorAll(".highlight pre, .table-wrapper, .ansible-option-table")) {
    wide.tabIndex = 0;
  }
  // The theme calls the captions of its list of pages headings, without a level.
  for (const caption of document.querySelectorAll("p.caption[role=heading]")) {
    caption.setAttribute("aria-level", "2");
  }
});
