/** Long names that may break at their own joints; the server's tag `name` does the same. */

const JOINTS = /(?<=[_/.:])(?=[\p{L}\p{N}])|(?<=[a-z\d])(?=[A-Z])/u;

/** Give the element the name as its text, with a place for a line break after each underscore. */
export function setName(element, text) {
  const parts = text.split(JOINTS);
  element.replaceChildren(...parts.flatMap((part, index) => (index ? [document.createElement("wbr"), part] : [part])));
}
