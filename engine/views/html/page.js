// What a page does beyond showing everything: filters, the keyboard, the theme, the graph.
// Without scripts all of it can still be read, and rows open by themselves.
"use strict";
(() => {
  const find = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const rows = all(".row");
  const groups = all(".stack");
  const chips = all(".chip");
  const text = find("#text");
  const choices = all(".choice");
  const matches = find("#matches");
  const none = find("#none");

  for (const part of all(".scripted")) part.hidden = false;
  for (const chip of chips) chip.disabled = false;

  // filters

  // The words of each row are read once, when a text is first looked for.
  let words = null;
  const wordsOf = () => (words ??= new Map(rows.map((row) => [row, row.textContent.toLowerCase()])));

  // What is chosen: chips of one group are alternatives, everything else has to hold as well.
  const chosen = () => {
    const groups = new Map();
    for (const { name, value } of chips.filter((chip) => chip.ariaPressed === "true"))
      groups.set(name, (groups.get(name) ?? new Set()).add(value));
    for (const { name, value } of choices) if (value) groups.set(name, new Set([value]));
    const parts = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    return (row) =>
      [...groups].every(([name, values]) => values.has(row.dataset[name])) &&
      parts.every((part) => wordsOf().get(row).includes(part));
  };

  // Nothing is measured here, so that the page is laid out once, after all rows are decided.
  const filter = () => {
    const fits = chosen();
    const shown = new Map();
    let count = 0;
    for (const row of rows) {
      const fit = fits(row);
      if (row.hidden === fit) row.hidden = !fit;
      if (fit) {
        count += 1;
        shown.set(row.dataset.stack, true);
      }
    }
    for (const group of groups) group.hidden = !shown.has(group.dataset.stack);
    matches.textContent = `${count.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
    none.hidden = count > 0;
  };

  const clear = () => {
    for (const chip of chips) chip.ariaPressed = "false";
    for (const field of [text, ...choices]) field.value = "";
    filter();
  };

  if (text) {
    for (const field of [text, ...choices]) field.addEventListener("input", filter);
    filter();
  }

  // rows

  const show = (name) => {
    const row = document.getElementById(name)?.closest(".row");
    if (!row) return false;
    if (row.hidden) clear();
    row.open = true;
    row.scrollIntoView({ block: "start" });
    row.querySelector("summary").focus({ preventScroll: true });
    return true;
  };

  const step = (from, by) => {
    const shown = rows.filter((row) => !row.hidden);
    const next = shown[shown.indexOf(from) + by];
    next?.querySelector("summary").focus();
  };

  const act = {
    theme: (button) => {
      const dark = button.ariaPressed !== "true";
      button.ariaPressed = String(dark);
      document.documentElement.dataset.theme = dark ? "dark" : "light";
    },
    clear,
    open: (button) => {
      const open = button.ariaExpanded !== "true";
      button.ariaExpanded = String(open);
      button.textContent = open ? button.dataset.close : button.dataset.open;
      for (const row of rows) if (!row.hidden) row.open = open;
    },
  };

  document.addEventListener("click", (event) => {
    const chip = event.target.closest(".chip");
    const button = event.target.closest("button[data-act]");
    const link = event.target.closest('a[href^="#"]');
    if (chip) {
      chip.ariaPressed = String(chip.ariaPressed !== "true");
      filter();
    } else if (button) {
      act[button.dataset.act](button);
    } else if (link && show((link.getAttribute("href") ?? "").slice(1))) {
      event.preventDefault();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, select");
    if (event.key === "/" && text && !typing) {
      event.preventDefault();
      text.focus();
      text.select();
    } else if (event.key === "Escape" && text && event.target === text) {
      text.value = "";
      filter();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const row = event.target.matches(".row > summary") && event.target.parentElement;
      if (!row) return;
      event.preventDefault();
      step(row, event.key === "ArrowDown" ? 1 : -1);
    }
  });

  // the rest

  const theme = find('[data-act="theme"]');
  if (theme) theme.ariaPressed = String(matchMedia("(prefers-color-scheme: dark)").matches);

  // Where a style sheet cannot open what is closed, it is opened for the time of printing.
  if (!CSS.supports("selector(::details-content)")) {
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = all("details:not([open])");
      for (const part of closed) part.open = true;
    });
    addEventListener("afterprint", () => {
      for (const part of closed) part.open = false;
    });
  }
})();
