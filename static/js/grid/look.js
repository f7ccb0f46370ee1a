/** Size of the cells, cropping of images, and one item in full size. */

const SIZE_KEY = "countersign:grid-size";
const CROP_KEY = "countersign:grid-crop";
const SIZES = ["small", "medium", "large"];

function recalled(key) { try { return localStorage.getItem(key); } catch { return null; } }

function remember(key, value) { try { localStorage.setItem(key, value); } catch { /* it lasts for this page */ } }

export class Look {
  #list;
  #dialog;
  #crop;

  constructor({ list, dialog, crop }) {
    this.#list = list;
    this.#dialog = dialog;
    this.#crop = crop;
    this.#apply(SIZES.includes(recalled(SIZE_KEY)) ? recalled(SIZE_KEY) : "medium", recalled(CROP_KEY) === "1");
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("keydown", (event) => {
      if (!["v", "+", "-"].includes(event.key)) return;
      event.preventDefault();
      dialog.close();
    });
  }

  /** Larger cells (1) or smaller ones (-1). */
  resize(by) {
    const place = SIZES.indexOf(this.#list.dataset.size) + by;
    if (SIZES[place]) this.#apply(SIZES[place], this.#cropped);
  }

  get #cropped() { return this.#list.classList.contains("cropped"); }

  /** Images fill their cells, cut at the edges, or are shown whole. */
  crop() { this.#apply(this.#list.dataset.size, !this.#cropped); }

  #apply(size, cropped) {
    this.#list.dataset.size = size;
    this.#list.classList.toggle("cropped", cropped);
    this.#crop?.setAttribute("aria-pressed", String(cropped));
    remember(SIZE_KEY, size);
    remember(CROP_KEY, cropped ? "1" : "0");
  }

  /** The cell's item in full. */
  open(cell) {
    const place = this.#dialog.querySelector("[data-whole]");
    this.#dialog.querySelector("h2").textContent = cell.dataset.title;
    const image = cell.querySelector("img");
    if (image) {
      const whole = document.createElement("img");
      whole.src = image.src.split("?")[0];
      whole.alt = image.alt;
      place.replaceChildren(whole);
    } else {
      place.textContent = cell.querySelector(".cell-whole")?.textContent ?? cell.querySelector(".cell-text").textContent;
    }
    this.#dialog.showModal();
  }
}
