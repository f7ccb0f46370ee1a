/** Shows a series: each number is an element, so that an editor can mark it. */

import { Viewer } from "../viewing.js";

class SeriesViewer extends Viewer {
  connectedCallback() {
    const line = this.querySelector("[data-numbers]");
    if (line.querySelector("span")) return;
    const spans = line.textContent.trim().split(/\s+/).map((text) => {
      const span = document.createElement("span");
      span.textContent = `${text} `;
      return span;
    });
    line.replaceChildren(...spans);
  }

  get numbers() { return [...this.querySelectorAll("[data-numbers] span")]; }

  show({ at }) { this.numbers[at]?.scrollIntoView({ block: "nearest" }); }
}

customElements.define("series-viewer", SeriesViewer);
