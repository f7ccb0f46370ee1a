/**
 * What shows an item's content. The review screen knows a viewer by these names alone: each viewer is a custom element
 * in a bundle of its own, named by its item kind, and extends this class or offers the same.
 *
 * In the page: `<text-viewer data-viewer>…the content, readable without scripts…</text-viewer>`.
 *
 * Events, on the element: "view" when what is in sight has moved or changed its size (an editor redraws), and
 * "gesture" when a gesture of the viewer's own begins that an editor has to give way to (two fingers).
 */

export class Viewer extends HTMLElement {
  /** Resolves when the content can be shown; the item is kept back until then. Never rejects. */
  ready() { return Promise.resolve(); }

  /** How far the content reaches: {length} in code points, or {width, height} in pixels of the upright image. */
  get extent() { return {}; }

  /** The element in which an editor draws, above the content; null: nothing can be drawn on this content. */
  get surface() { return null; }

  /** The place in the content at the point of the window, in the content's own terms; null outside it. */
  toContent(_x, _y) { return null; }

  /** Bring a place (an element of a value) into sight. */
  show(_place) { /* all of it is in sight */ }

  /** What keys and buttons may ask of it: name -> function. */
  get actions() { return {}; }
}
