// Images with captions, each a button. Drawn anew only where something changed, so that the focus stays.

const shown = new WeakMap(); // element -> what it shows, as JSON

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".gallery");
  if (!element || !data) return;
  const text = JSON.stringify(data);
  if (shown.get(element) === text) return;
  shown.set(element, text);
  const focused = [...element.children].find((each) => each === document.activeElement)?.dataset.place;
  element.replaceChildren(...data.cards.map((card) => {
    const button = make("button", {
      type: "button", className: card.wrong ? "gallery-wrong" : "", title: card.words,
      ariaPressed: String(card.place === data.picked),
      onclick: () => setTriggerValue("picked", { place: card.place }),
    }, make("img", { src: card.source, alt: card.words }), make("b", { textContent: card.title }),
    ...card.lines.map((line) => make("span", { textContent: line })));
    button.dataset.place = card.place;
    return button;
  }));
  if (focused !== undefined) element.querySelector(`[data-place="${focused}"]`)?.focus();
}
