"use strict";
(() => {
  const scenarios = [...document.querySelectorAll(".scenario")];
  const groups = [...document.querySelectorAll(".group")];
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const texts = new Map();

  const textOf = (scenario) => {
    if (!texts.has(scenario)) {
      texts.set(scenario, `${scenario.id} ${scenario.textContent}`.toLowerCase());
    }
    return texts.get(scenario);
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const scenario of scenarios) {
      const found = words.every((word) => textOf(scenario).includes(word));
      scenario.hidden = !found;
      count += found;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector(".scenario:not([hidden])");
    }
    shown.textContent = words.length ? `${count} of ${scenarios.length}` : "";
  };

  // A link to what is folded, or filtered away, opens it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) {
      search.value = "";
      filter();
    }
    if (target.tagName === "DETAILS") target.open = true;
    target.scrollIntoView();
  };

  search.addEventListener("input", filter);
  window.addEventListener("hashchange", reveal);
  filter();
  reveal();
})();
