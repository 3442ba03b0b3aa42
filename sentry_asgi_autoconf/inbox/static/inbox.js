// Keep the overview current: wait for the next item, then replace the page's content by the server's.
"use strict";

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const newest = () => Number(document.getElementById("overview").dataset.newest);

function show(connected) {
  const mark = document.getElementById("live");
  mark.textContent = connected ? "live" : "inbox not reachable";
  mark.classList.toggle("lost", !connected);
}

async function replaceContent() {
  const answer = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const selector of ["main", ".projects"]) {
    document.querySelector(selector).replaceWith(document.adoptNode(fresh.querySelector(selector)));
  }
}

const reading = () => document.querySelector("main details[open]") !== null || String(getSelection()) !== "";

async function follow() {
  while (true) {
    try {
      const answer = await fetch(`/api/inbox/items?after=${newest()}&wait=25&limit=1`);
      const { newest: latest } = await answer.json();
      show(true);
      // A restarted inbox counts from the start again, hence "other than", not "above".
      if (latest !== newest()) {
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

if (document.getElementById("overview")) follow();
