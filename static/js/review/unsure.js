/** Why an item is handed on: a dialog with one line, which the next person reads. */

export class Unsure {
  #dialog;
  #field;

  /** `onReason`: function(text), which may be empty. */
  constructor({ dialog, form, field, onReason }) {
    this.#dialog = dialog;
    this.#field = field;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const reason = field.value.trim();
      dialog.close();
      field.value = "";
      onReason(reason);
    });
  }

  ask() {
    this.#dialog.showModal();
    this.#field.focus();
  }
}
