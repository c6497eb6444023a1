// Finds the places of the page in which its program works.

/** The element with this id. Throws when the page has none of that kind. */
export function place<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} "${id}".`);
  return found;
}

/** A new element with words in it. */
export function made<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  words = '',
  className = '',
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.textContent = words;
  if (className !== '') element.className = className;
  return element;
}
