// Keep lists current, clear, lead by keyboard, draw flame graphs. Each page works without it.
"use strict";

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const list = () => document.getElementById("list");
const seen = () => Number(list().dataset.changes);

function show(connected) {
  const mark = document.getElementById("live");
  const text = connected ? "live" : "inbox not reachable";
  if (mark.textContent !== text) mark.textContent = text;
  mark.classList.toggle("lost", !connected);
}

async function replaceContent() {
  const answer = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = list().contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  for (const id of ["list", "tabs"]) {
    document.getElementById(id).replaceWith(document.adoptNode(fresh.getElementById(id)));
  }
  if (focused) rows().find((row) => row.getAttribute("href") === focused)?.focus();
  showTab();
}

// Where they do not fit all, the current one is to be seen.
const showTab = () => document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

const reading = () => document.querySelector("#list details[open]") !== null || String(getSelection()) !== "";

async function follow() {
  while (true) {
    try {
      const answer = await fetch(`/api/inbox/items?changes=${seen()}&wait=25&limit=0`);
      const { changes } = await answer.json();
      show(true);
      // What was cleared elsewhere changes a list, too, and a restarted inbox counts from the start again.
      if (changes !== seen()) {
        while (reading()) await pause(500);
        await pause(200);
        await replaceContent();
      }
    } catch {
      show(false);
      await pause(2000);
    }
  }
}

async function clear(button) {
  const { project } = button.dataset;
  if (!confirm(`Forget all that arrived${project ? ` of project ${project}` : ""}?`)) return;
  await fetch(`/api/inbox/items${project ? `?project=${encodeURIComponent(project)}` : ""}`, { method: "DELETE" });
  location.assign(location.pathname);
}

function filters(form) {
  form.addEventListener("change", (event) => event.target.matches("select") && form.requestSubmit());
  // What is not asked for is left out of the address.
  const blank = () => [...form.elements].filter((element) => element.name && !element.value);
  form.addEventListener("submit", () => blank().forEach((element) => (element.disabled = true)));
  addEventListener("pageshow", () => blank().forEach((element) => (element.disabled = false)));
}

const rows = () => [...document.querySelectorAll("a.row, summary.row, summary.span-row, .frame > summary")];

function move(by) {
  const all = rows().filter((row) => row.offsetParent !== null);
  const at = all.indexOf(document.activeElement);
  all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)]?.focus();
}

const open = (...selectors) => selectors.map((one) => document.querySelector(one)).find(Boolean)?.click();
const KEYS = {
  "/": () => document.querySelector("input[type=search]")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  n: () => open("a[rel=prev]"),
  p: () => open("a[rel=next]"),
  u: () => open(".crumbs a", "a.brand"),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, textarea");
  if (typing && event.key === "Escape") event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (Object.hasOwn(KEYS, event.key)) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

async function flames(place) {
  const root = await (await fetch(place.dataset.profile)).json();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const share = (node) => `${(100 * (node.x1 - node.x0)).toFixed(1)} %`;
  const chart = renderer
    .flamegraph()
    .width(place.clientWidth)
    .cellHeight(20)
    .minFrameSize(1)
    .inverted(true)
    .transitionDuration(still ? 0 : 200)
    .setColorMapper((node) => `var(--flame-${node.highlight ? "found" : node.data.own ? "own" : "other"})`)
    .setLabelHandler((node) => [node.data.name, node.data.place, share(node)].filter(Boolean).join(" · "))
    .setSearchMatch((node, term) => Boolean(term) && node.data.name.toLowerCase().includes(term.toLowerCase()))
    .setSearchHandler(() => {})
    .setDetailsElement(document.getElementById("flame-details"));
  renderer.select(place).datum(root).call(chart);
  document.getElementById("flame-reset").addEventListener("click", () => chart.resetZoom());
  document.getElementById("flame-search").addEventListener("input", (event) => {
    if (event.target.value) chart.search(event.target.value);
    else chart.clear();
  });
}

// Shown only where they do something.
document.querySelectorAll("button[hidden]").forEach((button) => (button.hidden = false));
showTab();
if (list() && !("still" in list().dataset)) follow();
document.getElementById("clear")?.addEventListener("click", (event) => clear(event.currentTarget));
document.querySelector(".keys").addEventListener("click", KEYS["?"]);
if (document.getElementById("filters")) filters(document.getElementById("filters"));
if (document.getElementById("flame")) flames(document.getElementById("flame"));
