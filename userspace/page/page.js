// SPDX-License-Identifier: Apache-2.0
// Keeps the page as new as lbd is: asks for it every second, and changes what differs, in place.
"use strict";

const PAUSE = 1000;     // ms between an answer and the next question
const PATIENCE = 5000;  // ms for an answer
const SLICE = 8;        // ms of work before the browser may do something else

let answered = Date.now();  // when lbd did so the last time
let version = document.body.dataset.version;
let timer = 0;
let asking = false;

const ROW_LIST = "TBODY";

// Makes `old` what `wanted` is.  Nodes with an id are the same node as long as there is one of
// that id, so that focus, selection, scroll position and what is unfolded stay.  Yields between
// rows.
function* become(old, wanted) {
    if (old.isEqualNode(wanted)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) {
        old.nodeValue = wanted.nodeValue;
        return;
    }
    takeAttributes(old, wanted);
    if (old.dataset.group && !wanted.firstElementChild) return;  // folded: it was left out
    const known = new Map();
    for (const child of old.children) if (child.id) known.set(child.id, child);
    let place = old.firstChild;
    for (const next of [...wanted.childNodes]) {
        const same = counterpart(known, place, next);
        if (!same) {
            old.insertBefore(document.importNode(next, true), place);
        } else {
            if (same === place) place = place.nextSibling;
            else old.insertBefore(same, place);
            yield* become(same, next);
        }
        if (old.nodeName === ROW_LIST) yield;
    }
    while (place) {
        const gone = place;
        place = place.nextSibling;
        gone.remove();
    }
}

function counterpart(known, place, next) {
    if (next.id) return known.get(next.id);
    return place && !place.id && place.nodeName === next.nodeName ? place : null;
}

function takeAttributes(old, wanted) {
    for (const {name} of [...old.attributes])
        if (!wanted.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    for (const {name, value} of wanted.attributes)
        if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

async function inSlices(work) {
    for (let end = performance.now() + SLICE; !work.next().done;) {
        if (performance.now() < end) continue;
        await new Promise(go => setTimeout(go));
        end = performance.now() + SLICE;
    }
}

// What a problem is about, however long it lasts.
const problems = root => [...root.querySelectorAll("#problems ~ ol li")]
    .map(item => item.textContent.replace(/ for \d+ s/, ""));

// Told to those who hear the page: what came and what went, not what goes on.
function tell(before, after) {
    const came = after.filter(each => !before.includes(each));
    const went = before.length > 0 && after.length === 0;
    const words = [...came.slice(0, 3).map(each => `Problem: ${each}`),
        ...came.length > 3 ? [`and ${came.length - 3} more problems`] : [],
        ...went ? ["No problems."] : []];
    if (words.length > 0) document.getElementById("news").textContent = words.join(". ");
}

const unfolded = () => [...document.querySelectorAll("details[open] tbody")]
    .map(each => each.dataset.group).join(",");

async function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    if (page.body.dataset.version !== version) return location.reload();  // so may this file be
    const before = problems(document);
    for (const part of ["main", "header > p"])
        await inSlices(become(document.querySelector(part), page.querySelector(part)));
    if (document.title !== page.title) document.title = page.title;
    tell(before, problems(document));
}

function showContact(isThere) {
    const contact = document.getElementById("contact");
    const since = new Date(answered).toISOString().slice(11, 19);
    const words = isThere ? "" : `lbd does not answer since ${since} UTC: what is below is from then`;
    if (contact.textContent !== words) contact.textContent = words;
    document.documentElement.classList.toggle("old", !isThere);
}

async function ask() {
    if (asking || document.hidden) return;
    asking = true;
    clearTimeout(timer);
    try {
        const answer = await fetch(`?unfolded=${unfolded()}`,
            {cache: "no-store", signal: AbortSignal.timeout(PATIENCE)});
        if (!answer.ok) throw new Error(answer.status);
        const html = await answer.text();
        answered = Date.now();
        showContact(true);
        await show(html);
    } catch {
        showContact(false);
    }
    asking = false;
    timer = setTimeout(ask, PAUSE);
}

document.addEventListener("visibilitychange", ask);
document.addEventListener("toggle", event => event.target.open && ask(), true);
timer = setTimeout(ask, PAUSE);
