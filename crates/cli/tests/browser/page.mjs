// Drives the page of `heldby graph --html` as a user does. Run by `ci/browser.sh`.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { HOSTILE, large, small, timed } from "./graphs.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];

/** Writes a graph and its page; returns the page's address. */
function written(name, graph) {
  const [file, page] = [join(HERE, `${name}.json`), join(HERE, `${name}.html`)];
  writeFileSync(file, JSON.stringify(graph));
  execFileSync(process.env.HELDBY, ["graph", file, "-o", page]);
  return pathToFileURL(page).href;
}

/** Two frames later everything that was asked for is drawn. */
function drawn(page) {
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return page.evaluate(frames);
}

/** What cytoscape draws in the page. */
function inPicture(page, what) {
  return page.evaluate(`(({ cy }) => ${what})(document.getElementById("picture")._cyreg)`);
}

/** Where the middle of an element of the picture is on the screen. */
async function spot(page, id) {
  const place = await inPicture(
    page,
    `(({ x, y }) => ({ x, y }))(cy.$id("${id}").isNode()
      ? cy.$id("${id}").renderedPosition() : cy.$id("${id}").renderedMidpoint())`,
  );
  const box = await page.locator("#picture").boundingBox();
  return [box.x + place.x, box.y + place.y];
}

/** What stands beside the picture, with plain blanks. */
async function details(page) {
  return (await page.locator("#details").innerText()).replaceAll("\u00a0", " ");
}

const rows = (page) => page.locator("#rows tr").count();

async function screenshot(page, name) {
  await page.screenshot({ path: join(HERE, `${name}.png`) });
}

/** Types into the filter something that lets another number through, and waits for it. */
async function filter(page, text) {
  const before = await page.locator("#status").innerText();
  await page.fill("#filter", text);
  await page.waitForFunction((told) => document.getElementById("status").textContent !== told, before);
}

const tests = {
  async "all classes and dependencies are drawn"(page) {
    assert.equal(await inPicture(page, "cy.nodes().length"), 9);
    assert.equal(await inPicture(page, "cy.edges().length"), 15);
    assert.equal(await rows(page), 15);
    assert.equal(await page.locator("#status").innerText(), "9 classes, 5 cycles, 15 dependencies");
    assert.equal(await page.locator("#near").isVisible(), false);
    assert.equal(await page.locator("#times").isVisible(), false);
  },

  async "the cycles are listed, the reported ones first"(page) {
    const names = await page.locator("#cycles button").allInnerTexts();
    const words = names.map((text) => text.replaceAll(/\s+/g, " "));
    assert.deepEqual(words.slice(0, 4), [
      "reported vm_lock → vm_lock",
      "reported routes → session → routes",
      "pending mmap_lock → vm_lock → mmap_lock",
      "gated vm_lock → page_table → vm_lock",
    ]);
    assert.match(words[4], /^allowed Mutex@.* → journal → Mutex@/);
  },

  async "a click on a cycle shows its places and zooms to it"(page) {
    const zoom = await inPicture(page, "cy.zoom()");
    await page.click("#cycles li:nth-child(2) button");
    const text = await details(page);
    for (const place of ["src/reply.rs:3:9", "src/reply.rs:3:30", "src/reload.rs:6:9", "src/reload.rs:6:30"]) {
      assert.ok(text.includes(place), `${place} in ${text}`);
    }
    assert.match(text, /by thread\s+replier/);
    assert.deepEqual(await inPicture(page, 'cy.edges(".on").map((edge) => edge.id())'), ["d0", "d8"]);
    assert.ok((await inPicture(page, "cy.zoom()")) > zoom);
    await screenshot(page, "cycle");
  },

  async "a click on a line shows the dependency, one on a class the class"(page) {
    await page.mouse.click(...(await spot(page, "d2")));
    assert.match(await details(page), /accepted: .*src\/reply\.rs:14:9.*src\/reply\.rs:14:30.*replier/s);
    await page.mouse.click(...(await spot(page, "c1")));
    const text = await details(page);
    assert.match(text, /^session\s+Made at\s+src\/locks\.rs:11:9\s+Type\s+mutex/);
    assert.match(text, /Asked for while it was held \(3\).*Held when it was asked for \(1\)/s);
    const dimmed = 'cy.nodes(".off").map((node) => node.id()).sort()';
    assert.deepEqual(await inPicture(page, dimmed), ["c4", "c5", "c6", "c7", "c8"]);
    await screenshot(page, "class");
    await page.click('#details button:text("routes")');
    assert.match(await details(page), /^session → routes\n/);
  },

  async "a stack is opened, and the span stands below"(page) {
    await page.click(`#rows tr:has-text("alert(1)")`);
    assert.match(await details(page), /in the span\s+request <b>/);
    const stacks = page.locator("#details details");
    assert.equal(await stacks.count(), 1, "one of the two was captured");
    assert.equal(await stacks.locator("ol").isVisible(), false);
    await stacks.locator("summary").press("Enter");
    const frames = await stacks.locator("li").allInnerTexts();
    assert.deepEqual(frames, ["Router::send_reply<T>\nsrc/reply.rs:9:9", "net::worker"]);
    await filter(page, "request <b>");
    assert.equal(await page.locator("#rows tr").count(), 1);
  },

  async "names that look like HTML are text"(page) {
    await page.click(`#rows tr:has-text("alert(1)")`);
    assert.ok((await details(page)).startsWith(`session → ${HOSTILE}`));
    await page.click(`#rows tr:has-text("]]>&")`);
    assert.ok((await details(page)).startsWith('session → "]]>&'));
    assert.equal(await page.locator("#details script, #rows script, #cycles script").count(), 0);
    assert.equal(await inPicture(page, 'cy.$id("c3").data("label")'), '"]]>&');
  },

  async "the filter keeps picture, cycles and table to what it names"(page) {
    const kept = () => inPicture(page, 'cy.edges(":visible").map((edge) => edge.id())');
    await filter(page, "churn-1");
    assert.equal(await rows(page), 1);
    assert.deepEqual(await kept(), ["d9"]);
    assert.deepEqual(await page.locator("#cycles li:visible").count(), 1);
    await filter(page, "REPLY.rs session");
    assert.deepEqual(await kept(), ["d0", "d1", "d2"]);
    await filter(page, "no such lock");
    assert.equal(await rows(page), 0);
    await filter(page, "");
    assert.equal((await kept()).length, 15);
    assert.equal(await rows(page), 15);
  },

  async "the table sorts by each column, both ways"(page) {
    const first = () => page.locator("#rows tr:first-child").innerText();
    await page.click('#columns button:text("Thread")');
    assert.match(await first(), /churn-1/);
    await page.click('#columns button:text("Thread")');
    assert.match(await first(), /walker/);
    assert.equal(await page.locator("th[aria-sort=descending]").innerText(), "Thread ▼");
    await page.click('#columns button:text("Age")');
    assert.match(await first(), /^1\s+reported\s+routes\s+session/);
  },

  async "everything can be done with the keyboard"(page) {
    const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "filter");
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "fit");
    await page.keyboard.press("Tab");
    assert.match(await focused(), /^reported/);
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid");
    await page.keyboard.press("Enter");
    assert.match(await details(page), /^vm_lock → vm_lock/);
    await page.focus("#picture");
    const pan = await inPicture(page, "cy.pan().x");
    await page.keyboard.press("ArrowLeft");
    assert.notEqual(await inPicture(page, "cy.pan().x"), pan);
    await page.focus("#rows tr:first-child");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.match(await details(page), /^session → routes/);
    assert.equal(await page.locator("#rows tr[aria-current=true]").count(), 1);
  },

  async "the page itself forbids every request"(page) {
    const blocked = await page.evaluate(() => {
      const told = new Promise((done) => document.addEventListener("securitypolicyviolation", done, { once: true }));
      new Image().src = "https://example.invalid/image.png";
      return told.then((event) => event.effectiveDirective);
    });
    assert.equal(blocked, "img-src");
    // The browser tells of the request, and that it was not made.
    return [/^error: .*Content Security Policy/, /^asks for https:..example.invalid/];
  },
};

const timedTests = {
  async "classes are as large as they were held and as coloured as they were waited for"(page) {
    const width = (id) => inPicture(page, `cy.$id("${id}").width()`);
    assert.ok((await width("c1")) > (await width("c0")));
    assert.equal(await width("c2"), 164);
    const colour = (id) => inPicture(page, `cy.$id("${id}").style("background-color")`);
    assert.notEqual(await colour("c0"), await colour("c1"));
    assert.equal(await colour("c2"), "rgb(255,255,255)");
    assert.ok(await page.locator("#times").isVisible());
    await screenshot(page, "times");
  },

  async "what was counted of a class stands beside the picture and in the table"(page) {
    await page.mouse.click(...(await spot(page, "c0")));
    assert.match(await details(page), /Acquired\s+8 times, 4 of them contended\s+Waited for\s+4 ms in all, 2 ms at most\s+Held\s+1 µs in all, 700 ns at most/);
    await page.click('#columns button:text("Held, in all")');
    await page.click('#columns button:text("Held, in all")');
    const first = await page.locator("#rows tr:first-child").innerText();
    assert.match(first, /accepted\s+session\s.*2\.5 s\s*$/s);
    await page.click('#columns button:text("waited in all")');
    await page.click('#columns button:text("waited in all")');
    assert.match(await page.locator("#rows tr:first-child").innerText(), /session\s+routes.*2\.5 s\s+4 ms$/s);
  },
};

/**
 * Runs one test on a page of its own. Nothing may complain but what the test returns, and the page
 * may ask for nothing.
 */
async function run(browser, address, test, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
  const complaints = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => request.url() !== address && complaints.push(`asks for ${request.url()}`));
  await page.goto(address);
  await page.waitForFunction(() => document.getElementById("status").textContent !== "");
  await drawn(page);
  const expected = (await test(page)) ?? [];
  assert.equal(complaints.length, expected.length, complaints.join("\n"));
  expected.forEach((pattern) => assert.ok(complaints.some((told) => pattern.test(told)), complaints.join("\n")));
  await page.close();
}

/** Opens a graph of 5,000 classes and says how long it takes; no test fails because of a time. */
async function openLarge(browser) {
  const address = written("large", large());
  const begin = performance.now();
  const since = (from) => `${Math.round(performance.now() - from)} ms`;
  await run(browser, address, async (page) => {
    console.log(`5,000 classes, 20,000 dependencies: open after ${since(begin)}`);
    assert.match(await page.locator("#status").innerText(), /^5,000 classes \(100 in the picture\), 40 cycles, 20,000/);
    assert.equal(await inPicture(page, "cy.nodes().length"), 100);
    assert.equal(await rows(page), 200);
    await screenshot(page, "large");
    const clicked = performance.now();
    await page.click("#all");
    await drawn(page);
    console.log(`everything drawn after ${since(clicked)}`);
    assert.equal(await inPicture(page, "cy.nodes().length"), 5_000);
    assert.equal(await inPicture(page, "cy.edges().length"), 20_000);
    await page.click("#cycles button >> nth=3");
    await drawn(page);
    assert.equal(await inPicture(page, 'cy.edges(".on").length'), 2);
    await page.click("#more");
    assert.equal(await rows(page), 400);
    await page.click("#rows tr >> nth=399");
    await drawn(page);
    const inSight = "({ x1, y1, x2, y2 }, { x, y }) => x1 < x && x < x2 && y1 < y && y < y2";
    const nodes = `cy.nodes(".on").map((node) => (${inSight})(cy.extent(), node.position()))`;
    assert.deepEqual(await inPicture(page, nodes), [true, true]);
    await screenshot(page, "large-cycle");
  });
}

const browser = await chromium.launch({ executablePath: process.env.BROWSER, args: FLAGS });
const address = written("small", small());
for (const [name, test] of Object.entries(tests)) {
  await run(browser, address, test);
  console.log(`ok: ${name}`);
}
const withTimes = written("timed", timed());
for (const [name, test] of Object.entries(timedTests)) {
  await run(browser, withTimes, test);
  console.log(`ok: ${name}`);
}
for (const colorScheme of ["light", "dark"]) {
  await run(browser, address, (page) => screenshot(page, colorScheme), { colorScheme });
}
await openLarge(browser);
await browser.close();
console.log(`${Object.keys({ ...tests, ...timedTests }).length} tests and a large graph passed`);
