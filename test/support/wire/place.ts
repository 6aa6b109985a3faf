/** Puts a text at any place of a JSON body: for properties that say it cannot hide anywhere. */
import fc from 'fast-check';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.js';

interface Place {
  readonly describe: string;
  readonly put: (marker: string) => void;
}

/**
 * A copy of one of `bodies` with a marker text somewhere in it: in place of a string, in a new field of
 * any object (plain, nested, or as the field's name), or at the end of any array.
 */
export function bodyWithMarker(
  bodies: readonly JsonObject[],
): fc.Arbitrary<{ body: JsonObject; marker: string; place: string }> {
  return fc
    .tuple(fc.constantFrom(...bodies), fc.nat(), marker(), fc.stringMatching(/^[a-z_]{3,12}$/))
    .map(([original, choice, text, name]) => {
      const body = structuredClone(original);
      const places = placesIn(body, '', `${name}_x`);
      const place = places[choice % places.length];
      if (place === undefined) throw new Error('A body has no places.');
      place.put(text);
      return { body, marker: text, place: place.describe };
    });
}

/** Words with spaces, longer than a token: no id, no keyword. */
function marker(): fc.Arbitrary<string> {
  return fc.stringMatching(/^[a-zäß]{1,9}( [a-z]{1,9}){3}$/).map((words) => `${'so '.repeat(25)}${words} zq`);
}

function placesIn(container: JsonObject | JsonValue[], path: string, name: string): Place[] {
  const places: Place[] = [];
  const entries: [string | number, JsonValue][] = Array.isArray(container)
    ? container.map((value, index) => [index, value])
    : Object.entries(container);
  for (const [key, value] of entries) {
    const here = `${path}/${key}`;
    if (typeof value === 'string') {
      places.push({ describe: here, put: (text) => Object.assign(container, { [key]: text }) });
    } else if (isJsonObject(value) || Array.isArray(value)) places.push(...placesIn(value, here, name));
  }
  if (Array.isArray(container)) {
    places.push({ describe: `${path}/[end]`, put: (text) => container.push(text) });
  } else {
    places.push(
      { describe: `${path}/${name}`, put: (text) => (container[name] = text) },
      { describe: `${path}/${name}/nested`, put: (text) => (container[name] = [1, { inner: [text] }]) },
      { describe: `${path}/(key)`, put: (text) => (container[text] = true) },
      { describe: `${path}/(key)/string`, put: (text) => (container[text] = 'value') },
      { describe: `${path}/(key)/nested`, put: (text) => (container[text] = { inner: 'value' }) },
      { describe: `${path}/nested/(key)`, put: (text) => (container[name] = { deep: { [text]: 1 } }) },
    );
  }
  return places;
}
