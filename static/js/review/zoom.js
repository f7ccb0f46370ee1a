/** Enlarging an image: steps by key and button, fit and full by double click, and dragging with the pointer. */

const STEPS = ["fit", "full", "double", "quadruple"];

function frameOf(target) { return (target ?? document).querySelector(".image-frame"); }

/** Make the image larger (1) or smaller (-1). */
export function zoom(direction, frame = frameOf()) {
  if (!frame) return;
  const now = STEPS.indexOf(frame.dataset.zoom ?? "fit");
  const next = Math.min(STEPS.length - 1, Math.max(0, now + direction));
  const middle = [frame.scrollLeft + frame.clientWidth / 2, frame.scrollTop + frame.clientHeight / 2];
  const size = [frame.scrollWidth, frame.scrollHeight];
  set(frame, STEPS[next]);
  frame.scrollLeft = (middle[0] / size[0]) * frame.scrollWidth - frame.clientWidth / 2;
  frame.scrollTop = (middle[1] / size[1]) * frame.scrollHeight - frame.clientHeight / 2;
}

function set(frame, step) {
  frame.dataset.zoom = step;
  const image = frame.querySelector("img");
  const times = { full: 1, double: 2, quadruple: 4 }[step];
  // Below its frame's size an image is enlarged from what fits, so that each step is a visible one.
  const fit = Math.min(frame.clientWidth / image.naturalWidth, frame.clientHeight / image.naturalHeight);
  image.style.inlineSize = times ? `${Math.round(image.naturalWidth * Math.max(1, fit * 1.5) * times)}px` : "";
}

/** One listener for all images on the page, present and future. */
export function watchImages(root) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom-by]");
    if (button) zoom(Number(button.dataset.zoomBy), button.closest(".item-body").querySelector(".image-frame"));
  });
  root.addEventListener("dblclick", (event) => {
    const frame = event.target.closest(".image-frame");
    if (frame) set(frame, (frame.dataset.zoom ?? "fit") === "fit" ? "double" : "fit");
  });
  root.addEventListener("pointerdown", (event) => {
    const frame = event.target.closest(".image-frame");
    if (!frame || (frame.dataset.zoom ?? "fit") === "fit" || event.pointerType === "touch") return;
    event.preventDefault();
    frame.setPointerCapture(event.pointerId);
    const from = [event.clientX + frame.scrollLeft, event.clientY + frame.scrollTop];
    const move = (moved) => {
      frame.scrollLeft = from[0] - moved.clientX;
      frame.scrollTop = from[1] - moved.clientY;
    };
    frame.addEventListener("pointermove", move);
    frame.addEventListener("pointerup", () => frame.removeEventListener("pointermove", move), { once: true });
  });
}
