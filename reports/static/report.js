"use strict";
(() => {
  const every = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  every("[hidden]").forEach((element) => { element.hidden = false; });

  const root = document.documentElement;
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  one("#print").addEventListener("click", () => window.print());

  one("#theme").addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; });

  const copied = async (text, pre) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* a file or an old browser: select it instead */ }
    getSelection().selectAllChildren(pre);
    return false;
  };
  every(".copy").forEach((button) => {
    const label = button.textContent;
    button.addEventListener("click", async () => {
      const pre = button.previousElementSibling;
      button.textContent = await copied(pre.textContent, pre) ? "Copied" : "Selected";
      setTimeout(() => { button.textContent = label; }, 1500);
    });
  });

  const findings = every("#findings > .check .finding");
  const text = new Map(findings.map((finding) => [finding, finding.closest(".check").id + " " + finding.firstElementChild.textContent]));
  const show = (element) => {
    for (let box = element?.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    element?.scrollIntoView({ block: "start" });
  };
  const follow = () => { if (location.hash.length > 1) show(document.getElementById(location.hash.slice(1))); };
  addEventListener("hashchange", follow);
  follow();

  one("#open-all").addEventListener("click", (event) => {
    const open = findings.some((finding) => !finding.open);
    findings.forEach((finding) => { finding.open = open; });
    root.classList.toggle("all", open);
    event.target.textContent = open ? "Close all" : "Open all";
  });

  const filter = () => {
    const word = one("#filter").value.trim().toLowerCase();
    const severity = one("#filter-severity").value;
    const status = one("#filter-status").value;
    let shown = 0;
    for (const finding of findings) {
      const fits = (!severity || finding.dataset.severity === severity) && (!status || finding.dataset.status === status)
        && text.get(finding).toLowerCase().includes(word);
      finding.hidden = !fits;
      shown += fits;
    }
    every(".places").forEach((list) => { list.previousElementSibling.hidden = !list.querySelector(".finding:not([hidden])"); });
    every("#findings > .check").forEach((check) => { check.hidden = !check.querySelector(".finding:not([hidden])"); });
    one("#filter-count").textContent = shown === findings.length ? "" : `${shown} of ${findings.length}`;
  };
  every(".filter input, .filter select").forEach((element) => element.addEventListener("input", filter));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "/") { event.preventDefault(); one("#filter").focus(); return; }
    if (!["j", "k"].includes(event.key)) return;
    const visible = findings.filter((finding) => !finding.hidden);
    const here = visible.indexOf(document.activeElement.closest(".finding"));
    const next = visible[event.key === "j" ? here + 1 : Math.max(here - 1, 0)];
    if (!next) return;
    next.firstElementChild.focus();
    next.scrollIntoView({ block: "nearest" });
  });
})();
